# Counts alone, and the same with any instruction set and number of threads.
quick="--quick --context 2k --geometry pairs-8k --reproducible -q"
ropewalk bench $quick -t 2 --json -
ropewalk bench $quick -t 2 --json best.json -o best.txt
ropewalk bench $quick -t 2 --json ref.json -o ref.txt --isa ref
cmp best.json ref.json
