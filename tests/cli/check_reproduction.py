#!/usr/bin/env python3
"""docs/reproduction.md and its pictures are what `ropewalk reproduce` makes, byte for byte, where no
audit of a real model is needed; what needs one is there, and every picture is named and well-formed.

usage: check_reproduction.py SOURCE_DIR BUILD_DIR      exit 77: no program here
"""
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as xml

# Half of the document's time; its numbers are the expected values of test_base_bound.c.
SLOW = {"base-bounds"}
NAME = re.compile(r'\.order = \d+,\s+\.name = "([a-z0-9-]+)"')
ANCHOR = re.compile(r'^<a id="([a-z0-9-]+)"></a>\n## \d+\. ', re.M)
PICTURE = re.compile(r"!\[([^\]]+)\]\(reproduction/([a-z0-9-]+)\.svg\)")


def sections(text):
    """name -> its text, without the number of its heading, which depends on its neighbours."""
    found = list(ANCHOR.finditer(text))
    ends = [m.start() for m in found[1:]] + [len(text)]
    return {m.group(1): text[m.end():end] for m, end in zip(found, ends)}


def rows(text, name):
    return [line for line in text.split("\n") if line.startswith("| [") and f"](#{name})" in line]


def main():
    source, build = (pathlib.Path(a).resolve() for a in sys.argv[1:3])
    program = build / "ropewalk"
    if not program.exists():
        print("SKIPPED: no ropewalk in this build")
        return 77
    bad = []
    committed = (source / "docs/reproduction.md").read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory() as folder:
        out = pathlib.Path(folder)
        claims = {NAME.search(text).group(1): "needs_audit = true" in text for text in
                  (p.read_text(encoding="utf-8") for p in (source / "src/paper").glob("claim_*.c"))
                  if NAME.search(text)}
        quick = [n for n, needs_audit in claims.items() if not needs_audit and n not in SLOW]
        subprocess.run([program, "reproduce", "-q", "-o", out, "--json", out / "r.json",
                        "--only", ",".join(quick)], check=True, stdout=subprocess.DEVNULL)
        made = (out / "reproduction.md").read_text(encoding="utf-8")
        document = json.loads((out / "r.json").read_text(encoding="utf-8"))
        there, ours = sections(committed), sections(made)
        if set(there) != set(claims) or [n for n in there if n in ours] != list(ours):
            bad.append(f"sections are {list(there)}")
        for name in (n for n, needs_audit in claims.items() if needs_audit):
            if "This section is made from the audit" in there.get(name, ""):
                bad.append(f"{name}: the committed document was made without an audit")
        n_same = 0
        for claim in document["claims"]:
            name = claim["name"]
            n_same += 1
            if there.get(name) != ours[name] or rows(committed, name) != rows(made, name):
                bad.append(f"{name}: not what `ropewalk reproduce` makes: run `make reproduce`")
            for picture in claim["pictures"]:
                kept = source / "docs/reproduction" / f"{picture}.svg"
                if not kept.exists() or \
                        kept.read_bytes() != (out / "reproduction" / kept.name).read_bytes():
                    bad.append(f"{picture}.svg: not what `ropewalk reproduce` makes")
    named = {m.group(2) for m in PICTURE.finditer(committed)}
    kept = {p.stem for p in (source / "docs/reproduction").glob("*.svg")}
    if named != kept:
        bad.append(f"pictures without a place or file: {sorted(named ^ kept)}")
    for path in sorted((source / "docs/reproduction").glob("*.svg")):
        root = xml.parse(path).getroot()
        if not root.tag.endswith("}svg") or root.find("{*}title") is None:
            bad.append(f"{path.name}: no svg with a title")
        if "nan" in path.read_text(encoding="utf-8"):
            bad.append(f"{path.name}: a coordinate is not a number")
    for line in bad:
        print(line)
    print(f"check_reproduction: {n_same} sections made again, {len(kept)} pictures, "
          f"{len(bad)} faults")
    return 1 if bad or not n_same else 0


if __name__ == "__main__":
    sys.exit(main())
