"""Pages of every kind of document in a real browser: what kinds_page.mjs asks of them, with documents made here.

usage: check_kinds_page.py SOURCE_DIR BUILD_DIR      exit 77: no browser, node or program here

Pictures at three widths in both themes stay in BUILD_DIR/screenshots."""
import copy
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
WORST = "<img src=x onerror=alert(1)></script><script>alert(2)</script>\u202eabc\u200f" + "x" * 10000
NUMBERS = (1e308, -1e308, 5e-324, 0, -1, 0.5, 9007199254740993, 1e15, 3)
# what decides the shape of a page, and frequencies, of which there must be as many on both sides
KEPT = {"kind", "schema_version", "state", "class", "strategy", "cell", "error_of", "severity", "outcome", "order"}


def worst(value, key=""):
    """Every string at its worst, and names that a file may choose."""
    if isinstance(value, dict):
        names = {k: k for k in value}
        if key in ("results", "configs", "evidence", "quantities", "parameters"):
            names = {k: WORST[:300] + k for k in value}
        return {names[k]: worst(v, k) for k, v in value.items()}
    if isinstance(value, list):
        return [worst(v, key) for v in value]
    return WORST if isinstance(value, str) and key not in KEPT else value


def strange(value, draw, key=""):
    """A tenth of all numbers are others."""
    if isinstance(value, dict):
        return {k: strange(v, draw, k) for k, v in value.items()}
    if isinstance(value, list):
        return [strange(v, draw, key) for v in value]
    plain = isinstance(value, (int, float)) and not isinstance(value, bool)
    return draw.choice(NUMBERS) if plain and draw.random() < 0.1 else value


def needles(task):
    """Lists of six lengths with the item asked for at five depths, and the same anywhere; numbers told apart."""
    task = copy.deepcopy(task)
    result = task["results"]["kth"]
    first = next(c for c in result["conditions"] if c["gap"] is None and c["strategy"] == "direct")
    gaps = [c for c in result["conditions"] if c["gap"] is not None]
    grid, n = [], 0
    for items in (8, 16, 64, 256, 512, 1024):
        for depth in (None, 0.0, 0.25, 0.5, 0.75, 1.0):
            n += 1
            acc = round(0.97 - 0.021 * n, 6)
            grid.append(dict(first, n_item=items, n_token=6.0 * items, depth=depth, acc=acc, acc_ci95=[acc - 0.05, acc + 0.02],
                             exact_match=round(acc / 2, 6), exact_match_ci95=[acc / 2 - 0.01, acc / 2 + 0.01],
                             margin=round(4 - 0.173 * n, 6), margin_ci95=[3 - 0.173 * n, 5 - 0.173 * n]))
    result["conditions"] = grid + [dict(c, acc=0.8 - 0.1 * i, acc_ci95=[0.7 - 0.1 * i, 0.9 - 0.1 * i]) for i, c in enumerate(gaps)]
    result["gate"] = {"acc": 0.9, "wilson95_low": 0.7, "needed": 0.4, "passed": True}
    result["effective_length"] = {"ruler@85.6": 384.0, "nolima@0.85": None}
    return task


def main():
    source, build = (os.path.abspath(p) for p in sys.argv[1:3])
    browser = next((b for b in map(shutil.which, BROWSERS) if b), None)
    node, program = shutil.which("node"), os.path.join(build, "ropewalk")
    modules = os.path.join(source, ".deps", "node", "node_modules")
    for there, what in ((browser, "chromium"), (node, "node"), (os.path.isdir(modules), "playwright-core in .deps/node"),
                        (os.access(program, os.X_OK), program)):
        if not there:
            print("SKIPPED, pages of other documents were NOT tested in a browser: there is no", what)
            sys.exit(77)
    fixtures = os.path.join(source, "tests", "fixtures")
    shots = os.path.join(build, "screenshots")
    os.makedirs(shots, exist_ok=True)

    def read(name):
        with open(os.path.join(fixtures, name), encoding="utf-8") as f:
            return json.load(f)

    with tempfile.TemporaryDirectory() as folder:
        def run(*words):
            subprocess.run([program, *words], check=True, cwd=folder, stdout=subprocess.DEVNULL)

        def write(name, document):
            with open(os.path.join(folder, name + ".json"), "w", encoding="utf-8") as f:
                json.dump(document, f)

        run("sweep", "--rope-theta", "1e4:1e7:log:7", "-c", "1k,2k", "--head-dim", "16", "--coefficients", "aligned", "--draws", "2",
            "--events", "position_inversion,token_inversion", "-q", "--json", "sweep.json")
        run("theory", os.path.join(fixtures, "config", "llama_3_2.json"), "--frontier", "--draws", "2", "-q", "--json", "theory.json")
        run("theory", "--models", "llama-3.1-8b,gemma-3-4b", "--draws", "1", "-q", "--json", "league.json")
        run("bench", "--quick", "--geometry", "none", "-q", "--json", "bench.json")
        write("diff", read("report_diff.json"))
        write("inspect", read("report_inspect.json"))
        write("lint", read("report_lint.json"))
        write("task", needles(read("task_small.json")))
        audit = read("audit_small.json")
        write("audit", audit)
        changed = copy.deepcopy(audit)
        changed["heads"][0]["contexts"][1]["random"]["position_inversion"].update(measured=0.9, ci95=[0.88, 0.92])
        changed["model"]["name"] = "another model"
        write("other", changed)
        run("compare", "audit.json", "other.json", "-q", "--json", "compare.json")
        kinds = ["bench", "compare", "diff", "inspect", "league", "lint", "sweep", "task", "theory"]
        for kind in kinds:
            run("report", kind + ".json", "-o", kind + ".html")
            with open(os.path.join(folder, kind + ".json"), encoding="utf-8") as f:
                document = json.load(f)
            write("worst_" + kind, worst(document))
            run("report", "worst_" + kind + ".json", "-o", "worst_" + kind + ".html")
            for seed in range(2):  # refused in one sentence that names the file, or shown
                name = "strange_%s_%d" % (kind, seed)
                write(name, strange(document, random.Random(seed)))
                done = subprocess.run([program, "report", name + ".json", "-o", name + ".html"], cwd=folder, timeout=300,
                                      capture_output=True, text=True, check=False)
                assert done.returncode in (0, 2), name
                assert done.returncode == 0 or done.stderr.startswith("ropewalk: %s.json: " % name), done.stderr
        beside = [k + ".json" for k in ("other", "bench", "diff", "inspect", "lint", "sweep", "task")]
        run("report", "audit.json", *beside, "-o", "beside.html")
        run("report", "audit.json", *("worst_" + k for k in beside[1:]), "-o", "worst_beside.html")
        done = subprocess.run([node, os.path.join(source, "tests", "browser", "kinds_page.mjs"), folder, browser, modules, shots],
                              timeout=1700, check=False)
        if done.returncode:
            sys.exit(1)


if __name__ == "__main__":
    main()
