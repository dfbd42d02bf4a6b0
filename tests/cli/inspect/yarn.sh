# what a terminal shows
ropewalk inspect fixtures/gguf_yarn.gguf --reproducible
