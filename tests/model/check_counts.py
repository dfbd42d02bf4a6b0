#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Counts for captured vectors of a real model, recounted in plain NumPy: check_counts.py SOURCE_DIR BUILD_DIR

Captures 256 tokens of a shipped text from SmolLM2-135M-Instruct, lets ropewalk measure one early and one late head, and compares
every count with a float64 program written from the definitions alone. Exit 77 (skipped) when a prerequisite is missing.
"""
import glob
import json
import os
import shutil
import struct
import subprocess
import sys
import tempfile

SKIP = 77
CONTEXTS = (1024, 8192)
QUERY_ROW = 201
KEY_ROWS = (7, 96, 180)


def skip(why):
    print("SKIPPED check_counts: %s" % why, file=sys.stderr, flush=True)
    sys.exit(SKIP)


try:
    import numpy as np
except ImportError:
    skip("no NumPy for %s" % sys.executable)


# ---------------------------------------------------------------- the definitions, in float64

def scores(q, k, rotation, scale, count):
    """S(0 .. count-1) for one un-rotated query and key."""
    h = rotation["rotary_dim"] // 2
    first, second = (slice(0, h), slice(h, 2 * h)) if rotation["pairs"] == "half" else (slice(0, 2 * h, 2), slice(1, 2 * h, 2))
    qr, qi, kr, ki = q[first], q[second], k[first], k[second]
    a = float(rotation["attn_factor"])
    factor = (scale * a) * a
    re, im = factor * (qr * kr + qi * ki), factor * (qi * kr - qr * ki)
    angle = np.outer(np.arange(count, dtype=np.float64), np.array(rotation["inv_freq"], dtype=np.float64))
    rest = scale * sum((float(x) * float(y) for x, y in zip(q[2 * h:], k[2 * h:])), 0.0)
    return rest + np.cos(angle) @ re - np.sin(angle) @ im, np.sqrt(np.sum((re * re + im * im)[np.array(rotation["inv_freq"]) != 0]))


def to_bf16(x):
    """Nearest bf16, ties to even, as float64; by integer arithmetic on the bits of the float64."""
    bits = x.view(np.int64)
    sign, mag = bits & np.int64(-2**63), bits & np.int64(2**63 - 1)
    drop = 52 - 7
    up = mag + (np.int64(2**(drop - 1) - 1) + ((mag >> drop) & 1))
    out = (sign | ((up >> drop) << drop)).view(np.float64)
    small = np.abs(x) < 2.0**-126
    out = np.where(small, np.rint(x * 2.0**133) * 2.0**-133, out)
    assert np.all(np.abs(out) < 2.0**128)
    return out + 0.0  # -0 becomes 0


def pairs_within(*columns):
    """Unordered pairs of positions that agree in every column, and how many positions have a partner."""
    _, counts = np.unique(np.stack(columns, axis=1), axis=0, return_counts=True)
    counts = [int(c) for c in counts]
    return sum(c * (c - 1) // 2 for c in counts), sum(c for c in counts if c > 1)


def single_counts(s, amplitude, zeta=0.01):
    n = len(s)
    near, far = np.sort(s[:n // 2]), s[n // 2:]
    below, upto = np.searchsorted(near, far, "left"), np.searchsorted(near, far, "right")
    pairs, distances = pairs_within(to_bf16(s))
    steps = np.abs(np.diff(s)) / amplitude
    return {
        "position_inversion": {"count": int(below.sum()), "ties": int((upto - below).sum()), "total": len(near) * len(far)},
        "position_aliasing": {"pairs": pairs, "distances": distances, "overflow": 0, "total": n * (n - 1) // 2},
        "positional_insensitivity": {"count": int(np.count_nonzero(steps < zeta)), "total": n - 1},
    }


def double_counts(s1, s2):
    n = len(s1)
    first, second = (s1, s2) if s1[0] >= s2[0] else (s2, s1)
    r1, r2 = to_bf16(s1), to_bf16(s2)
    same = int(np.count_nonzero(r1 == r2))
    v1, c1 = np.unique(r1, return_counts=True)
    v2, c2 = np.unique(r2, return_counts=True)
    _, i1, i2 = np.intersect1d(v1, v2, return_indices=True)
    return {
        "token_inversion": {"count": int(np.count_nonzero(first < second)), "total": n},
        "token_aliasing": {"count": same, "total": n},
        "attention_invariance": {"pairs": pairs_within(r1, r2)[0], "total": n * (n - 1) // 2},
        "cross_aliasing": {"pairs": int((c1[i1].astype(object) * c2[i2]).sum()) - same, "total": n * (n - 1)},
    }


# ---------------------------------------------------------------- the capture

class Capture:
    def __init__(self, path):
        with open(path, "rb") as f:
            size = struct.unpack("<Q", f.read(8))[0]
            header = json.loads(f.read(size))
            self.data = f.read()
        self.meta = header.pop("__metadata__")
        self.header = header

    def tensor(self, name):
        t = self.header[name]
        kind = {"F32": "<f4", "F64": "<f8", "I64": "<i8"}[t["dtype"]]
        a, b = t["data_offsets"]
        return np.frombuffer(self.data[a:b], dtype=kind).reshape(t["shape"])

    def rotation(self, layer):
        """The rotation of a layer, whether the list has one entry per layer or names the layers."""
        rot = json.loads(self.meta["rotations"])
        if isinstance(rot, dict) and "layers" in rot:
            rot = rot["layers"]
        if isinstance(rot, dict):
            return rot[str(layer)]
        named = [r for r in rot if isinstance(r, dict) and "layer" in r]
        if named:
            return [r for r in named if r["layer"] == layer][0]
        return rot[layer]

    def positions(self, which, count):
        for name in ("positions_" + which, "positions"):
            if name in self.header:
                return self.tensor(name)
        return np.arange(count)


def rotate(x, position, rotation):
    """The vector x turned to a position, attention factor included."""
    h = rotation["rotary_dim"] // 2
    first, second = (slice(0, h), slice(h, 2 * h)) if rotation["pairs"] == "half" else (slice(0, 2 * h, 2), slice(1, 2 * h, 2))
    angle = float(position) * np.array(rotation["inv_freq"], dtype=np.float64)
    a = float(rotation["attn_factor"])
    out = x.astype(np.float64).copy()
    out[first] = a * (x[first] * np.cos(angle) - x[second] * np.sin(angle))
    out[second] = a * (x[first] * np.sin(angle) + x[second] * np.cos(angle))
    return out


def run(command):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if done.returncode != 0:
        sys.stderr.buffer.write(done.stderr)
        raise SystemExit("check_counts: exit code %d from: %s" % (done.returncode, " ".join(command)))
    return done.stdout


def check_head(tool, path, capture, layer, head, bad):
    q = capture.tensor("blocks.%d.attn.hook_q" % layer)
    k = capture.tensor("blocks.%d.attn.hook_k" % layer)
    rotation = capture.rotation(layer)
    kv = head // (q.shape[1] // k.shape[1])
    pq, pk = capture.positions("q", len(q)), capture.positions("k", len(k))
    result = json.loads(run([tool, "measure", "--qk", path, "--layer", str(layer), "--head", str(head), "--query-row", str(QUERY_ROW),
                             "--key-rows", ",".join(map(str, KEY_ROWS)), "--context", ",".join(map(str, CONTEXTS)), "--dtype", "bf16",
                             "--score-scale", "model", "--json", "-"]))
    scale = float(rotation["softmax_scale"])
    where = "layer %d head %d" % (layer, head)
    if result["settings"]["score_scale"] != scale:
        bad.append("%s: score scale %r, the capture says %r" % (where, result["settings"]["score_scale"], scale))

    query = q[QUERY_ROW, head].astype(np.float64)
    table = [scores(query, k[row, kv].astype(np.float64), rotation, scale, max(CONTEXTS)) for row in KEY_ROWS]

    # the score is the product of the rotated vectors, here and as the model itself rotated them
    for (s, _), row in zip(table, KEY_ROWS):
        m = int(pq[QUERY_ROW] - pk[row])
        key = k[row, kv].astype(np.float64)
        size = scale * np.linalg.norm(query) * np.linalg.norm(key) * float(rotation["attn_factor"])**2
        direct = scale * (rotate(query, pq[QUERY_ROW], rotation) @ rotate(key, pk[row], rotation))
        if abs(direct - s[m]) > 1e-11 * size:
            bad.append("%s key %d: rotated product %r, score %r" % (where, row, direct, s[m]))
        name = "blocks.%d.attn.hook_rot_" % layer
        if name + "q" in capture.header and name + "k" in capture.header:
            rq = capture.tensor(name + "q")[QUERY_ROW, head].astype(np.float64)
            rk = capture.tensor(name + "k")[row, kv].astype(np.float64)
            if abs(scale * (rq @ rk) - s[m]) > 1e-3 * size:
                bad.append("%s key %d: the model's product %r, score %r" % (where, row, scale * (rq @ rk), s[m]))

    compared = 0

    def compare(want, got, label):
        nonlocal compared
        for event, keys in want.items():
            if event not in got:
                if event != "cross_aliasing":
                    bad.append("%s %s: %s is missing" % (where, label, event))
                continue
            for key, value in keys.items():
                compared += 1
                if got[event].get(key) != value:
                    bad.append("%s %s %s.%s: ropewalk %r, NumPy %r" % (where, label, event, key, got[event].get(key), value))
            if got[event].get("unresolved", 0) != 0:
                bad.append("%s %s %s: unresolved %r" % (where, label, event, got[event]["unresolved"]))

    for context in CONTEXTS:
        found = [c for c in result["contexts"] if c["context"] == context and c["dtype"] == "bf16"]
        if len(found) != 1:
            bad.append("%s: %d results for context %d" % (where, len(found), context))
            continue
        single, double = found[0]["single"], found[0]["double"]
        n = len(KEY_ROWS)
        if len(single) != n or len(double) != n * (n - 1) // 2:
            bad.append("%s: %d single and %d double results" % (where, len(single), len(double)))
            continue
        for i in range(n):
            compare(single_counts(table[i][0][:context], table[i][1]), single[i], "M=%d key %d" % (context, KEY_ROWS[i]))
        at = 0
        for i in range(n):
            for j in range(i + 1, n):
                compare(double_counts(table[i][0][:context], table[j][0][:context]), double[at],
                        "M=%d keys %d,%d" % (context, KEY_ROWS[i], KEY_ROWS[j]))
                at += 1
    return compared


def main():
    if len(sys.argv) != 3:
        raise SystemExit("usage: check_counts.py SOURCE_DIR BUILD_DIR")
    source, build = sys.argv[1:]
    model = os.path.join(source, ".deps", "models", "SmolLM2-135M-Instruct.gguf")
    text = os.path.join(source, "data", "texts", "prose.txt")
    tool = os.path.join(build, "ropewalk")
    if not os.access(tool, os.X_OK):
        skip("no %s" % tool)
    if not glob.glob(os.path.join(glob.escape(build), "**", "ropewalk-llama"), recursive=True):
        skip("built without llama.cpp (no ropewalk-llama below %s)" % build)
    if not os.path.exists(model):
        skip("no %s" % model)
    folder = tempfile.mkdtemp(prefix="ropewalk-counts-")
    try:
        path = os.path.join(folder, "capture.safetensors")
        run([tool, "capture", model, "-o", path, "--text", text, "--tokens", "256"])
        capture = Capture(path)
        layers = sorted(int(n.split(".")[1]) for n in capture.header if n.endswith(".attn.hook_q"))
        heads = capture.tensor("blocks.%d.attn.hook_q" % layers[0]).shape[1]
        bad, compared = [], 0
        for layer, head in ((layers[1], 0), (layers[-2], heads - 1)):
            compared += check_head(tool, path, capture, layer, head, bad)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    for line in bad:
        print(line)
    print("check_counts: %d counts compared, %d differences" % (compared, len(bad)))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
