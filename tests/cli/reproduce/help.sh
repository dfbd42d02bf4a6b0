ropewalk reproduce --help
