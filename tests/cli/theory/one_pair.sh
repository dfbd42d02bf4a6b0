# one pair only, and a head that is not rotated
ropewalk theory --head-dim 2 --rope-theta 1e4 -c 100 --draws 1 --coefficients aligned
ropewalk theory --head-dim 8 --rotary-dim 0 --rope-theta 1e4 -c 100 --draws 1 --coefficients gaussian
