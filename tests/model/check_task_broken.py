#!/usr/bin/env python3
"""`ropewalk task` on a model that runs here, disturbed: Ctrl-C at every kind of moment, and no room on the disk.

    check_task_broken.py SOURCE_DIR BUILD_DIR      exit 0 pass, 77 skipped, 1 fail

Moments are requests, not seconds: a runner in between sends Ctrl-C to everybody when the n-th request comes, before
or after the model has answered it. Whatever the moment, the run that goes on ends in the same bytes.
"""
import os
import pathlib
import resource
import signal
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from runner_check import BUILD, ROPEWALK, RUNNER, expect, finish  # noqa: E402  (first: it skips)
import make_tiny_models as tiny  # noqa: E402

BETWEEN = """#!%s
import os, signal, subprocess, sys
signal.signal(signal.SIGINT, signal.SIG_IGN)
moment, before = int(os.environ.get("MOMENT", 0)), os.environ.get("BEFORE")
child = subprocess.Popen([%r, *sys.argv[1:]], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                         preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
n = 0
while True:
    line = sys.stdin.buffer.readline()
    if not line:
        break
    n += 1
    with open(os.environ["COUNT"], "w") as f:
        f.write(str(n))
    if n == moment and before:
        os.killpg(os.getpgid(os.getppid()), signal.SIGINT)
    try:
        child.stdin.write(line)
        child.stdin.flush()
        answer = child.stdout.readline()
        if n == moment and not before:
            os.killpg(os.getpgid(os.getppid()), signal.SIGINT)
        sys.stdout.buffer.write(answer)
        sys.stdout.buffer.flush()
    except OSError:
        break
child.stdin.close()
sys.exit(child.wait())
"""
OPTIONS = ["--items", "6,9", "--gap", "40", "--gap-items", "6", "--lists", "3", "--questions", "2", "--no-gate",
           "--attention", "--generate", "--quiet", "--reproducible"]


def run(made, name, moment=0, before=False, limit=None, more=()):
    files = [made / f"{name}.json", made / f"{name}.jsonl"]
    environment = dict(os.environ, MOMENT=str(moment), COUNT=str(made / "count"))
    if before:
        environment["BEFORE"] = "1"

    def small_disk():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # then the write fails, as on a full disk
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    done = subprocess.run([str(ROPEWALK), "task", "kth,lookup", str(made / "llama.gguf"), *OPTIONS, "--runner",
                           str(made / "between.py"), "--json", str(files[0]), "--samples", str(files[1]), *more],
                          capture_output=True, text=True, timeout=600, env=environment, start_new_session=True,
                          preexec_fn=small_disk if limit else None)
    return done, [f.read_bytes() if f.exists() else None for f in files]


def one_sentence(done):
    lines = done.stderr.strip().splitlines()
    return len(lines) == 1 and lines[0].startswith("ropewalk: ")


with tempfile.TemporaryDirectory(prefix="check_broken_", dir=BUILD) as made:
    made = pathlib.Path(made)
    tiny.llama().save(made / "llama.gguf")
    (made / "between.py").write_text(BETWEEN % (sys.executable, str(RUNNER)))
    (made / "between.py").chmod(0o755)
    kept = ["--checkpoint", str(made / "kept")]
    done, whole = run(made, "whole")
    expect(done.returncode == 0 and all(whole), f"undisturbed: {done.returncode}, {done.stderr}")
    n_all = int((made / "count").read_text())
    n_moment = 0
    for moment in (1, 2, 3, 4, 9, n_all // 6, n_all // 5):  # requests of that run, each time from what is kept
        for before in (True, False):
            done, files = run(made, "broken", moment, before, more=kept)
            n_moment += 1
            expect(done.returncode == 130 and one_sentence(done), f"Ctrl-C at {moment}, {before}: exit "
                   f"{done.returncode}, {done.stderr.strip()!r}")
            expect(files == [None, None], f"Ctrl-C at {moment}, {before}: files are left")
    done, files = run(made, "broken", more=kept)
    expect(done.returncode == 0 and files == whole, f"after {n_moment} times Ctrl-C: {done.returncode}, {done.stderr}, "
           f"{'other bytes' if files != whole else ''}")
    # no room: for the samples, for the document, and for the checkpoint half-way
    for name in ("--samples", "--json"):
        done, _ = run(made, "full", more=[name, "/dev/full"])
        expect(done.returncode == 2 and one_sentence(done) and "/dev/full" in done.stderr,
               f"{name} /dev/full: exit {done.returncode}, {done.stderr.strip()!r}")
    kept = ["--checkpoint", str(made / "kept2")]
    done, files = run(made, "small", limit=3000, more=kept)
    expect(done.returncode == 2 and one_sentence(done) and "kept2" in done.stderr and files == [None, None],
           f"no room for the checkpoint: exit {done.returncode}, {done.stderr.strip()!r}")
    expect((made / "kept2").stat().st_size <= 3000, "the checkpoint is larger than the disk")
    done, files = run(made, "small", more=kept)
    expect(done.returncode == 0 and files == whole, f"after a full disk: {done.returncode}, {done.stderr.strip()!r}")
finish(f"the same bytes after {n_moment} times Ctrl-C and after a full disk")
