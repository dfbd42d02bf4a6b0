# contexts outside 1 .. 2^31
for c in 0 -1 2147483649 abc ""; do
    ropewalk inspect fixtures/gguf_llama.gguf --context "$c" --json out.json || echo "exit $?"
done
