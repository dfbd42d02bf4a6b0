# a context this machine has no memory for is refused before anything is done
ropewalk measure --qk fixtures/st_given.safetensors --context 2^31 --threads 1024 --json out.json
