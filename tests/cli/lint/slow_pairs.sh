# pairs that never turn are no slow ones: inspect counts them apart, RW016 not at all
ropewalk inspect model:gemma-4-26b-a4b | grep -A6 "^rotation 1"
ropewalk lint model:gemma-4-26b-a4b | grep RW016 && exit 1
# scaled from a length that the file does not say: both count what runs
ropewalk inspect fixtures/gguf_linear.gguf | grep "never complete"
ropewalk lint fixtures/gguf_linear.gguf | grep "never complete"
