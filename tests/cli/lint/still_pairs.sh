# pairs that never turn are no slow ones: inspect counts them apart, RW016 not at all
ropewalk inspect model:gemma-4-26b-a4b | grep -A6 "^rotation 1"
ropewalk lint model:gemma-4-26b-a4b | grep RW016 && exit 1
exit 0
