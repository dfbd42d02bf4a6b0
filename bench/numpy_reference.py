#!/usr/bin/env python3
"""The same counts in NumPy, two ways, beside `ropewalk bench`: one thread each, the same vectors, in one run.

usage: numpy_reference.py PROGRAM [--geometry pairs-128k] [--repeat N] [--json FILE]

PROGRAM writes the vectors and counts position inversions and position aliasing in bf16 at every
context; then NumPy does, in float64 from the definition:

  plain   as one would write it: cosines and sines of an outer product of distances and
          frequencies, for every context a sort and a search, and unique values of rounded scores
  best    cosines and sines of 512 distances once, each block's coefficients rotated to its centre,
          one matrix product a pair; one sort of all scores, cut to each context in turn; one
          bincount of rounded scores a segment

Counts must be equal: at up to 131072 distances NumPy's rounding errors would have to meet a
score difference below 1e-11 to change one. Times are the best of the repetitions; vectors, and
what depends on frequencies alone, are prepared outside the clock for all three.
"""
import os

for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"  # read when NumPy is imported

import argparse
import json
import math
import pathlib
import subprocess
import sys
import tempfile
import time

try:
    import numpy as np
except ImportError:
    print("numpy_reference: this Python has no NumPy (Debian: apt-get install python3-numpy)")
    sys.exit(77)

BLOCK = 512


def read_vectors(path):
    """q, k, inv_freq of a plain safetensors file, all float64."""
    raw = pathlib.Path(path).read_bytes()
    n = int.from_bytes(raw[:8], "little")
    header = json.loads(raw[8:8 + n])
    found = {}
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        assert entry["dtype"] == "F64", name
        first, end = entry["data_offsets"]
        found[name] = np.frombuffer(raw[8 + n + first:8 + n + end]).reshape(entry["shape"])
    return found["q"], found["k"], found["inv_freq"]


def coefficients(q, k):
    """S(m) = sum Re(z_n e^{i m w_n}) of every key with the first query; halves are paired."""
    half = q.shape[1] // 2
    Q = q[0, :half] + 1j * q[0, half:]
    K = k[:, :half] + 1j * k[:, half:]
    return Q * np.conj(K) / math.sqrt(q.shape[1])


def bf16(score):
    """Nearest bfloat16, ties to even, as integers whose equality is that of the numbers. Rounded
    once, from float64: float32 in between would round twice."""
    bits = score.view(np.uint64)
    bits = bits + (np.uint64((1 << 44) - 1) + ((bits >> np.uint64(45)) & np.uint64(1)))
    bits >>= np.uint64(45)
    bits[bits == np.uint64(1 << 18)] = 0  # minus zero
    return bits


def pairs(counts):
    counts = counts.astype(np.int64)
    return int((counts * (counts - 1) // 2).sum())


def plain(z, freq, contexts):
    """-> [context][inversions, alias pairs], summed over keys."""
    total = np.zeros((len(contexts), 2), dtype=np.int64)
    for one in z:
        angle = np.outer(np.arange(contexts[-1]), freq)
        score = np.cos(angle) @ one.real - np.sin(angle) @ one.imag
        for i, M in enumerate(contexts):
            near, far = np.sort(score[:M // 2]), score[M // 2:M]
            total[i, 0] += np.searchsorted(near, far).sum()
            total[i, 1] += pairs(np.unique(bf16(score[:M]), return_counts=True)[1])
    return total


class Best:
    def __init__(self, freq, contexts):
        self.contexts = contexts
        inside = np.outer(freq, np.arange(BLOCK) - (BLOCK - 1) / 2)
        self.table = np.vstack([np.cos(inside), -np.sin(inside)])
        n_block = -(-contexts[-1] // BLOCK)
        self.anchor = np.exp(1j * np.outer(np.arange(n_block) * BLOCK + (BLOCK - 1) / 2, freq))

    def __call__(self, z):
        contexts = self.contexts
        total = np.zeros((len(contexts), 2), dtype=np.int64)
        for one in z:  # key by key, so that scores stay in the cache
            turned = self.anchor * one
            score = (np.hstack([turned.real, turned.imag]) @ self.table).ravel()[:contexts[-1]]
            order = self.order(score)
            for i in range(len(contexts) - 1, -1, -1):
                if len(order) > contexts[i]:
                    order = order[order < contexts[i]]
                far = np.flatnonzero(order >= contexts[i] // 2)  # rank less far ones before: near
                total[i, 0] += int(far.sum()) - len(far) * (len(far) - 1) // 2
            key = bf16(score).view(np.int64)
            size = key & (1 << 18) - 1
            size -= size.min()
            key = 2 * size + (key >> 18)  # small, and as different as the numbers
            seen, before = np.zeros(key.max() + 1, dtype=np.int64), 0
            for i, M in enumerate(contexts):
                more = np.bincount(key[before:M])
                seen[:len(more)] += more
                before = M
                total[i, 1] += pairs(seen)
        return total

    @staticmethod
    def order(score):
        """Distances by score. Scores in 46 bits with the distance below sort faster than argsort."""
        assert len(score) <= 1 << 17
        least, most = score.min(), score.max()
        packed = ((score - least) * ((2.0**46 - 1.0) / (most - least))).astype(np.int64)
        packed <<= 17
        packed |= np.arange(len(score))
        packed.sort()
        packed &= (1 << 17) - 1
        return packed.astype(np.int32)


def blas():
    """Which BLAS the matrix products run in: much of the best form depends on it."""
    try:
        with open("/proc/self/maps", encoding="utf-8") as maps:
            found = {line.split()[-1] for line in maps if "blas" in line.lower() and "/" in line}
    except OSError:
        found = set()
    return ", ".join(sorted(os.path.basename(f) for f in found)) or "unknown"


def best_time(work, repeat):
    wall = processor = math.inf
    for _ in range(repeat):
        start, start_processor = time.perf_counter(), time.process_time()
        result = work()
        processor = min(processor, time.process_time() - start_processor)
        wall = min(wall, time.perf_counter() - start)
    return (wall, processor), result


def run_program(program, geometry, folder):
    """One thread, as often as `bench` repeats it: its geometry, and the settings it ran with."""
    out, vectors = os.path.join(folder, "b.json"), os.path.join(folder, "v.safetensors")
    subprocess.run([program, "bench", "--geometries-only", "--geometry", geometry, "-t", "1", "-q",
                    "--json", out, "-o", os.devnull, "--vectors", vectors], check=True)
    with open(out, encoding="utf-8") as file:
        bench = json.load(file)
    return bench["geometries"][0], bench["settings"], read_vectors(vectors)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--geometry", default="pairs-128k", choices=["pairs-8k", "pairs-128k"])
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--json")
    options = parser.parse_args()
    load_before = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as folder:
        geometry, settings, (q, k, freq) = run_program(options.program, options.geometry, folder)
    contexts = [c["context"] for c in geometry["counts"]]
    want = np.array([[c["inversions"], c["alias_pairs"]] for c in geometry["counts"]])
    seconds = geometry["seconds"] - geometry["seconds_setup"], geometry["seconds_processor"]
    z = coefficients(q, k)
    best = Best(freq, contexts)
    plain_seconds, plain_counts = best_time(lambda: plain(z, freq, contexts), min(options.repeat, 2))
    best_seconds, best_counts = best_time(lambda: best(z), options.repeat)
    assert not any(c["unresolved"] for c in geometry["counts"])
    equal = bool((plain_counts == want).all() and (best_counts == want).all())
    scores = geometry["scores_run"]
    result = {"geometry": options.geometry, "isa": settings["isa"], "numpy": np.__version__, "blas": blas(),
              "load_before": load_before, "load_after": os.getloadavg()[0],
              "counts_equal": equal, "scores": scores}
    print(f"{geometry['title']}, {len(contexts)} contexts, position inversion and position "
          f"aliasing, one thread each")
    print(f"NumPy {np.__version__} with {blas()}")
    print(f"load {load_before:.2f} before, {result['load_after']:.2f} after; best of "
          f"{geometry['repetitions']}, NumPy {options.repeat} and {min(options.repeat, 2)}")
    print(f"  {'':20} {'wall':>10} {'ns a score':>11} {'ratio':>8} {'processor':>11} {'ratio':>8}")
    for key, name, spent in (("ropewalk", "ropewalk, " + settings["isa"], seconds),
                             ("numpy_best", "NumPy, best", best_seconds),
                             ("numpy_plain", "NumPy, plain", plain_seconds)):
        ratio = [a / b for a, b in zip(spent, seconds)]
        result[key] = {"seconds": spent[0], "seconds_processor": spent[1],
                       "ratio": ratio[0], "ratio_processor": ratio[1]}
        print(f"  {name:20} {spent[0]:8.4f} s {1e9 * spent[0] / scores:11.2f} {ratio[0]:7.1f}x "
              f"{spent[1]:9.4f} s {ratio[1]:7.1f}x")
    if seconds[1] < 0.8 * seconds[0]:
        print("  (processor time below the clock's best: a loaded machine, or a virtual one whose stolen time is charged to\n"
              "  other repetitions; there the clock's ratio counts)")
    print(f"  counts {'equal' if equal else 'DIFFER'}")
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    return 0 if equal else 1


if __name__ == "__main__":
    sys.exit(main())
