# --fail-on never leaves the exit code alone
ropewalk diff fixtures/gguf_llama3.gguf fixtures/gguf_llama.gguf --fail-on never -o out.txt
head -n 1 out.txt
