"""The page of `explore` in a real browser: what explore_page.mjs asks of it.

usage: check_explore_page.py SOURCE_DIR BUILD_DIR      exit 77: no browser, node or program here

Pictures of the page at three widths in both themes stay in BUILD_DIR/screenshots."""
import os
import subprocess
import sys
import tempfile

import browser_here


def main():
    source, build, program, node, browser = browser_here.find("the page of explore")
    shots = os.path.join(build, "screenshots")
    os.makedirs(shots, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        page = os.path.join(folder, "explore.html")
        subprocess.run([program, "explore", "-o", page], check=True)
        size = os.path.getsize(page)
        assert size < 600_000, "the page has %d bytes" % size
        done = subprocess.run([node, os.path.join(source, "tests", "browser", "explore_page.mjs"), folder, program,
                               *browser, shots], timeout=1700, check=False)
    sys.exit(1 if done.returncode else 0)


if __name__ == "__main__":
    main()
