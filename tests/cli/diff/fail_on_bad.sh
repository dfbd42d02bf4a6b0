# a word that is no severity
ropewalk diff fixtures/gguf_llama.gguf fixtures/gguf_llama.gguf --fail-on errors
