# a threshold lies within 0 .. 4
for z in -1 5 nan x; do
    ropewalk measure --qk fixtures/st_given.safetensors --context 8 --zeta "$z" || echo "exit $?"
done
