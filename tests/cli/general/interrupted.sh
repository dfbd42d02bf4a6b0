# Ctrl-C: exit 130 and no output
timeout --preserve-status -s INT 1 \
    ropewalk measure --qk fixtures/st_given.safetensors --context 2^24,2^23,2^22 --isa ref -t 1 --json out.json || echo "exit $?"
