# no command: the help, on standard error
ropewalk
