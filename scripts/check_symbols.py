#!/usr/bin/env python3
"""The symbols of libropewalk.a: the public ones are those of tests/api/symbols.txt and of the
header, all others start with rw_.

usage: check_symbols.py SOURCE_DIR BUILD_DIR [--accept]      exit 77: no nm, or no library here
"""
import pathlib
import re
import shutil
import subprocess
import sys

DECLARED = re.compile(r"ROPEWALK_API\b[^;]*?\b(ropewalk_\w+)\s*\(", re.S)
INSTRUMENTED = ("__odr_asan", "__asan", "__ubsan", "__tsan", "__msan", "__llvm_", "__prof",
                "__gcov")


def main():
    source, build = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    library, listed = build / "libropewalk.a", source / "tests" / "api" / "symbols.txt"
    if not shutil.which("nm") or not library.exists():
        print(f"SKIPPED: no nm, or no {library.name} in {build}")
        return 77
    out = subprocess.run(["nm", "-g", "--defined-only", str(library)], capture_output=True,
                         text=True, check=True).stdout
    symbols = {line.split()[2] for line in out.splitlines() if len(line.split()) == 3}
    symbols = {s for s in symbols if not s.startswith(INSTRUMENTED)}
    public = {s for s in symbols if s.startswith("ropewalk_")}
    declared = set(DECLARED.findall((source / "include" / "ropewalk.h").read_text()))
    if "--accept" in sys.argv[3:]:
        listed.write_text("".join(f"{s}\n" for s in sorted(declared)))
    wanted = set(listed.read_text().split())
    bad = [f"{s}: global, but neither ropewalk_ nor rw_" for s in
           sorted(symbols - public) if not s.startswith("rw_")]
    for what, have in (("in the library", public), ("in include/ropewalk.h", declared)):
        bad += [f"{s}: in tests/api/symbols.txt, but not {what}" for s in sorted(wanted - have)]
        bad += [f"{s}: {what}, but not in tests/api/symbols.txt" for s in sorted(have - wanted)]
    for line in bad:
        print(line)
    print(f"check_symbols: {len(symbols)} symbols, {len(public)} public, {len(bad)} faults")
    return 1 if bad or not public else 0


if __name__ == "__main__":
    sys.exit(main())
