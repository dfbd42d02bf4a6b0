ropewalk sweep --rope-theta 30,1e4,30 --head-dim 16 --context 4k,256 --draws 3 --coefficients aligned,slow-heavy --models none
