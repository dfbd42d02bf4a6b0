# Shape of the document with times in it: numbers where they are promised, null where not.
ropewalk bench --quick --context 2k --geometry smollm2-8k -q -t 1 --json b.json -o b.txt
python3 - <<'END'
import json
with open("b.json") as file:
    bench = json.load(file)
assert all(p["best_per_s"] >= p["median_per_s"] > 0 for p in bench["machine"]["peaks"])
assert {"fma_float64", "fma_float32", "triad", "sort"} == {p["what"] for p in bench["machine"]["peaks"]}
assert all(0 < s["ns_best"] <= s["ns_median"] for s in bench["stages"])
assert all((s["peak_share"] is not None) == (s["stage"] == "score_sweep") for s in bench["stages"])
whole = bench["geometries"][0]
assert whole["groups"] == 2160 and whole["groups_run"] == 64
assert whole["seconds_extrapolated"] > whole["seconds"] > 0
print("ok")
END
grep -c "EXTRAPOLATED, not measured" b.txt
