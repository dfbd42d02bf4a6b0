#!/usr/bin/env python3
"""Three heads of the real model, recomputed with independent code.

usage: check_audit_cells.py SOURCE_DIR BUILD_DIR [HEADS]
Audits the quantised model on 256 tokens, keeps the capture, and recomputes every mean of three heads
(an early, a middle and a late layer) from that capture with plain NumPy float64: its own reading of
the file, cosines of the outer product, sorting and np.unique. Inversion rates, token rates and alias
counts must be equal; attended keys must be the top rows of a softmax computed here.
Exit 77: the model, its runner or NumPy is not there.
"""
import json
import pathlib
import struct
import subprocess
import sys
import tempfile

try:
    import numpy as np
except ImportError:
    print("skipped: this Python has no NumPy")
    sys.exit(77)

source, build = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
model = source / ".deps" / "models" / "SmolLM2-135M-Instruct.gguf"
if not model.exists() or not (build / "runner" / "ropewalk-llama").exists():
    print("skipped: the model or ropewalk-llama is not there")
    sys.exit(77)
CONTEXTS = (1024, 8192)
HEADS = ((0, 3), (14, 7), (29, 0))
failures = []


def check(what, want, got, tolerance=1e-8):
    if got is None or abs(want - got) > tolerance * max(1.0, abs(want)):
        failures.append(f"{what}: NumPy {want!r}, ropewalk {got!r}")


def load(path):
    raw = path.read_bytes()
    size = struct.unpack("<Q", raw[:8])[0]
    header = json.loads(raw[8:8 + size])
    body = memoryview(raw)[8 + size:]

    def tensor(name):
        entry = header[name]
        begin, end = entry["data_offsets"]
        kind = {"F32": np.float32, "I64": np.int64}[entry["dtype"]]
        return np.frombuffer(body[begin:end], dtype=kind).reshape(entry["shape"]).astype(
            np.float64 if entry["dtype"] == "F32" else np.int64)

    return header["__metadata__"], tensor


def to_bf16(x):
    """Nearest bf16, ties to even, straight from float64 (normal range)."""
    bits = x.view(np.int64)
    shift = 45
    rounded = (bits + (1 << (shift - 1)) - 1 + ((bits >> shift) & 1)) >> shift << shift
    return np.where(x == 0, 0.0, rounded.view(np.float64))


def terms(q, k, rotation):
    half = rotation["rotary_dim"] // 2
    if rotation["pairs"] == "interleaved":
        a, b = slice(0, 2 * half, 2), slice(1, 2 * half, 2)
    else:
        a, b = slice(0, half), slice(half, 2 * half)
    factor = rotation["softmax_scale"] * rotation["attn_factor"] ** 2
    return ((q[a] * k[a] + q[b] * k[b]) * factor, (q[b] * k[a] - q[a] * k[b]) * factor,
            rotation["softmax_scale"] * float(q[2 * half:] @ k[2 * half:]))


def mean(values):
    values = [v for v in values if v is not None]
    return sum(values) / len(values) if values else None


with tempfile.TemporaryDirectory() as folder:
    folder = pathlib.Path(folder)
    command = [str(build / "ropewalk"), "audit", str(model), "--text", str(source / "data/texts/prose.txt"),
               "--tokens", "256", "--queries", "4", "--captures", str(folder), "--query", "", "-q",
               "--context", ",".join(map(str, CONTEXTS)), "--json", str(folder / "a.json")]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    audit = json.loads((folder / "a.json").read_text())
    meta, tensor = load(next(folder.glob("*.safetensors")))
    rotations = {r["layer"]: r for r in json.loads(meta["rotations"])}
    queries = audit["settings"]["texts"][0]["query_positions"]
    M = max(CONTEXTS)
    compared = 0
    for layer, head in HEADS:
        entry = next(h for h in audit["heads"] if (h["layer"], h["head"]) == (layer, head))
        sample, rotation = entry["samples"][0], rotations[layer]
        q_all = tensor(f"blocks.{layer}.attn.hook_q")[:, head]
        k_all = tensor(f"blocks.{layer}.attn.hook_k")[:, entry["kv_head"]]
        w = np.array(rotation["inv_freq"])
        angle = np.outer(np.arange(M, dtype=np.float64), w)
        cosine, sine = np.cos(angle), np.sin(angle)

        def score(row_q, row_k):
            re, im, constant = terms(q_all[row_q], k_all[row_k], rotation)
            return cosine @ re - sine @ im + constant

        for index, row in enumerate(queries):  # attended: top of the causal row, the sink apart
            real = []
            for j in range(1, row):
                re, im, constant = terms(q_all[row], k_all[j], rotation)
                phase = (row - j) * w
                real.append((float(np.cos(phase) @ re - np.sin(phase) @ im + constant), j))
            best, want = sorted(real, reverse=True), []
            for _, j in best:
                if len(want) < 3 and not any(np.array_equal(k_all[j], k_all[i]) for i in want + [0]):
                    want.append(j)
            if want != sample["attended"][index]:
                failures.append(f"L{layer}.H{head} query {row}: attended {sample['attended'][index]}, "
                                f"NumPy {want}")
        groups = {"attended": [(i, k) for i, keys in enumerate(sample["attended"]) for k in keys],
                  "random": [(i, k) for i in range(len(queries)) for k in sample["random"]],
                  "sink": [(i, 0) for i in range(len(queries))]}
        for context in CONTEXTS:
            got = next(c for c in entry["contexts"] if c["context"] == context)
            half, strengths = context // 2, []
            for name, pairs in groups.items():
                rates, aliases = [], []
                for i, k in pairs:
                    s = score(queries[i], k)[:context]
                    near = np.sort(s[:half])
                    count = int(np.searchsorted(near, s[half:], side="left").sum())
                    rates.append(count / (half * (context - half)))
                    _, seen = np.unique(to_bf16(s), return_counts=True)
                    aliases.append(int((seen * (seen - 1) // 2).sum()))
                    if name == "random":
                        strengths.append(abs(2 * rates[-1] - 1))
                check(f"L{layer}.H{head} M={context} {name} inversion", mean(rates),
                      got[name]["position_inversion"]["measured"])
                check(f"L{layer}.H{head} M={context} {name} alias pairs", mean(aliases),
                      got[name]["alias_pairs"])
                compared += 2
            check(f"L{layer}.H{head} M={context} preference", mean(strengths), got["preference"])
            flips = []
            for i, keys in enumerate(sample["attended"]):  # the rule of audit/head.c, choose_twins
                first = keys[i % len(keys)]
                other = next(sample["random"][(i + j) % len(sample["random"])]
                             for j in range(len(sample["random"]))
                             if not np.array_equal(k_all[sample["random"][(i + j) % len(sample["random"])]],
                                                   k_all[first]))
                d = score(queries[i], first)[:context] - score(queries[i], other)[:context]
                flips.append(int(((d if d[0] > 0 else -d) < 0).sum()) / context)
            check(f"L{layer}.H{head} M={context} token inversion", mean(flips),
                  got["attended_random"]["token_inversion"]["measured"])
            compared += 2
    check("unresolved", 0, audit["settings"]["unresolved"])
print(f"{len(HEADS)} heads, {compared} means compared, {len(failures)} differ")
for line in failures:
    print("  " + line)
sys.exit(1 if failures else 0)
