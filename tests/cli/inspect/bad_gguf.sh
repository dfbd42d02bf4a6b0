# every malformed GGUF file: one sentence, exit 2
for f in fixtures/gguf_bad_*.gguf fixtures/gguf_liar* fixtures/gguf_lost* fixtures/gguf_short* fixtures/gguf_twice*; do
    ropewalk inspect "$f" --json out.json -q -o /dev/null && rm out.json || echo "${f#fixtures/} exit $?"
done
