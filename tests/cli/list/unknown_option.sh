# an option that does not exist
ropewalk list --moor
