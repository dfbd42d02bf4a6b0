# a file cut short at any place is refused
for n in 0 1 7 8 9 100 300; do
    head -c $n fixtures/st_given.safetensors >cut
    ropewalk measure cut --json out.json || echo "exit $?"
done
size=$(wc -c <fixtures/st_given.safetensors)
head -c $((size - 1)) fixtures/st_given.safetensors >cut
ropewalk measure cut --json out.json || echo "exit $?"
rm cut
