# an option without its value
ropewalk measure --threads
