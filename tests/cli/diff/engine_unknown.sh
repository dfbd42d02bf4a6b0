# an engine that is not in the table
ropewalk diff fixtures/gguf_llama.gguf --engine llama.cpp,sglang
