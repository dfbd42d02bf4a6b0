# every option of the command
ropewalk lint --help
