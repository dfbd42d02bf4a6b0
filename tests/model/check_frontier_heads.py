#!/usr/bin/env python3
"""Every captured head of a real model lies inside the frontier of its frequency table.

usage: check_frontier_heads.py SOURCE_DIR BUILD_DIR      exit 77: no model, no runner or no NumPy

Captures 256 tokens of a shipped text from SmolLM2-135M-Instruct. Separations and steps of queries with keys, and of
margins of two keys, are evaluated here from the scores themselves, distance by distance; the frontier comes from
`theory --frontier`, which reads no score. Where `theory` places heads is compared too.
"""
import json
import subprocess
import tempfile
from pathlib import Path

from runner_check import BUILD, ROPEWALK, SOURCE, expect, finish, skip

import numpy as np
from capture_file import Capture

CONTEXTS = (1024, 8192, 32768)
ROWS_Q, ROWS_K = (120, 180, 240), (1, 20, 60, 90, 110)
MODEL = SOURCE / ".deps" / "models" / "SmolLM2-135M-Instruct.gguf"


def run(*arguments):
    done = subprocess.run([ROPEWALK, *map(str, arguments), "--quiet"], stdout=subprocess.PIPE)
    if done.returncode:
        raise SystemExit(f"exit {done.returncode} from ropewalk {' '.join(map(str, arguments))}")
    return done.stdout


def coefficients(capture, layer, rotation):
    """z of every sampled query and key of every head: [head, query, key, pair]."""
    q, k = capture.hook(layer, "q"), capture.hook(layer, "k")
    h, n_head = rotation["rotary_dim"] // 2, q.shape[1]
    a = np.arange(h) * (2 if rotation["pairs"] == "interleaved" else 1)
    b = a + (1 if rotation["pairs"] == "interleaved" else h)
    q, k = q[list(ROWS_Q)], k[list(ROWS_K)].repeat(n_head // k.shape[1], axis=1)
    q, k = q[..., a] + 1j * q[..., b], k[..., a] + 1j * k[..., b]
    return np.einsum("qhn,khn->hqkn", q, k.conj())


def places(z, freq, context):
    """Separation, token separation and step of every row of z, from its scores."""
    power = np.sqrt(np.sum(np.abs(z) ** 2, axis=1))
    x = np.concatenate([z.real, z.imag], axis=1).T
    out = np.empty((3, len(z)))
    angle = np.outer(np.arange(context, dtype=np.float64), freq)
    wave = np.concatenate([np.cos(angle), -np.sin(angle)], axis=1)
    for first in range(0, len(z), 512):
        s = wave @ x[:, first:first + 512]
        near, far = s[:context // 2], s[context // 2:]
        out[0, first:first + 512] = (near.mean(0) - far.mean(0)) / np.sqrt(near.var(0) + far.var(0))
        out[1, first:first + 512] = s.mean(0) / s.std(0)
        out[2, first:first + 512] = np.sqrt(np.mean(np.diff(s, axis=0) ** 2, axis=0)) / power[first:first + 512]
    return out


def inside(curve, separation, step, where):
    """No head lies above the bound of the nearest smaller separation; returns step / bound."""
    c = np.array([p["separation"] for p in curve["points"]])
    bound = np.array([np.nan if p["bound"] is None else p["bound"] for p in curve["points"]])
    at = np.searchsorted(c, np.abs(separation), side="right") - 1
    expect(np.all(np.diff(c) > 0), f"{where}: separations are not in order")
    expect(not np.isnan(bound[at]).any(), f"{where}: a head is separated as none can be")
    share = step / bound[at]
    expect(np.all(share <= 1), f"{where}: a head is beyond the frontier, {np.nanmax(share)} of it")
    return share


def main():
    if not MODEL.exists():
        skip(f"no {MODEL}")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "capture.safetensors"
        run("capture", MODEL, "-o", path, "--text", SOURCE / "data" / "texts" / "prose.txt", "--tokens", "256")
        capture = Capture(path)
        placed = json.loads(run("theory", "--qk", path, "--layer", "7", "--head", "4", "--query-row", ROWS_Q[1],
                                "--key-rows", ",".join(map(str, ROWS_K)), "-c", CONTEXTS[1], "--frontier",
                                "--json", "-"))["frontiers"][0]["placed"]
    rotations = {r["layer"]: r for r in capture.rotations}
    freq = np.array(rotations[0]["inv_freq"])
    expect(all(r["inv_freq"] == list(freq) for r in rotations.values()), "layers differ in frequencies")
    theory = json.loads(run("theory", MODEL, "-c", ",".join(map(str, CONTEXTS)), "--frontier", "--draws", "1",
                            "--json", "-"))
    z = {layer: coefficients(capture, layer, r) for layer, r in rotations.items()}
    single = np.concatenate([v.reshape(-1, len(freq)) for v in z.values()])
    pairs = [(i, j) for i in range(len(ROWS_K)) for j in range(i)]
    margin = np.concatenate([(v[:, :, [i for i, _ in pairs]] - v[:, :, [j for _, j in pairs]]).reshape(-1, len(freq))
                             for v in z.values()])
    margin = margin[np.sum(np.abs(margin) ** 2, axis=1) > 0]
    for frontier in theory["frontiers"]:
        context = frontier["context"]
        curves = {c["order"]: c for c in frontier["curves"]}
        s = places(single, freq, context)
        m = places(margin, freq, context)
        near = inside(curves["position"], s[0], s[2], f"M {context}, near and far")
        token = inside(curves["token"], m[1], m[2], f"M {context}, token order")
        inside(curves["both"], np.minimum(np.abs(m[0]), np.abs(m[1])), m[2], f"M {context}, both")
        print(f"M {context}: {s.shape[1]} heads, |separation| median {np.median(np.abs(s[0])):.3f} and at most "
              f"{np.abs(s[0]).max():.2f}, step median {np.median(s[2]):.3f} and at most {s[2].max():.3f}: at most "
              f"{near.max():.3f} of the bound, median {np.median(near):.3f}; {m.shape[1]} margins, |separation| "
              f"median {np.median(np.abs(m[1])):.3f}, at most {token.max():.3f} of the bound")
    # Where theory places the heads of one query
    layer = z[7][4, 1]
    direct = places(layer, freq, CONTEXTS[1])
    for p in placed:
        if p["k2"] is None:
            expect(abs(p["separation"] - direct[0, p["k1"]]) < 1e-7 and abs(p["step"] - direct[2, p["k1"]]) < 1e-7,
                   f"key {p['k1']} is placed at {p['separation']}, {p['step']}, not {direct[:, p['k1']]}")
        else:
            d = places((layer[p["k1"]] - layer[p["k2"]])[None], freq, CONTEXTS[1])[:, 0]
            expect(abs(p["token_separation"] - d[1]) < 1e-7 and abs(p["step"] - d[2]) < 1e-7,
                   f"keys {p['k1']} - {p['k2']} are placed at {p['token_separation']}, {p['step']}, not {d}")
    expect(len(placed) == len(ROWS_K) * (len(ROWS_K) + 1) // 2, f"{len(placed)} places")
    finish(f"check_frontier_heads: {len(single)} heads and {len(margin)} margins inside at {len(CONTEXTS)} contexts")


main()
