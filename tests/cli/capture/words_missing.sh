# a model, a text and an output are required
ropewalk capture || echo "exit $?"
ropewalk capture fixtures/gguf_llama.gguf --text data/texts/prose.txt || echo "exit $?"
ropewalk capture fixtures/gguf_llama.gguf -o capture.safetensors || echo "exit $?"
ropewalk capture --text data/texts/prose.txt -o capture.safetensors || echo "exit $?"
