"""src/report/assets/core.js made anew is the same byte for byte.

usage: check_core_bytes.py SOURCE_DIR [BUILD_DIR]      exit 77: not the tools that made it
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile


def main():
    source = pathlib.Path(sys.argv[1]).resolve()
    script, asset = source / "scripts/build_core.sh", source / "src/report/assets/core.js"
    recorded = re.search(r"^ \* tools (.*) \*/$", asset.read_text(encoding="utf-8"), re.M).group(1)
    tools = subprocess.run([script, "--tools"], capture_output=True, text=True, check=True).stdout.strip() \
        if shutil.which("emcc") else "no emcc"
    if tools != recorded:
        print(f"SKIPPED: here is {tools}, core.js was made by {recorded}")
        return 77
    with tempfile.TemporaryDirectory() as folder:
        trial = pathlib.Path(folder) / "trial.c"
        trial.write_text("int main(void) { return 0; }\n")
        done = subprocess.run(["emcc", trial, "-o", trial.with_suffix(".wasm"), "-sSTANDALONE_WASM"], capture_output=True,
                              text=True, timeout=600, check=False, env={"NODE_PATH": "/usr/share/nodejs", **os.environ})
        if done.returncode:
            print("SKIPPED: emcc does not work here:", done.stderr.strip()[-300:])
            return 77
        made = pathlib.Path(folder) / "core.js"
        subprocess.run([script, made], check=True, timeout=600)
        if made.read_bytes() != asset.read_bytes():
            print("core.js made anew differs: make live-core, and commit it")
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
