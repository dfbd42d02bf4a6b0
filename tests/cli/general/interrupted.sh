# Ctrl-C: exit 130 and no output
timeout --preserve-status -s INT 0.3 \
    ropewalk measure --qk fixtures/st_given.safetensors --context 2^21 --isa ref -t 1 --json out.json || echo "exit $?"
