# what was measured with, as the document says
ropewalk measure --qk fixtures/st_given_plain.safetensors --rope-theta 10000 --context 2^4:2^8:x4,1k --dtype bf16 --pairs interleaved --rotary-dim 4 --score-scale 0.5 --json - |
    python3 -c 'import json, sys
d = json.load(sys.stdin)
print(d["schema_version"], d["kind"], [c["context"] for c in d["contexts"]])
print({k: v for k, v in d["settings"].items() if k not in ("inv_freq", "events")})' 
