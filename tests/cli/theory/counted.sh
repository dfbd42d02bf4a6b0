# exact counts beside predictions, above the limit none
ropewalk theory --head-dim 64 --rope-theta 1e4 -c 600,4096 --count --count-limit 1k --draws 1 --coefficients flat,slow-heavy,fast-heavy --dtype bf16,f16
