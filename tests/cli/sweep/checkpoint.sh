# another sweep's checkpoint is refused and left as it is; the same sweep's is taken
ropewalk sweep --rope-theta 1e3,1e4 --head-dim 8 -c 100 --draws 2 --models none --checkpoint kept -o first
cp kept before
ropewalk sweep --rope-theta 1e3,1e5 --head-dim 8 -c 100 --draws 2 --models none --checkpoint kept -o second || echo "exit code $?"
cmp kept before
ropewalk sweep --rope-theta 1e3,1e4 --head-dim 8 -c 100 --draws 2 --models none --checkpoint kept -o second
cmp first second
