#!/usr/bin/env python3
"""How many instructions each stage takes on a fixed piece of work, counted by callgrind: what no clock and
no neighbour on the machine can blur.

usage: instructions.py PROGRAM [--record]

The work is `bench --geometry pairs-8k` and `measure` with every event on its vectors, with the AVX2
kernels and one thread. Printed is each stage's count, with what it calls, beside the one recorded in
instructions.json; --record writes that file. A stage that takes a quarter more than recorded, or
does not run, is a fault. The record holds for one compiler: with another, or a build without optimisation, there is
nothing to compare with, and the exit code is 77; so too without valgrind or AVX2.
"""
import argparse
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

RECORD = pathlib.Path(__file__).with_name("instructions.json")
MOST = 1.25
STAGES = {  # stage: run, function
    "tables": ("bench", "rw_scoretable_make"),
    "score_sweep": ("bench", "rw_series_fill_strip"),
    "position_inversion": ("bench", "rw_group_invert"),
    "rounding": ("bench", "round_keys"),
    "position_aliasing": ("bench", "rw_aliasing_add"),
    "moments": ("measure", "rw_sample_moments"),
    "inversion_near_aliasing_certificates": ("measure", "rw_group_invert"),
    "positional_insensitivity": ("measure", "rw_count_insensitivity"),
    "token_inversion": ("measure", "rw_count_token_inversion"),
    "token_aliasing": ("measure", "rw_count_token_aliasing"),
    "attention_invariance": ("measure", "rw_count_attention_invariance"),
    "cross_aliasing": ("measure", "rw_count_cross_aliasing"),
}
LINE = re.compile(r"^\s*([\d,]+) \(\s*[\d.]+%\)\s+\S*?:(\w+)(?: \[|$)", re.M)


def skip(why):
    print(f"instructions: {why}")
    sys.exit(77)


def counts(folder, name, words):
    """Function -> instructions in it and in what it calls."""
    out = os.path.join(folder, name + ".callgrind")
    subprocess.run(["valgrind", "-q", "--tool=callgrind", "--callgrind-out-file=" + out] + words, check=True)
    text = subprocess.run(["callgrind_annotate", "--inclusive=yes", "--threshold=100", "--auto=no", out],
                          check=True, stdout=subprocess.PIPE, text=True).stdout
    found = {}
    for number, function in LINE.findall(text):
        found[function] = max(found.get(function, 0), int(number.replace(",", "")))
    return found


def measure(program):
    """-> what built the program, stage -> instructions."""
    if not shutil.which("valgrind") or not shutil.which("callgrind_annotate"):
        skip("no valgrind")
    if subprocess.run([program, "selftest", "--isa", "avx2", "-q"], stdout=subprocess.DEVNULL,
                      stderr=subprocess.DEVNULL).returncode == 2:
        skip("no AVX2")
    common = ["--isa", "avx2", "-t", "1", "-q", "-o", os.devnull]
    with tempfile.TemporaryDirectory() as folder:
        vectors, document = os.path.join(folder, "v.safetensors"), os.path.join(folder, "b.json")
        geometry = ["bench", "--geometries-only", "--geometry", "pairs-8k"]
        subprocess.run([program, *geometry, "--vectors", vectors, "--json", document, *common], check=True)
        tool = json.loads(pathlib.Path(document).read_text(encoding="utf-8"))["tool"]
        built = {"compiler": tool["compiler"], "build": tool["build"]}
        if not built["build"].startswith("Rel"):
            skip(f"a {built['build']} build says nothing")
        runs = {"bench": counts(folder, "bench", [program, *geometry, *common]),
                "measure": counts(folder, "measure", [program, "measure", "--qk", vectors, "--context", "8k",
                                                      *common])}
    return built, {stage: runs[run].get(function) for stage, (run, function) in STAGES.items()}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--record", action="store_true")
    options = parser.parse_args()
    built, now = measure(options.program)
    if options.record:
        RECORD.write_text(json.dumps({**built, "stages": now}, indent=1) + "\n", encoding="utf-8")
    record = json.loads(RECORD.read_text(encoding="utf-8"))
    same = all(record[key] == built[key] for key in built)
    faults = 0
    print(f"{'stage':36} {'instructions':>14} {'recorded':>14}")
    for stage, count in now.items():
        before = record["stages"].get(stage)
        word = ""
        if count is None:
            word = "  does not run here any more: see STAGES, then --record"
            faults += same
        elif same and before and count > MOST * before:
            word = f"  {count / before:.2f} times as many"
            faults += 1
        print(f"{stage:36} {count or '-':>14} {before or '-':>14}{word}")
    if not same:
        skip(f"recorded with {record['compiler']}, {record['build']}: nothing to compare with")
    print(f"instructions: {len(now)} stages, {faults} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
