# the options
ropewalk compare --help
