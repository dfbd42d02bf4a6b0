# operator parameters of another model
ropewalk diff fixtures/gguf_llama3.gguf --executed fixtures/st_capture.safetensors
