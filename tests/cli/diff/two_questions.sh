# one question at a time
ropewalk diff fixtures/gguf_llama.gguf fixtures/gguf_llama3.gguf --engine all
