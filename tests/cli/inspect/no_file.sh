# a file is required
ropewalk inspect
