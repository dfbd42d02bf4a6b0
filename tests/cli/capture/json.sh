# no such option: there is no JSON to write
ropewalk capture fixtures/gguf_llama.gguf --text data/texts/prose.txt -o capture.safetensors --json out.json
