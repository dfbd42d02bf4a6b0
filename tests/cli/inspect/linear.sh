# what a terminal shows
ropewalk inspect fixtures/gguf_linear.gguf --reproducible
