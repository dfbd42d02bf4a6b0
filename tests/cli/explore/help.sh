# every option of the command
ropewalk explore --help
