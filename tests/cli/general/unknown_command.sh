# a command that does not exist
ropewalk moor
