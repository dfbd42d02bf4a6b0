# a seed is a whole number
ropewalk measure --qk fixtures/st_given.safetensors --seed x
