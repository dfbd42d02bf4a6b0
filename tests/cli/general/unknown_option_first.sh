# an option where a command belongs
ropewalk --moor
