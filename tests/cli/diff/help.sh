# every option of the command
ropewalk diff --help
