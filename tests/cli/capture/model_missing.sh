# a model that cannot be read: the runner says so, or is missing itself
code=0
ropewalk capture nothing.gguf --text data/texts/prose.txt -o capture.safetensors 2>said || code=$?
grep -c -E '^ropewalk: .*(cannot read nothing|was not found)' said
wc -l <said
rm said
exit $code
