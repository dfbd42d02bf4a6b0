# what a terminal shows
ropewalk inspect fixtures/gguf_llama3.gguf --reproducible
