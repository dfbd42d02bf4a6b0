# numbers outside their range
for n in 0 -1 1025 two 1.5 ""; do
    ropewalk measure --qk fixtures/st_given.safetensors --threads "$n" || echo "exit $?"
done
