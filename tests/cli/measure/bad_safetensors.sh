# every malformed safetensors file: one sentence, exit 2
for f in fixtures/st_bad_*.safetensors; do
    ropewalk measure "$f" --rope-theta 10000 --json out.json || echo "${f#fixtures/} exit $?"
done
