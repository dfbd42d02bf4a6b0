#!/usr/bin/env python3
"""No stage takes a quarter more instructions than recorded (bench/instructions.py).

usage: check_instructions.py SOURCE_DIR BUILD_DIR
"""
import pathlib
import subprocess
import sys


def main():
    source, build = (pathlib.Path(p).resolve() for p in sys.argv[1:3])
    cache = (build / "CMakeCache.txt").read_text(encoding="utf-8")
    for line in cache.splitlines():
        if line.startswith(("RW_SANITIZE:", "CMAKE_C_FLAGS:")) and not line.endswith("="):
            print("a build with sanitizers or flags of its own has other counts")
            return 77
    return subprocess.run([sys.executable, source / "bench" / "instructions.py", build / "ropewalk"]).returncode


if __name__ == "__main__":
    sys.exit(main())
