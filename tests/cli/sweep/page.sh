ropewalk sweep --rope-theta 1e3,1e4,1e5 --head-dim 64 -c 100,1000 --draws 2 --reproducible --json sweep.json -o text
ropewalk report sweep.json -o page.html
grep -c '<figure' page.html
grep -o 'llama-3.2-1b' page.html | sort -u
