# a runner that fails is quoted
printf '#!/bin/sh\necho "the sails are torn" >&2\nexit 2\n' >runner
chmod +x runner
ropewalk capture fixtures/gguf_llama.gguf --text data/texts/prose.txt -o capture.safetensors --runner ./runner || code=$?
rm runner
exit $code
