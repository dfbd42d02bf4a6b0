# what a terminal shows
ropewalk measure --qk fixtures/st_given.safetensors --context 64
