# The vectors of a geometry are those its counts are of.
ropewalk bench --geometries-only --geometry pairs-8k --vectors v.safetensors -q --json b.json -o b.txt
ropewalk measure --qk v.safetensors --context 1k,2k,4k,8k --events position_inversion,position_aliasing \
    --score-scale model --json m.json -o m.txt
python3 - <<'END'
import json
with open("b.json") as file:
    counts = json.load(file)["geometries"][0]["counts"]
with open("m.json") as file:
    measured = json.load(file)["contexts"]
for row, context in zip(counts, measured, strict=True):
    single = context["single"]
    print(row["context"], len(single),
          row["inversions"] == sum(s["position_inversion"]["count"] for s in single),
          row["alias_pairs"] == sum(s["position_aliasing"]["pairs"] for s in single))
END
