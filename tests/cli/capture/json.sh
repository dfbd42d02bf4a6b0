# a capture is no JSON
ropewalk capture fixtures/gguf_llama.gguf --text data/texts/prose.txt -o capture.safetensors --json out.json
