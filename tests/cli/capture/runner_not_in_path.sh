# no runner anywhere: said plainly
cp "$(command -v ropewalk)" alone
PATH= ./alone capture fixtures/gguf_llama.gguf --text data/texts/prose.txt -o capture.safetensors || code=$?
rm alone
exit $code
