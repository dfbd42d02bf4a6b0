#!/usr/bin/env python3
"""What a formatter cannot see: lengths, names, first lines, forbidden calls and words.

usage: check_style.py SOURCE_DIR [BUILD_DIR]

Looks at the files that git tracks, or at everything but build products where there is no git.
"""
import collections
import glob
import os
import pathlib
import re
import subprocess
import sys

LONGEST, LONG = 1000, 800
LONG_FILES = {  # above LONG lines and not split, with why
    "scripts/oracles/events.py": "one definition of all events at 60 digits, read top to bottom",
}
DATA = ("tests/fixtures/", "tests/vectors/", "tests/fuzz/corpus/", "data/", "docs/evidence/")
LARGEST_BYTES = 512 * 1024
TOP = re.compile(r"\.[a-z-]+|LICENSE|Makefile|CMake\w+\.(txt|json)|[A-Z]+\.md")  # what stands beside the folders
# Written in pieces, so that this file does not name them.
MARKS = re.compile(r"\b(" + "|".join(("TO" "DO", "FIX" "ME", "X" "XX", "HA" "CK")) + r")\b")
MACHINE = re.compile(r"(?<![\w.$}])/(?:ro" r"ot|ho" r"me|Us" r"ers|wo" r"rk)/\w|"
                     r"py" r"pi\.org|python" r"hosted|registry\.np" r"mjs|deb\.deb" r"ian|"
                     r"arti" r"factory|conda\.ana" r"conda", re.I)
ALLOCATION = re.compile(r"\b(malloc|calloc|realloc|reallocarray|free|strdup|strndup|asprintf|"
                        r"vasprintf|aligned_alloc|posix_memalign|getline)\s*\(")
PRINTING = re.compile(r"\b(exit|abort|quick_exit|printf|vprintf|puts|putchar|perror|assert_perror)"
                      r"\s*\(|\b(stdout|stderr)\b")
NAMED = re.compile(r"`((?:src|tests|scripts|docs|data|include|runner|cmake)/[^`\s]+)`")
C_TEXT = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|' r"'(?:\\.|[^'\\\n])*'", re.S)

bad = []


def fault(name, message, line=None):
    bad.append(f"{name}:{line}: {message}" if line else f"{name}: {message}")


def tracked(source):
    try:
        out = subprocess.run(["git", "-c", f"safe.directory={source}", "-C", source, "ls-files",
                              "-z"], capture_output=True, check=True).stdout
        names = [n for n in out.decode().split("\0") if n]
        if names:
            return sorted(n for n in names if os.path.isfile(os.path.join(source, n)))
    except (OSError, subprocess.CalledProcessError):
        pass
    names = []
    for folder, folders, files in os.walk(source):
        if folder == source:
            folders[:] = [f for f in folders if f not in (".git", ".deps", "build", "out")]
        folders[:] = [f for f in folders if f != "__pycache__"]
        names += [os.path.relpath(os.path.join(folder, f), source) for f in files]
    return sorted(names)


def without_comments_and_strings(text):
    return C_TEXT.sub(lambda m: " " + "\n" * m.group().count("\n"), text)


def each_match(pattern, text):
    for number, line in enumerate(text.split("\n"), 1):
        found = pattern.search(line)
        if found:
            yield number, found.group()


def check_c(name, text):
    base = os.path.basename(name)
    first = text.split("\n", 1)[0]
    if not re.match(r"/\* " + re.escape(base) + r"(?![\w.])", first):
        fault(name, f"the first line is no comment that starts with {base}", 1)
    for number, _ in each_match(re.compile("\t"), text):
        fault(name, "tab", number)
    code = without_comments_and_strings(text)
    if name.startswith(("src/", "runner/")) and name != "src/base/alloc.c":
        for number, call in each_match(ALLOCATION, code):
            fault(name, f"{call.rstrip('( ')}: only src/base/alloc.c allocates", number)
    if name.startswith("src/") and not name.startswith(("src/cli/", "src/cluster/")):  # programs' own
        for number, call in each_match(PRINTING, code):
            fault(name, f"{call.rstrip('( ')}: the library never prints or exits", number)


def check_document(name, text, source):
    for number, line in enumerate(text.split("\n"), 1):
        for path in NAMED.findall(line):
            if re.search(r"[<>{}]|\.\.\.", path):
                continue
            path = re.sub(r"(:\d+)?[.,;:)]*$", "", path).split("#")[0]
            if not glob.glob(os.path.join(source, path)):
                fault(name, f"names {path}, which does not exist", number)


def check_statuses(source, names, texts):
    header = texts["include/ropewalk.h"]
    values = re.findall(r"^\s*(ROPEWALK_(?:OK|E_\w+)) = \d+", header, re.M)
    tests = "\n".join(texts[n] for n in names
                      if n.startswith(("tests/", "runner/test_")) and n.endswith((".c", ".h")))
    for value in values:
        if not re.search(rf"\b{value}\b", tests):
            fault("include/ropewalk.h", f"{value} appears in no test")
    if not values:
        fault("include/ropewalk.h", "no status found")


def check_version(names, texts):
    found = re.search(r"^project\(\w+ VERSION ([\d.]+)", texts["CMakeLists.txt"], re.M)
    if not found:
        return fault("CMakeLists.txt", "no version")
    version = re.compile(r"(?<![\d.])" + re.escape(found.group(1)) + r"(?!\.?\d)")
    for name in names:
        if name in texts and name.endswith((".c", ".h", ".py", ".sh", ".txt", ".cmake", ".in",
                                            "Makefile", ".json")) and \
                not name.startswith(DATA) and name not in ("CMakeLists.txt",
                                                           "CHANGELOG.md"):
            for number, line in enumerate(texts[name].split("\n"), 1):
                if version.search(line) and "==" not in line and \
                        "ropewalk.version" not in line:
                    fault(name, "a version: CMakeLists.txt has it", number)


def main():
    source = str(pathlib.Path(sys.argv[1]).resolve())
    names = tracked(source)
    texts = {}
    for name in names:
        if "/" not in name and not TOP.fullmatch(name):
            fault(name, "no file of the project's top folder; was it left over by a test?")
        path = os.path.join(source, name)
        if os.path.getsize(path) > LARGEST_BYTES:
            fault(name, f"{os.path.getsize(path)} bytes, above {LARGEST_BYTES}")
        with open(path, "rb") as f:
            content = f.read(2 << 20)
        if b"\0" in content:
            continue
        try:
            texts[name] = content.decode()
        except UnicodeDecodeError:
            if not name.startswith(DATA):
                fault(name, "not UTF-8")
    by_name = collections.defaultdict(list)
    for name in names:
        if name.startswith("src/"):
            by_name[os.path.basename(name)].append(name)
    for same in by_name.values():
        if len(same) > 1:
            fault(same[0], f"shares its name with {', '.join(same[1:])}")
    for name, text in texts.items():
        if name.startswith(DATA):
            continue
        n_line = text.count("\n")
        if n_line > LONGEST:
            fault(name, f"{n_line} lines, above {LONGEST}")
        elif n_line > LONG and name not in LONG_FILES:
            fault(name, f"{n_line} lines, above {LONG}: split it, or give a reason in "
                        "scripts/check_style.py")
        for number, mark in each_match(MARKS, text):
            fault(name, f"{mark}: marks belong in the issue list", number)
        for number, _ in each_match(MACHINE, text):
            fault(name, "a path or host of somebody's machine", number)
        if name.endswith((".c", ".h")):
            check_c(name, text)
        if name.endswith(".md"):
            check_document(name, text, source)
    for name in LONG_FILES:
        if name in texts and texts[name].count("\n") <= LONG:
            fault(name, "needs no exception of length any more")
    check_statuses(source, names, texts)
    check_version(names, texts)
    for line in bad:
        print(line)
    print(f"check_style: {len(names)} files, {len(bad)} faults")
    return 1 if bad or not texts else 0


if __name__ == "__main__":
    sys.exit(main())
