# every option of the command
ropewalk inspect --help
