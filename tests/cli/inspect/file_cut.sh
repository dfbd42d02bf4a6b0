# a file cut short is refused
for n in 0 1 3 4 8 23 24 100 400; do
    head -c $n fixtures/gguf_llama.gguf >cut
    ropewalk inspect cut --json out.json || echo "exit $?"
done
rm cut
