# files that cannot be read
for f in nothing.gguf fixtures ""; do
    ropewalk inspect "$f" || echo "exit $?"
done
