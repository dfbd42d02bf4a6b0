"""What a test in a browser needs on this machine, or the reason why it is skipped."""
import os
import shutil
import sys

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def find(what):
    """SOURCE_DIR, BUILD_DIR, the program, [node], [browser, modules] of sys.argv; exit 77 when one is missing."""
    source, build = (os.path.abspath(p) for p in sys.argv[1:3])
    browser = next((b for b in map(shutil.which, BROWSERS) if b), None)
    node, program = shutil.which("node"), os.path.join(build, "ropewalk")
    modules = os.path.join(source, ".deps", "node", "node_modules")
    for there, name in ((browser, "chromium"), (node, "node"), (os.access(program, os.X_OK), program),
                        (os.path.isdir(os.path.join(modules, "playwright-core")),
                         "playwright-core in .deps/node: scripts/setup.sh check installs it")):
        if not there:
            print(f"SKIPPED, {what} was NOT tested in a browser: there is no {name}")
            sys.exit(77)
    return source, build, program, node, [browser, modules]
