"""The report page in a real browser: what report_page.mjs asks of it, with documents made here.

usage: check_report_page.py SOURCE_DIR BUILD_DIR      exit 77: no browser, node or program here

Pictures of the page at three widths in both themes stay in BUILD_DIR/screenshots."""
import base64
import copy
import json
import os
import random
import shutil
import struct
import subprocess
import sys
import tempfile

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def skip(why):
    print("SKIPPED, the report page was NOT tested in a browser:", why)
    sys.exit(77)


def hostile(audit):
    """Every string that a model file or a text can choose, at its worst."""
    worst = "<img src=x onerror=alert(1)></script><script>alert(2)</script>\u202eabc" + "x" * 10000
    audit = copy.deepcopy(audit)
    audit["model"].update(name=worst, source=worst, architecture=worst, dtype=worst)
    for sentence in audit["verdict"]["sentences"]:
        sentence["text"] = worst
    audit["findings"] = [{"rule": worst, "severity": "error", "message": worst, "fix": worst,
                          "evidence": {worst[:200]: worst}, "where": {"file": worst, "key": worst}}]
    for row in audit["vectors"]["queries"] + audit["vectors"]["keys"]:
        row["token"] = worst
    for head in audit["heads"]:
        for cell in head["contexts"] or []:
            cell["kind"] = worst
            cell[worst[:39]] = 0.5
    audit["settings"]["dtype"] = [worst]
    return audit


def large(audit, n_layer, n_head, n_kv, head_dim):
    """An audit of n_layer * n_head heads, as noisy as can be, with vectors of the full width."""
    draw = random.Random(1)

    def noise(value):
        if isinstance(value, float):
            return value * draw.uniform(0.5, 1)
        if isinstance(value, dict):
            return {k: noise(v) for k, v in value.items()}
        return [noise(v) for v in value] if isinstance(value, list) else value

    def vector():
        return base64.b64encode(struct.pack("<%df" % head_dim, *(draw.gauss(0, 1) for _ in range(
            head_dim)))).decode()

    audit = copy.deepcopy(audit)
    contexts = [1024 << i for i in range(8)]
    cell = next(h for h in audit["heads"] if h["contexts"])["contexts"][0]
    audit["settings"]["contexts"] = contexts
    audit["heads"] = [{"layer": l, "head": h, "kv_head": h * n_kv // n_head, "class": "full", "contexts": [
        dict(noise(cell), context=c, effective_context=c) for c in contexts]}
        for l in range(n_layer) for h in range(n_head)]
    audit["layers"] = [{"layer": l, "attention": "full", "window": None, "rotation": 0,
                        "head_dim": head_dim, "n_head_q": n_head, "n_head_kv": n_kv}
                       for l in range(n_layer)]
    audit["rotations"][0].update(rotary_dim=head_dim, inv_freq=[
        5e5 ** (-2 * i / head_dim) for i in range(head_dim // 2)])
    audit["vectors"] = {"text": "prose", "queries": [
        {"layer": l, "head": h, "position": 1500, "token": " a", "f32": vector()}
        for l in range(n_layer) for h in range(n_head)], "keys": [
        {"layer": l, "kv_head": k, "position": 40, "token": " b", "f32": vector(), "stratum": s}
        for l in range(n_layer) for k in range(n_kv) for s in ("attended", "random")]}
    return audit


def main():
    source, build = (os.path.abspath(p) for p in sys.argv[1:3])
    browser = next((b for b in map(shutil.which, BROWSERS) if b), None)
    node, program = shutil.which("node"), os.path.join(build, "ropewalk")
    modules = os.path.join(source, ".deps", "node", "node_modules")
    if not browser or not node:
        skip("no chromium or no node on this machine")
    if not os.path.isdir(os.path.join(modules, "playwright-core")):
        skip("playwright-core is not in .deps/node: scripts/setup.sh check installs it")
    if not os.access(program, os.X_OK):
        skip(program + " is not built")
    fixture = os.path.join(source, "tests", "fixtures", "audit_small.json")
    with open(fixture, encoding="utf-8") as f:
        audit = json.load(f)
    shots = os.path.join(build, "screenshots")
    os.makedirs(shots, exist_ok=True)
    documents = {"small": audit, "hostile": hostile(audit), "k1024": large(audit, 32, 32, 8, 128),
                 "k5000": large(audit, 50, 100, 10, 64)}
    real = os.path.join(source, "out", "report.json")
    with tempfile.TemporaryDirectory() as folder:
        for name, document in documents.items():
            with open(os.path.join(folder, name + ".json"), "w", encoding="utf-8") as f:
                json.dump(document, f)
        if os.path.exists(real):
            shutil.copy(real, os.path.join(folder, "real.json"))
        for name in sorted(os.listdir(folder)):
            path = os.path.join(folder, name)
            subprocess.run([program, "report", path, "-o", path[:-4] + "html"], check=True)
        changed = copy.deepcopy(audit)
        cell = changed["heads"][0]["contexts"][1]["random"]["position_inversion"]
        cell.update(measured=0.9, ci95=[0.88, 0.92])
        with open(os.path.join(folder, "changed.json"), "w", encoding="utf-8") as f:
            json.dump(changed, f)
        subprocess.run([program, "compare", "small.json", "changed.json", "-q", "-o", "compared.html"],
                       check=True, cwd=folder, stdout=subprocess.DEVNULL)
        size = os.path.getsize(os.path.join(folder, "k1024.html"))
        assert size < 3_000_000, "the page of 1,024 heads has %d bytes" % size
        done = subprocess.run([node, os.path.join(source, "tests", "browser", "report_page.mjs"), folder,
                               browser, modules, shots], timeout=1700, check=False)
        if done.returncode:
            sys.exit(1)


if __name__ == "__main__":
    main()
