# every option of the command
ropewalk list --help
