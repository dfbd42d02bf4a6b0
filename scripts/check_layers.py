#!/usr/bin/env python3
"""The include law: which room under src/ may include which.

usage: check_layers.py SOURCE_DIR [BUILD_DIR]

A file may include headers of its own room, of the rooms in its row, and ropewalk.h. Nothing looks
up, and rooms on one floor do not see each other. llama.h and ggml*.h are for runner/ alone.
"""
import pathlib
import re
import sys

FLOORS = {"base", "format", "position", "kernel", "result", "model", "theory", "measure", "audit",
          "report", "lint", "diff", "net", "bench", "task", "paper", "sweep"}
ALLOWED = {  # room: rooms, or single headers, besides itself and ropewalk.h
    "base": set(),
    "kernel": set(),
    "format": {"base"},
    "position": {"base"},
    "result": {"base"},
    "model": {"base", "format", "position", "result"},
    "theory": {"base", "position", "result"},
    "measure": {"base", "position", "kernel", "result", "format/qkfile.h"},
    "audit": {"base", "position", "model", "theory", "measure", "result", "kernel/kernel.h",
              "format/qkfile.h"},
    "sweep": {"base", "position", "theory", "measure", "result", "kernel/kernel.h"},
    "bench": {"base", "kernel", "measure", "position", "result"},
    "net": {"base"},
    "lint": {"base", "position", "model", "result"},
    "diff": {"base", "position", "model", "result", "format/qkfile.h"},
    "task": {"base", "format", "position", "result"},
    "report": {"base", "result"},
    "paper": {"base", "position", "theory", "measure", "result", "kernel/kernel.h",
              "audit/given_run.h", "audit/disagree.h", "report/markup.h"},
    "api": FLOORS | {"rw_version.h"},
    "live": {"base", "position", "measure", "result", "kernel/kernel.h", "audit/given_run.h",
             "report/measure_json.h", "format/limits.h", "api/handle.h", "rw_version.h"},
    "cli": {"cluster/cluster.h"},
    "cluster": {"base"},
    "runner": {"base", "format/qkfile.h", "rw_version.h"},
}
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]+(["<])([^">]+)[">]', re.M)
RUNTIME = re.compile(r"^(llama|ggml|gguf)\b.*\.h$")


def faults(source):
    bad, n_file = [], 0
    files = sorted((source / "src").rglob("*.[ch]")) + sorted((source / "runner").glob("*.[ch]"))
    for path in files:
        n_file += 1
        name = path.relative_to(source)
        room = "runner" if name.parts[0] == "runner" else name.parts[1]
        if room not in ALLOWED or (room != "runner" and len(name.parts) != 3):
            bad.append(f"{name}: stands in no known room (add a row to scripts/check_layers.py)")
            continue
        for quote, target in INCLUDE.findall(path.read_text(encoding="utf-8")):
            if RUNTIME.match(target.split("/")[-1]) and not (source / "src" / target).exists():
                if room != "runner":
                    bad.append(f"{name}: may not include {target}: the runtime is runner/'s alone")
                continue
            if quote == "<" or target == "ropewalk.h":
                continue
            if "/" not in target:
                if not (room == "runner" and (path.parent / target).exists()) and \
                        target not in ALLOWED[room]:
                    bad.append(f"{name}: includes {target} without its room")
                continue
            other = target.split("/")[0]
            if other != room and not {other, target} & ALLOWED[room]:
                bad.append(f"{name}: may not include {target}")
            elif not (source / "src" / target).exists():
                bad.append(f"{name}: includes {target}, which does not exist")
    return bad, n_file


def main():
    bad, n_file = faults(pathlib.Path(sys.argv[1]).resolve())
    for line in bad:
        print(line)
    print(f"check_layers: {n_file} files, {len(bad)} faults")
    return 1 if bad or not n_file else 0


if __name__ == "__main__":
    sys.exit(main())
