"""The report page in a real browser: opened from disk, it shows the document's numbers, runs
nothing, loads nothing, and is there at 320 and 1280 pixels, light and dark.

usage: check_report_page.py SOURCE_DIR BUILD_DIR      exit 77: no browser or no program here"""
import html.parser
import json
import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import zlib

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync",
         "--hide-scrollbars", "--virtual-time-budget=4000"]


def skip(why):
    print("SKIPPED, the report page was NOT tested in a browser:", why)
    sys.exit(77)


class Page(html.parser.HTMLParser):
    """Elements, attributes and text of the DOM as the browser serialised it."""

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.tags, self.loads, self.handlers, self.text, self.quiet = [], [], [], [], 0

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        if tag in ("style", "title") and not (tag == "title" and "svg" in self.tags):
            self.quiet = tag == "style"
        for name, value in attrs:
            if name.startswith("on"):
                self.handlers.append((tag, name))
            if name in ("src", "href", "xlink:href", "srcset", "data", "action", "poster") and \
                    not (value or "").startswith("#"):
                self.loads.append((tag, name, value))

    def handle_endtag(self, tag):
        if tag == "style":
            self.quiet = False

    def handle_data(self, data):
        if not self.quiet:
            self.text.append(data)


def chromium(browser, page, *more):
    with tempfile.TemporaryDirectory() as profile:
        done = subprocess.run([browser, *FLAGS, "--user-data-dir=" + profile, *more,
                               "file://" + page], capture_output=True, timeout=240)
    return done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace")


def png_rows(path):
    """Width, height and the decoded, still filtered rows of an 8-bit PNG."""
    data = open(path, "rb").read()
    assert data[:8] == b"\x89PNG\r\n\x1a\n", path + " is not a PNG"
    width, height = struct.unpack(">II", data[16:24])
    at, packed = 8, b""
    while at < len(data):
        size, kind = struct.unpack(">I4s", data[at:at + 8])
        if kind == b"IDAT":
            packed += data[at + 8:at + 8 + size]
        at += 12 + size
    raw = zlib.decompress(packed)
    stride = len(raw) // height
    return width, height, [raw[i * stride:(i + 1) * stride] for i in range(height)]


def rate(value):
    if value == 0:
        return "0"
    return "%.2g" % value if abs(value) < 1e-3 else "%.4f" % value if abs(value) < 1e-2 else "%.3f" % value


def main():
    source, build = (os.path.abspath(p) for p in sys.argv[1:3])
    browser = next((b for b in map(shutil.which, BROWSERS) if b), None)
    program = os.path.join(build, "ropewalk")
    if not browser:
        skip("no chromium on this machine")
    if not os.access(program, os.X_OK):
        skip(program + " is not built")
    fixture = os.path.join(source, "tests", "fixtures", "audit_small.json")
    with open(fixture, encoding="utf-8") as f:
        audit = json.load(f)

    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "report.html")
        subprocess.run([program, "report", fixture, "-o", path], check=True)
        raw = open(path, encoding="utf-8").read()
        assert not re.search(r"url\(\s*['\"]?(?!#)", raw), "the style loads something"
        assert "@import" not in raw and "<link" not in raw
        assert "default-src 'none'; style-src 'unsafe-inline'; img-src data:" in raw

        dom, messages = chromium(browser, path, "--dump-dom", "--enable-logging=stderr", "--v=0")
        page = Page()
        page.feed(dom)
        text = " ".join("".join(page.text).split())

        for tag in ("script", "img", "iframe", "object", "embed", "link", "form"):
            assert tag not in page.tags, "the page contains <%s>" % tag
        assert not page.handlers, page.handlers
        assert not page.loads, page.loads
        assert "Content Security Policy" not in messages, messages

        for sentence in audit["verdict"]["sentences"]:
            assert sentence["text"] in text, sentence["text"]
        for words in audit["limits"] + [a["text"] for a in audit["what_to_do"]]:
            assert words in text, words
        assert audit["model"]["name"] in text, "the hostile name is not shown as text"
        assert audit["score_curves"][0]["key_token"] in text

        large = next(i for i, c in enumerate(audit["settings"]["contexts"])
                     if c == audit["settings"]["advertised_context"])
        checked = 0
        for head in audit["heads"]:
            if not head["contexts"]:
                continue
            cell = head["contexts"][large]["attended"]["position_inversion"]
            want = "layer %d, head %d: %s [%s, %s], predicted %s" % (
                head["layer"], head["head"], rate(cell["measured"]), rate(cell["ci95"][0]),
                rate(cell["ci95"][1]), rate(cell["predicted"]))
            assert want in text, want
            checked += 1
        assert checked == 4
        for row in audit["baselines"]:
            assert "{:,}".format(row["total"]) in text
        for key in audit["probe"]["contexts"][0]["keys"]:
            assert "{:,}".format(key["position_aliasing_pairs"]) in text
        for row in audit["summary"]:
            for name, v in row["values"].items():
                if name != "energy_nats":
                    assert rate(v["median"]) in text, name

        for width in (320, 1280):
            for dark in (False, True):
                shot = os.path.join(folder, "shot.png")
                chromium(browser, path, "--window-size=%d,1400" % width, "--screenshot=" + shot,
                         *(["--force-dark-mode"] if dark else []))
                assert os.path.exists(shot), "no screenshot at %d" % width
                got, height, rows = png_rows(shot)
                assert got >= width and height >= 1000, (got, height)
                assert len(set(rows)) > height // 8, "the page at %d pixels is nearly empty" % width
    print("report page: %d cells, text and four screenshots are right" % checked)


if __name__ == "__main__":
    main()
