# a score scale is positive
for s in 0 -1 nan two; do
    ropewalk measure --qk fixtures/st_given.safetensors --context 8 --score-scale "$s" || echo "exit $?"
done
