# every check holds
ropewalk selftest
