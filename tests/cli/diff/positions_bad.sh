# positions begin at 1
ropewalk diff fixtures/gguf_llama.gguf fixtures/gguf_llama.gguf --positions 0
