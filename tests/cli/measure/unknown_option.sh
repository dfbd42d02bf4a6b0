# an option that does not exist
ropewalk measure --moor
