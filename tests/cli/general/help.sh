# the commands
ropewalk --help
