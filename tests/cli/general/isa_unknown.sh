# an instruction set that does not exist
ropewalk measure --qk fixtures/st_given.safetensors --isa abacus
