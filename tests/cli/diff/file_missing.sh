# B does not exist
ropewalk diff fixtures/gguf_llama.gguf nowhere.json
