"""The core as WebAssembly says what the command line says: counts integer by integer, tables bit for bit.

usage: check_live_core.py SOURCE_DIR BUILD_DIR      exit 77: no node or program here

Random vectors under random mechanisms, shapes, types, contexts and events are measured by the program; live_core.mjs
asks the same of src/report/assets/core.js in node and, where there is one, in a browser. Nothing here is
compared by time.
"""
import json
import math
import pathlib
import random
import shutil
import struct
import subprocess
import sys
import tempfile

SEED = 20261123
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
EVENTS = ["position_inversion", "position_aliasing", "positional_insensitivity", "token_inversion", "token_aliasing",
          "attention_invariance", "cross_aliasing"]
DTYPES = ["bf16", "f16", "f32", "e4m3", "e5m2"]
# mechanism of the command line: its options with the parameters they give
SCALINGS = {
    "none": [], "linear": [("--rope-scale", "factor", 4.0)], "ntk": [("--rope-scale", "factor", 3.0)],
    "yarn": [("--rope-scale", "factor", 8.0), ("--yarn-orig-ctx", "original_context_length", 4096)],
    "llama3": [("--rope-scale", "factor", 8.0), ("--yarn-orig-ctx", "original_context_length", 8192),
               ("--low-freq-factor", "low_freq_factor", 1.0), ("--high-freq-factor", "high_freq_factor", 4.0)],
}
draw = random.Random(SEED)


def safetensors(path, tensors):
    """{name: (rows, numbers)}, as F64; rows 0: one dimension."""
    header, data = {}, b""
    for name, (rows, numbers) in tensors.items():
        shape = [rows, len(numbers) // rows] if rows else [len(numbers)]
        packed = struct.pack(f"<{len(numbers)}d", *numbers)
        header[name] = {"dtype": "F64", "shape": shape, "data_offsets": [len(data), len(data) + len(packed)]}
        data += packed
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


def run(program, *words):
    done = subprocess.run([program, *words, "--json", "-", "-q"], capture_output=True, text=True, timeout=300)
    assert done.returncode in (0, 1), (words, done.stderr)
    return json.loads(done.stdout)


def vector(n, kind):
    f32 = struct.unpack(f"<{n}f", struct.pack(f"<{n}f", *(draw.gauss(0, 1) for _ in range(n))))
    scale = {"unit": 1.0, "large": 64.0, "small": 2.0 ** -20, "zero": 0.0}[kind]
    return [x * scale for x in f32]


def measured(program, folder, i):
    """One random question, as the program answers it."""
    d = draw.choice([2, 8, 64, 80, 128, 256])
    rotary = draw.choice([d, d, d, 2 * draw.randint(0, d // 2)])
    n_q, n_k = draw.choice([(1, 1), (1, 2), (2, 3)])
    contexts = sorted(draw.sample([1, 2, 3, 127, 258, 777, 1024, 4096, 5000, 16384], draw.randint(1, 3)))
    dtypes, events = draw.sample(DTYPES, draw.randint(1, 3)), draw.choice([None, draw.sample(EVENTS, 3)])
    pairs, mechanism = draw.choice(["half", "interleaved"]), draw.choice(sorted(SCALINGS))
    q, k = vector(n_q * d, draw.choice(["unit", "unit", "large", "small"])), vector(n_k * d, "unit")
    if i % 8 == 7:
        k = vector(n_k * d, "zero")
    theta, scale = draw.choice([100.0, 10000.0, 500000.0, 1e9]), draw.choice([None, d ** -0.5, 3.0])
    file = folder / f"qk{i}.safetensors"
    safetensors(file, {"q": (n_q, q), "k": (n_k, k)})
    # as a page's core sums: steps between scores are shown, and their last bits are an instruction set's
    words = ["--qk", str(file), "--isa", "generic", "-c", ",".join(map(str, contexts)), "--dtype", ",".join(dtypes), "--pairs", pairs,
             "--rotary-dim", str(rotary), "--rope-theta", repr(theta)]
    words += ["--rope-scaling", mechanism] if mechanism != "none" else []
    words += [w for option, _, value in SCALINGS[mechanism] for w in (option, repr(value))]
    words += ["--events", ",".join(events)] if events else []
    words += ["--score-scale", repr(scale)] if scale else []
    said = run(program, "measure", *words)
    s = said["settings"]
    request = {"head_dim": d, "rotary_dim": rotary, "pairs": pairs, "inv_freq": {"f64": s["inv_freq"]},
               "attn_factor": s["attn_factor"], "q": {"f64": q}, "k": {"f64": k}, "contexts": contexts, "dtypes": dtypes}
    request.update({"events": events} if events else {}, **({"score_scale": scale} if scale else {}))
    table = {"mechanism": mechanism, "head_dim": d, "rotary_dim": rotary, "rope_theta": theta,
             "parameters": {name: value for _, name, value in SCALINGS[mechanism]}}
    name = f"{mechanism} d={d}/{rotary} {pairs} {contexts} {dtypes} {events}"
    # the largest |q| |k| a^2 s: what scores are small beside
    norm = [max(math.hypot(*x[r:r + d]) for r in range(0, len(x), d)) for x in (q, k)]
    size = norm[0] * norm[1] * s["attn_factor"] ** 2 * s["score_scale"]
    return [{"call": "measure", "name": name, "request": request, "value": said["contexts"], "size": size},
            {"call": "table", "name": name, "request": table,
             "exact": {"inv_freq": s["inv_freq"], "attn_factor": s["attn_factor"]}}]


def parameters_of(rotation, config):
    """As inspect prints them; a list of one number a pair, which it sums up, from the model's own file."""
    found = {k: v for k, v in rotation["parameters"].items() if not k.endswith(("_min", "_max"))}
    scaling = config.get("rope_scaling") or {}
    found.update({k[:-4]: scaling[k[:-4]] for k in rotation["parameters"] if k.endswith("_min")})
    return found


def models(program, facts):
    """The frequency tables of the shipped models: every mechanism that a file declares."""
    cases = []
    for name in run(program, "list", "models")["models"]:
        name = name if isinstance(name, str) else name["name"]
        said = run(program, "inspect", "model:" + name)
        for i, r in enumerate(said["rotations"]):
            layer = next((l for l in said["layers"] if l["rotation"] == i), None)
            if layer is None or r["inv_freq"] is None or r["rotary_offset"]:
                continue
            request = {"mechanism": r["mechanism"], "head_dim": layer["head_dim"], "rotary_dim": r["rotary_dim"],
                       "rope_theta": r["rope_theta"], "context": said["model"]["context_length"] or 0,
                       "length": said["length"] or 0, "parameters": parameters_of(r, facts[name]["config"])}
            cases.append({"call": "table", "name": name, "request": request,
                          "exact": {"inv_freq": r["inv_freq"], "attn_factor": r["attn_factor"]}})
    return cases


def draws(program):
    """Vectors of every family, drawn and counted: each draw of a sweep's cell has the same counts."""
    families, contexts = ["aligned", "gaussian", "flat", "slow-heavy", "fast-heavy"], [512, 3000]
    said = run(program, "sweep", "--head-dim", "48", "--rope-theta", "20000", "--coefficients", ",".join(families), "--draws",
               "2", "--seed", "9", "-c", ",".join(map(str, contexts)))
    cases = []
    for family in families:
        cell = next(c for c in said["cells"] if c["coefficients"] == family)
        for i in range(2):
            request = {"head_dim": 48, "rope_theta": 20000, "family": family, "seed": 9, "draw": i,
                       "n_k": 2, "contexts": contexts, "dtypes": ["bf16"]}
            counts = [[c["context"], one(c["position_inversion"]["count"], i), one(c["token_inversion"]["count"], i),
                       one(c["dtypes"][0]["position_aliasing"]["pairs"], i)] for c in cell["contexts"]]
            cases.append({"call": "draw", "name": f"{family} {i}", "request": request, "exact": counts})
    return cases


def one(list_, i):
    """Of aligned coefficients the first key is the same in every draw and counted once."""
    return list_[i] if len(list_) > 1 else list_[0]


def scores():
    """S(m) from its definition, in plain double precision."""
    cases = []
    for d, rotary, pairs in ((8, 8, "half"), (64, 32, "interleaved"), (128, 128, "half")):
        freq = [10000.0 ** (-2 * n / rotary) for n in range(rotary // 2)]
        q, k, at, scale = vector(d, "unit"), vector(d, "unit"), draw.randint(0, 3000), 0.125
        split = [(2 * n, 2 * n + 1) if pairs == "interleaved" else (n, n + rotary // 2) for n in range(rotary // 2)]

        def value(m):
            terms = [scale * q[i] * k[i] for i in range(rotary, d)]
            for (c, s), w in zip(split, freq):
                re, im = q[c] * k[c] + q[s] * k[s], q[s] * k[c] - q[c] * k[s]
                terms += [scale * re * math.cos(m * w), -scale * im * math.sin(m * w)]
            return math.fsum(terms)

        request = {"head_dim": d, "rotary_dim": rotary, "pairs": pairs, "inv_freq": {"f64": freq}, "q": {"f64": q},
                   "k": {"f64": k}, "score_scale": scale, "from": at, "n": 40}
        size = scale * math.hypot(*q) * math.hypot(*k)
        cases.append({"call": "scores", "name": f"d={d}", "request": request, "near": [value(m) for m in range(at, at + 40)],
                      "bound": 1e-12 * size})
    return cases


def hostile():
    """Each must be an Error with one sentence; none may hang, stop the core or make the next call fail."""
    good = {"head_dim": 4, "inv_freq": [1, 0.01], "q": [1, 2, 3, 4], "k": [4, 3, 2, 1], "contexts": [16]}
    table = {"mechanism": "linear", "head_dim": 4, "rope_theta": 10000, "parameters": {"factor": 2}}
    nan, infinity = {"special": "NaN"}, {"special": "Infinity"}
    measure = [
        ("head_dim", nan), ("head_dim", -4), ("head_dim", 0), ("head_dim", 1.5), ("head_dim", 1e300), ("head_dim", "4"),
        ("head_dim", None), ("head_dim", 5), ("rotary_dim", 3), ("rotary_dim", 6), ("rotary_dim", -2), ("rotary_dim", nan),
        ("pairs", "both"), ("pairs", 1), ("inv_freq", [1]), ("inv_freq", [1, nan]), ("inv_freq", [1, -1]),
        ("inv_freq", [1, 2000]), ("inv_freq", None), ("inv_freq", ["1", "2"]), ("attn_factor", 0), ("attn_factor", nan),
        ("attn_factor", infinity), ("score_scale", -1), ("score_scale", infinity), ("zeta", 5), ("zeta", "x"),
        ("near_alias", -1), ("near_alias", infinity), ("q", []), ("q", [1, 2, 3]), ("q", [1, 2, 3, nan]),
        ("q", [1, 2, 3, infinity]), ("q", "abcd"), ("q", None), ("q", [1e200] * 4), ("k", [1, 2, 3, 4, 5]),
        ("k", {"length": 4}), ("contexts", []), ("contexts", [0]), ("contexts", [-1]), ("contexts", [nan]),
        ("contexts", [infinity]), ("contexts", [1.5]), ("contexts", [2 ** 20 + 1]), ("contexts", [2 ** 31]),
        ("contexts", [1e300]), ("contexts", "16"), ("contexts", [[16]]), ("contexts", [1] * 65), ("dtypes", ["f8"]),
        ("dtypes", []), ("dtypes", [1]), ("dtypes", ["x" * 100000]), ("events", ["all,none"]), ("events", [""]),
        ("events", ["\0"]), ("events", {})]
    tables = [
        ("mechanism", "yarn2"), ("mechanism", "x" * 100000), ("mechanism", 1), ("head_dim", nan), ("rope_theta", 1),
        ("rope_theta", nan), ("rope_theta", infinity), ("rope_theta", "x"), ("parameters", {"factor": nan}),
        ("parameters", {"factor": -1}), ("parameters", {"fac": 1}), ("parameters", {}), ("parameters", 1),
        ("parameters", {"factor": "4"}), ("parameters", {f"p{i}": 1 for i in range(40)}),
        ("parameters", {"factor": [1, 2]}), ("parameters", {"fac\0tor": 2}), ("context", -1), ("length", nan)]
    scores = [("from", -1), ("from", nan), ("n", 0), ("n", 2 ** 31), ("n", nan), ("from", 2 ** 20), ("n", 1.5)]
    vectors = [("family", "x"), ("n_k", 0), ("n_k", 1e9), ("seed", nan), ("draw", -1), ("family", None)]
    cases = [{"call": call, "name": f"{key} {str(value)[:30]}", "request": {**base, key: value}, "error": "."}
             for call, base, list_ in (("measure", good, measure), ("table", table, tables),
                                       ("scores", {**good, "n": 4}, scores),
                                       ("vectors", {"family": "flat", "head_dim": 4}, vectors))
             for key, value in list_]
    many = {**good, "q": {"f64": [1.0] * 4 * 4096}, "k": {"f64": [1.0] * 4 * 4096}, "contexts": [2 ** 20]}
    wide = {"head_dim": 4096, "inv_freq": [1] * 2048, "q": [1] * 4096, "k": [1] * 4096, "contexts": [16]}
    cases.append({"call": "measure", "name": "too much", "request": many, "error": "more than the .* counted in a page"})
    cases.append({"call": "measure", "name": "too wide", "request": wide, "error": "more than a page predicts"})
    cases += [{"call": call, "name": "no request", "request": r, "error": "."}
              for call in ("measure", "table", "scores", "vectors") for r in (None, 1, "x", [])]
    return cases


def main():
    source, build = (pathlib.Path(p).resolve() for p in sys.argv[1:3])
    node, program = shutil.which("node"), build / "ropewalk"
    if not node or not program.exists():
        print("SKIPPED: no node, or no program")
        return 77
    browser = next((b for b in map(shutil.which, BROWSERS) if b), None)
    modules = source / ".deps" / "node" / "node_modules"
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        cases = [c for i in range(48) for c in measured(program, folder, i)] + \
            draws(program) + scores() + models(program, json.loads((source / "data" / "models.json").read_text()))
        bad = hostile()
        # an answer after every refusal: nothing is left behind by them
        cases += [c for n, one in enumerate(bad) for c in (one, cases[n % 4])]
        (folder / "cases.json").write_text(json.dumps(cases))
        words = [node, source / "tests" / "browser" / "live_core.mjs", source, folder]
        if browser and (modules / "playwright-core").is_dir():
            words += [browser, modules]
        else:
            print("no browser or no playwright-core here: asked of node alone")
        return 1 if subprocess.run(words, timeout=1700, check=False).returncode else 0


if __name__ == "__main__":
    print("seed", SEED)
    sys.exit(main())
