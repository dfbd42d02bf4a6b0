#!/usr/bin/env python3
"""Counts made on arm64 are those made here: the portable vectors and plain C, cross-compiled, run by an emulator.

    check_arm64.py SOURCE_DIR BUILD_DIR      exit 0 pass, 77 skipped, 1 fail

Compared are the integers that count_cases.c prints, line by line, of every kernel set that runs here and there. An
emulator says nothing of speed.
"""
import concurrent.futures
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

SOURCE, BUILD = (pathlib.Path(p).resolve() for p in sys.argv[1:3])
CROSS, ARCHIVER, EMULATOR = "aarch64-linux-gnu-gcc", "aarch64-linux-gnu-ar", "qemu-aarch64"
SYSROOT = "/usr/aarch64-linux-gnu"
FLAGS = ["-std=gnu17", "-O2", "-ffp-contract=off", "-fno-math-errno"]
PORTABLE = ["-O3", "-ffp-contract=fast"]  # as in cmake/kernels.cmake


def skip(reason):
    print(f"SKIPPED: {reason}")
    sys.exit(77)


def sources():
    for room in ("base", "position", "kernel", "measure", "result"):
        for path in sorted((SOURCE / "src" / room).glob("*.c")):
            text = path.read_text(encoding="utf-8")
            if "_avx" not in path.name and "base/json.h" not in text and "jansson.h" not in text:
                yield path
    yield SOURCE / "tests" / "cross" / "count_cases.c"


def build(folder):
    """One program from a library of what needs no other; the linker takes what is used."""
    include = [f"-I{SOURCE / 'src'}", f"-I{SOURCE / 'include'}", f"-I{BUILD / 'generated'}"]

    def compile_one(path):
        out = folder / (path.stem + ".o")
        own = PORTABLE if path.name == "kernel_generic.c" else []
        subprocess.run([CROSS, *FLAGS, *own, *include, "-c", path, "-o", out], check=True)
        return out

    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        objects = list(pool.map(compile_one, sources()))
    main = next(o for o in objects if o.stem == "count_cases")
    library, program = folder / "library.a", folder / "count_cases"
    subprocess.run([ARCHIVER, "rcs", library, *(o for o in objects if o != main)], check=True)
    subprocess.run([CROSS, main, library, "-o", program, "-lm", "-lpthread"], check=True)
    return program


def counts(*command):
    """Kernel set: its lines."""
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    out = {}
    for line in done.stdout.splitlines():
        if line.startswith("= "):
            out[line[2:]] = []
        else:
            out[list(out)[-1]].append(line)
    return out


def main():
    for tool in (CROSS, ARCHIVER, EMULATOR):
        if not shutil.which(tool):
            skip(f"no {tool}: counts on arm64 are not compared")
    if not pathlib.Path(SYSROOT, "include", "stdio.h").exists():
        skip(f"no C library in {SYSROOT}: counts on arm64 are not compared")
    here = counts(BUILD / "tests" / "count_cases")
    with tempfile.TemporaryDirectory(dir=BUILD) as folder:
        there = counts(EMULATOR, "-L", SYSROOT, build(pathlib.Path(folder)))
    reference = here["ref"]
    ran = [f"{k} here" for k in here] + [f"{k} on arm64" for k in there]
    failed = int(sorted(there) != ["generic", "ref"])
    for where, lines in zip(ran, [*here.values(), *there.values()]):
        different = [(a, b) for a, b in zip(lines, reference) if a != b]
        failed += len(different) + abs(len(lines) - len(reference))
        for a, b in different[:3]:
            print(f"FAIL: {where}: {a}\n  instead of {b}")
    print(f"{len(reference)} lines of counts; {', '.join(ran)}: {failed} differ")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
