# a pair layout that does not exist
ropewalk measure --qk fixtures/st_given.safetensors --pairs sideways
