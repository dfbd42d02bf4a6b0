# a working type that does not exist
for d in fp8 bf16,f64 ""; do
    ropewalk measure --qk fixtures/st_given.safetensors --context 8 --dtype "$d" --json out.json || echo "exit $?"
done
