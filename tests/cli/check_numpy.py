#!/usr/bin/env python3
"""NumPy counts what `bench` counts, in both forms (bench/numpy_reference.py): from the definition, in
float64, on the vectors that `bench --vectors` writes. No duration is judged.

usage: check_numpy.py SOURCE_DIR BUILD_DIR
"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile


def main():
    source, build = (pathlib.Path(p).resolve() for p in sys.argv[1:3])
    faults = 0
    for geometry in ("pairs-8k", "pairs-128k"):
        with tempfile.TemporaryDirectory() as folder:
            out = os.path.join(folder, "n.json")
            done = subprocess.run(
                [sys.executable, source / "bench" / "numpy_reference.py", build / "ropewalk", "--geometry",
                 geometry, "--repeat", "1", "--json", out], stdout=subprocess.PIPE, text=True)
            if done.returncode == 77:
                print(done.stdout.strip())
                return 77
            if done.returncode or not json.loads(pathlib.Path(out).read_text())["counts_equal"]:
                print(f"{geometry}: exit {done.returncode}\n{done.stdout}")
                faults += 1
    print(f"check_numpy: 2 geometries, {faults} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
