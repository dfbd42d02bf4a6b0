# one pair, contexts that have no answer, a file and standard output
ropewalk sweep --rope-theta 1e4 --head-dim 2 -c 1,2,64 --draws 2 --coefficients flat --dtype bf16,e5m2 --csv -
ropewalk sweep --rope-theta 1e4,5e5 --rope-scaling linear,none --rope-scale 4 -c 64 --events position_inversion --csv rows.csv -o text --models none
cat rows.csv
