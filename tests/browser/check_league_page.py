#!/usr/bin/env python3
"""The page of `theory --models` in a real browser: its own script runs under its own policy, and its tables sort.

usage: check_league_page.py SOURCE_DIR BUILD_DIR      exit 77: no browser or program here
"""
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MODELS = "llama-3.1-8b,gemma-3-4b,llama-4-scout-17b-16e,qwen3-8b,pythia-6.9b"


def dom(browser, page, home):
    done = subprocess.run([browser, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={home}",
                           "--enable-logging=stderr", "--virtual-time-budget=2000", "--dump-dom", page.as_uri()],
                          capture_output=True, text=True, timeout=600)
    console = [line for line in done.stderr.splitlines() if "CONSOLE" in line]
    return done.stdout, console


def first_table(text):
    """Models and contexts of the first table, in the order of its rows."""
    body = re.search(r"<tbody>(.*?)</tbody>", text, re.S).group(1)
    rows = [re.findall(r"<td[^>]*>(.*?)(?=<td|$)", row, re.S) for row in re.split(r"<tr>", body)[1:]]
    return [(row[0].split("<")[0].strip(), row[1].split("<")[0].strip()) for row in rows]


def main():
    program = pathlib.Path(sys.argv[2]) / "ropewalk"
    browser = next((b for b in BROWSERS if shutil.which(b)), None)
    if not browser or not program.exists():
        print("SKIPPED: no browser, or no program")
        return 77
    bad = []
    with tempfile.TemporaryDirectory() as folder:
        place = pathlib.Path(folder)
        subprocess.run([program, "theory", "--models", MODELS, "--draws", "1", "-q", "--json", place / "l.json", "-o",
                        place / "l.txt"], check=True)
        subprocess.run([program, "report", place / "l.json", "-o", place / "l.html"], check=True)
        page = (place / "l.html").read_text()
        text, console = dom(browser, place / "l.html", place / "home")
        bad += console
        start = first_table(text)
        n_button = text.count('class="sort"')
        if n_button != 36:
            bad.append(f"{n_button} headings can be pressed, not 36: did the script run?")
        contexts = [int(c.replace(",", "")) for _, c in start]
        if len(start) != 5 or contexts != sorted(contexts, reverse=True):
            bad.append(f"not by context: {start}")
        # the policy is taken off to press from outside
        loose = re.sub(r"<meta http-equiv[^>]*>", "", page)
        for presses, reverse in ((1, True), (2, False)):
            script = "document.querySelectorAll('button.sort')[3].click();" * presses
            (place / "p.html").write_text(loose.replace("</body>", f"<script>{script}</script></body>"))
            text, console = dom(browser, place / "p.html", place / "home")
            bases = {"llama-3.1-8b": 5e5, "gemma-3-4b": 1e6, "qwen3-8b": 1e6, "pythia-6.9b": 1e4}
            names = [name for name, _ in first_table(text)]
            seen = [bases[name] for name in names[:4] if name in bases]
            if seen != sorted(seen, reverse=reverse) or len(seen) != 4 or names[4] != "llama-4-scout-17b-16e":
                bad.append(f"pressed {presses} times, sorted by base: {names}")
    for line in bad:
        print(line)
    print(f"league page: {len(bad)} faults")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
