#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What transformers makes of the public models in data/models.json: transformers_models.py [-o DIR].

Needs torch and transformers, so it is run by hand and its output kept. Each configuration goes through the library's own classes:
the rotary module of its architecture gives the float32 frequencies and the factor of cos and sin, the attention module of every
layer (made without memory) its softmax scale. Tables are those of a short prompt. Whether a layer rotates is read from the attribute
that the architecture's forward pass asks. Architectures that the library does not have are left out and named.
"""
import argparse
import contextlib
import hashlib
import importlib
import io
import json
import os
import platform

import torch
import transformers
from transformers import CONFIG_MAPPING

transformers.logging.set_verbosity_error()
HERE = os.path.dirname(os.path.abspath(__file__))
FACTS = os.path.join(HERE, "..", "..", "data", "models.json")
NO_ATTENTION = ("linear_attention", "mamba", "mlp", "moe", "conv")
NOT_THE_MODEL = ("Vision", "Audio", "Indexer")
ROTATES = {  # the condition in each architecture's forward pass; others always rotate
    "smollm3": lambda a: bool(a.use_rope),
    "llama4_text": lambda a: bool(a.use_rope),
    "cohere2": lambda a: a.sliding_window is not None,
    "exaone4": lambda a: a.sliding_window is None or a.is_sliding,
}
RENAMED = {"deepseek_v4": lambda kind: "main" if kind == "sliding_attention" else "compress"}


def classes(module, ending):
    return [c for name, c in vars(module).items() if name.endswith(ending) and getattr(c, "__module__", "") == module.__name__ and
            not any(word in name for word in NOT_THE_MODEL)]


def tables_of(module, config):
    """label -> (frequencies, factor); the label is "" where one table serves all layers."""
    found = classes(module, "RotaryEmbedding")
    if len(found) != 1:
        raise ValueError("%d rotary modules" % len(found))
    made, out = found[0](config=config), {}
    for name, buffer in made.named_buffers():
        if not name.endswith("inv_freq") or "original" in name:
            continue
        label = name[:-len("_inv_freq")] if name != "inv_freq" else ""
        factor = getattr(made, label + "_attention_scaling" if label else "attention_scaling")
        out[label] = (buffer.to(torch.float32).tolist(), float(factor))
    return out


def layers_of(module, config, tables):
    """(label, softmax scale) of each layer; label None: attention that does not rotate; None: no attention."""
    (attention,) = classes(module, "Attention")
    kinds, out = getattr(config, "layer_types", None), []
    for i in range(config.num_hidden_layers):
        kind = kinds[i] if kinds else "full_attention"
        if kind in NO_ATTENTION:
            out.append(None)
            continue
        with torch.device("meta"):
            made = attention(config, i)
        scale = getattr(made, "scaling", getattr(made, "inv_norm_factor", None))
        label = RENAMED.get(config.model_type, lambda k: k)(kind)
        label = label if label in tables else ""
        out.append((label if ROTATES.get(config.model_type, lambda a: True)(made) else None, float(scale)))
    return out


def hexed(x):
    return "0" if x == 0 else float(x).hex().replace("0000000p", "p")


def runs(items):
    """a a b -> 2*a 1*b"""
    out = []
    for x in items:
        if out and out[-1][1] == x:
            out[-1][0] += 1
        else:
            out.append([1, x])
    return " ".join("%d*%s" % (n, x) for n, x in out)


def main():
    ap = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    ap.add_argument("-o", default=os.path.join(HERE, "..", "..", "tests", "vectors", "transformers"))
    out = ap.parse_args().o
    with open(os.path.abspath(__file__), "rb") as f, open(FACTS, "rb") as g:
        digests = hashlib.sha256(f.read()).hexdigest(), hashlib.sha256(g.read()).hexdigest()
    with open(FACTS) as f:
        facts = json.load(f)
    tables, lines, left_out = {}, [], []
    for name, fact in facts.items():
        kind = fact["config"].get("model_type")
        if kind not in CONFIG_MAPPING:
            left_out.append("%s (no %s)" % (name, kind))
            continue
        try:
            with contextlib.redirect_stderr(io.StringIO()):
                config = CONFIG_MAPPING[kind].from_dict(dict(fact["config"])).get_text_config()
                module = importlib.import_module(type(config).__module__.replace("configuration", "modeling"))
                own = tables_of(module, config)
                layers = layers_of(module, config, own)
        except (KeyError, ValueError, TypeError, AttributeError) as e:
            left_out.append("%s (%s)" % (name, str(e).strip("\"").split(":")[0]))
            continue
        words = []
        for layer in layers:
            if layer is None:
                words.append("none")
                continue
            label, scale = layer
            number = "-" if label is None else str(tables.setdefault(json.dumps(own[label]), len(tables)))
            words.append("%s:%s" % (number, scale.hex()))
        lines.append("model %s %s\n" % (name, runs(words)))
    os.makedirs(out, exist_ok=True)
    with open(os.path.join(out, "models.vec"), "w") as f:
        f.write("# topic: transformers/models\n# made-by: scripts/oracles/transformers_models.py   sha256: %s\n" % digests[0])
        f.write("# from: data/models.json   sha256: %s\n" % digests[1])
        f.write("# with: transformers %s, torch %s, Python %s, %s\n" % (transformers.__version__, torch.__version__,
                                                                        platform.python_version(), platform.machine()))
        f.write("# table: number, factor of cos and sin, frequencies.  model: layers as count*table:softmax_scale\n")
        for text in left_out:
            f.write("# left out: %s\n" % text)
        for text, number in tables.items():
            freq, factor = json.loads(text)
            f.write("table %d %s %s\n" % (number, factor.hex(), " ".join(map(hexed, freq))))
        f.writelines(lines)


if __name__ == "__main__":
    main()
