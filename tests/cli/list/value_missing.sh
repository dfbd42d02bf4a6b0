# an option without its value
ropewalk list --threads
