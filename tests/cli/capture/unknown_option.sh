# an option that does not exist
ropewalk capture --moor
