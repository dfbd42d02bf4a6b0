# one argument too many
ropewalk measure fixtures/st_given.safetensors second
