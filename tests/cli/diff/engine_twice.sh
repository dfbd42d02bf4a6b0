# an engine given twice
ropewalk diff fixtures/gguf_llama.gguf --engine vllm,vllm
