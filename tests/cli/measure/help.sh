# every option of the command
ropewalk measure --help
