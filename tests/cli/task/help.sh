# the options
ropewalk task --help
