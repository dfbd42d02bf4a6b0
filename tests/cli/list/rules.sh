# rules of lint, first and last
ropewalk list rules | sed -n 1,10p
