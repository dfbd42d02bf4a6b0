#!/usr/bin/env python3
"""`ropewalk audit` of a real model, once: check_audit_model.py SOURCE_DIR BUILD_DIR

SmolLM2-135M-Instruct on 128 tokens of a shipped text: a verdict, no difference between the declared and the executed RoPE, a probe,
nothing unresolved, within a minute. Exit 77 (skipped) when a prerequisite is missing.
"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile

source, build = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()
runner = build / "runner" / "ropewalk-llama"
model = source / ".deps" / "models" / "SmolLM2-135M-Instruct.gguf"
for needed in (runner, model):
    if not needed.exists():
        print(f"SKIPPED check_audit_model: no {needed}", file=sys.stderr, flush=True)
        sys.exit(77)

failures = []


def check(what, good, detail=""):
    if not good:
        failures.append(f"{what}: {detail}" if detail != "" else what)


with tempfile.TemporaryDirectory(prefix="audit_model_") as tmp:
    done = subprocess.run(
        [str(build / "ropewalk"), "audit", str(model), "--text", str(source / "data" / "texts" / "prose.txt"),
         "--tokens", "128", "--queries", "2", "--context", "1024,8192", "--json", "-", "-q", "--runner", str(runner)],
        capture_output=True, text=True, env=dict(os.environ, TMPDIR=tmp), timeout=900)
    check("temporary folder", os.listdir(tmp) == [], os.listdir(tmp))
if done.returncode:
    sys.exit(f"exit {done.returncode}: {done.stderr.strip()}")
a = json.loads(done.stdout, parse_constant=lambda name: failures.append("holds " + name))
settings = a["settings"]
check("verdict", a["verdict"]["sentences"] and a["verdict"]["sentences"][0]["tone"] in ("finding", "good"))
check("what to do", len(a["what_to_do"]) >= 3)
check("declared against executed", not [f for f in a["findings"] if f["rule"].startswith("RWX")], a["findings"])
check("probe", a["probe"] is not None, a.get("probe_reason"))
if a["probe"]:
    check("probe's contexts", [c["context"] for c in a["probe"]["contexts"]] == [1024, 8192])
    check("probe's words", a["probe"]["query"] == " pet" and len(a["probe"]["keys"]) == 3)
check("unresolved", settings["unresolved"] == 0, settings["unresolved"])
cells = [v for h in a["heads"] for c in h["contexts"] or [] for s in ("attended", "random", "sink", "attended_random",
         "random_random") for v in c[s].values() if isinstance(v, dict)]
check("cells", len(cells) > 1000 and all(0 <= c["measured"] <= 1 for c in cells))
check("unresolved cells", not any(c["unresolved"] for c in cells))
wanted = {"contexts": [1024, 8192], "n_query": 2, "n_attended": 3, "n_random": 5, "dtype": ["bf16"], "zeta": 0.01,
          "near_alias_nat": 0.1, "score_scale": "model", "precision_profile": "score_bf16", "advertised_context": 8192}
for key, value in wanted.items():
    check(f"settings.{key}", settings[key] == value, settings[key])
check("text", [(t["name"], t["n_token"]) for t in settings["texts"]] == [("prose.txt", 128)], settings["texts"])
check("heads", len(a["heads"]) == a["model"]["n_layer"] * 9 and a["model"].get("n_head_q") == 9, len(a["heads"]))
print(f"{len(cells)} cells, {len(failures)} failed")
for line in failures:
    print("  " + line)
sys.exit(1 if failures else 0)
