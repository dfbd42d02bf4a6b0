# an error leaves an older output as it was
echo older >out.json
ropewalk measure --qk fixtures/st_given.safetensors --context 0 --json out.json -o /dev/null || echo "exit $?"
cat out.json
