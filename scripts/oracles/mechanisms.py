#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Reference frequencies of every RoPE mechanism that has a formula: mechanisms.py [-o DIR].

Written from the published formulas (parameter names of the transformers library; `length` is the number of tokens a table is
made for, `head_dim` the rotary dimension unless given). Numbers in the parameters are the doubles
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
    if high <= low:  # no ramp, or both ends on one side of the head: a step (the paper's ramp is in turns and has no such case)
        high = low + mp.mpf("0.001")
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


def telechat3_yarn(p):
    table, _ = yarn(p)
    if p.get("attention_factor") is not None:
        return table, mp.mpf(p["attention_factor"])
    return table, mp.mpf("0.07") * mp.log(mp.mpf(p["factor"])) + 1


def raised_base(p, ratio):
    """The table of base * ratio^(d / (d - 2))."""
    d = p["rotary_dim"]
    b = mp.mpf(p["rope_theta"]) * mp.power(ratio, mp.mpf(d) / (d - 2))
    return [mp.power(b, -mp.mpf(2 * i) / d) for i in range(d // 2)], mp.mpf(1)


def dynamic(p):
    if p.get("alpha") is not None:
        return raised_base(p, mp.mpf(p["alpha"]))
    s, advertised = mp.mpf(p["factor"]), mp.mpf(p["max_position_embeddings"])
    n = max(mp.mpf(p.get("length") or 0), advertised)
    return raised_base(p, s * n / advertised - (s - 1))


def ntk(p):
    """kexue.fm/archives/9706: divided by lambda_1 ... lambda_m = exp(a m^b), where a (d/2)^b = ln k; b = 1 when fixed."""
    k, h = mp.mpf(p["factor"]), p["rotary_dim"] // 2
    b = mp.mpf(1 if p.get("mixed_b") is None else p["mixed_b"])
    a = mp.log(k) / mp.power(h, b)
    return [f / mp.exp(a * mp.power(m, b)) for m, f in enumerate(base_table(p), 1)], mp.mpf(1)


def longrope(p):
    original, length = mp.mpf(p["original_max_position_embeddings"]), p.get("length") or p.get("max_position_embeddings") or 0
    long = length > original
    ext = p["long_factor"] if long else p["short_factor"]
    table = [f / mp.mpf(e) for f, e in zip(base_table(p), ext, strict=True)]
    mscale = p.get("long_mscale" if long else "short_mscale")
    if mscale is not None:
        return table, mp.mpf(mscale)
    if p.get("attention_factor") is not None:
        return table, mp.mpf(p["attention_factor"])
    s = mp.mpf(p["factor"]) if p.get("factor") is not None else mp.mpf(p["max_position_embeddings"]) / original
    return table, mp.mpf(1) if s <= 1 else mp.sqrt(1 + mp.log(s) / mp.log(original))


def proportional(p):
    d, b = p["rotary_dim"], mp.mpf(p["rope_theta"])
    turning = int(p.get("partial_rotary_factor", 1.0) * d // 2)  # in float64: part of the definition
    return [mp.power(b, -mp.mpf(2 * i) / d) / mp.mpf(p.get("factor", 1)) if i < turning else mp.mpf(0)
            for i in range(d // 2)], mp.mpf(1)


L0, L = "original_max_position_embeddings", "max_position_embeddings"
PHI_SHORT = [1.0, 1.0199999809265137, 1.0299999713897705, 1.0299999713897705, 1.0499999523162842, 1.0499999523162842, 1.25, 1.5]
PHI_LONG = [1.0800000429153442, 1.1100000143051147, 1.1399999856948853, 1.340000033378601, 2.0, 13.5, 52.4, 64.7]
SETS = {
    "none": [dict(rope_theta=t, rotary_dim=d) for t, d in (
        (10000, 128), (500000, 128), (1000000, 128), (10000000, 128), (100000, 64), (150000, 64), (130000, 64), (5000000, 96),
        (10000, 32), (1000000, 256), (100000000000, 128), (10000, 2), (1.0001, 64), (1.0000001, 4), (1e30, 512), (2, 4096),
        (500000.5, 90))],
    "linear": [dict(rope_theta=t, rotary_dim=d, factor=s) for t, d, s in (
        (10000, 128, 2.0), (1000000, 256, 8.0), (10000, 128, 4.0), (100000, 64, 1.5), (500000, 128, 1.0), (10000, 32, 10.0),
        (10000, 2, 3.0), (1.0001, 16, 7.0), (1e30, 64, 1000000.0), (10000, 64, 0.001), (10000, 64, 0.3))],
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
        {"about": "Devstral-2", "rope_theta": 100000000.0, "rotary_dim": 128, "factor": 48.0, L0: 8192, "beta_fast": 32.0,
         "beta_slow": 1.0, "mscale": 1.0, "mscale_all_dim": 1.0},
        {"about": "Olmo-3", "rope_theta": 500000, "rotary_dim": 128, "factor": 8.0, L0: 8192, "attention_factor": 1.2079441541679836,
         "beta_fast": 32.0, "beta_slow": 1.0},
        {"about": "one_pair", "rope_theta": 10000, "rotary_dim": 2, "factor": 4.0, L0: 4096},
        {"about": "two_pairs_untruncated", "rope_theta": 10000, "rotary_dim": 4, "factor": 4.0, L0: 4096, "truncate": False},
        {"about": "factor_1e6", "rope_theta": 500000, "rotary_dim": 128, "factor": 1000000.0, L0: 8192},
        {"about": "factor_1e6_untruncated", "rope_theta": 500000, "rotary_dim": 128, "factor": 1000000.0, L0: 8192, "truncate": False},
        {"about": "base_near_1", "rope_theta": 1.0001, "rotary_dim": 64, "factor": 4.0, L0: 4096},
        {"about": "huge_base", "rope_theta": 1e30, "rotary_dim": 256, "factor": 4.0, L0: 1048576, "truncate": False},
        {"about": "all_pairs_fast_ramp_beyond_the_head", "rope_theta": 4, "rotary_dim": 16, "factor": 4.0, L0: 1000000},
        {"about": "all_pairs_slow_ramp_before_the_head", "rope_theta": 10000, "rotary_dim": 32, "factor": 4.0, L0: 3},
        {"about": "all_pairs_slow_untruncated", "rope_theta": 10000, "rotary_dim": 32, "factor": 4.0, L0: 6, "truncate": False},
        {"about": "low_before_the_head_untruncated", "rope_theta": 10000, "rotary_dim": 32, "factor": 4.0, L0: 128, "truncate": False},
        {"about": "equal_betas_of_8_untruncated", "rope_theta": 1000000, "rotary_dim": 128, "factor": 4.0, L0: 32768,
         "beta_fast": 8.0, "beta_slow": 8.0, "truncate": False},
        {"about": "factor_from_lengths_not_a_whole_number", "rope_theta": 10000, "rotary_dim": 64, "factor": None, L0: 4095, L: 131072},
        {"about": "factor_from_equal_lengths", "rope_theta": 10000, "rotary_dim": 64, "factor": None, L0: 4096, L: 4096},
        {"about": "mscale_0_counts_as_absent", "rope_theta": 10000, "rotary_dim": 64, "factor": 16, L0: 8192, "mscale": 0.0,
         "mscale_all_dim": 1.0},
        {"about": "attention_factor_before_mscale", "rope_theta": 10000, "rotary_dim": 64, "factor": 16, L0: 8192, "mscale": 1.0,
         "mscale_all_dim": 0.5, "attention_factor": 1.25},
    ],
    "telechat3_yarn": [
        {"about": "TeleChat3", "rope_theta": 1000000, "rotary_dim": 128, "factor": 4.0, L0: 32768, "beta_fast": 32, "beta_slow": 1},
        {"about": "factor_1", "rope_theta": 10000, "rotary_dim": 64, "factor": 1.0, L0: 4096},
        {"about": "stated", "rope_theta": 10000, "rotary_dim": 64, "factor": 8.0, L0: 4096, "attention_factor": 1.5},
    ],
    "dynamic": [
        {"about": about, "rope_theta": t, "rotary_dim": d, "factor": s, L: advertised, "length": n} for about, t, d, s, advertised, n in (
            ("at_the_advertised_context", 10000, 128, 4.0, 4096, 4096), ("one_token_beyond", 10000, 128, 4.0, 4096, 4097),
            ("short", 10000, 128, 4.0, 4096, 17), ("length_unknown", 10000, 128, 4.0, 4096, None),
            ("twice", 10000, 128, 2.0, 2048, 4096), ("InternLM2", 1000000, 128, 2.0, 32768, 65536),
            ("2^31_tokens", 10000, 64, 8.0, 2048, 2147483648), ("factor_1", 10000, 96, 1.0, 4096, 40960),
            ("factor_below_1", 10000, 96, 0.5, 4096, 40960), ("factor_1e6", 10000, 96, 1000000.0, 4096, 40960),
            ("one_token_beyond_with_factor_0.001", 500000, 64, 0.001, 131072, 131073), ("two_pairs", 10000, 4, 4.0, 4096, 9999),
            ("base_near_1", 1.0001, 8, 3.0, 100, 1000), ("huge_base", 1e30, 512, 3.0, 100, 1000), ("odd", 500000, 90, 1.7, 4099, 7001))
    ] + [{"about": about, "rope_theta": t, "rotary_dim": d, "alpha": a, "factor": s, L: 32768, "length": 65536}
         for about, t, d, a, s in (("Hunyuan-A13B", 10000.0, 128, 1000.0, 1.0), ("alpha_1", 10000, 64, 1.0, 1.0),
                                   ("alpha_1e9", 10000, 64, 1000000000.0, None), ("alpha_50_two_pairs", 10000, 4, 50, None),
                                   ("factor_beside_alpha_is_not_used", 10000, 128, 2.5, 16.0))],
    "ntk": [{"about": about, "rope_theta": t, "rotary_dim": d, "factor": s, "mixed_b": b} for about, t, d, s, b in (
        ("fixed", 10000, 128, 8.0, None), ("mixed", 10000, 128, 8.0, 0.625), ("exponent_1_is_fixed", 10000, 128, 8.0, 1.0),
        ("exponent_0_is_linear", 10000, 64, 8.0, 0.0), ("exponent_64", 10000, 64, 8.0, 64.0), ("one_pair", 10000, 2, 4.0, None),
        ("factor_1", 10000, 64, 1.0, 0.5), ("factor_1e6", 500000, 64, 1000000.0, 0.625), ("base_near_1", 1.0001, 32, 2.0, None),
        ("huge_base", 1e30, 256, 3.0, 0.3))],
    "longrope": [
        {"about": "short_at_the_original_context", "rope_theta": 10000, "rotary_dim": 16, "short_factor": PHI_SHORT,
         "long_factor": PHI_LONG, L0: 4096, L: 131072, "length": 4096},
        {"about": "long_one_token_beyond", "rope_theta": 10000, "rotary_dim": 16, "short_factor": PHI_SHORT, "long_factor": PHI_LONG,
         L0: 4096, L: 131072, "length": 4097},
        {"about": "length_unknown_the_advertised_context_counts", "rope_theta": 10000, "rotary_dim": 16, "short_factor": PHI_SHORT,
         "long_factor": PHI_LONG, L0: 4096, L: 131072},
        {"about": "no_length_at_all_is_short", "rope_theta": 10000, "rotary_dim": 16, "short_factor": PHI_SHORT,
         "long_factor": PHI_LONG, L0: 4096, "factor": 32.0},
        {"about": "stated_factor", "rope_theta": 10000, "rotary_dim": 16, "short_factor": PHI_SHORT, "long_factor": PHI_LONG,
         L0: 4096, L: 131072, "factor": 8.0, "length": 1},
        {"about": "stated_attention_factor", "rope_theta": 10000, "rotary_dim": 16, "short_factor": PHI_SHORT,
         "long_factor": PHI_LONG, L0: 4096, L: 131072, "factor": 8.0, "attention_factor": 1.1902380714238083},
        {"about": "Phi-3.5-MoE_short", "rope_theta": 10000, "rotary_dim": 4, "short_factor": [1.0, 1.5], "long_factor": [1.25, 64.0],
         L0: 4096, L: 131072, "short_mscale": 1.243163121016122, "long_mscale": 1.3, "length": 4096},
        {"about": "Phi-3.5-MoE_long", "rope_theta": 10000, "rotary_dim": 4, "short_factor": [1.0, 1.5], "long_factor": [1.25, 64.0],
         L0: 4096, L: 131072, "short_mscale": 1.243163121016122, "long_mscale": 1.3, "length": 4097},
        {"about": "not_extended", "rope_theta": 10000, "rotary_dim": 4, "short_factor": [1.0, 1.0], "long_factor": [2.0, 2.0],
         L0: 4096, L: 4096},
        {"about": "shrunk", "rope_theta": 10000, "rotary_dim": 4, "short_factor": [1.0, 1.0], "long_factor": [2.0, 2.0],
         L0: 4096, L: 2048},
        {"about": "edges_of_the_lists", "rope_theta": 10000, "rotary_dim": 8, "short_factor": [1e-6, 1.0, 1e6, 1e38],
         "long_factor": [1e38, 3.0, 1e-6, 0.1], L0: 2, L: 3},
        {"about": "edges_of_the_lists_short", "rope_theta": 10000, "rotary_dim": 8, "short_factor": [1e-6, 1.0, 1e6, 1e38],
         "long_factor": [1e38, 3.0, 1e-6, 0.1], L0: 2, L: 3, "length": 2, "factor": 1.0000001},
        {"about": "one_pair", "rope_theta": 10000, "rotary_dim": 2, "short_factor": [1.1], "long_factor": [7.3], L0: 4096, L: 131072},
        {"about": "factor_1e6", "rope_theta": 1e30, "rotary_dim": 4, "short_factor": [1.1, 3.3], "long_factor": [7.3, 1000000.0],
         L0: 3, L: 131072, "factor": 1000000.0},
    ],
    "proportional": [{"about": about, "rope_theta": t, "rotary_dim": d, "partial_rotary_factor": p, "factor": s}
                     for about, t, d, p, s in (
        ("Gemma-4", 1000000.0, 512, 0.25, 1.0), ("Gemma-4_slowed", 1000000.0, 512, 0.25, 8.0), ("all", 10000, 64, 1.0, 1.0),
        ("none", 10000, 64, 0.0, 1.0), ("less_than_a_pair", 10000, 64, 0.03, 1.0), ("one_pair", 10000, 64, 0.03125, 1.0),
        ("product_rounds_to_6", 10000, 20, 0.3, 3.0), ("product_rounds_below_21", 10000, 70, 0.29999999999999993, 3.0),
        ("two_dimensions", 10000, 2, 1.0, 3.0), ("half_of_two", 10000, 2, 0.5, 3.0), ("base_near_1", 1.0001, 30, 0.7, 1000000.0),
        ("huge_base", 1e30, 256, 0.9, 0.001))],
    "llama3": [
        {"about": name, "rope_theta": 500000, "rotary_dim": d, "factor": s, "low_freq_factor": lo, "high_freq_factor": hi, L0: 8192}
        for name, d, s, lo, hi in (("Llama-3.1", 128, 8.0, 1.0, 4.0), ("Llama-3.2-1B", 64, 32.0, 1.0, 4.0),
                                   ("Llama-3.2-3B", 128, 32.0, 1.0, 4.0), ("Llama-4-Scout", 128, 16.0, 1.0, 1.0),
                                   ("factor_1", 128, 1.0, 1.0, 4.0), ("narrow_band", 96, 8.0, 2.0, 2.5),
                                   ("factor_1e6", 128, 1000000.0, 1.0, 4.0), ("one_pair", 2, 8.0, 1.0, 4.0),
                                   ("all_slow", 64, 8.0, 999.0, 1000.0), ("low_equals_high_100", 64, 8.0, 100.0, 100.0),
                                   ("very_narrow_band", 128, 1000.0, 1.0, 1.0000000001), ("very_wide_band", 128, 1000.0, 0.001, 1000.0))
    ] + [{"about": about, "rope_theta": t, "rotary_dim": d, "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0, L0: length}
         for about, t, d, length in (("base_near_1", 1.0001, 32, 8192), ("huge_base", 1e30, 256, 8192), ("original_of_1", 10000, 64, 1),
                                     ("original_of_1e9", 10000, 64, 1000000000))],
}
WHAT = {
    "none": "rope_theta^(-2 i / rotary_dim)",
    "linear": "rope_theta^(-2 i / rotary_dim) / factor",
    "yarn": "ramp between f and f / factor over the dimension index",
    "llama3": "piecewise in wavelength",
    "telechat3_yarn": "yarn, cos and sin times 1 + 0.07 ln factor",
    "dynamic": "base times (1 + factor (n - L) / L)^(d / (d - 2)), or alpha^(d / (d - 2))",
    "ntk": "f / factor^(((i + 1) / h)^mixed_b)",
    "longrope": "f / short_factor or f / long_factor",
    "proportional": "over the whole head, the first pairs turn",
}
MECHANISMS = {f.__name__: f for f in (none, linear, yarn, llama3, telechat3_yarn, dynamic, ntk, longrope, proportional)}


def show(v):
    if isinstance(v, list):
        return ",".join(map(repr, v))
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
                table, a = MECHANISMS[name](p)
                if "about" in p:
                    f.write("# about: %s\n" % p["about"])
                f.write("# params: %s\n" % " ".join("%s=%s" % (k, show(v)) for k, v in p.items() if k != "about"))
                f.write("# attn_factor: %s\n" % nearest(a).hex())
                for i, x in enumerate(table):
                    f.write("%d %s\n" % (i, nearest(x).hex()))


if __name__ == "__main__":
    main()
