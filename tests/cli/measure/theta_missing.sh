# no silent default base
ropewalk measure --qk fixtures/st_given_plain.safetensors
