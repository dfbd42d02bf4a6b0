#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Frequencies that the transformers library itself computes: transformers_golden.py [-o DIR].

Needs torch and transformers, so it is run by hand and its output kept: tests read tests/vectors/transformers alone. Every type
of ROPE_INIT_FUNCTIONS and the default is called through a LlamaConfig, as models call it; values are its float32 numbers. `length`
is the seq_len it is given; a block marked "tensor" gives it as a tensor, as a forward pass does. deviations.vec holds the cases in which
the library departs from the published definition: `params` is what was asked for, `does` what the numbers mean.
"""
import argparse
import contextlib
import hashlib
import io
import json
import os
import platform

import torch
import transformers
from transformers import LlamaConfig
from transformers.modeling_rope_utils import ROPE_INIT_FUNCTIONS
from transformers.models.llama.modeling_llama import LlamaRotaryEmbedding

transformers.logging.set_verbosity_error()
L, L0 = "max_position_embeddings", "original_max_position_embeddings"
OUTSIDE = ("rope_theta", "head_dim", L, "length", "about", "tensor", "layer_type", "partial")


def compute(kind, p):
    """(float32 frequencies, attention factor) of one parameter set."""
    block = {"rope_type": kind, "rope_theta": p["rope_theta"]}
    block.update({k: v for k, v in p.items() if k not in OUTSIDE})
    if "partial" in p:
        block["partial_rotary_factor"] = p["partial"]
    layer_type = p.get("layer_type")
    extra = {"layer_types": [layer_type]} if layer_type else {}
    config = LlamaConfig(hidden_size=p["head_dim"], num_attention_heads=1, head_dim=p["head_dim"], num_hidden_layers=1,
                         max_position_embeddings=p.get(L, 4096), rope_parameters={layer_type: block} if layer_type else block, **extra)
    if kind == "default":
        freq, a = LlamaRotaryEmbedding.compute_default_rope_parameters(config)
    else:
        length = p.get("length")
        if p.get("tensor") and length is not None:
            length = torch.tensor(length)
        keywords = {"layer_type": layer_type} if layer_type else {}
        freq, a = ROPE_INIT_FUNCTIONS[kind](config, torch.device("cpu"), seq_len=length, **keywords)
    return freq.to(torch.float32).tolist(), float(a)


def real(name, **kw):
    return dict(about=name, **kw)


with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "data", "models.json")) as facts:
    PHI = json.load(facts)["phi-3.5-mini"]["config"]["rope_scaling"]
SHORT, LONG = PHI["short_factor"], PHI["long_factor"]
SETS = {
    "default": [dict(rope_theta=t, head_dim=d) for t, d in (
        (10000.0, 128), (500000.0, 64), (1000000.0, 256), (10000000.0, 128), (1.0001, 64), (1e11, 128), (1e30, 64), (10000.0, 2),
        (150000.0, 64), (2.0, 512))],
    "linear": [
        real("Gemma-3_full", rope_theta=1000000.0, head_dim=256, factor=8.0), real("Gemma-3_sliding", rope_theta=10000.0, head_dim=256,
                                                                                  factor=1.0),
        dict(rope_theta=10000.0, head_dim=128, factor=4.0), dict(rope_theta=10000.0, head_dim=80, factor=3.0, partial=0.4),
        dict(rope_theta=100000.0, head_dim=80, factor=1e6, partial=0.25), dict(rope_theta=1.0001, head_dim=2, factor=0.3)],
    "dynamic": [
        dict(rope_theta=t, head_dim=d, factor=s, length=n, tensor=tensor, **{L: advertised})
        for t, d, s, advertised, n, tensor in (
            (10000.0, 128, 4.0, 4096, None, False), (10000.0, 128, 4.0, 4096, 100, False), (10000.0, 128, 4.0, 4096, 4096, False),
            (10000.0, 128, 4.0, 4096, 4097, False), (10000.0, 128, 4.0, 4096, 4097, True), (1000000.0, 128, 2.0, 32768, 65536, True),
            (1000000.0, 128, 2.0, 32768, 200001, True), (10000.0, 4, 8.0, 2048, 5000, True), (1.0001, 16, 3.0, 100, 1000, False),
            (10000.0, 64, 1000.0, 2048, 1000000, False), (10000.0, 64, 0.5, 2048, 10000, True))],
    "yarn": [
        real("gpt-oss", rope_theta=150000.0, head_dim=64, factor=32.0, beta_fast=32.0, beta_slow=1.0, truncate=False, **{L0: 4096, L: 131072}),
        real("gpt-oss_if_truncated", rope_theta=150000.0, head_dim=64, factor=32.0, beta_fast=32.0, beta_slow=1.0, truncate=True,
             **{L0: 4096, L: 131072}),
        real("DeepSeek-V3", rope_theta=10000.0, head_dim=64, factor=40.0, beta_fast=32, beta_slow=1, mscale=1.0, mscale_all_dim=1.0,
             **{L0: 4096, L: 163840}),
        real("DeepSeek-V2", rope_theta=10000.0, head_dim=64, factor=40.0, beta_fast=32, beta_slow=1, mscale=0.707, mscale_all_dim=0.707,
             **{L0: 4096, L: 163840}),
        real("Kimi-K2", rope_theta=50000.0, head_dim=64, factor=32.0, beta_fast=1.0, beta_slow=1.0, mscale=1.0, mscale_all_dim=1.0,
             **{L0: 4096, L: 131072}),
        real("Olmo-3", rope_theta=500000.0, head_dim=128, factor=8.0, beta_fast=32.0, beta_slow=1.0,
             attention_factor=1.2079441541679836, **{L0: 8192, L: 65536}),
        real("Devstral-2", rope_theta=100000000.0, head_dim=128, factor=48.0, beta_fast=32.0, beta_slow=1.0, mscale=1.0,
             mscale_all_dim=1.0, **{L0: 8192, L: 393216}),
        real("Qwen-long", rope_theta=1000000.0, head_dim=128, factor=4.0, **{L0: 32768, L: 131072}),
        real("factor_null", rope_theta=1000000.0, head_dim=128, factor=None, **{L0: 32768, L: 131072}),
        real("two_mscales", rope_theta=10000.0, head_dim=64, factor=16.0, mscale=1.0, mscale_all_dim=0.8, **{L0: 8192, L: 131072}),
        real("mscale_alone", rope_theta=10000.0, head_dim=64, factor=16.0, mscale=0.707, **{L0: 8192, L: 131072}),
        real("mscale_all_dim_0", rope_theta=10000.0, head_dim=64, factor=16.0, mscale=0.707, mscale_all_dim=0.0, **{L0: 8192, L: 131072}),
        real("low_clamped", rope_theta=10000.0, head_dim=32, factor=8.0, **{L0: 128, L: 1024}),
        real("low_clamped_untruncated", rope_theta=10000.0, head_dim=32, factor=8.0, truncate=False, **{L0: 128, L: 1024}),
        real("equal_betas_untruncated", rope_theta=50000.0, head_dim=64, factor=32.0, beta_fast=1.0, beta_slow=1.0, truncate=False,
             **{L0: 4096, L: 131072}),
        real("factor_1", rope_theta=10000.0, head_dim=128, factor=1.0, **{L0: 4096, L: 4096}),
        real("factor_1e6", rope_theta=500000.0, head_dim=128, factor=1e6, **{L0: 8192, L: 8192000}),
        real("one_pair", rope_theta=10000.0, head_dim=2, factor=4.0, **{L0: 4096, L: 16384}),
        real("partial", rope_theta=10000.0, head_dim=128, factor=4.0, partial=0.5, **{L0: 4096, L: 16384}),
        real("huge_base", rope_theta=1e30, head_dim=128, factor=4.0, **{L0: 1048576, L: 4194304})],
    "longrope": [
        real("Phi-3.5-mini_short", rope_theta=10000.0, head_dim=96, short_factor=SHORT, long_factor=LONG, length=4096, **{L0: 4096, L: 131072}),
        real("Phi-3.5-mini_long", rope_theta=10000.0, head_dim=96, short_factor=SHORT, long_factor=LONG, length=4097, **{L0: 4096, L: 131072}),
        real("factor_stated", rope_theta=10000.0, head_dim=96, short_factor=SHORT, long_factor=LONG, factor=16.0, length=131072,
             **{L0: 4096, L: 131072}),
        real("attention_factor_stated", rope_theta=10000.0, head_dim=96, short_factor=SHORT, long_factor=LONG, factor=16.0,
             attention_factor=1.19, length=1, **{L0: 4096, L: 131072}),
        real("not_extended", rope_theta=10000.0, head_dim=4, short_factor=[1.0, 2.0], long_factor=[3.0, 4.0], length=1, **{L0: 4096, L: 4096}),
        real("partial", rope_theta=500000.0, head_dim=8, partial=0.75, short_factor=[1.0, 1.5, 1.75], long_factor=[0.001, 3.0, 64.7],
             length=9000, **{L0: 8192, L: 131072})],
    "llama3": [
        real(name, rope_theta=500000.0, head_dim=d, factor=s, low_freq_factor=lo, high_freq_factor=hi, **{L0: 8192, L: 131072})
        for name, d, s, lo, hi in (
            ("Llama-3.1-8B", 128, 8.0, 1.0, 4.0), ("Llama-3.2-1B", 64, 32.0, 1.0, 4.0), ("Llama-3.2-3B", 128, 32.0, 1.0, 4.0),
            ("Llama-4-Scout", 128, 16.0, 1.0, 1.0), ("factor_1", 128, 1.0, 1.0, 4.0), ("narrow", 96, 8.0, 2.0, 2.5),
            ("all_slow", 64, 8.0, 999.0, 1000.0), ("wide", 128, 1000.0, 0.01, 100.0), ("one_pair", 2, 8.0, 1.0, 4.0))],
    "proportional": [
        real("Gemma-4", rope_theta=1000000.0, head_dim=512, partial_rotary_factor=0.25),
        real("Gemma-4_slowed", rope_theta=1000000.0, head_dim=512, partial_rotary_factor=0.25, factor=8.0),
        dict(rope_theta=10000.0, head_dim=64), dict(rope_theta=10000.0, head_dim=64, partial_rotary_factor=0.0),
        dict(rope_theta=10000.0, head_dim=20, partial_rotary_factor=0.3, factor=3.0),
        dict(rope_theta=10000.0, head_dim=64, partial_rotary_factor=0.03),
        dict(rope_theta=10000.0, head_dim=64, partial_rotary_factor=0.03125)],
}
# (type, parameters, what the numbers are instead, why)
DEVIATIONS = [
    ("yarn", dict(rope_theta=150000.0, head_dim=64, factor=32.0, truncate=False, layer_type="full_attention", **{L0: 4096, L: 131072}),
     "yarn", dict(rope_theta=150000.0, head_dim=64, factor=32.0, truncate=True, **{L0: 4096}),
     "truncate is read beside the blocks of layer types, not in them, so truncate: false of a nested block is not seen"),
    ("yarn", dict(rope_theta=4.0, head_dim=16, factor=4.0, **{L0: 1000000, L: 4000000}),
     "linear", dict(rope_theta=4.0, head_dim=16, factor=4.0),
     "the ramp lies beyond the head: every pair makes more than beta_fast turns and should be kept, but the reversed ends slow all"),
    ("yarn", dict(rope_theta=10000.0, head_dim=32, factor=4.0, **{L0: 3, L: 12}),
     "default", dict(rope_theta=10000.0, head_dim=32),
     "the ramp lies before the head: every pair makes less than beta_slow turns and should be slowed, but the reversed ends keep all"),
]


def show(v):
    if isinstance(v, list):
        return ",".join(map(repr, v))
    return {True: "true", False: "false", None: "null"}[v] if v is None or isinstance(v, bool) else repr(v)


def params_line(kind, p):
    """The words of mech_vectors.h; rotary_dim as the library derives it."""
    words = {"rope_theta": p["rope_theta"], "rotary_dim": int(p["head_dim"] * p.get("partial", 1.0))}
    words.update({k: v for k, v in p.items() if k not in OUTSIDE})
    for k in (L, "length"):
        if p.get(k) is not None:
            words[k] = p[k]
    return " ".join("%s=%s" % (k, show(v)) for k, v in words.items())


def hexed(x):
    return "0" if x == 0 else float(x).hex().replace("0000000p", "p")


def write_block(f, p, freq, a):
    f.write("# attn_factor: %s\n" % float(a).hex())
    for i, x in enumerate(freq):
        f.write("%d %s\n" % (i, hexed(x)))


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    ap = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    ap.add_argument("-o", default=os.path.join(here, "..", "..", "tests", "vectors", "transformers"))
    out = ap.parse_args().o
    with open(os.path.abspath(__file__), "rb") as f:
        digest = hashlib.sha256(f.read()).hexdigest()
    made = "# made-by: scripts/oracles/transformers_golden.py   sha256: %s\n# with: transformers %s, torch %s, Python %s, %s\n" % (
        digest, transformers.__version__, torch.__version__, platform.python_version(), platform.machine())
    assert set(SETS) == set(ROPE_INIT_FUNCTIONS) | {"default"}, json.dumps(sorted(ROPE_INIT_FUNCTIONS))
    os.makedirs(out, exist_ok=True)
    for kind, sets in SETS.items():
        with open(os.path.join(out, kind + ".vec"), "w") as f:
            f.write("# topic: transformers/%s\n%s" % (kind, made))
            for p in sets:
                with contextlib.redirect_stderr(io.StringIO()):
                    freq, a = compute(kind, p)
                if "about" in p or p.get("tensor"):
                    f.write("# about: %s%s\n" % (p.get("about", ""), "tensor" if p.get("tensor") else ""))
                f.write("# params: %s\n" % params_line(kind, p))
                write_block(f, p, freq, a)
    with open(os.path.join(out, "deviations.vec"), "w") as f:
        f.write("# topic: transformers/deviations\n%s" % made)
        for kind, p, does, q, why in DEVIATIONS:
            freq, a = compute(kind, p)
            f.write("# why: %s\n# mechanism: %s\n# params: %s\n# does: %s\n# does-params: %s\n"
                    % (why, kind, params_line(kind, p), does, params_line(does, q)))
            write_block(f, p, freq, a)


if __name__ == "__main__":
    main()
