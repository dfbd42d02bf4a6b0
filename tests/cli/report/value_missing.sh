# an option without its value
ropewalk report --threads
