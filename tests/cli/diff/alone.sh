# one description alone is no question
ropewalk diff fixtures/gguf_llama.gguf
