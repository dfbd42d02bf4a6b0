# what a terminal shows
ropewalk inspect fixtures/gguf_llama.gguf --reproducible
