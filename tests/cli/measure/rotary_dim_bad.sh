# odd, too wide, negative
for n in 3 10 -2 x; do
    ropewalk measure --qk fixtures/st_given.safetensors --context 8 --rotary-dim "$n" || echo "exit $?"
done
