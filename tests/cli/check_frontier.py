#!/usr/bin/env python3
"""The heads on the frontier, written to a file and counted exactly by `measure`.

usage: check_frontier.py SOURCE_DIR BUILD_DIR

`theory --frontier` gives for each rate p the head of the greatest step. As vectors of a file it must be predicted
to invert at p, be counted near p and never above Cantelli's limit, and be placed on the frontier again.
"""
import json
import pathlib
import struct
import subprocess
import sys
import tempfile

MARGIN = 0.03  # counted against p: the normal approximation's error on these heads, not rounding
CASES = (("1e4", "131072"), ("5e5", "131072"), ("1e4", "8192"))


def run(tool, *arguments):
    done = subprocess.run([tool, *arguments, "--json", "-", "--quiet"], stdout=subprocess.PIPE)
    if done.returncode:
        raise SystemExit(f"exit {done.returncode} from ropewalk {' '.join(arguments)}")
    return json.loads(done.stdout)


def write(path, q, k, freq):
    header, data = {}, b""
    for name, rows in (("q", q), ("k", k), ("inv_freq", [freq])):
        raw = b"".join(struct.pack(f"<{len(row)}d", *row) for row in rows)
        shape = [len(freq)] if name == "inv_freq" else [len(rows), len(rows[0])]
        header[name] = {"dtype": "F64", "shape": shape, "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


def main():
    tool = pathlib.Path(sys.argv[2]).resolve() / "ropewalk"
    bad, n_head = [], 0
    for base, context in CASES:
        theory = run(tool, "theory", "--head-dim", "128", "--rope-theta", base, "-c", context, "--frontier",
                     "--draws", "1")
        curve = theory["frontiers"][0]["curves"][0]
        points = [p for p in curve["points"] if p["head"]]
        if curve["order"] != "position" or len(points) < 12:
            bad.append(f"base {base}: {len(points)} heads of order {curve['order']}")
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "heads.safetensors"
            h = len(points[0]["head"]["re"])
            write(path, [p["head"]["re"] + p["head"]["im"] for p in points], [[1.0] * h + [0.0] * h],
                  theory["tables"][0]["inv_freq"])
            counts = run(tool, "measure", "--qk", str(path), "-c", context, "--events", "position_inversion")
            counts = counts["contexts"][0]["single"]
            placed = run(tool, "theory", "--qk", str(path), "-c", context, "--frontier")["frontiers"][0]["placed"]
        if not len(points) == len(counts) == len(placed):
            bad.append(f"base {base}: {len(points)} heads, {len(counts['single'])} counted, {len(placed)} placed")
            continue
        for point, count, place in zip(points, counts, placed):
            where = f"base {base}, M {context}, p {point['p']}"
            event = count["position_inversion"]
            n_head += 1
            if abs(event["predicted"] - point["p"]) > 1e-5:
                bad.append(f"{where}: predicted {event['predicted']}")
            if abs(event["measured"] - point["p"]) > MARGIN or event["unresolved"]:
                bad.append(f"{where}: counted {event['measured']}")
            if event["measured"] > point["inversion_at_most"]:
                bad.append(f"{where}: counted {event['measured']} above {point['inversion_at_most']}, which cannot be")
            if abs(place["step"] - point["attained"]) > 2e-8 or place["step"] > point["bound"] * (1 + 1e-8):
                bad.append(f"{where}: placed at {place['step']}, not {point['attained']}")
            if point["p"] < 0.5 and abs(place["separation"] - point["separation"]) > 1e-4:
                bad.append(f"{where}: separation {place['separation']}, not {point['separation']}")
    for line in bad:
        print(line)
    print(f"check_frontier: {n_head} heads counted, {len(bad)} faults")
    return 1 if bad or not n_head else 0


if __name__ == "__main__":
    sys.exit(main())
