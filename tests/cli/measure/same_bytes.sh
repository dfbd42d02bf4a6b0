# threads and instruction sets change no byte of a reproducible document
measure() { ropewalk measure --qk fixtures/st_given.safetensors --context 1,64,3000 --dtype bf16,f32 --reproducible "$@"; }
measure -t 1 --isa ref --json 1.json -o 1.txt
measure -t 3 --isa ref --json 2.json -o 2.txt
measure -t 1 --isa auto --json 3.json -o 3.txt
measure -t 3 --json 4.json -o 4.txt
for n in 2 3 4; do
    cmp 1.json $n.json
    cmp 1.txt $n.txt
done
rm ./*.json ./*.txt
