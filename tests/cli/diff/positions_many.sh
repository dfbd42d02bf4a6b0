# at most 16 positions
ropewalk diff fixtures/gguf_llama.gguf fixtures/gguf_llama.gguf --positions 1:17:+1
