# the reference alone
ropewalk selftest --isa ref -t 1
