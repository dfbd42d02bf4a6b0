ropewalk theory --help
