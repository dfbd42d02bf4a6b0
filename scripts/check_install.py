#!/usr/bin/env python3
"""What is installed is enough: tests/api/consumer.c is built and run against it alone, as C, and
the header is read as C++.

usage: check_install.py SOURCE_DIR BUILD_DIR      exit 77: no compiler
"""
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import tempfile

source, build = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()


def run(*command, **more):
    done = subprocess.run([str(c) for c in command], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, **more)
    if done.returncode:
        print(shlex.join(str(c) for c in command))
        print(done.stdout)
        print(f"check_install: exit {done.returncode}")
        sys.exit(1)
    return done.stdout


def cached(name):
    found = re.search(rf"^{name}:\w+=(.*)$", (build / "CMakeCache.txt").read_text(), re.M)
    return found.group(1) if found else ""


def main():
    cc = shlex.split(os.environ.get("CC", "")) or [cached("CMAKE_C_COMPILER") or "cc"]
    if not shutil.which(cc[0]):
        print("SKIPPED: no C compiler")
        return 77
    sanitize = cached("RW_SANITIZE")
    with tempfile.TemporaryDirectory(prefix="check_install_", dir=build) as folder:
        prefix = pathlib.Path(folder, "prefix")
        run("cmake", "--install", build, "--prefix", prefix)
        header = list(prefix.rglob("ropewalk.h"))
        library = list(prefix.rglob("libropewalk.a"))
        program = list(prefix.rglob("bin/ropewalk"))
        texts = sorted(p.name for p in prefix.rglob("share/ropewalk/texts/*.txt"))
        if len(header) != 1 or len(library) != 1 or len(program) != 1 or \
                not {"code.txt", "list.txt", "prose.txt"} <= set(texts):
            print("installed:", header, library, program, texts)
            return 1
        headers = sorted(p.name for p in prefix.rglob("*.h"))
        if headers != ["ropewalk.h"]:
            print("installed headers:", headers)
            return 1
        curl = ["libcurl"] if cached("RW_CURL") == "ON" and cached("CURL_FOUND") == "1" else []
        libraries = shlex.split(run("pkg-config", "--libs", "jansson", *curl))
        consumer = pathlib.Path(folder, "consumer")
        run(*cc, "-std=c17", "-Wall", "-Wextra", "-Wpedantic", "-Wstrict-prototypes", "-Werror",
            *([f"-fsanitize={sanitize}"] if sanitize else []), "-I", header[0].parent,
            source / "tests" / "api" / "consumer.c", library[0], *libraries, "-lpthread", "-lm",
            "-o", consumer, cwd=folder)
        print(run(consumer, cwd=folder), end="")
        print(run(program[0], "--version", cwd=folder), end="")
        cxx = os.environ.get("CXX") or shutil.which("g++") or shutil.which("c++")
        if cxx:
            probe = pathlib.Path(folder, "probe.cpp")
            probe.write_text("#include <ropewalk.h>\nint main() { ropewalk_run r; "
                             "ropewalk_run_init(&r); return r.n_thread; }\n")
            run(*shlex.split(cxx), "-std=c++11", "-Wall", "-Wextra", "-Wpedantic", "-Werror",
                "-fsyntax-only", "-I", header[0].parent, probe)
        else:
            print("no C++ compiler: the header was not read as C++")
    print("check_install: installed, built and run")
    return 0


if __name__ == "__main__":
    sys.exit(main())
