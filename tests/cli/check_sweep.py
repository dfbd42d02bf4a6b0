#!/usr/bin/env python3
"""Sweeps: counts recounted in NumPy, rows of CSV against the document, the same bytes for any threads, after kills and
after Ctrl-C; what is not a sweep's own checkpoint, a full disk and an endless grid are refused in one sentence.

usage: check_sweep.py SOURCE_DIR BUILD_DIR
"""
import csv
import json
import math
import os
import pathlib
import random
import resource
import signal
import subprocess
import sys
import tempfile

import killed
import small_capture

source, build = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()
ropewalk = str(build / "ropewalk")
checks, failures = 0, []
SINGLE = ("position_inversion", "position_aliasing", "positional_insensitivity")
GRID = ["--rope-theta", "1e3:1e6:log:3", "--head-dim", "16,32", "-c", "2,1000,12000", "--dtype", "bf16,e4m3", "--draws",
        "6", "--coefficients", "aligned,gaussian,fast-heavy", "--rope-scaling", "none,linear", "--rope-scale", "4"]


def check(what, good, why=""):
    global checks
    checks += 1
    if not good:
        failures.append(f"{what}: {why}")


def words(place, name, *more, grid=tuple(GRID)):
    return [ropewalk, "sweep", *grid, "--reproducible", "-q", "--json", str(place / f"{name}.json"), "--csv",
            str(place / f"{name}.csv"), "-o", str(place / f"{name}.txt"), *more]


def run(command, **more):
    return subprocess.run(command, capture_output=True, text=True, timeout=300, **more)


def outputs(place, name):
    return [(place / f"{name}.{kind}").read_bytes() for kind in ("json", "csv", "txt")]


def quantile(values, p):
    values = sorted(values)
    at = p * (len(values) - 1)
    low = int(at)
    return values[low] + (at - low) * (values[min(low + 1, len(values) - 1)] - values[low])


def events(document):
    """(cell, context, dtype or "", event, object) in the order of the rows."""
    names = document["settings"]["events"]
    dtypes = document["settings"]["dtype"]
    for cell in document["cells"]:
        for context in cell["contexts"]:
            for name in names:
                if name in context:
                    yield cell, context["context"], "", name, context[name]
                else:
                    for row, dtype in zip(context["dtypes"], dtypes):
                        check("dtypes in order", row["dtype"] == dtype)
                        yield cell, context["context"], dtype, name, row[name]


def shape(document):
    cells = document["cells"]
    grid = [c for c in cells if c["in_grid"]]
    check("cells", len(grid) == 2 * 2 * 3 * 3, str(len(grid)))
    check("events", len(document["settings"]["events"]) == 7)
    n = 0
    for cell, context, _, name, event in events(document):
        n += 1
        counts = event.get("count", event.get("pairs"))
        aligned = cell["coefficients"] == "aligned"
        check("draws", len(counts) == (1 if aligned and name in SINGLE else 6), f"{name} {counts}")
        check("unresolved", event["unresolved"] == 0)
        rates = [c / event["total"] for c in counts] if event["total"] else []
        measured = event["measured"]
        if measured["n"] == len(rates) and rates:
            for key, p in (("median", 0.5), ("p10", 0.1), ("p90", 0.9)):
                check(key, abs(measured[key] - quantile(rates, p)) < 1e-15, f"{name} {measured} {rates}")
        elif measured["n"] == 0:
            check("null without an answer", measured["median"] is None)
    check("all of them", n == len(cells) * 3 * (3 + 4 * 2), str(n))


def rows(place, document):
    with open(place / "plain.csv", newline="") as f:
        table = list(csv.DictReader(f))
    found = list(events(document))
    check("as many rows", len(table) == len(found), f"{len(table)} {len(found)}")

    def number(text):
        return float(text) if text else None

    for row, (cell, context, dtype, name, event) in zip(table, found):
        same = (row["event"] == name and row["dtype"] == dtype and int(row["context"]) == context and
                float(row["rope_theta"]) == cell["rope_theta"] and int(row["head_dim"]) == cell["head_dim"] and
                row["rope_scaling"] == cell["rope_scaling"] and row["coefficients"] == cell["coefficients"] and
                row["models"].split() == cell["models"] and int(row["total"]) == event["total"] and
                [int(x) for x in row["counts"].split()] == event.get("count", event.get("pairs")) and
                number(row["median"]) == event["measured"]["median"] and number(row["p10"]) == event["measured"]["p10"] and
                number(row["p90"]) == event["measured"]["p90"] and
                number(row["predicted_median"]) == (event["predicted"] or {}).get("median"))
        check("a row says what the document says", same, f"{row} {event}")


def recounted(document):
    """Aligned keys need no random numbers: their inversions counted again."""
    try:
        import numpy as np
    except ImportError:
        print("no NumPy: aligned keys are not counted again")
        return
    for cell in document["cells"]:
        if cell["coefficients"] != "aligned" or cell["rope_scaling"] not in ("none", "linear") or not cell["in_grid"]:
            continue
        h = cell["head_dim"] // 2
        w = cell["rope_theta"] ** (-np.arange(h) / h) / (4 if cell["rope_scaling"] == "linear" else 1)
        for context in cell["contexts"]:
            m = context["context"]
            s = sum(np.cos(np.arange(m) * x) for x in w)
            near = np.sort(s[: m // 2])
            count = int(np.searchsorted(near, s[m // 2:], side="left").sum())
            got = context["position_inversion"]
            check("counted again", abs(got["count"][0] - count) <= 2 and got["total"] == m // 2 * (m - m // 2),
                  f"{cell['rope_theta']} {m} {got} {count}")


def tradeoff(document):
    settings = document["settings"]
    cells = {(c["head_dim"], c["rope_scaling"], c["coefficients"], c["rope_theta"], x["context"]): x["position_inversion"]
             for c in document["cells"] if c["in_grid"] for x in c["contexts"]}
    for curve in document["tradeoff"]:
        aligned = curve["coefficients"] == "aligned"
        check("what a failure is", curve["position_failure_is"] == ("p" if aligned else "min(p, 1 - p)"))
        for p in curve["points"]:
            event = cells[curve["head_dim"], curve["rope_scaling"], curve["coefficients"], p["rope_theta"], curve["context"]]
            rates = [c / event["total"] for c in event["count"]]
            failing = quantile([r if aligned else min(r, 1 - r) for r in rates], 0.5)
            check("position failure", abs(p["position_failure"] - failing) < 1e-15 and
                  abs(p["position"] - quantile(rates, 0.5)) < 1e-15, f"{p} {rates}")
        failing = [p["position_failure"] for p in curve["points"]]
        token = [p["token"] for p in curve["points"]]
        bases = [p["rope_theta"] for p in curve["points"]]
        loss = [max(a, b) if a is not None and b is not None else None for a, b in zip(failing, token)]
        check("loss", loss == [p["loss"] for p in curve["points"]])
        known = [(v, i) for i, v in enumerate(loss) if v is not None]
        if not known:
            check("no least", curve["least_loss"] is None)
            continue
        value, at = min(known)
        least = curve["least_loss"]
        check("least", least["rope_theta"] == bases[at] and abs(least["value"] - value) < 1e-11, str(curve))
        check("its neighbours", least["lower"] == (bases[at - 1] if at else None) and
              least["upper"] == (bases[at + 1] if at + 1 < len(bases) else None), str(least))
        keeping = [b for b, v in zip(bases, loss) if v is not None and v <= settings["threshold"]]
        said = curve["keeps_both"]
        check("keeps both", said["n_base"] == len(keeping) and said["lowest"] == (min(keeping) if keeping else None) and
              said["highest"] == (max(keeping) if keeping else None), str(said))
        check("in words", ("No base of this grid keeps both" in curve["statement"]) == (not keeping), curve["statement"])


def same_bytes(place, expected):
    for more in (["-t", "1"], ["-t", "3"], ["--isa", "ref", "-t", "2"], ["-t", "2", "--checkpoint", str(place / "fresh")]):
        done = run(words(place, "same", *more))
        check(f"runs with {more}", done.returncode == 0, done.stderr)
        check(f"the same bytes with {more}", outputs(place, "same") == expected)


def kill_and_resume(place, expected):
    """Ended at bytes of its checkpoint and at random moments, then let through: the same bytes, each cell counted once."""
    whole, rnd = killed.size(place / "fresh"), random.Random(9)
    for name in ("byte", "moment"):
        checkpoint, before = place / f"{name}.checkpoint", 0
        command = words(place, "killed", "--checkpoint", str(checkpoint), "-t", "2")
        for n in (1, 30, whole // 4, whole // 4 + 1, whole // 2, whole - 1) if name == "byte" else range(12):
            if name == "byte":
                check(f"ended at byte {n}", killed.at_byte(command, n) and killed.size(checkpoint) <= n)
            else:
                killed.at_random(command, rnd.uniform(0.02, 0.4))
            for kind, wanted in zip(("json", "csv", "txt"), expected):  # killed while it ended: complete or not at all
                written = place / f"killed.{kind}"
                check(f"a killed run's {kind} is whole or absent", not written.exists() or written.read_bytes() == wanted)
            now = killed.size(checkpoint)
            check("finished cells stay", now >= before - 4096, f"{before} {now}")
            before = now
        done = run(command)
        check("a resumed run comes through", done.returncode == 0, done.stderr)
        check("the same bytes after kills", outputs(place, "killed") == expected)
        check("each cell is kept once", killed.size(checkpoint) == whole, f"{killed.size(checkpoint)} {whole}")
        for kind in ("json", "csv", "txt"):
            (place / f"killed.{kind}").unlink()
    whole = checkpoint.read_bytes()
    done = run(words(place, "again", "--checkpoint", str(checkpoint)))
    check("a finished checkpoint", done.returncode == 0 and outputs(place, "again") == expected, done.stderr)
    check("nothing is counted again", checkpoint.read_bytes() == whole)
    for cut in [0, 23, 24, 30, len(whole) - 1] + [rnd.randrange(len(whole)) for _ in range(3)]:
        checkpoint.write_bytes(whole[:cut])
        done = run(words(place, "torn", "--checkpoint", str(checkpoint)))
        check(f"cut at {cut}", done.returncode == 0 and outputs(place, "torn") == expected, done.stderr)
    return whole


def interrupted(place):
    """Ctrl-C once a cell is kept. A sweep that was done by then is not long enough: the next one has ten times the cells."""
    for draws in ("60", "600", "6000", "60000", "600000"):
        checkpoint = place / f"interrupted_{draws}"
        code, said = killed.when(words(place, "interrupted", "--draws", draws, "--yes", "--checkpoint", str(checkpoint)),
                                 lambda _: killed.size(checkpoint) > 24,
                                 lambda child: child.send_signal(signal.SIGINT))
        if code:
            break
    check("Ctrl-C", code == 130 and said == "ropewalk: interrupted\n", f"{code} {said}")


def refused(what, command, say, code=2, **more):
    done = run(command, **more)
    check(f"{what}: exit code", done.returncode == code, f"{done.returncode} {done.stderr}")
    check(f"{what}: one sentence", done.stderr.count("\n") == 1 and say in done.stderr, done.stderr)


def strangers(place, whole):
    checkpoint = place / "stranger.checkpoint"
    checkpoint.write_bytes(whole)
    for more in (["--seed", "2"], ["--draws", "7"], ["--dtype", "f16"], ["-c", "1000"], ["--rope-theta", "1e3:1e6:log:4"],
                 ["--coefficients", "aligned"], ["--rope-scale", "2"], ["--zeta", "0.02"], ["--score-scale", "2"],
                 ["--head-dim", "16"], ["--rotary-dim", "8"], ["--events", "position_inversion"]):
        refused(f"checkpoint, other {more[0]}", words(place, "no", "--checkpoint", str(checkpoint), *more), "another job")
        check("left as it is", checkpoint.read_bytes() == whole)
    rnd = random.Random(7)
    for at in [24, 28, 40, 60] + [rnd.randrange(24, len(whole)) for _ in range(8)]:
        spoiled = bytearray(whole)
        spoiled[at] ^= 1 << rnd.randrange(8)
        checkpoint.write_bytes(spoiled)
        refused(f"a bit at {at}", words(place, "no", "--checkpoint", str(checkpoint)), "checkpoint")
    for option in ("--loss", "--threshold"):  # they decide nothing that is kept
        checkpoint.write_bytes(whole)
        done = run(words(place, "other", "--checkpoint", str(checkpoint), option, {"--loss": "sum"}.get(option, "0.4")))
        check(f"{option} is no other sweep", done.returncode == 0 and checkpoint.read_bytes() == whole, done.stderr)


def full_disk(place):
    small = words(place, "full", grid=["--rope-theta", "1e4,1e5", "-c", "64", "--draws", "4", "--coefficients", "gaussian"])
    for option in ("--json", "--csv", "-o"):
        refused(f"{option} on a full disk", small + [option, "/dev/full"], "/dev/full")
    with open("/dev/full", "w") as full:
        done = subprocess.run([ropewalk, "sweep", "--rope-theta", "1e4", "-c", "64", "--csv", "-"], stdout=full,
                              stderr=subprocess.PIPE, text=True)
        check("standard output on a full disk", done.returncode == 2 and done.stderr.count("\n") == 1, done.stderr)

    def limit():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1500, 1500))

    refused("a checkpoint on a full disk", small + ["--checkpoint", str(place / "full.checkpoint")], "full.checkpoint",
            preexec_fn=limit)


def endless(place):
    """An estimate comes before anything of the grid's size, and nothing overflows on the way."""
    grid = ["--rope-theta", "1.1:1e30:log:4096", "--head-dim", "2:4096:+2", "-c", "2^10:2^31:x2", "--draws", "1048576",
            "--rope-scaling", "none,linear", "--rope-scale", "8", "--dtype", "bf16,f16,e4m3,e5m2", "--coefficients",
            "aligned,gaussian,flat,slow-heavy,fast-heavy"]

    def limit():
        resource.setrlimit(resource.RLIMIT_AS, (2 << 30, 2 << 30))

    if run([ropewalk, "--version"], preexec_fn=limit).returncode:  # a sanitizer's shadow is larger
        limit = None
    refused("an endless grid", words(place, "no", "--models", "none", "-t", "2", grid=grid), "years here: --yes",
            preexec_fn=limit)
    refused("with --yes", words(place, "no", "--yes", "-t", "2", grid=grid), "more than one sweep")
    cells = {}
    for models in ("none", "all"):
        done = run([ropewalk, "sweep", "--rope-theta", "1e4,1e5", "-c", "2^10:2^28:x2", "--draws", "1000000", "--models",
                    models])
        cells[models] = float(done.stderr.split("this grid of ")[1].split(" cells")[0])
    check("points of models are in the estimate", cells["none"] == 4e6 and cells["all"] > 10 * cells["none"], str(cells))
    refused("a wide one", words(place, "no", "--yes", "-t", "2", grid=[
        "--rope-theta", "1.1:1e30:log:4096", "--draws", "1048576", "-c", "64"]), "can number")


def real_vectors(place):
    capture = place / "capture.safetensors"
    small_capture.make(capture, 3)
    grid = ["--qk", str(capture), "--layer", "3", "--head", "2", "--rope-theta", "1e3,1e4,1e5", "-c", "500", "--draws", "5"]
    done = run(words(place, "qk", grid=grid))
    check("a capture", done.returncode == 0, done.stderr)
    document = json.loads((place / "qk.json").read_text())
    check("its name", document["settings"]["qk"] == "capture.safetensors")
    marked = {c["rope_theta"]: c["counterfactual"] for c in document["cells"]}
    check("other bases are marked", marked == {1e3: True, 1e4: False, 1e5: True}, str(marked))
    check("its scale", all(math.isclose(c["score_scale"], 32 ** -0.5) for c in document["cells"]))
    point = document["tradeoff"][0]["models"]
    check("its own rotation is a point", len(point) == 1 and point[0]["model"] == "noise" and
          point[0]["position"] == document["tradeoff"][0]["points"][1]["position"], str(point))
    check("said in words", "counterfactual" in (place / "qk.txt").read_text())
    with open(place / "qk.csv", newline="") as f:
        check("its name in the rows", {row["models"] for row in csv.DictReader(f)} == {"", "noise"})
    raw = capture.read_bytes()
    n = int.from_bytes(raw[:8], "little")
    header = json.loads(raw[8:8 + n])
    header["__metadata__"]["model"] = 'a,"b"\n\x1b[2J=c\u202e' + "\u00e9" * 99
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    hostile = place / "hostile.safetensors"
    hostile.write_bytes(len(text).to_bytes(8, "little") + text + raw[8 + n:])
    done = run(words(place, "worst", grid=["--qk", str(hostile), *grid[2:]]))
    check("a hostile name", done.returncode == 0, done.stderr)
    with open(place / "worst.csv", newline="") as f:
        table = list(csv.DictReader(f))
    name = json.loads((place / "worst.json").read_text())["tradeoff"][0]["models"][0]["model"]
    check("rows stay rows", {row["event"] for row in table} == set(document["settings"]["events"]) and
          all(None not in row for row in table) and {row["models"] for row in table} == {"", name}, str(table[-1]))
    said = (place / "worst.txt").read_text()
    check("no control characters", "\x1b" not in said + name and "\u202e" not in said + name, repr(name))
    run(words(place, "qk2", "-t", "3", grid=grid))
    check("the same bytes", outputs(place, "qk") == outputs(place, "qk2"))


with tempfile.TemporaryDirectory(prefix="sweep_") as folder:
    place = pathlib.Path(folder)
    done = run(words(place, "plain"))
    check("plain", done.returncode == 0 and done.stdout == "" and done.stderr == "", done.stderr)
    if not failures:
        document = json.loads((place / "plain.json").read_text())
        expected = outputs(place, "plain")
        shape(document)
        rows(place, document)
        recounted(document)
        tradeoff(document)
        same_bytes(place, expected)
        strangers(place, kill_and_resume(place, expected))
        interrupted(place)
        full_disk(place)
        endless(place)
        real_vectors(place)
print(f"{checks} checks, {len(failures)} failed")
for line in failures[:40]:
    print("  " + line[:600])
sys.exit(1 if failures else 0)
