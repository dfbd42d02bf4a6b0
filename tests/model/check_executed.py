#!/usr/bin/env python3
"""`diff MODEL --executed CAPTURE`: what llama.cpp was seen to run is what the file declares.

    check_executed.py SOURCE_DIR BUILD_DIR      exit 0 pass, 77 skipped, 1 fail

Each tiny model of make_tiny_models.SCALINGS is captured by the runner and compared with its own
description: no finding. With another base, scaling or factor given in the file's place, the finding
that names it.
"""
import json
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from runner_check import BUILD, ROPEWALK, RUNNER, WORDS, expect, finish  # noqa: E402  (first: it skips)
import make_tiny_models as tiny  # noqa: E402

n_run = 0


def diff(where, model, capture, *options):
    """Exit code, rules found, largest frequency error of the document."""
    done = subprocess.run([ROPEWALK, "diff", model, "--executed", capture, "--json", "-", "--quiet",
                           *options], capture_output=True, text=True, timeout=60)
    expect(done.returncode in (0, 1), f"{where}: exit {done.returncode}, {done.stderr.strip()}")
    if done.returncode not in (0, 1):
        return None
    doc = json.loads(done.stdout)
    return done.returncode, sorted({f["rule"] for f in doc["findings"]}), max(
        (r["max_relative_frequency_error"] or 0 for r in doc["rotations"]), default=0), doc


def check(folder, name, make, n_token):
    global n_run
    model, out = folder / f"{name}.gguf", folder / "out.safetensors"
    if not model.exists():
        make().save(model)
    done = subprocess.run([RUNNER, "capture", model, "-o", out, "--text", folder / "text.txt",
                           "--quiet", "--tokens", str(n_token)], capture_output=True, text=True,
                          timeout=900)
    expect(done.returncode == 0, f"{name}: {done.stderr.strip()}")
    if done.returncode:
        return
    n_run += 1
    where = f"{name} at {n_token}"
    seen = diff(where, model, out)
    if seen:
        expect(seen[:2] == (0, []), f"{where}: {seen[1]}, {seen[2]}")
        rotated = any(r["a"].get("rotation") is not None for r in seen[3]["rotations"])
        if not rotated:
            return
        other = diff(where, model, out, "--rope-freq-base", "12345")
        if other:
            expect(other[0] == 1 and "RWX01" in other[1], f"{where}, another base: {other[:3]}")


with tempfile.TemporaryDirectory(prefix="check_executed_", dir=BUILD) as made:
    made = pathlib.Path(made)
    (made / "text.txt").write_text("".join(f"{i}: {WORDS}" for i in range(40)))
    for case, (maker, lengths) in tiny.SCALINGS.items():
        for length in lengths:
            check(made, case, maker, length)
expect(n_run, "no capture was made")
finish(f"{n_run} captures are what their files declare")
