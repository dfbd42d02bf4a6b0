ropewalk sweep --qk fixtures/st_given.safetensors --rope-theta 1e2:1e6:log:3 -c 512 --draws 4 --events position_inversion,token_inversion,token_aliasing
