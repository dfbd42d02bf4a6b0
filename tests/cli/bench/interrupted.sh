# Ctrl-C in the middle of a long geometry: exit 130 and no output
timeout --preserve-status -s INT 0.3 \
    ropewalk bench --geometries-only --geometry llama3.1-128k --isa ref -t 1 --json out.json || echo "exit $?"
