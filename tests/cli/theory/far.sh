# a billion positions and the largest context, analytic, at once
ropewalk theory --head-dim 128 --rope-theta 1e7 -c 1000000000,2147483648 --draws 1 --coefficients aligned
