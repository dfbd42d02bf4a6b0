# contexts 1 and 2 are valid
ropewalk measure --qk fixtures/st_given.safetensors --context 1,2 -o /dev/null
