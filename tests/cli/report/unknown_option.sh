# an option that does not exist
ropewalk report --moor
