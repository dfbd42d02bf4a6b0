# a text that cannot be read: the runner says so, or is missing itself
code=0
ropewalk capture fixtures/gguf_llama.gguf --text nothing.txt -o capture.safetensors 2>said || code=$?
grep -c -E '^ropewalk: .*(cannot read nothing|was not found)' said
wc -l <said
rm said
exit $code
