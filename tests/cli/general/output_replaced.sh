# a result replaces an older one, and nothing else is left
echo older >out.json
ropewalk measure --qk fixtures/st_given.safetensors --context 4 --json out.json -o /dev/null
grep -c '"kind": "measure"' out.json
