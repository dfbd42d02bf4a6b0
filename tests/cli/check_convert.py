#!/usr/bin/env python3
"""A config.json under llama.cpp's rules against the GGUF file that its converter writes for it.

    check_convert.py SOURCE_DIR BUILD_DIR      exit 0 pass, 1 fail

For every config of tests/vectors/convert: `inspect --engine llama.cpp` of the config must describe
the layers, frequencies, factors and scales that `inspect` reads from a GGUF file with the keys and
tensors that the converter itself wrote.
"""
import array
import json
import math
import pathlib
import subprocess
import sys
import tempfile

SOURCE, BUILD = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()
sys.path.insert(0, str(SOURCE / "tests" / "model"))
sys.dont_write_bytecode = True
from make_tiny_models import write_gguf  # noqa: E402

# model_max_length, which goes before max_position_embeddings in the converter, is not read here
SKIP_CONTEXT = {"cohere"}
failures = 0


def expect(condition, what):
    global failures
    if not condition:
        failures += 1
        print(f"FAIL: {what}")


def near(a, b):
    if a is None or b is None or isinstance(a, str) or isinstance(b, str):
        return a == b
    if isinstance(a, list):
        return len(a) == len(b) and all(near(x, y) for x, y in zip(a, b))
    return math.isclose(a, b, rel_tol=3e-6, abs_tol=1e-38)


def inspect(path, *options):
    done = subprocess.run([str(BUILD / "ropewalk"), "inspect", str(path), "--json", "-", "--quiet", *options],
                          capture_output=True, text=True, timeout=60)
    expect(done.returncode == 0, f"{path.name}: exit {done.returncode}, {done.stderr.strip()}")
    return json.loads(done.stdout) if done.returncode == 0 else None


def check(folder, golden):
    name, doc = golden.stem, json.loads(golden.read_text())
    config, gguf = folder / f"{name}.json", folder / f"{name}.gguf"
    config.write_text(json.dumps(doc["config"]))
    tensors = {k: ((len(v),), array.array("f", v)) for k, v in doc["tensors"].items()}
    write_gguf(gguf, doc["keys"], tensors)
    given, written = inspect(config, "--engine", "llama.cpp"), inspect(gguf)
    if given is None or written is None:
        return
    if name not in SKIP_CONTEXT:
        expect(given["model"]["context_length"] == written["model"]["context_length"],
               f"{name}: context {given['model']['context_length']}, {written['model']['context_length']}")
    expect(len(given["layers"]) == len(written["layers"]), f"{name}: layers")
    for a, b in zip(given["layers"], written["layers"]):
        where = f"{name} layer {a['layer']}"
        for key in ("attention", "window", "head_dim", "n_head_q", "n_head_kv"):
            expect(a[key] == b[key], f"{where}: {key} {a[key]}, written {b[key]}")
        if a["rotation"] is None or b["rotation"] is None:
            expect(a["rotation"] == b["rotation"], f"{where}: rotates in one alone")
            continue
        x, y = given["rotations"][a["rotation"]], written["rotations"][b["rotation"]]
        compared = ("mechanism", "rotary_dim", "rope_theta", "attn_factor", "softmax_scale", "pairs",
                    "inv_freq")
        for key in compared:
            expect(near(x[key], y[key]), f"{where}: {key} {x[key]}, written {y[key]}")


with tempfile.TemporaryDirectory(prefix="check_convert_", dir=BUILD) as made:
    goldens = sorted((SOURCE / "tests" / "vectors" / "convert").glob("*.json"))
    for g in goldens:
        check(pathlib.Path(made), g)
print(f"{failures} failures" if failures else f"{len(goldens)} configs as their GGUF files")
sys.exit(1 if failures or not goldens else 0)
