# a context beyond the model own
ropewalk inspect fixtures/gguf_yarn.gguf --context 256k --reproducible
