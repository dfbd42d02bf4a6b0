ropewalk sweep --help
