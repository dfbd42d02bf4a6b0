#!/usr/bin/env python3
"""What `inspect` says of a GGUF file against what llama.cpp runs, for every scaling it knows.

    check_scaling.py SOURCE_DIR BUILD_DIR      exit 0 pass, 77 skipped, 1 fail

Each tiny model of make_tiny_models.SCALINGS is described at a context, and run at the same: the
frequencies, the factor of cos and sin, the pairs, the window and the scale of the softmax must be
those of the graph's operators, and the vectors after RoPE must be the vectors before it turned by
OUR frequencies, within what a running product of float32 may be off.
"""
import json
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from runner_check import BUILD, ROPEWALK, RUNNER, WORDS, expect, finish  # noqa: E402  (first: it skips)
import numpy as np  # noqa: E402
import make_tiny_models as tiny  # noqa: E402
from capture_file import Capture, rotate  # noqa: E402


def call(*arguments):
    done = subprocess.run([str(a) for a in arguments], capture_output=True, text=True, timeout=900)
    expect(done.returncode == 0, f"{arguments}: exit {done.returncode}, {done.stderr.strip()}")
    return done.stdout if done.returncode == 0 else None


def check_layer(where, said, rotation, ran, capture):
    layer = said["layer"]
    if rotation is None:
        expect(ran["rotary_dim"] == 0, f"{where}: rotates, and is said not to")
        return
    expect(ran["rotary_dim"] == rotation["rotary_dim"], f"{where}: width {ran['rotary_dim']}")
    mine = rotation["inv_freq"]
    if mine is None or ran["rotary_dim"] != rotation["rotary_dim"]:
        expect(mine is not None, f"{where}: frequencies are said to be unknown")
        return
    mine, theirs = np.array(mine), np.array(ran["inv_freq"])
    off = np.max(np.abs(mine - theirs) / np.maximum(np.abs(theirs), 1e-30))
    expect(off < 2e-6, f"{where}: frequencies {mine}, executed {theirs}")
    expect(abs(ran["attn_factor"] - rotation["attn_factor"]) < 1e-6,
           f"{where}: attn_factor {rotation['attn_factor']}, executed {ran['attn_factor']}")
    expect(ran["pairs"] == rotation["pairs"], f"{where}: pairs")
    expect(abs(ran["softmax_scale"] / rotation["softmax_scale"] - 1) < 1e-6,
           f"{where}: softmax_scale {rotation['softmax_scale']}, executed {ran['softmax_scale']}")
    expect(ran["window"] == said["window"], f"{where}: window {said['window']}, {ran['window']}")
    for which in "qk":
        x, y = capture.hook(layer, which), capture.hook(layer, "rot_" + which)
        turned, tolerance = rotate(x, capture.positions, mine, ran["pairs"], rotation["attn_factor"])
        size = np.max(np.abs(y)) * 2e-6  # of the scale and the magnitude, single precision too
        worst = np.max(np.abs(y - turned) - tolerance)
        expect(worst <= size, f"{where}: {which} turned by our frequencies is off by {worst:.2g}")


def check(folder, name, make, n_token):
    model, out = folder / f"{name}.gguf", folder / "out.safetensors"
    if not model.exists():
        make().save(model)
    said = call(ROPEWALK, "inspect", model, "--context", n_token, "--json", "-", "--quiet")
    if said is None or call(RUNNER, "capture", model, "-o", out, "--text", folder / "text.txt",
                            "--quiet", "--rotated", "--tokens", n_token) is None:
        return
    said, capture = json.loads(said), Capture(out)
    expect(len(said["layers"]) == len(capture.rotations), f"{name}: layers")
    for layer, ran in zip(said["layers"], capture.rotations):
        at = layer["rotation"]
        check_layer(f"{name} at {n_token}, layer {layer['layer']}", layer,
                    None if at is None else said["rotations"][at], ran, capture)


with tempfile.TemporaryDirectory(prefix="check_scaling_", dir=BUILD) as made:
    made = pathlib.Path(made)
    (made / "text.txt").write_text("".join(f"{i}: {WORDS}" for i in range(40)))
    for case, (maker, lengths) in tiny.SCALINGS.items():
        for length in lengths:
            check(made, case, maker, length)
finish(f"{len(tiny.SCALINGS)} models run as inspect describes them")
