# an option that does not exist
ropewalk selftest --moor
