# every form of a list of bases
for bases in 1e4 2^13 128k 1e3:1e7:log:5 1000:2000:lin:3 2^10:2^13:x2 1000:1e5:x10 10:20:+5 5e5,1e4,5e5; do
    echo "$bases"
    ropewalk sweep --rope-theta "$bases" --head-dim 2 -c 4 --draws 1 --coefficients flat --events position_inversion --models none --csv - | cut -d , -f 4 | tail -n +2
done
