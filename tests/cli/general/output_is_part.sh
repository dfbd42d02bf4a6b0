# an output that is read as part of an input: a folder's own files, the rest of a split set
mkdir model
cp fixtures/config/gemma3.json model/config.json
cp fixtures/st_given.safetensors model/model.safetensors
cp fixtures/gguf_llama.gguf a-00001-of-00002.gguf
cp fixtures/gguf_llama.gguf a-00002-of-00002.gguf
ropewalk inspect model -o model/config.json || echo "exit $?"
ropewalk lint model/ --json ./model/model.safetensors || echo "exit $?"
ropewalk inspect a-00001-of-00002.gguf -o a-00002-of-00002.gguf || echo "exit $?"
cmp model/config.json fixtures/config/gemma3.json
cmp a-00002-of-00002.gguf fixtures/gguf_llama.gguf
rm model/model.safetensors # one of its own
ropewalk inspect model -q -o model/rope.txt && test -s model/rope.txt
rm -r model a-0000*
