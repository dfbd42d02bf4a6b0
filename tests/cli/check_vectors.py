#!/usr/bin/env python3
"""Counts and predictions of `ropewalk measure` against 60-digit reference values.

usage: check_vectors.py SOURCE_DIR BUILD_DIR [FOLDER...]
Every NAME.safetensors with a NAME.expected.json in tests/vectors/measure (or the folders given) is
measured with every instruction set this CPU runs, and with 1 and 3 threads. Each value in the
expected file must be met: integers exactly, `unresolved` 0, predictions and statistics within the
tolerance written beside their names below.
"""
import json
import pathlib
import subprocess
import sys

source, build = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
folders = [pathlib.Path(f) for f in sys.argv[3:]] or [source / "tests" / "vectors" / "measure"]
ropewalk = build / "ropewalk"

# name -> (relative, absolute) tolerance. Predictions of inversions: 1e-6 as promised. Cell sums
# merge cells and integrate (theory/alias.c): 3e-5 where two keys are nearly alike (worst seen 1.7e-5). Kolmogorov distances depend on the last bits.
TOLERANCE = {
    "predicted": (0.0, 1e-6),
    "predicted_distances": (1e-5, 1e-9),
    "ks_near": (0.0, 1e-8), "ks_far": (0.0, 1e-8), "ks_difference": (0.0, 1e-8),
    "positional_score": (1e-9, 0), "max": (1e-9, 0), "measured": (1e-12, 0),
    "n_eff": (1e-8, 0), "max_share": (1e-8, 0), "zeta": (0, 0), "threshold": (0, 0),
}
ALIAS_PREDICTED = (3e-5, 1e-12)
failures, compared = [], 0


def compare(where, name, want, got, scale):
    global compared
    if isinstance(want, dict):
        if not isinstance(got, dict):
            failures.append(f"{where}.{name}: missing")
            return
        for key, value in want.items():
            if key in ("joint_moments", "reference_tie"):
                continue
            compare(f"{where}.{name}", key, value, got.get(key, "absent"), scale)
        if got.get("unresolved", 0) != 0:
            failures.append(f"{where}.{name}: unresolved {got['unresolved']}")
        return
    compared += 1
    if want is None or got is None or isinstance(want, (int, bool)) and not isinstance(want, float):
        if want != got:
            failures.append(f"{where}.{name}: want {want}, got {got}")
        return
    if not isinstance(got, (int, float)):
        failures.append(f"{where}.{name}: want {want}, got {got}")
        return
    rel, absolute = TOLERANCE.get(name, (0.0, 0.0))
    if name == "predicted" and "alias" in where:
        rel, absolute = ALIAS_PREDICTED
    if name in ("mean", "near_mean", "far_mean"):
        absolute = 1e-11 * scale
    if name.endswith("variance"):
        absolute = 1e-10 * scale * scale
    if abs(want - got) > absolute + rel * abs(want):
        failures.append(f"{where}.{name}: want {want!r}, got {got!r}")


def run(case, expected, isa, threads):
    dtype = expected["dtype"]
    command = [str(ropewalk), "measure", "--qk", str(case), "--json", "-", "-q", "--dtype", dtype,
               "--pairs", expected["pairs"], "--rotary-dim", str(expected["rotary_dim"]),
               "--score-scale", repr(expected["score_scale"]), "--isa", isa, "-t", str(threads),
               "--context", ",".join(sorted({str(c["context"]) for c in expected["contexts"]}, key=int))]
    if expected.get("rope_theta"):
        command += ["--rope-theta", repr(expected["rope_theta"])]
    if expected.get("attn_factor", 1.0) != 1.0:
        command += ["--yarn-attn-factor", repr(expected["attn_factor"])]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        failures.append(f"{case.name} {isa}: exit {done.returncode}: {done.stderr.strip()}")
        return None
    return json.loads(done.stdout)


def nearly_affine(item):
    j = item.get("joint_moments")
    if not j or None in j.values():
        return False
    v1, v2, c = j["variance1"], j["variance2"], j["covariance"]
    return v1 * v2 - c * c <= 1e-7 * v1 * v2


def check(case, expected, result, label):
    got = {(c["context"], c["dtype"]): c for c in result["contexts"]}
    for want in expected["contexts"]:
        dtype = want.get("dtype", expected["dtype"])
        have = got[want["context"], dtype]
        for kind, keys in (("single", ("q", "k")), ("double", ("q", "k1", "k2"))):
            index = {tuple(item[k] for k in keys): item for item in have[kind]}
            for item in want[kind]:
                name = tuple(item[k] for k in keys)
                where = f"{case.stem} {label} M={want['context']} {dtype} {kind}{name}"
                m = item.get("moments", {})
                scale = max([abs(v) ** (0.5 if "variance" in k else 1.0)
                             for k, v in m.items() if v is not None] + [1.0]) * 10
                for key, value in item.items():
                    if key == "token_aliasing" and nearly_affine(item):
                        # one score fixes the other: no bivariate density, so no prediction
                        value = {k: v for k, v in value.items() if k != "predicted"}
                    if key not in keys and isinstance(value, dict):
                        if key in ("position_inversion_beyond", "joint_moments"):
                            have_it = index[name].get(key, {})
                            if key == "joint_moments" or have_it.get("total", 0) == 0:
                                continue
                        compare(where, key, value, index[name].get(key), scale)


isas = [line.split()[0] for line in subprocess.run([str(ropewalk), "list", "isa"], capture_output=True,
        text=True, check=True).stdout.splitlines() if "runs here" in line]
cases = sorted(p for f in folders for p in f.glob("*.safetensors"))
if not cases:
    sys.exit("no vectors found")
for case in cases:
    expected = json.loads(case.with_suffix("").with_suffix(".expected.json").read_text()
                          if case.with_suffix("").with_suffix(".expected.json").exists()
                          else (case.parent / (case.stem + ".expected.json")).read_text())
    contexts = None
    for isa in isas:
        for threads in ((1, 3) if isa == isas[0] else (1,)):
            result = run(case, expected, isa, threads)
            if result is None:
                continue
            check(case, expected, result, isa)
            if isa == isas[0]:
                if contexts is not None and contexts != result["contexts"]:
                    failures.append(f"{case.name}: 1 and 3 threads differ")
                contexts = result["contexts"]
print(f"{len(cases)} files, {len(isas)} instruction sets, {compared} values compared, "
      f"{len(failures)} differ")
for line in failures[:40]:
    print("  " + line)
sys.exit(1 if failures else 0)
