# one line
ropewalk --version
