# a distance of scores is not negative
for x in -1 nan x; do
    ropewalk measure --qk fixtures/st_given.safetensors --context 8 --near-alias "$x" || echo "exit $?"
done
