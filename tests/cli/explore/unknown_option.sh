# an option that does not exist
ropewalk explore --moor
