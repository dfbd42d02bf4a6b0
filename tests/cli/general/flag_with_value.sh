# a flag takes no value
ropewalk measure --qk fixtures/st_given.safetensors --quiet=yes
