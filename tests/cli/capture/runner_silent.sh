# a runner that fails and says nothing
printf '#!/bin/sh\nexit 1\n' >runner
chmod +x runner
ropewalk capture fixtures/gguf_llama.gguf --text data/texts/prose.txt -o capture.safetensors --runner ./runner || code=$?
rm runner
exit $code
