# every option of the command
ropewalk report --help
