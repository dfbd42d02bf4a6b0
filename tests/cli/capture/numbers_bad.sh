# numbers outside their range
for o in "--tokens 1" "--tokens x" "--tokens 99999999999" "--positions 1" "--positions -1"; do
    ropewalk capture fixtures/gguf_llama.gguf --text data/texts/prose.txt -o capture.safetensors $o || echo "exit $?"
done
