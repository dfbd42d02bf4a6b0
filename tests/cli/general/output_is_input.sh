# an output that is an input, or both outputs in one file: refused before any work
cp fixtures/st_given.safetensors in.safetensors
cp fixtures/audit_small.json in.json
ln in.json same.json
ropewalk measure --qk in.safetensors --context 8 -o in.safetensors || echo "exit $?"
ropewalk measure --qk in.safetensors --context 8 --json ./in.safetensors || echo "exit $?"
ropewalk report in.json -o same.json || echo "exit $?"
ropewalk audit --qk in.safetensors --json in.safetensors || echo "exit $?"
ropewalk measure --qk in.safetensors --context 8 -o out --json ./out || echo "exit $?"
ropewalk inspect fixtures/gguf_llama.gguf --json nowhere/x || echo "exit $?"
ropewalk audit nothing.gguf -o nowhere/x || echo "exit $?"
cmp in.safetensors fixtures/st_given.safetensors
cmp in.json fixtures/audit_small.json
rm in.safetensors in.json same.json
