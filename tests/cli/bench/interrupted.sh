# Ctrl-C in the middle of a long geometry: exit 130 and no output
ropewalk bench --geometries-only --geometry llama3.1-128k --isa ref -t 1 --json out.json &
until grep -q '^SigCgt:.*4..3$' "/proc/$!/status"; do :; done # it listens to HUP, INT and TERM
kill -INT $!
wait $! || echo "exit $?"
