# --json - puts the JSON alone on standard output
ropewalk measure --qk fixtures/st_given.safetensors --context 4 --json - >seen.json
python3 -c 'import json; print(sorted(json.load(open("seen.json"))))'
rm seen.json
