# a GGUF, a text and an empty file are no safetensors
: >empty
for f in fixtures/gguf_llama.gguf data/texts/prose.txt empty /dev/null; do
    ropewalk measure "$f" --rope-theta 10000 || echo "exit $?"
done
rm empty
