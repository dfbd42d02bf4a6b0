"""The page of `explore` in a real browser: what explore_page.mjs asks of it.

usage: check_explore_page.py SOURCE_DIR BUILD_DIR      exit 77: no browser, node or program here

Pictures of the page at three widths in both themes stay in BUILD_DIR/screenshots."""
import os
import shutil
import subprocess
import sys
import tempfile

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def main():
    source, build = (os.path.abspath(p) for p in sys.argv[1:3])
    browser = next((b for b in map(shutil.which, BROWSERS) if b), None)
    node, program = shutil.which("node"), os.path.join(build, "ropewalk")
    modules = os.path.join(source, ".deps", "node", "node_modules")
    for there, what in ((browser, "chromium"), (node, "node"), (os.path.isdir(modules), "playwright-core in .deps/node"),
                        (os.access(program, os.X_OK), program)):
        if not there:
            print("SKIPPED, the page of explore was NOT tested in a browser: there is no", what)
            sys.exit(77)
    shots = os.path.join(build, "screenshots")
    os.makedirs(shots, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        page = os.path.join(folder, "explore.html")
        subprocess.run([program, "explore", "-o", page], check=True)
        size = os.path.getsize(page)
        assert size < 600_000, "the page has %d bytes" % size
        with open(page, encoding="utf-8") as f, open(os.path.join(folder, "again.html"), "w", encoding="utf-8") as again:
            subprocess.run([program, "explore"], check=True, stdout=again)
            assert f.read() == open(again.name, encoding="utf-8").read(), "standard output gives another page"
        done = subprocess.run([node, os.path.join(source, "tests", "browser", "explore_page.mjs"), folder, program,
                               browser, modules, shots], timeout=1700, check=False)
        if done.returncode:
            sys.exit(1)


if __name__ == "__main__":
    main()
