# an option without its value
ropewalk explore -o
