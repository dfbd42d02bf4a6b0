#!/usr/bin/env python3
"""Golden tests of the command line: every tests/cli/<verb>/<case>.sh against what stands beside it.

usage: run.py SOURCE_DIR BUILD_DIR [--accept] [<verb>/<case>...]

A case runs under `sh -eu` in an empty folder that holds only a link `fixtures` to tests/fixtures
and one `data` to data, with the program first in PATH and the network and the home out of reach.
Expected, each beside the script and none meaning "nothing", or 0:

    .stdout.exact .stderr.exact   byte for byte
    .stdout.glob  .stderr.glob    a line `...` is any lines, `...` in a line any characters
    .exit                         the exit code
    .files                        what is left in the folder, one path a line

--accept writes what was seen (a .glob that still fits is left alone); review the difference.
"""
import concurrent.futures
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

LINKS = ("fixtures", "data")


def globbed(pattern, text):
    """The pattern as a regular expression over the whole text."""
    parts = []
    for line in pattern.splitlines(keepends=True):
        if line.strip() == "...":
            parts.append("(?:.*\n)*?")
        else:
            parts.append(".*?".join(re.escape(piece) for piece in line.split("...")))
    return re.fullmatch("".join(parts), text) is not None


class Case:
    def __init__(self, script, source, build):
        self.script, self.source, self.build = script, source, build
        self.name = f"{script.parent.name}/{script.stem}"

    def beside(self, end):
        return self.script.with_name(self.script.stem + end)

    def run(self):
        with tempfile.TemporaryDirectory(prefix="cli_", dir=self.build) as folder:
            place = pathlib.Path(folder, "here")
            place.mkdir()
            bin_dir = pathlib.Path(folder, "bin")
            bin_dir.mkdir()
            os.symlink(self.build / "ropewalk", bin_dir / "ropewalk")
            os.symlink(self.source / "tests" / "fixtures", place / "fixtures")
            os.symlink(self.source / "data", place / "data")
            environment = {"PATH": f"{bin_dir}:/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C",
                           "HOME": str(bin_dir), "NO_COLOR": "1",
                           "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "")}
            done = subprocess.run(["sh", "-eu", str(self.script)], cwd=place, env=environment,
                                  stdin=subprocess.DEVNULL, capture_output=True, timeout=600)
            left = sorted(str(p.relative_to(place)) for p in place.rglob("*")
                          if p.relative_to(place).parts[0] not in LINKS)
        return {"stdout": done.stdout.decode(errors="backslashreplace"),
                "stderr": done.stderr.decode(errors="backslashreplace"),
                "exit": f"{done.returncode}\n" if done.returncode else "",
                "files": "".join(f"{name}\n" for name in left)}

    def faults(self, seen):
        bad = []
        for what, got in seen.items():
            glob_file, exact = self.beside(f".{what}.glob"), self.beside(
                f".{what}.exact" if what.startswith("std") else f".{what}")
            if glob_file.exists():
                wanted = glob_file.read_text()
                fits = globbed(wanted, got)
            else:
                wanted = exact.read_text() if exact.exists() else ""
                fits = wanted == got
            if not fits:
                bad.append((what, wanted, got))
        return bad

    def accept(self, seen):
        for what, got in seen.items():
            glob_file, exact = self.beside(f".{what}.glob"), self.beside(
                f".{what}.exact" if what.startswith("std") else f".{what}")
            if glob_file.exists() and globbed(glob_file.read_text(), got):
                continue
            target = glob_file if glob_file.exists() else exact
            if got:
                target.write_text(got)
            elif target.exists():
                target.unlink()


def main():
    words = [w for w in sys.argv[1:] if w != "--accept"]
    source, build = pathlib.Path(words[0]).resolve(), pathlib.Path(words[1]).resolve()
    scripts = sorted((source / "tests" / "cli").glob("*/*.sh"))
    cases = [Case(s, source, build) for s in scripts]
    cases = [c for c in cases if not words[2:] or c.name in words[2:]]
    if not shutil.which("sh") or not (build / "ropewalk").exists():
        print(f"SKIPPED: no sh, or no program in {build}")
        return 77
    n_fault = 0
    known = {f"{s.stem}{end}" for s in scripts for end in (
        ".sh", ".exit", ".files", *(f".{w}.{k}" for w in ("stdout", "stderr")
                                    for k in ("exact", "glob")))}
    for folder in sorted({s.parent for s in scripts}):
        for path in folder.iterdir():
            if path.name not in known:
                print(f"{folder.name}/{path.name}: belongs to no case")
                n_fault += 1
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for case, seen in zip(cases, pool.map(Case.run, cases)):
            if "--accept" in sys.argv:
                case.accept(seen)
                continue
            for what, wanted, got in case.faults(seen):
                n_fault += 1
                print(f"---- {case.name}: {what}\n  wanted {wanted[:2000]!r}\n  got    "
                      f"{got[:2000]!r}")
    print(f"golden: {len(cases)} cases, {n_fault} faults")
    return 1 if n_fault or not cases else 0


if __name__ == "__main__":
    sys.exit(main())
