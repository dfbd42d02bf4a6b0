# a file against itself
ropewalk diff fixtures/gguf_gemma3.gguf fixtures/gguf_gemma3.gguf
