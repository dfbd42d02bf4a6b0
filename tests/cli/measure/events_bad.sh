# an event that does not exist
for e in collision position_inversion,collision ""; do
    ropewalk measure --qk fixtures/st_given.safetensors --context 8 --events "$e" --json out.json || echo "exit $?"
done
