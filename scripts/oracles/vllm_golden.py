#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Frequencies that vLLM itself computes: vllm_golden.py VLLM_SOURCE [-o DIR].

Needs torch and a vLLM source tree (VLLM_SOURCE/vllm), which is not installed: its rotary_embedding package is imported with every other
module of vLLM replaced by a stand-in. Its own get_rope() then makes the tables, on the way to which the float32 angles of position 1,
that is the frequencies, are noted. Run by hand; tests read tests/vectors/vllm alone. The form is that of transformers_golden.py.
"""
import argparse
import hashlib
import importlib.machinery
import os
import platform
import re
import sys
import types
from unittest import mock

import torch

L, L0 = "max_position_embeddings", "original_max_position_embeddings"
OUTSIDE = ("head_dim", L, "length", "about")
PACKAGE = "vllm.model_executor.layers.rotary_embedding"


class StandIn(torch.nn.Module):
    """For CustomOp and PluggableLayer."""

    def __init__(self, **_):
        super().__init__()

    @staticmethod
    def register(*_, **__):
        return lambda cls: cls

    @staticmethod
    def enabled():
        return False


class Finder(importlib.machinery.PathFinder):
    @classmethod
    def find_spec(cls, fullname, path=None, target=None):
        if fullname.split(".")[0] != "vllm" or fullname.startswith(PACKAGE + "."):
            return None
        return importlib.machinery.ModuleSpec(fullname, cls, is_package=True)

    @staticmethod
    def create_module(spec):
        made = mock.MagicMock(name=spec.name)
        made.__path__, made.__spec__, made.__name__ = [], spec, spec.name
        made.CustomOp = made.PluggableLayer = StandIn
        made.rocm_aiter_ops.is_triton_rotary_embed_enabled = lambda: False
        return made

    @staticmethod
    def exec_module(module):
        pass


def load(source):
    sys.meta_path.insert(0, Finder)
    folder = os.path.join(source, *PACKAGE.split("."))
    package = types.ModuleType(PACKAGE)
    package.__path__ = [folder]
    sys.modules[PACKAGE] = package
    with open(os.path.join(folder, "__init__.py")) as f:
        text = f.read()
    exec(compile(text, folder, "exec"), package.__dict__)
    return package


def compute(package, kind, p):
    """(float32 frequencies, attention factor) of one parameter set."""
    params = {"rope_type": kind, **{k: v for k, v in p.items() if k not in OUTSIDE}}
    length = p.get("length") or p.get(L, 4096)
    if kind == "dynamic" and "alpha" not in p:
        params["max_trained_positions"] = p[L]
    noted, einsum = [], torch.einsum

    def noting(*args):
        angles = einsum(*args)
        noted.append(angles[1].tolist())
        return angles
    current = sys.modules[PACKAGE + ".phi3_long_rope_scaled_rope"].get_current_vllm_config
    current.return_value.model_config.max_model_len = length
    package._ROPE_DICT.clear()
    with mock.patch("torch.einsum", noting):
        made = package.get_rope(p["head_dim"], p[L] if kind == "longrope" else length, True, params, torch.float32)
    if kind == "longrope":
        long = length > p[L0]
        return noted[1 if long else 0], float(made.long_mscale if long else made.short_mscale)
    return noted[-1], float(made.cos_sin_cache[0, 0])


def real(about, **kw):
    return dict(about=about, **kw)


SETS = {
    "default": [dict(rope_theta=t, head_dim=d) for t, d in ((10000.0, 128), (500000.0, 64), (1000000.0, 256), (1.0001, 64), (1e11, 128),
                                                           (10000.0, 2))],
    "linear": [dict(rope_theta=t, head_dim=d, factor=s) for t, d, s in ((1000000.0, 256, 8.0), (10000.0, 128, 3.0), (10000.0, 64, 1.0))],
    "dynamic": [dict(rope_theta=t, head_dim=d, factor=s, length=n, **{L: advertised}) for t, d, s, advertised, n in (
        (10000.0, 128, 4.0, 4096, 4096), (10000.0, 128, 4.0, 4096, 4097), (1000000.0, 128, 2.0, 32768, 65536), (10000.0, 4, 8.0, 2048, 5000))
    ] + [real("Hunyuan-A13B", rope_theta=10000.0, head_dim=128, alpha=1000.0, factor=1.0),
         real("alpha_50", rope_theta=10000.0, head_dim=64, alpha=50.0), real("alpha_1", rope_theta=500000.0, head_dim=64, alpha=1.0)],
    "ntk": [dict(rope_theta=t, head_dim=d, factor=s, **({} if b is None else {"mixed_b": b})) for t, d, s, b in (
        (10000.0, 128, 8.0, None), (10000.0, 128, 8.0, 0.625), (10000.0, 64, 4.0, 1.0), (500000.0, 64, 100.0, 0.3), (10000.0, 64, 1.0, None),
        (10000.0, 2, 4.0, None), (10000.0, 32, 4.0, 3.0))],
    "yarn": [
        real("gpt-oss", rope_theta=150000.0, head_dim=64, factor=32.0, beta_fast=32.0, beta_slow=1.0, truncate=False, **{L0: 4096}),
        real("gpt-oss_if_truncated", rope_theta=150000.0, head_dim=64, factor=32.0, beta_fast=32.0, beta_slow=1.0, **{L0: 4096}),
        real("Qwen-long", rope_theta=1000000.0, head_dim=128, factor=4.0, **{L0: 32768}),
        real("Olmo-3", rope_theta=500000.0, head_dim=128, factor=8.0, attention_factor=1.2079441541679836, **{L0: 8192}),
        real("Devstral-2", rope_theta=100000000.0, head_dim=128, factor=48.0, mscale=1.0, mscale_all_dim=1.0, **{L0: 8192}),
        real("equal_betas", rope_theta=50000.0, head_dim=64, factor=32.0, beta_fast=1.0, beta_slow=1.0, truncate=False, **{L0: 4096})],
    "deepseek_yarn": [
        real("DeepSeek-V3", rope_theta=10000.0, head_dim=64, factor=40.0, beta_fast=32, beta_slow=1, mscale=1.0, mscale_all_dim=1.0,
             **{L0: 4096}),
        real("Kimi-K2", rope_theta=50000.0, head_dim=64, factor=32.0, beta_fast=1.0, beta_slow=1.0, mscale=1.0, mscale_all_dim=1.0,
             **{L0: 4096})],
    "longrope": [
        real(name, rope_theta=10000.0, head_dim=8, short_factor=[1.0, 1.1, 1.2, 2.5], long_factor=[1.08, 3.25, 40.0, 64.75], length=n,
             **{L0: 4096, L: 131072}, **more) for name, n, more in (
            ("short", 4096, {}), ("long", 4097, {}), ("Phi-3.5-MoE_short", 4096, {"short_mscale": 1.243163121016122, "long_mscale": 1.5}),
            ("Phi-3.5-MoE_long", 131072, {"short_mscale": 1.243163121016122, "long_mscale": 1.5}))],
    "llama3": [real(name, rope_theta=500000.0, head_dim=d, factor=s, low_freq_factor=lo, high_freq_factor=hi, **{L0: 8192})
               for name, d, s, lo, hi in (("Llama-3.1-8B", 128, 8.0, 1.0, 4.0), ("Llama-3.2-1B", 64, 32.0, 1.0, 4.0),
                                          ("Llama-4-Scout", 128, 16.0, 1.0, 1.0))],
    "proportional": [real("Gemma-4", rope_theta=1000000.0, head_dim=512, partial_rotary_factor=0.25),
                     dict(rope_theta=10000.0, head_dim=64, partial_rotary_factor=1.0),
                     dict(rope_theta=10000.0, head_dim=20, partial_rotary_factor=0.3)],
}


def show(v):
    if isinstance(v, list):
        return ",".join(map(repr, v))
    return {True: "true", False: "false"}[v] if isinstance(v, bool) else repr(v)


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    ap = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    ap.add_argument("source")
    ap.add_argument("-o", default=os.path.join(here, "..", "..", "tests", "vectors", "vllm"))
    args = ap.parse_args()
    with open(os.path.abspath(__file__), "rb") as f:
        digest = hashlib.sha256(f.read()).hexdigest()
    version = re.search(r"vllm-([\w.]+)", os.path.abspath(args.source))
    package = load(args.source)
    os.makedirs(args.o, exist_ok=True)
    for kind, sets in SETS.items():
        with open(os.path.join(args.o, kind + ".vec"), "w") as f:
            f.write("# topic: vllm/%s\n# made-by: scripts/oracles/vllm_golden.py   sha256: %s\n# with: vLLM %s, torch %s, Python %s, %s\n" % (
                kind, digest, version.group(1) if version else "of unknown version", torch.__version__, platform.python_version(),
                platform.machine()))
            for p in sets:
                freq, a = compute(package, kind, p)
                words = {"rope_theta": p["rope_theta"], "rotary_dim": p["head_dim"]}
                words.update({k: v for k, v in p.items() if k not in OUTSIDE})
                words.update({k: p[k] for k in (L, "length") if k in p})
                if "about" in p:
                    f.write("# about: %s\n" % p["about"])
                f.write("# params: %s\n# attn_factor: %s\n" % (" ".join("%s=%s" % (k, show(v)) for k, v in words.items()), a.hex()))
                for i, x in enumerate(freq):
                    f.write("%d %s\n" % (i, "0" if x == 0 else x.hex().replace("0000000p", "p")))


if __name__ == "__main__":
    main()
