# an option without its value
ropewalk capture --threads
