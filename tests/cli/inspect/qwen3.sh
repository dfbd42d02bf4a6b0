# what a terminal shows
ropewalk inspect fixtures/gguf_qwen3.gguf --reproducible
