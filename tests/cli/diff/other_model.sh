# two different models: everything differs, and positions of one's choice
ropewalk diff fixtures/gguf_llama3.gguf fixtures/gguf_llama.gguf --positions 128,8k
