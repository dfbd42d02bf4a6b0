# A with a base given, against the file as it is: what the wrong --rope-freq-base costs
ropewalk diff fixtures/gguf_gemma3.gguf fixtures/gguf_gemma3.gguf --rope-freq-base 10000
