# an option without its value
ropewalk selftest --threads
