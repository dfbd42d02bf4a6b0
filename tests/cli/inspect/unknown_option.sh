# an option that does not exist
ropewalk inspect --moor
