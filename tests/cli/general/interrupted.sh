# Ctrl-C: exit 130 and no output
ropewalk measure --qk fixtures/st_given.safetensors --context 2^24 --isa ref -t 1 --json out.json &
until grep -q '^SigCgt:.*4..3$' "/proc/$!/status"; do :; done # it listens to HUP, INT and TERM
kill -INT $!
wait $! || echo "exit $?"
