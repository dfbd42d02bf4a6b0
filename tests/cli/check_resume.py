#!/usr/bin/env python3
"""Checkpoints: an audit killed at any byte or moment goes on where it was and writes the same bytes; a file
that is not its own is refused and left as it is.

usage: check_resume.py SOURCE_DIR BUILD_DIR
"""
import fcntl
import os
import pathlib
import random
import struct
import subprocess
import sys
import tempfile

import killed
import small_capture

source, build = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()
ropewalk = str(build / "ropewalk")
checks, failures = 0, []


def check(what, good, why=""):
    global checks
    checks += 1
    if not good:
        failures.append(f"{what}: {why}")


def words(place, name, captures, *more, context="1024,16384"):
    return [ropewalk, "audit", *(w for c in captures for w in ("--qk", str(c))), "-c", context, "--query", "",
            "--reproducible", "-q", "--json", str(place / f"{name}.json"), "-o", str(place / f"{name}.html"), *more]


def run(command):
    return subprocess.run(command, capture_output=True, text=True, timeout=600)


def outputs(place, name):
    return [(place / f"{name}.{kind}").read_bytes() for kind in ("json", "html")]


def whole_records(content):
    """Where the last record ends that is not cut off."""
    at = 24
    while at + 32 <= len(content):
        n = 32 + struct.unpack_from("<Q", content, at + 8)[0]
        if at + n > len(content):
            break
        at += n
    return min(at, len(content))


def kill_and_resume(place, captures, expected):
    """Ended at bytes of its checkpoint and at random moments, then let through; what was finished is never counted again."""
    done = run(words(place, "unharmed", captures, "--checkpoint", str(place / "unharmed.checkpoint")))
    check("with a checkpoint", done.returncode == 0 and outputs(place, "unharmed") == expected, done.stderr)
    whole, rnd = killed.size(place / "unharmed.checkpoint"), random.Random(5)

    def look(checkpoint, before):
        for kind, wanted in zip(("json", "html"), expected):  # killed while it ended: complete or not at all
            written = place / f"killed.{kind}"
            check(f"a killed run's {kind} is whole or absent", not written.exists() or written.read_bytes() == wanted)
        now = checkpoint.read_bytes() if checkpoint.exists() else b""
        common = len(os.path.commonprefix([before, now]))  # all but a last record that was cut off
        check("finished heads stay", common >= whole_records(before), f"{len(before)} {common}")
        return now

    for name in ("byte", "moment"):
        checkpoint, before = place / f"{name}.checkpoint", b""
        command = words(place, "killed", captures, "--checkpoint", str(checkpoint), "-t", "2")
        if name == "byte":
            for n in (1, 23, 40, whole // 5, whole // 5 + 1, whole // 2, whole - 1):
                check(f"ended at byte {n}", killed.at_byte(command, n))
                before = look(checkpoint, before)
                check(f"ended at byte {n}: not beyond", len(before) <= n, str(len(before)))
        else:
            for _ in range(12):
                killed.at_random(command, rnd.uniform(0.02, 0.4))
                before = look(checkpoint, before)
        done = run(command)
        check("a resumed run comes through", done.returncode == 0, done.stderr)
        check("the same bytes after kills", outputs(place, "killed") == expected)
        (place / "killed.json").unlink()
        (place / "killed.html").unlink()
        check("each head is kept once", killed.size(checkpoint) == whole, f"{killed.size(checkpoint)} {whole}")
    stamp = checkpoint.read_bytes()
    done = run(words(place, "again", captures, "--checkpoint", str(checkpoint)))
    check("a finished checkpoint", done.returncode == 0 and outputs(place, "again") == expected, done.stderr)
    check("nothing is counted again", checkpoint.read_bytes() == stamp)  # whatever is counted is added
    return stamp


def torn(place, captures, expected, whole):
    """A record cut anywhere: the rest is kept, the end is counted again."""
    rnd = random.Random(6)
    cuts = [0, 1, 8, 23, 24, 25, 47, 48, len(whole) - 1] + [rnd.randrange(len(whole)) for _ in range(4)]
    checkpoint = place / "torn.checkpoint"
    for cut in cuts:
        checkpoint.write_bytes(whole[:cut])
        done = run(words(place, "torn", captures, "--checkpoint", str(checkpoint)))
        check(f"cut at {cut}", done.returncode == 0 and outputs(place, "torn") == expected, done.stderr)
        check(f"cut at {cut}: whole again", len(checkpoint.read_bytes()) == len(whole))


def refused(what, place, command, checkpoint, say):
    before = checkpoint.read_bytes() if checkpoint.is_file() else None
    for stale in ("refused.json", "refused.html"):
        (place / stale).unlink(missing_ok=True)
    done = run(command)
    check(f"{what}: exit code", done.returncode == 2, f"{done.returncode} {done.stderr}")
    check(f"{what}: one sentence", done.stderr.count("\n") == 1 and say in done.stderr, done.stderr)
    check(f"{what}: left as it is", before is None or checkpoint.read_bytes() == before)
    check(f"{what}: nothing written", not (place / "refused.json").exists())


def strangers(place, captures, whole):
    checkpoint = place / "stranger.checkpoint"
    base = words(place, "refused", captures, "--checkpoint", str(checkpoint))
    checkpoint.write_bytes(whole)
    for more in (["--seed", "2"], ["--queries", "12"], ["--random", "3"], ["--attended", "2"], ["--dtype", "f16"],
                 ["--zeta", "0.02"], ["--near-alias", "0.2"], ["--score-scale", "1"]):
        refused("other " + more[0], place, base + more, checkpoint, "another job")
    refused("other contexts", place, words(place, "refused", captures, "--checkpoint", str(checkpoint),
                                           context="1024,8192"), checkpoint, "another job")
    other = place / "other.safetensors"
    small_capture.make(other, 77)
    refused("another capture", place, words(place, "refused", [captures[0], other], "--checkpoint", str(checkpoint)),
            checkpoint, "another capture")
    refused("captures swapped", place, words(place, "refused", captures[::-1], "--checkpoint", str(checkpoint)),
            checkpoint, "another capture")
    rnd = random.Random(7)
    for at in [0, 7, 8, 16, 24, 28, 32, 40, 48, len(whole) - 1] + [rnd.randrange(len(whole)) for _ in range(20)]:
        spoiled = bytearray(whole)
        spoiled[at] ^= 1 << rnd.randrange(8)
        checkpoint.write_bytes(spoiled)
        refused(f"a bit at {at}", place, base, checkpoint, "checkpoint")
    for name, content in (("text", b"these are notes of mine, a page long\n" * 9), ("zeros", bytes(4096)),
                          ("short", b"x"), ("twice", whole + whole[24:])):
        checkpoint.write_bytes(content)
        refused(name, place, base, checkpoint, "checkpoint")
    checkpoint.unlink()
    checkpoint.mkdir()
    refused("a folder", place, base, checkpoint, "stranger")
    checkpoint.rmdir()
    os.mkfifo(checkpoint)
    refused("a pipe", place, base, checkpoint, "not a regular file")
    checkpoint.unlink()
    refused("no folder", place, words(place, "refused", captures, "--checkpoint", str(place / "no" / "x")),
            place / "no", "cannot open")
    with open(checkpoint, "wb") as other:  # as another audit holds it
        fcntl.flock(other, fcntl.LOCK_EX)
        refused("in use", place, base, checkpoint, "in use")
    same = place / "same"
    refused("the page is the checkpoint", place, words(place, "refused", captures, "--checkpoint", str(same), "-o",
                                                       str(same)), same, "written over")


def beside_captures(place, captures):
    """With --captures there is a checkpoint unasked, for as long as the audit is not done."""
    runner, kept = place / "runner", place / "kept"
    runner.write_text(f"#!/bin/sh\nulimit -S -f unlimited\ncp {captures[0]} $4\n")  # stands in for what runs models
    runner.chmod(0o755)
    (place / "text.txt").write_text("one")
    base = words(place, "model", [], "--runner", str(runner), "--text", str(place / "text.txt"))
    base.insert(2, str(source / "tests" / "fixtures" / "gguf_llama.gguf"))
    done = run(base)
    check("a model", done.returncode == 0, done.stderr)
    expected = outputs(place, "model") if done.returncode == 0 else []
    command = base + ["--captures", str(kept), "-t", "1"]
    check("ended when heads are kept", killed.at_byte(command, 30000))
    found = list(kept.glob("*.checkpoint"))
    check("a checkpoint beside the captures", len(found) == 1 and found[0].stat().st_size > 24, str(found))
    done = run(command)
    check("the same bytes beside captures", done.returncode == 0 and outputs(place, "model") == expected, done.stderr)
    check("gone when done", list(kept.glob("*.checkpoint")) == [] and len(list(kept.iterdir())) == 1)


with tempfile.TemporaryDirectory(prefix="resume_") as folder:
    place = pathlib.Path(folder)
    captures = [place / "one.safetensors", place / "two.safetensors"]
    for i, path in enumerate(captures):
        small_capture.make(path, i)
    done = run(words(place, "plain", captures))
    check("plain", done.returncode == 0, done.stderr)
    if not failures:
        expected = outputs(place, "plain")
        whole = kill_and_resume(place, captures, expected)
        torn(place, captures, expected, whole)
        strangers(place, captures, whole)
        beside_captures(place, captures)
print(f"{checks} checks, {len(failures)} failed")
for line in failures[:40]:
    print("  " + line)
sys.exit(1 if failures else 0)
