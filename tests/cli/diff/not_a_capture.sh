# given vectors were not executed by anybody
ropewalk diff fixtures/gguf_llama.gguf --executed fixtures/st_given.safetensors
