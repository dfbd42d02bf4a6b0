# the reference against itself
ropewalk diff fixtures/gguf_llama.gguf --engine llama.cpp
