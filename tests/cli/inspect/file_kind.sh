# a safetensors, a text and an empty file are no GGUF
: >empty
for f in fixtures/st_given.safetensors data/texts/prose.txt empty /dev/null; do
    ropewalk inspect "$f" || echo "exit $?"
done
rm empty
