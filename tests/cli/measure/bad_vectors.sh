# every malformed file of vectors: one sentence, exit 2
for f in fixtures/qk_bad_given_*.safetensors; do
    ropewalk measure "$f" --rope-theta 10000 --context 8 --json out.json || echo "${f#fixtures/} exit $?"
done
