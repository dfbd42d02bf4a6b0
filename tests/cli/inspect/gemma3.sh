# what a terminal shows
ropewalk inspect fixtures/gguf_gemma3.gguf --reproducible
