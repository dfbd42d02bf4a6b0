# every option of the command
ropewalk capture --help
