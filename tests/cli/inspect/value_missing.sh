# an option without its value
ropewalk inspect --threads
