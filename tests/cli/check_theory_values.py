#!/usr/bin/env python3
"""Values of `theory --json` again from published definitions: moments as plain sums over all distances, predictions by the
error function, aliasing by walking over every bf16 number, rates and bounds from their formulas.

usage: check_theory_values.py SOURCE_DIR BUILD_DIR          exit 77: no program here
"""
import cmath
import csv
import json
import math
import pathlib
import struct
import subprocess
import sys
import tempfile

BAD = []
N_CHECK = 0


def same(what, got, want, tolerance):
    global N_CHECK
    N_CHECK += 1
    if got is None or not abs(got - want) <= tolerance * max(1.0, abs(want)):
        BAD.append(f"{what}: {got}, by definition {want}")


def run(program, *words):
    done = subprocess.run([program, "theory", *words, "--reproducible", "--json", "-"], capture_output=True, text=True,
                          check=True)
    return json.loads(done.stdout)


def phi(x):
    return 0.5 * math.erfc(-x / math.sqrt(2))


def scores(z, freq, first, end):
    """S(m) for each m; m w has a rounding error of 2^-53 of itself, far below the tolerances."""
    return [math.fsum((c * cmath.exp(1j * (m * w))).real for c, w in zip(z, freq)) for m in range(first, end)]


def moments(s):
    mean = math.fsum(s) / len(s)
    return mean, math.fsum((x - mean) ** 2 for x in s) / len(s)


def bf16_cells():
    """Midpoints between neighbours among the finite bf16 numbers that matter here, ascending: |x| in [2^-20, 2^12]."""
    positive = [struct.unpack("<f", struct.pack("<I", bits << 16))[0] for bits in range((127 - 20) << 7, (127 + 12) << 7)]
    values = [-v for v in reversed(positive)] + [0.0] + positive
    return [-math.inf] + [(a + b) / 2 for a, b in zip(values, values[1:])] + [math.inf]


def mass(low, high, mean, sigma):
    a, b = (low - mean) / sigma, (high - mean) / sigma
    return phi(-a) - phi(-b) if a > 0 else phi(b) - phi(a)


def check_one(what, values, typed, z, freq, context):
    near, far = scores(z, freq, 0, context // 2), scores(z, freq, context // 2, context)
    size = sum(abs(c) for c in z)
    (m1, v1), (m2, v2), (m, v) = moments(near), moments(far), moments(near + far)
    for name, want in (("near_mean", m1), ("far_mean", m2), ("mean", m)):
        same(f"{what} {name}", values[name]["value"] / size, want / size, 1e-9)
    for name, want in (("near_variance", v1), ("far_variance", v2), ("variance", v)):
        same(f"{what} {name}", values[name]["value"] / size ** 2, want / size ** 2, 1e-9)
    same(f"{what} position_inversion", values["position_inversion"]["value"], phi(-(m1 - m2) / math.sqrt(v1 + v2)), 1e-8)
    same(f"{what} near_aliasing", values["near_aliasing"]["value"], math.erf(0.1 / (2 * math.sqrt(v))), 1e-8)
    energy = sum(abs(c) ** 2 for c in z)
    same(f"{what} n_eff", values["n_eff"]["value"], energy ** 2 / sum(abs(c) ** 4 for c in z), 1e-9)
    same(f"{what} max_share", values["max_share"]["value"], max(abs(c) ** 2 for c in z) / energy, 1e-9)
    s, u = near + far, math.sqrt(energy)
    steps = [(b - a) / u for a, b in zip(s, s[1:])]
    mu, sigma = moments(steps)[0], math.sqrt(moments(steps)[1])
    same(f"{what} step_rms", values["step_rms"]["value"], math.hypot(mu, sigma), 1e-9)
    same(f"{what} positional_score", values["positional_score"]["value"], math.sqrt(2 / math.pi) * sigma *
         math.exp(-0.5 * (mu / sigma) ** 2) + mu * math.erf(mu / sigma / math.sqrt(2)), 1e-7)
    same(f"{what} insensitivity", values["positional_insensitivity"]["value"],
         phi((0.01 - mu) / sigma) - phi((-0.01 - mu) / sigma), 1e-7)
    edges = bf16_cells()
    p = [mass(a, b, m, math.sqrt(v)) for a, b in zip(edges, edges[1:])]
    same(f"{what} position_aliasing", typed["position_aliasing"]["value"] / sum(x * x for x in p), 1.0, 1e-4)
    same(f"{what} position_aliasing_distances", typed["position_aliasing_distances"]["value"],
         sum(x * -math.expm1((context - 1) * math.log1p(-x)) for x in p), 1e-4)
    if context // 2 >= 129:
        ml, vl = moments(scores(z, freq, 1, 129))
        same(f"{what} local", values["position_inversion_local"]["value"], phi(-(ml - m2) / math.sqrt(vl + v2)), 1e-8)
    (mn, vn), (mf, vf) = (moments(scores(z, freq, k * context + 1, (k + 1) * context + 1)) for k in (1, 2))
    same(f"{what} beyond", values["position_inversion_beyond"]["value"], phi(-(mn - mf) / math.sqrt(vn + vf)), 1e-8)


def check_table(table, base, h, context):
    """Rates and bounds of an unscaled table."""
    freq = [base ** (-n / h) for n in range(h)]
    for got, want in zip(table["inv_freq"], freq):
        same("inv_freq", got / want, 1.0, 1e-14)
    v = table["values"]
    rho = base ** (-1 / h)
    same("R_F", v["response"]["value"], math.sqrt(sum(abs(cmath.exp(1j * w) - 1) ** 2 for w in freq)), 1e-10)
    same("Gamma", v["gamma"]["value"], 4 * math.pi / ((1 - rho) * 0.1), 1e-10)
    same("M_max about", v["m_max_scale"]["value"], 4 * math.pi * base ** ((h - 1) / h) / ((1 - rho) * 0.1), 1e-10)
    first = next(m for m in range(1, 200000) if math.fsum(math.cos(m * w) for w in freq) < 0)
    same("context bound", v["context_bound"]["value"], first, 0)
    c = table["contexts"][0]
    v = c["values"]
    passing = [v["base_first"]["value"] * f for f in (1 - 1e-6, 1 + 1e-9)] + [v["base_safe"]["value"] * (1 + 1e-9)]
    for base_at, passes in zip(passing, (False, True, True)):
        w = [base_at ** (-n / h) for n in range(h)]
        least = min(math.fsum(math.cos(m * x) for x in w) for m in range(1, context + 1))
        same(f"base {base_at} keeps {context}", least >= 0, passes, 0)
    turned = sum(context * w >= 2 * math.pi for w in freq)
    same("pairs_turned", v["pairs_turned"]["value"], turned, 0)
    same("split_index", v["split_index"]["value"], h * math.log(context / (2 * math.pi)) / math.log(base), 1e-10)
    same("rate", v["position_inversion_rate"]["value"],
         phi(-2 * math.log(2) * math.sqrt(h / (math.log(context) * math.log(base)))), 1e-10)
    part = math.log(context) / math.log(base)
    same("token rate", v["token_inversion_rate"]["value"], phi(-math.sqrt(2 * h) * (1 - part) / math.sqrt(part)), 1e-10)
    same("aliasing base", v["aliasing_base"]["value"], (context / (2 * math.pi)) ** (2 * h / (2 * h - 2)), 1e-10)
    same("high band", v["high_band_pairs"]["value"], sum(context * w >= 4 * math.pi / ((1 - rho) * 0.1) for w in freq), 0)
    same("precision base", c["dtypes"][0]["values"]["precision_base"]["value"], 2 ** 7, 0)


def given(path):
    """q and k of a file of float64 or float32 vectors."""
    raw = path.read_bytes()
    n = struct.unpack("<Q", raw[:8])[0]
    header, data = json.loads(raw[8:8 + n]), raw[8 + n:]
    out = {}
    for name in ("q", "k"):
        a, b = header[name]["data_offsets"]
        kind = {"F64": "d", "F32": "f"}[header[name]["dtype"]]
        flat = [x[0] for x in struct.iter_unpack("<" + kind, data[a:b])]
        width = header[name]["shape"][1]
        out[name] = [flat[i:i + width] for i in range(0, len(flat), width)]
    return out


def check_csv(program):
    """Every value of the document stands once in the rows, and no other."""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, "t.csv")
        document = run(program, "--head-dim", "64", "--rope-theta", "1e4", "--context", "512,1024", "--dtype", "bf16,f16",
                       "--draws", "2", "--count", "--csv", str(path))
        seen = {tuple(row[k] for k in ("context", "coefficients", "dtype", "quantity")): row["value"]
                for row in csv.DictReader(path.open())}
    wanted = {}

    def put(context, family, dtype, values):
        for name, answer in values.items():
            wanted[str(context), family, dtype, name] = answer.get("value")

    table = document["tables"][0]
    put("", "", "", table["values"])
    for c in table["contexts"]:
        put(c["context"], "", "", c["values"])
        for typed in c["dtypes"]:
            put(c["context"], "", typed["dtype"], typed["values"])
        for score in c["scores"]:
            put(c["context"], score["coefficients"], "", score["values"])
            for typed in score["dtypes"]:
                put(c["context"], score["coefficients"], typed["dtype"], typed["values"])
    if set(seen) != set(wanted):
        BAD.append(f"CSV and JSON hold different rows: {sorted(set(seen) ^ set(wanted))[:5]}")
    for key in set(seen) & set(wanted):
        if (seen[key] == "") != (wanted[key] is None):
            BAD.append(f"CSV {key}: {seen[key]!r}, JSON {wanted[key]}")
        elif seen[key]:
            same(f"CSV {key}", float(seen[key]) / (wanted[key] or 1.0), 1.0 if wanted[key] else 0.0, 1e-11)


def main():
    source, build = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    program = build / "ropewalk"
    if not program.exists():
        print(f"SKIPPED: no {program}")
        return 77
    words = ("--coefficients", "aligned", "--draws", "1", "--context")
    for base, h, context in ((1e4, 64, 600), (5e5, 32, 1024)):
        table = run(program, "--head-dim", str(2 * h), "--rope-theta", str(base), *words, str(context), "--base-bound")["tables"][0]
        check_table(table, base, h, context)
        score = table["contexts"][0]["scores"][0]
        check_one(f"aligned {base:g}", score["values"], score["dtypes"][0]["values"], [1.0] * h, table["inv_freq"], context)
    table = run(program, "model:llama-3.1-8b", *words, "777")["tables"][0]
    score = table["contexts"][0]["scores"][0]
    check_one("llama3 scaling", score["values"], score["dtypes"][0]["values"], [1.0] * 64, table["inv_freq"], 777)
    # two keys, of a file: every number of the margin
    path = source / "tests" / "vectors" / "measure" / "gauss64.safetensors"
    file, context = given(path), 500
    tables = run(program, "--qk", str(path), "--rope-theta", "1e4", "--context", str(context))["tables"]
    freq = tables[0]["inv_freq"]
    half = len(freq)
    for score in tables[0]["contexts"][0]["scores"]:
        q = file["q"][score["q"]]
        z = [[complex(q[n], q[n + half]) * complex(k[n], k[n + half]).conjugate() for n in range(half)]
             for k in (file["k"][score[name]] for name in ("k1", "k2") if score[name] is not None)]
        if len(z) == 1:
            check_one(f"given {score['q']} {score['k1']}", score["values"], score["dtypes"][0]["values"], z[0], freq, context)
            continue
        both = [moments(scores(x, freq, 0, context)) for x in z]
        edges = bf16_cells()
        rate = sum(mass(a, b, both[0][0], math.sqrt(both[0][1])) * mass(a, b, both[1][0], math.sqrt(both[1][1]))
                   for a, b in zip(edges, edges[1:]))
        same("cross_aliasing", score["dtypes"][0]["values"]["cross_aliasing"]["value"] / rate, 1.0, 2e-4)
        d = scores([a - b for a, b in zip(*z)], freq, 0, context)
        mean, variance = moments(d)
        sign = 1 if d[0] > 0 else -1
        same("token_inversion", score["values"]["token_inversion"]["value"], phi(-sign * mean / math.sqrt(variance)), 1e-8)
        same("semantic_score", score["values"]["semantic_score"]["value"], 1 - phi(-sign * mean / math.sqrt(variance)), 1e-8)
    check_csv(program)
    for line in BAD:
        print(line)
    print(f"theory values: {N_CHECK} checked, {len(BAD)} faults")
    return 1 if BAD or N_CHECK < 100 else 0


if __name__ == "__main__":
    sys.exit(main())
