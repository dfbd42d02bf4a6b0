# contexts outside 1 .. 2^31, and no numbers
for c in 0 -1 2147483649 2^31,0 abc "" 1,,2 1,2, 1e3 0x10 99999999999999999999 2^99 8:4:x2 1:8:x1 1:8; do
    ropewalk measure --qk fixtures/st_given.safetensors --context "$c" --json out.json || echo "exit $?"
done
