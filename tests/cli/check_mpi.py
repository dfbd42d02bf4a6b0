#!/usr/bin/env python3
"""Several real ranks on one machine: the same bytes as one process, one voice, failures of a rank, kills.

usage: check_mpi.py SOURCE_DIR BUILD_DIR    (exit 77 without mpirun or ropewalk-mpi)
"""
import json
import math
import os
import pathlib
import random
import shutil
import signal
import struct
import subprocess
import sys
import tempfile

import killed
import small_capture

source, build = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()
alone, program = str(build / "ropewalk"), str(build / "ropewalk-mpi")
mpirun = shutil.which("mpirun")
if not mpirun or not os.path.exists(program):
    print("SKIPPED: " + ("no mpirun" if not mpirun else "built without MPI, there is no ropewalk-mpi") +
          ": several ranks are NOT tested")
    sys.exit(77)

checks, failures = 0, []
is_open_mpi = "Open MPI" in subprocess.run([mpirun, "--version"], capture_output=True, text=True).stdout
LAUNCH = [mpirun] + (["--allow-run-as-root", "--oversubscribe", "--bind-to", "none"] if is_open_mpi else [])
clean = {k: v for k, v in os.environ.items() if not k.startswith(("OMPI_", "PMI", "PMIX_", "ROPEWALK_", "SLURM_"))}


def check(what, good, why=""):
    global checks
    checks += 1
    if not good:
        failures.append(f"{what}: {why}")


def words(place, name, captures, *more):
    return ["audit", *(w for c in captures for w in ("--qk", str(c))), "-c", "1024,16384", "--query", "",
            "--reproducible", "-q", "--json", str(place / f"{name}.json"), "-o", str(place / f"{name}.html"), *more]


def run(command, **more):
    return subprocess.run(command, capture_output=True, text=True, timeout=300, env=dict(clean, **more))


def outputs(place, name):
    return [(place / f"{name}.{kind}").read_bytes() for kind in ("json", "html")]


def same_bytes(place, captures, expected, said):
    for n, what, more in ((1, program, []), (2, program, ["-t", "1"]), (2, alone, []), (3, program, ["-t", "2"]),
                          (3, program, ["--isa", "ref"])):
        label = f"{n} ranks of {os.path.basename(what)} {' '.join(more)}"
        # mpirun gives a terminal to rank 0 though its own output is a pipe; one rank cannot know of mpirun
        terminal = {"TERM": "dumb" if n == 1 else "xterm", "LC_ALL": "C.UTF-8"}
        done = run(LAUNCH + ["-n", str(n), what, *words(place, "ranks", captures, *more)], **terminal)
        check(label, done.returncode == 0, done.stderr)
        if done.returncode == 0:
            check(f"{label}: the same bytes", outputs(place, "ranks") == expected)
            check(f"{label}: one voice", done.stdout == said and done.stderr == "", done.stdout + done.stderr)
    done = run([program, *words(place, "ranks", captures)])
    check("ropewalk-mpi without mpirun", done.returncode == 0 and done.stdout == said and
          outputs(place, "ranks") == expected, done.stderr)


def one_voice():
    for command in (["--version"], ["audit", "--help"], ["list", "events"]):
        expected, done = run([alone, *command]), run(LAUNCH + ["-n", "3", program, *command])
        check(" ".join(command), done.stdout == expected.stdout and done.returncode == 0, done.stdout + done.stderr)
    for command in (["audit", "--frob"], ["audit", "--qk", "/nowhere", "-c", "64"]):
        expected, done = run([alone, *command]), run(LAUNCH + ["-n", "3", program, *command])
        check(" ".join(command), done.returncode == 2 and done.stderr.count(expected.stderr) == 1 and
              done.stderr.count("ropewalk:") == 1, done.stderr)
    done = run(LAUNCH + ["-n", "3", alone, "--version"], ROPEWALK_MPI="0")
    check("ROPEWALK_MPI=0: three that do not know of each other", done.stdout.count("ropewalk") == 3, done.stdout)
    with tempfile.TemporaryDirectory() as folder:
        copy = shutil.copy(alone, folder)
        done = run(LAUNCH + ["-n", "2", copy, "--version"])
        check("no ropewalk-mpi beside it", done.returncode == 2 and done.stderr.count("ropewalk:") == 1 and
              "ROPEWALK_MPI=0" in done.stderr, done.stderr)


def failing_ranks(place, captures, expected):
    spoiled = place / "spoiled.safetensors"
    small_capture.make(spoiled, 0, spoil=True)
    done = run(LAUNCH + ["-n", "3", program, *words(place, "fail", [spoiled])])
    check("a head that cannot be counted", done.returncode == 2 and done.stderr.count("ropewalk:") == 1 and
          "layer 5" in done.stderr and not (place / "fail.json").exists(), done.stderr)
    checkpoint = place / "fail.checkpoint"
    one = [program, *words(place, "fail", captures, "--checkpoint", str(checkpoint), "-t", "1")]
    two = [program, *words(place, "fail", [captures[0], place / "gone.safetensors"], "-t", "1")]
    done = run(LAUNCH + ["-n", "1", *one, ":", "-n", "1", *two])
    check("a rank without its file", done.returncode == 2 and done.stderr.count("ropewalk:") == 1 and
          "rank 1: text gone.safetensors: cannot read" in done.stderr, done.stderr)
    check("what was finished is kept", checkpoint.stat().st_size > 100000, str(checkpoint.stat().st_size))
    done = run([alone, *words(place, "fail", captures, "--checkpoint", str(checkpoint))])
    check("and taken up by one process", done.returncode == 0 and outputs(place, "fail") == expected, done.stderr)


def children(pid):
    try:
        return [int(p) for p in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def lose_ranks(place, what, name, words_of, checkpoint, step):
    """Each rank in turn is killed, once the checkpoint holds so much. One output is a pipe without a reader, so that no job
    can be done before."""
    pipe = place / f"{name}.pipe"
    os.mkfifo(pipe)
    command = LAUNCH + ["-n", "3", program, *words_of(name, "--json", str(pipe), "--checkpoint", str(checkpoint), "-t", "1")]
    lost = []

    def ready(child):
        return len(children(child.pid)) >= 3 and killed.size(checkpoint) >= (len(lost) + 1) * step

    def lose(child):
        lost.append((1, 0, 2)[len(lost)])
        os.kill(sorted(children(child.pid))[lost[-1]], signal.SIGKILL)

    def hopeless(child):
        """No rank lives: mpirun was seen to wait for itself then (OpenMPI 4.1.4, in PMIx_server_finalize)."""
        return all(killed.is_dead(rank) for rank in children(child.pid))

    for n in (1, 2, 3):
        code, said = killed.when(command, ready, lose, hopeless, env=clean)
        check(f"{what} that loses ranks {lost} ends", code != 0 and len(lost) == n, said)


def a_lost_rank(place, captures, expected):
    checkpoint = place / "kill.checkpoint"
    lose_ranks(place, "an audit", "kill", lambda name, *more: words(place, name, captures, *more), checkpoint, 20000)
    done = run(LAUNCH + ["-n", "3", program, *words(place, "kill", captures, "--checkpoint", str(checkpoint), "-t", "1")])
    check("and goes on", done.returncode == 0 and outputs(place, "kill") == expected, done.stderr)


def a_model(place, captures):
    """Rank 0 runs the model, the others take its captures."""
    runner = place / "runner"
    runner.write_text(f"#!/bin/sh\necho run >> {place}/runs\ncp {captures[0]} $4\n")
    runner.chmod(0o755)
    (place / "text.txt").write_text("one")
    model = str(source / "tests" / "fixtures" / "gguf_llama.gguf")
    more = ["--runner", str(runner), "--text", str(place / "text.txt")]
    one, three = words(place, "one", [], *more), words(place, "three", [], *more, "--captures", str(place / "kept"))
    done = run([alone, one[0], model, *one[1:]])
    check("a model, alone", done.returncode == 0, done.stderr)
    for command in (three, words(place, "three", [], *more)):
        (place / "runs").unlink()
        done = run(LAUNCH + ["-n", "3", program, command[0], model, *command[1:]])
        check("a model, three ranks", done.returncode == 0 and outputs(place, "three") == outputs(place, "one"),
              done.stderr)
        check("it ran once", (place / "runs").read_text() == "run\n")
    check("no checkpoint is left", list((place / "kept").glob("*.checkpoint")) == [])


def a_sweep(place):
    """Cells of a grid instead of heads."""
    words_of = lambda name, *more: [
        "sweep", "--rope-theta", "1e3:1e6:log:4", "-c", "1000,20000", "--draws", "12", "--reproducible", "-q", "--json",
        str(place / f"{name}.json"), "--csv", str(place / f"{name}.csv"), *more]
    files = lambda name: [(place / f"{name}.{kind}").read_bytes() for kind in ("json", "csv")]
    done = run([alone, *words_of("sweep_alone")])
    check("a sweep, alone", done.returncode == 0, done.stderr)
    said, expected = done.stdout, files("sweep_alone")
    for n, more in ((1, []), (2, ["-t", "1"]), (3, ["-t", "2"]), (3, ["--isa", "ref"])):
        done = run(LAUNCH + ["-n", str(n), program, *words_of("sweep_ranks", *more)])
        check(f"a sweep, {n} ranks {more}", done.returncode == 0 and done.stdout == said and done.stderr == "" and
              files("sweep_ranks") == expected, done.stderr)
    checkpoint = place / "sweep.checkpoint"
    lose_ranks(place, "a sweep", "sweep_killed", words_of, checkpoint, 4000)
    done = run([alone, *words_of("sweep_killed", "--checkpoint", str(checkpoint))])
    check("and is ended by one process", done.returncode == 0 and files("sweep_killed") == expected, done.stderr)
    year = ["sweep", "--rope-theta", "1e3:1e9:log:4000", "-c", "2^10:2^24:x2", "--draws", "10000"]
    done = run(LAUNCH + ["-n", "3", program, *year])
    check("a grid of years, three ranks", done.returncode == 2 and done.stderr.count("ropewalk:") == 1 and
          "--yes" in done.stderr, done.stderr)


def vectors(path, n_query, n_key, dim=32, spoil=False):
    """Queries and keys of noise. `spoil`: the last query holds something that is no number."""
    rnd, header, data = random.Random(7), {}, b""
    for name, n in (("q", n_query), ("k", n_key)):
        values = [rnd.gauss(0, 1) for _ in range(n * dim)]
        if spoil and name == "q":
            values[-1] = math.nan
        header[name] = {"dtype": "F32", "shape": [n, dim], "data_offsets": [len(data), len(data) + 4 * n * dim]}
        data += struct.pack(f"<{n * dim}f", *values)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


def a_measurement(place):
    """Queries instead of heads."""
    words_of = lambda name, qk, *more: [
        "measure", "--qk", str(place / qk), "--rope-theta", "1e4", "-c", "1000,20000", "--dtype", "bf16,f16,f32",
        "--reproducible", "-q", "--json", str(place / f"{name}.json"), *more]
    for n_query in (7, 1):
        qk = f"{n_query}.safetensors"
        vectors(place / qk, n_query, 3)
        done = run([alone, *words_of("measure_alone", qk)])
        check("a measurement, alone", done.returncode == 0, done.stderr)
        said, expected = done.stdout, (place / "measure_alone.json").read_bytes()
        for n, more in ((1, []), (2, ["-t", "1"]), (3, ["-t", "2"]), (3, ["--isa", "ref"])):
            done = run(LAUNCH + ["-n", str(n), program, *words_of("measure_ranks", qk, *more)])
            check(f"a measurement of {n_query}, {n} ranks {more}", done.returncode == 0 and done.stdout == said and
                  done.stderr == "" and (place / "measure_ranks.json").read_bytes() == expected, done.stderr)
    one = [program, *words_of("measure_lost", "7.safetensors", "-t", "1")]
    two = [program, *words_of("measure_lost", "gone.safetensors", "-t", "1")]
    done = run(LAUNCH + ["-n", "1", *one, ":", "-n", "1", *two])
    check("a rank without its vectors", done.returncode == 2 and done.stderr.count("ropewalk:") == 1 and
          "rank 1: " in done.stderr and "gone.safetensors" in done.stderr and
          not (place / "measure_lost.json").exists(), done.stderr)
    vectors(place / "spoiled_vectors.safetensors", 7, 3, spoil=True)
    done = run(LAUNCH + ["-n", "3", program, *words_of("measure_lost", "spoiled_vectors.safetensors")])
    check("vectors that are no numbers", done.returncode == 2 and done.stderr.count("ropewalk:") == 1, done.stderr)


linked = subprocess.run(["ldd", alone], capture_output=True, text=True).stdout
check("ropewalk needs no MPI", "libmpi" not in linked, linked)
with tempfile.TemporaryDirectory(prefix="mpi_") as folder:
    place = pathlib.Path(folder)
    captures = [place / "one.safetensors", place / "two.safetensors"]
    for i, path in enumerate(captures):
        small_capture.make(path, i)
    done = run([alone, *words(place, "plain", captures)])
    check("plain", done.returncode == 0, done.stderr)
    if not failures:
        expected = outputs(place, "plain")
        same_bytes(place, captures, expected, done.stdout)
        one_voice()
        failing_ranks(place, captures, expected)
        a_lost_rank(place, captures, expected)
        a_model(place, captures)
        a_sweep(place)
        a_measurement(place)
print(f"{checks} checks, {len(failures)} failed")
for line in failures[:40]:
    print("  " + line)
sys.exit(1 if failures else 0)
