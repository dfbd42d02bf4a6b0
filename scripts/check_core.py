#!/usr/bin/env python3
"""src/report/assets/core.js was made of the sources as they are: scripts/build_core.sh makes it anew.

usage: check_core.py SOURCE_DIR [BUILD_DIR]

Compares digests, for which a C compiler is enough; tests/browser/check_core_bytes.py compares bytes.
"""
import pathlib
import re
import subprocess
import sys


def main():
    source = pathlib.Path(sys.argv[1]).resolve()
    head = (source / "src/report/assets/core.js").read_text(encoding="utf-8")[:1000]
    recorded = re.search(r"^ \* sources ([0-9a-f]{16})$", head, re.M)
    done = subprocess.run([source / "scripts/build_core.sh", "--digest"], capture_output=True, text=True, check=False)
    digest = done.stdout.strip()
    if done.returncode or not re.fullmatch("[0-9a-f]{16}", digest):
        print("check_core: no digest:", done.stderr.strip()[-500:])
        return 1
    if not recorded or recorded.group(1) != digest:
        print(f"check_core: sources have {digest}, core.js was made of {recorded and recorded.group(1)}: make live-core "
              "(needs Emscripten)")
        return 1
    print("check_core: core.js is made of these sources,", digest)
    return 0


if __name__ == "__main__":
    sys.exit(main())
