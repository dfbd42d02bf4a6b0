# the first file of a split set
ropewalk inspect fixtures/gguf_split-00001-of-00003.gguf --reproducible
