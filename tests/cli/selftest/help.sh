# every option of the command
ropewalk selftest --help
