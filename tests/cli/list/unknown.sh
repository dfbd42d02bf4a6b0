# a list that does not exist
ropewalk list ships
