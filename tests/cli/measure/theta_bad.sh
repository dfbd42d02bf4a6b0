# a base must be above 1
for x in 1 0.5 0 -10000 nan inf x 1e31 ""; do
    ropewalk measure --qk fixtures/st_given_plain.safetensors --context 8 --rope-theta "$x" || echo "exit $?"
done
