# --hf-overrides is for config.json
ropewalk diff fixtures/gguf_llama.gguf fixtures/gguf_llama.gguf --hf-overrides '{"rope_theta": 1}'
