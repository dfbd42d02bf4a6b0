#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Errors and coincidences of angles evaluated in low precision: precision.py [-o DIR].

Angles follow the operations of the runtimes: transformers multiplies a float32 frequency by a float32 position; ggml starts
from the position and multiplies by powf(base, -2 / d) once a pair, divides by the pair's divisor and multiplies by 1 / factor,
the factor in float32; caches hold cos and sin of the float32 angle, times the attention factor, rounded again. Roundings are
done on exact fractions, functions at 60 digits, and coincidences are found by sorting all rotations of a context, neighbours or
not.
"""
import argparse
import hashlib
import os
from fractions import Fraction

import mpmath
import numpy as np
from mpmath import mp

mp.dps = 60
TYPES = {"f32": (24, -126, 128), "bf16": (8, -126, 128), "f16": (11, -14, 16)}  # bits, least exponent, overflow exponent


def fraction(x):
    sign, man, exp, _ = mp.mpf(x)._mpf_
    v = Fraction(int(man)) * Fraction(2)**exp
    return -v if sign else v


def rounded(x, kind):
    """A fraction to the nearest number of a type, ties to even; None is infinity."""
    bits, least, top = TYPES[kind]
    if x < 0:
        v = rounded(-x, kind)
        return None if v is None else -v
    if x == 0:
        return Fraction(0)
    e = x.numerator.bit_length() - x.denominator.bit_length()
    if Fraction(2)**e > x:
        e -= 1
    quantum = Fraction(2)**(max(e, least) - bits + 1)
    v = round(x / quantum) * quantum  # round() of a Fraction is to even
    return None if v >= Fraction(2)**top else v


def double(x):
    return Fraction(float(fraction(x).numerator / fraction(x).denominator))


def frequencies(c):
    """The float64 frequencies a rotation holds."""
    b, d = mp.mpf(c["theta"]), c["dim"]
    plain = [mp.power(b, -mp.mpf(2 * i) / d) for i in range(d // 2)]
    return [double(mp.mpf(float(fraction(f).numerator / fraction(f).denominator)) / mp.mpf(c["factor"]) / mp.mpf(1 + i * c["ramp"] / 4))
            for i, f in enumerate(plain)]


def position_type(profile):
    return {"bf16_position": "bf16", "f16_position": "f16"}.get(profile, "f32")


def angles(c, w, position):
    p = rounded(Fraction(position), position_type(c["profile"]))
    if p is None:
        return [None] * len(w)
    if c["profile"] != "ggml_f32":
        return [rounded(rounded(f, "f32") * p, "f32") for f in w]
    step = rounded(fraction(mp.power(mp.mpf(float(rounded(Fraction(c["theta"]), "f32"))),
                                     mp.mpf(float(rounded(Fraction(-2, c["dim"]), "f32"))))), "f32")
    scale = rounded(1 / rounded(Fraction(c["factor"]), "f32"), "f32")
    out = []
    for i in range(len(w)):
        out.append(rounded(rounded(p / Fraction(4 + i * c["ramp"], 4), "f32") * scale, "f32"))
        p = rounded(p * step, "f32")
    return out


def stored(c, angle):
    """cos and sin as a cache holds them."""
    a, kind = rounded(Fraction(c["attn"]), "f32"), c["profile"].split("_")[0]
    x = mp.mpf(angle.numerator) / angle.denominator
    return [rounded(rounded(rounded(fraction(v), "f32") * a, "f32"), kind) for v in (mp.cos(x), mp.sin(x))]


def error(c, position):
    w, worst, pair = frequencies(c), mp.mpf(0), 0
    for i, (f, angle) in enumerate(zip(w, angles(c, w, position), strict=True)):
        exact = mp.mpf((f * position).numerator) / (f * position).denominator
        if angle is None:
            return mp.inf, 0
        if c["profile"].endswith("cache"):
            kept = [mp.mpf(v.numerator) / v.denominator / mp.mpf(c["attn"]) for v in stored(c, angle)]
            e = max(abs(kept[0] - mp.cos(exact)), abs(kept[1] - mp.sin(exact)))
        else:
            e = abs(mp.mpf(angle.numerator) / angle.denominator - exact)
        if e > worst:
            worst, pair = e, i
    return worst, pair


def coincidences(c, context):
    """Unordered pairs of positions with equal rotations, and how many rotations are different."""
    w = frequencies(c)
    if c["profile"].endswith("cache"):
        table = {}
        for m in range(context):
            key = tuple(tuple(stored(c, a)) for a in angles(c, w, m))
            table[key] = table.get(key, 0) + 1
        counts = np.array(list(table.values()), dtype=object)
        return sum(int(n) * (int(n) - 1) // 2 for n in counts), len(counts)
    kind = position_type(c["profile"])
    m = np.arange(context, dtype=np.float64)
    if kind == "f32":
        p = m.astype(np.float32)
    else:
        with np.errstate(over="ignore"):
            p = m.astype(np.float16).astype(np.float32) if kind == "f16" else bf16(m)
    ids = np.zeros(context, dtype=np.uint64)
    step, scale = np.float32(1), None
    if c["profile"] == "ggml_f32":
        s = mp.power(mp.mpf(float(np.float32(c["theta"]))), mp.mpf(float(np.float32(-2) / np.float32(c["dim"]))))
        step, scale = np.float32(float(rounded(fraction(s), "f32"))), np.float32(1) / np.float32(c["factor"])
    for i, f in enumerate(w):
        if scale is None:
            with np.errstate(over="ignore"):
                angle = p * np.float32(float(f))
        else:
            angle = (p / np.float32(1 + i * c["ramp"] / 4)) * scale
        p = p * step
        both = (ids << np.uint64(32)) | angle.view(np.uint32).astype(np.uint64)
        ids = np.unique(both, return_inverse=True)[1].astype(np.uint64)
    counts = np.unique(ids, return_counts=True)[1]
    return sum(int(n) * (int(n) - 1) // 2 for n in counts), len(counts)


def bf16(x):
    """Whole numbers below 2^24 to bf16: exact in float32 first, then the upper half, ties to even."""
    bits = x.astype(np.float32).view(np.uint32).astype(np.uint64)
    bits = (bits + 0x7FFF + ((bits >> 16) & 1)) & 0xFFFF0000
    return bits.astype(np.uint32).view(np.float32)


def case(profile, theta=10000.0, dim=128, factor=1.0, attn=1.0, ramp=0):
    return dict(profile=profile, theta=theta, dim=dim, factor=factor, attn=attn, ramp=ramp)


FAR = (0, 1, 255, 257, 2049, 4095, 131071, 1048575, 10485759, 16777217, 2147483647)
ERRORS = [(case(p, t, d, s), FAR) for p in ("f32_product", "ggml_f32", "bf16_position", "f16_position")
          for t, d, s in ((10000.0, 128, 1.0), (500000.0, 128, 1.0), (1000000.0, 64, 3.0))]
ERRORS += [(case("ggml_f32", 500000.0, 64, 1.0, 1.0, 1), FAR), (case("ggml_f32", 500000.0, 64, 8.0, 1.0, 3), FAR)]
ERRORS += [(case(p, t, d, 1.0, a), FAR) for p in ("bf16_cache", "f16_cache")
           for t, d, a in ((10000.0, 32, 1.0), (500000.0, 128, 1.1902380714238083))]
SAME = [(case("f32_product", dim=8), 20000), (case("f32_product", dim=2, factor=1.7), 18000000),
        (case("f32_product", dim=4, factor=1.7), 18000000), (case("f32_product", dim=2, factor=3.0), 16777216),
        (case("f32_product", dim=6), 16900000), (case("ggml_f32", dim=4, factor=1.7), 17500000),
        (case("ggml_f32", dim=2, factor=3.0), 16777217),
        (case("ggml_f32", dim=8, ramp=3), 17000001), (case("bf16_position", dim=8), 257), (case("bf16_position", dim=8), 258),
        (case("bf16_position"), 131072), (case("bf16_position", dim=2, factor=1.7), 99991), (case("f16_position"), 2049),
        (case("f16_position", dim=64), 65519), (case("f16_position", dim=64), 65520), (case("f16_position", dim=64), 65521),
        (case("f16_position", dim=64), 131072), (case("f16_position", dim=4, factor=1.9), 70001), (case("bf16_cache", dim=2), 3000),
        (case("bf16_cache", dim=4), 3000), (case("bf16_cache", theta=2.0, dim=6), 2000), (case("bf16_cache", dim=2, factor=4096.0), 3000),
        (case("f16_cache", dim=2), 4000), (case("bf16_cache", dim=4, attn=1.1902380714238083), 2000),
        (case("f16_cache", dim=2, factor=100000.0), 2000)]


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    ap = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    ap.add_argument("-o", default=os.path.join(here, "..", "..", "tests", "vectors", "precision"))
    out = ap.parse_args().o
    with open(os.path.abspath(__file__), "rb") as f:
        digest = hashlib.sha256(f.read()).hexdigest()
    made = "# made-by: scripts/oracles/precision.py   sha256: %s   mpmath %s, %d digits; numpy %s\n" % (
        digest, mpmath.__version__, mp.dps, np.__version__)
    shape = "profile rope_theta rotary_dim factor attn_factor ramp"
    os.makedirs(out, exist_ok=True)
    with open(os.path.join(out, "error.vec"), "w") as f:
        f.write("# topic: precision/error      columns: %s position error pair\n%s" % (shape, made))
        f.write("# frequencies are rope_theta^(-2 i / rotary_dim) / factor / (1 + ramp i / 4), the last a divisor of ggml\n")
        for c, positions in ERRORS:
            for m in positions:
                e, pair = error(c, m)
                f.write("%s %r %d %r %r %d %d %s %d\n" % (*c.values(), m, "inf" if e == mp.inf else float(e).hex(), pair))
    with open(os.path.join(out, "identical.vec"), "w") as f:
        f.write("# topic: precision/identical      columns: %s context pairs distinct\n%s" % (shape, made))
        for c, context in SAME:
            f.write("%s %r %d %r %r %d %d %d %d\n" % (*c.values(), context, *coincidences(c, context)))


if __name__ == "__main__":
    main()
