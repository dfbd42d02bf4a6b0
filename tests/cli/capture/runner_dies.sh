# a runner that is killed
printf '#!/bin/sh\nkill -KILL $$\n' >runner
chmod +x runner
ropewalk capture fixtures/gguf_llama.gguf --text data/texts/prose.txt -o capture.safetensors --runner ./runner || code=$?
rm runner
exit $code
