#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Reference frequencies of the RoPE mechanisms none, linear, yarn and llama3: mechanisms.py [-o DIR].

Written from the published formulas (parameter names of the transformers library). Numbers in the parameters are the doubles
a JSON reader makes of them; everything else is evaluated at 60 digits and rounded once to the nearest double.
"""
import argparse
import hashlib
import os
from fractions import Fraction

import mpmath
from mpmath import mp

mp.dps = 60


def nearest(x):
    sign, man, exp, _ = mp.mpf(x)._mpf_
    v = Fraction(int(man)) * Fraction(2)**exp
    return -(v.numerator / v.denominator) if sign else v.numerator / v.denominator


def base_table(p):
    b, d = mp.mpf(p["rope_theta"]), p["rotary_dim"]
    return [mp.power(b, -mp.mpf(2 * i) / d) for i in range(d // 2)]


def none(p):
    return base_table(p), mp.mpf(1)


def linear(p):
    return [f / mp.mpf(p["factor"]) for f in base_table(p)], mp.mpf(1)


def yarn(p):
    d, b, length = p["rotary_dim"], mp.mpf(p["rope_theta"]), mp.mpf(p["original_max_position_embeddings"])
    if p.get("factor") is None:
        s = mp.mpf(p["max_position_embeddings"]) / length
    else:
        s = mp.mpf(p["factor"])

    def dimension(turns):
        return d * mp.log(length / (2 * mp.pi * mp.mpf(turns))) / (2 * mp.log(b))

    low, high = dimension(p.get("beta_fast", 32)), dimension(p.get("beta_slow", 1))
    if p.get("truncate", True):
        low, high = mp.floor(low), mp.ceil(high)
    low, high = max(low, mp.mpf(0)), min(high, mp.mpf(d - 1))
    if low == high:
        high += mp.mpf("0.001")
    out = []
    for i, f in enumerate(base_table(p)):
        r = min(max((i - low) / (high - low), mp.mpf(0)), mp.mpf(1))
        out.append(f * (1 - r) + f / s * r)

    def magnitude(k):
        return mp.mpf(1) if s <= 1 else mp.mpf(k) * mp.log(s) / 10 + 1

    if p.get("attention_factor") is not None:
        a = mp.mpf(p["attention_factor"])
    elif p.get("mscale") and p.get("mscale_all_dim"):
        a = magnitude(p["mscale"]) / magnitude(p["mscale_all_dim"])
    else:
        a = magnitude(1)
    return out, a


def llama3(p):
    s, low, high = mp.mpf(p["factor"]), mp.mpf(p["low_freq_factor"]), mp.mpf(p["high_freq_factor"])
    length = mp.mpf(p["original_max_position_embeddings"])
    out = []
    for f in base_table(p):
        wave = 2 * mp.pi / f
        if wave < length / high:
            out.append(f)
        elif wave > length / low:
            out.append(f / s)
        else:
            t = (length / wave - low) / (high - low)
            out.append((1 - t) * f / s + t * f)
    return out, mp.mpf(1)


L0 = "original_max_position_embeddings"
SETS = {
    "none": [dict(rope_theta=t, rotary_dim=d) for t, d in (
        (10000, 128), (500000, 128), (1000000, 128), (10000000, 128), (100000, 64), (150000, 64), (130000, 64), (5000000, 96),
        (10000, 32), (1000000, 256), (100000000000, 128), (10000, 2))],
    "linear": [dict(rope_theta=t, rotary_dim=d, factor=s) for t, d, s in (
        (10000, 128, 2.0), (1000000, 256, 8.0), (10000, 128, 4.0), (100000, 64, 1.5), (500000, 128, 1.0), (10000, 32, 10.0))],
    "yarn": [
        {"about": "gpt-oss", "rope_theta": 150000, "rotary_dim": 64, "factor": 32.0, L0: 4096, "beta_fast": 32.0, "beta_slow": 1.0,
         "truncate": False},
        {"about": "gpt-oss_if_truncated", "rope_theta": 150000, "rotary_dim": 64, "factor": 32.0, L0: 4096, "beta_fast": 32.0,
         "beta_slow": 1.0, "truncate": True},
        {"about": "Kimi-K2", "rope_theta": 50000, "rotary_dim": 64, "factor": 32.0, L0: 4096, "beta_fast": 1.0, "beta_slow": 1.0,
         "mscale": 1.0, "mscale_all_dim": 1.0},
        {"about": "DeepSeek-V3", "rope_theta": 10000, "rotary_dim": 64, "factor": 40, L0: 4096, "beta_fast": 32, "beta_slow": 1,
         "mscale": 1.0, "mscale_all_dim": 1.0},
        {"about": "DeepSeek-V2", "rope_theta": 10000, "rotary_dim": 64, "factor": 40, L0: 4096, "beta_fast": 32, "beta_slow": 1,
         "mscale": 0.707, "mscale_all_dim": 0.707},
        {"about": "Qwen-long", "rope_theta": 1000000, "rotary_dim": 128, "factor": 4.0, L0: 32768},
        {"about": "two_mscales", "rope_theta": 10000, "rotary_dim": 64, "factor": 16, L0: 8192, "mscale": 1.0, "mscale_all_dim": 0.8},
        {"about": "mscale_alone_is_not_used", "rope_theta": 10000, "rotary_dim": 64, "factor": 16, L0: 8192, "mscale": 0.707},
        {"about": "explicit_attention_factor", "rope_theta": 500000, "rotary_dim": 64, "factor": 64.0, L0: 4096,
         "attention_factor": 1.0, "beta_fast": 64.0},
        {"about": "factor_from_lengths", "rope_theta": 1000000, "rotary_dim": 128, "factor": None, L0: 32768,
         "max_position_embeddings": 131072},
        {"about": "low_clamped_to_0", "rope_theta": 10000, "rotary_dim": 32, "factor": 8.0, L0: 128},
        {"about": "high_clamped_to_d-1", "rope_theta": 3, "rotary_dim": 16, "factor": 2.0, L0: 4096, "beta_fast": 200.0,
         "beta_slow": 0.001},
        {"about": "equal_ends_without_truncation", "rope_theta": 50000, "rotary_dim": 64, "factor": 32.0, L0: 4096,
         "beta_fast": 1.0, "beta_slow": 1.0, "truncate": False},
        {"about": "factor_1", "rope_theta": 10000, "rotary_dim": 128, "factor": 1.0, L0: 4096},
    ],
    "llama3": [
        {"about": name, "rope_theta": 500000, "rotary_dim": d, "factor": s, "low_freq_factor": lo, "high_freq_factor": hi, L0: 8192}
        for name, d, s, lo, hi in (("Llama-3.1", 128, 8.0, 1.0, 4.0), ("Llama-3.2-1B", 64, 32.0, 1.0, 4.0),
                                   ("Llama-3.2-3B", 128, 32.0, 1.0, 4.0), ("Llama-4-Scout", 128, 16.0, 1.0, 1.0),
                                   ("factor_1", 128, 1.0, 1.0, 4.0), ("narrow_band", 96, 8.0, 2.0, 2.5))],
}
WHAT = {
    "none": "rope_theta^(-2 i / rotary_dim)",
    "linear": "rope_theta^(-2 i / rotary_dim) / factor",
    "yarn": "ramp between f and f / factor over the dimension index",
    "llama3": "piecewise in wavelength",
}


def show(v):
    return {True: "true", False: "false", None: "null"}[v] if v is None or isinstance(v, bool) else repr(v)


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    ap = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    ap.add_argument("-o", default=os.path.join(here, "..", "..", "tests", "vectors", "mech"))
    args = ap.parse_args()
    with open(os.path.abspath(__file__), "rb") as f:
        digest = hashlib.sha256(f.read()).hexdigest()
    os.makedirs(args.o, exist_ok=True)
    for name, sets in SETS.items():
        with open(os.path.join(args.o, name + ".vec"), "w") as f:
            f.write("# topic: mech/%s      definition: %s\n" % (name, WHAT[name]))
            f.write("# made-by: scripts/oracles/mechanisms.py   sha256: %s   mpmath %s, %d digits, rounded once to double\n"
                    % (digest, mpmath.__version__, mp.dps))
            f.write("# bound: 4 ulp\n")
            for p in sets:
                table, a = {"none": none, "linear": linear, "yarn": yarn, "llama3": llama3}[name](p)
                if "about" in p:
                    f.write("# about: %s\n" % p["about"])
                f.write("# params: %s\n" % " ".join("%s=%s" % (k, show(v)) for k, v in p.items() if k != "about"))
                f.write("# attn_factor: %s\n" % nearest(a).hex())
                for i, x in enumerate(table):
                    f.write("%d %s\n" % (i, nearest(x).hex()))


if __name__ == "__main__":
    main()
