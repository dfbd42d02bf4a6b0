#!/usr/bin/env python3
"""`ropewalk audit` of a capture from end to end: counts recomputed, bytes reproduced, errors told.

usage: check_audit.py SOURCE_DIR BUILD_DIR
Writes a small capture in plain Python, audits it with one thread, several threads and the reference
kernels, recomputes cells of the document in float64, and lets everything that may go wrong go wrong.
"""
import base64
import json
import math
import os
import pathlib
import pty
import random
import re
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time

source, build = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
ropewalk = str((build / "ropewalk").resolve())
N_ROW, N_Q, N_KV, DIM, THETA, SCALE = 40, 2, 1, 8, 1e4, 0.4
CONTEXTS = (256, 512, 1024)
failures, checks = [], 0


def check(what, good, detail=""):
    global checks
    checks += 1
    if not good:
        failures.append(f"{what}: {detail}" if detail else what)


def near(what, got, want, tolerance=2e-9):
    check(what, got is not None and abs(got - want) <= tolerance * max(1.0, abs(want)), f"{got}, expected {want}")


def safetensors(path, tensors, metadata):
    """tensors: name -> (dtype, shape, bytes)"""
    header, at = {"__metadata__": metadata}, 0
    for name, (dtype, shape, data) in tensors.items():
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [at, at + len(data)]}
        at += len(data)
    head = json.dumps(header).encode()
    head += b" " * (-len(head) % 8)
    pathlib.Path(path).write_bytes(struct.pack("<Q", len(head)) + head + b"".join(t[2] for t in tensors.values()))


def floats(values):
    return struct.pack(f"<{len(values)}f", *values)


def make_capture(path, seed=1, spoil=None):
    rnd = random.Random(seed)
    freq = [THETA ** (-2 * n / DIM) for n in range(DIM // 2)]
    tensors, vectors = {}, {}
    for layer in (0, 1):
        for which, heads in (("q", N_Q), ("k", N_KV)):
            v = [rnd.gauss(0, 1) for _ in range(N_ROW * heads * DIM)]
            if spoil and layer == 1 and which == "k":
                v[5] = spoil
            data = floats(v)
            vectors[layer, which] = struct.unpack(f"<{len(v)}f", data)
            tensors[f"blocks.{layer}.attn.hook_{which}"] = ("F32", [N_ROW, heads, DIM], data)
    rotation = {"rotary_dim": DIM, "pairs": "half", "inv_freq": freq, "attn_factor": 1.0, "rope_theta": THETA,
                "softmax_scale": SCALE, "window": None}
    safetensors(path, tensors, {
        "model": "small", "architecture": "test", "context_length": "512", "special": "[0]",
        "token_ids": json.dumps(list(range(N_ROW))),
        "tokens": json.dumps([" w%d" % i for i in range(N_ROW)]),
        "rotations": json.dumps([dict(rotation, layer=0), dict(rotation, layer=1)])})
    return freq, vectors


def run(*words, stdin=None, **options):
    environment = dict(os.environ, LC_ALL="C", **options.pop("environment", {}))
    return subprocess.run([ropewalk, *words], capture_output=True, text=True, env=environment, timeout=300, **options)


# ------------------------------------------------------------------ recomputation, in float64

def scores(freq, q, k, count):
    h = DIM // 2
    z = [(SCALE * (q[n] * k[n] + q[n + h] * k[n + h]), SCALE * (q[n + h] * k[n] - q[n] * k[n + h]))
         for n in range(h)]
    return [sum(re * math.cos(m * w) - im * math.sin(m * w) for (re, im), w in zip(z, freq))
            for m in range(count)]


def to_bf16(x):
    bits = struct.unpack("<q", struct.pack("<d", x))[0]
    sign, magnitude = bits < 0, bits & (2 ** 63 - 1)
    drop = 52 - 7
    magnitude = (magnitude + 2 ** (drop - 1) - 1 + (magnitude >> drop & 1)) >> drop << drop
    value = struct.unpack("<d", struct.pack("<q", magnitude))[0]
    return 0.0 if value == 0 else -value if sign else value


def inversion(s):
    """Pairs (near, far) with the far score higher, by merging."""
    half = len(s) // 2
    near_half, count, below = sorted(s[:half]), 0, 0
    for x in sorted(s[half:]):
        while below < half and near_half[below] < x:
            below += 1
        count += below
    return count / (half * (len(s) - half))


def alias_pairs(s):
    seen, pairs = {}, 0
    for x in map(to_bf16, s):
        pairs += seen.get(x, 0)
        seen[x] = seen.get(x, 0) + 1
    return pairs


def kept_vectors(document, vectors):
    """One query a head and two keys a key head, bit for bit as captured."""
    kept = document["vectors"]
    check("kept vectors: one query a head", [(v["layer"], v["head"]) for v in kept["queries"]] ==
          [(layer, head) for layer in (0, 1) for head in range(N_Q)])
    check("kept vectors: two keys a key head", [(v["layer"], v["kv_head"], v["stratum"]) for v in kept["keys"]] ==
          [(layer, head, s) for layer in (0, 1) for head in range(N_KV) for s in ("attended", "random")])
    for which, name, heads in (("queries", "q", N_Q), ("keys", "k", N_KV)):
        for v in kept[which]:
            at = (v["position"] * heads + v.get("head", v.get("kv_head"))) * DIM
            check(f"kept vectors: layer {v['layer']} {which}", base64.b64decode(v["f32"]) ==
                  floats(vectors[v["layer"], name][at:at + DIM]) and v["token"] == " w%d" % v["position"])


def in_terminal(capture, **environment):
    """What an audit shows on a terminal."""
    child, fd = pty.fork()
    if child == 0:
        os.environ.update(environment)
        os.execv(ropewalk, [ropewalk, "audit", "--qk", str(capture), "--context", "256,512", "-q", "--reproducible"])
    shown = b""
    try:
        while block := os.read(fd, 4096):
            shown += block
    except OSError:  # the other end is closed
        pass
    os.waitpid(child, 0)
    os.close(fd)
    return shown.decode("utf-8", "replace")


def terminals(capture):
    place = {"LC_ALL": "C.UTF-8", "TERM": "xterm-256color", "NO_COLOR": ""}
    coloured = in_terminal(capture, **place)
    check("terminal: a table and a map in colours", "prefers" in coloured and "\u2581" in coloured and
          "\x1b[38;5;" in coloured and "=> " in coloured, coloured[:200])
    plain = in_terminal(capture, **dict(place, NO_COLOR="1"))
    check("terminal: NO_COLOR takes the colours alone", plain == re.sub("\x1b\\[[0-9;]*m", "", coloured), plain[:200])
    for what in ({"LC_ALL": "C"}, {"TERM": "dumb"}):
        check(f"terminal: {what} shows the text alone", "prefers" not in in_terminal(capture, **dict(place, **what)))


def recompute(document, freq, vectors):
    # every row of the second half is a query; the sink key is row 0; all of rows 1..19 are random keys
    for layer, head in ((0, 1), (1, 0), (1, 1)):
        q, k = vectors[layer, "q"], vectors[layer, "k"]
        record = next(h for h in document["heads"] if (h["layer"], h["head"]) == (layer, head))
        for position, context in enumerate(CONTEXTS):
            got = record["contexts"][position]
            where = f"layer {layer} head {head} M={context}"
            cells = {}
            for stratum, keys in (("sink", [0]), ("random", list(range(1, N_ROW // 2)))):
                rates, pairs = [], []
                for row in range(N_ROW // 2, N_ROW):
                    for key in keys:
                        at = (row * N_Q + head) * DIM
                        s = scores(freq, q[at:at + DIM], k[key * DIM:key * DIM + DIM], context)
                        rates.append(inversion(s))
                        pairs.append(alias_pairs(s))
                    if stratum == "random" and context > 256:
                        break  # one query is enough to see a shift; the mean is checked at 256
                cells[stratum] = (rates, pairs)
            for stratum, (rates, pairs) in cells.items():
                if stratum == "random" and context > 256:
                    continue
                near(f"{where} {stratum} inversion", got[stratum]["position_inversion"]["measured"],
                     sum(rates) / len(rates))
                near(f"{where} {stratum} aliasing", got[stratum]["position_aliasing"]["measured"],
                     sum(pairs) / len(pairs) / (context * (context - 1) / 2))
                near(f"{where} {stratum} alias_pairs", got[stratum]["alias_pairs"], sum(pairs) / len(pairs))
            check(f"{where} counts", got["sink"]["position_inversion"]["n_q"] == N_ROW // 2)


# ------------------------------------------------------------------ what may go wrong

def sentence(what, done, code, *words):
    """One line on standard error, the right code, nothing on standard output."""
    check(f"{what}: exit code", done.returncode == code, f"{done.returncode}, {done.stderr.strip()[-300:]}")
    lines = [line for line in done.stderr.splitlines() if line.strip()]
    check(f"{what}: one sentence", len(lines) == 1, repr(done.stderr[-400:]))
    check(f"{what}: standard output", done.stdout == "", done.stdout[:100])
    for word in words:
        check(f"{what}: says \"{word}\"", word in done.stderr, done.stderr.strip()[-300:])


def left(folder):
    return sorted(str(p.relative_to(folder)) for p in pathlib.Path(folder).rglob("*"))


def refuse(what, place, capture, words, code=2, says=()):
    out = place / "out"
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir()
    done = run("audit", *words, "-q", "--json", str(out / "a.json"), "-o", str(out / "a.html"))
    sentence(what, done, code, *says)
    check(f"{what}: no files", left(out) == [], str(left(out)))


def script(path, body):
    path.write_text("#!/bin/sh\n# $1 capture, $2 model, $4 output\n" + body + "\n")
    path.chmod(0o755)
    return str(path)


def errors(place, capture):
    bad = place / "nan.safetensors"
    make_capture(bad, spoil=math.nan)
    refuse("NaN", place, bad, ["--qk", str(bad), "-c", "256"], says=["layer 1"])
    make_capture(bad, spoil=math.inf)
    refuse("infinity", place, bad, ["--qk", str(bad), "-c", "256"])
    plain = source / "tests" / "fixtures" / "st_given.safetensors"
    refuse("plain vectors", place, plain, ["--qk", str(plain), "-c", "256"], says=["capture"])
    refuse("no such capture", place, None, ["--qk", str(place / "missing"), "-c", "256"], says=["missing"])
    refuse("neither", place, None, ["-c", "256"], says=["GGUF"])
    for words in (["-c", "0"], ["-c", "-5"], ["-c", "4294967296"], ["-c", "x"], ["-c", "1e3"],
                  ["-c", ",".join(str(i) for i in range(1, 80))], ["-c", "2147483648"],
                  ["--queries", "0"], ["--attended", "1000"], ["--random", "0"], ["--dtype", "f64"],
                  ["--score-scale", "0"], ["--zeta", "9"], ["--tokens", "3"]):
        refuse(" ".join(words)[:40], place, capture, ["--qk", str(capture), *words])
    second = place / "second.safetensors"
    make_capture(second, seed=2)
    done = run("audit", "--qk", str(capture), "--qk", str(second), "-c", "64,256", "--json", "-", "-q")
    check("two texts", done.returncode == 0 and len(json.loads(done.stdout)["settings"]["texts"]) == 2)
    # a context of one distance asks nothing that has an answer, but is no error
    done = run("audit", "--qk", str(capture), "-c", "1,2,3", "--json", "-", "-q")
    check("tiny contexts", done.returncode == 0, done.stderr)
    if done.returncode == 0:
        first = json.loads(done.stdout)["heads"][0]["contexts"][0]
        check("M = 1", first["random"]["position_inversion"] is None and first["preference"] is None)
    for words in (["--json", str(place / "no" / "a.json")], ["-o", str(place / "no" / "a.html")],
                  ["-o", "/dev/full"], ["--json", "/dev/full"]):
        done = run("audit", "--qk", str(capture), "-c", "64", "-q", *words)
        sentence(" ".join(words), done, 2)


def model_errors(place):
    """A model file is only opened for its header; scripts stand in for the program that runs it."""
    model = source / "tests" / "fixtures" / "gguf_llama.gguf"
    text = place / "text.txt"
    text.write_text("one")
    tmp = place / "tmp"
    tmp.mkdir()
    extra = {"environment": {"TMPDIR": str(tmp), "PATH": "/usr/bin:/bin"}}
    words = ["audit", str(model), "--text", str(text), "-q", "-c", "256", "-o", str(place / "m.html")]
    cases = (
        ("missing runner", "/nowhere/ropewalk-llama", ["ropewalk-llama"]),
        ("killed", script(place / "killed", "kill -9 $$"), ["signal 9"]),
        ("crashes with a file begun", script(place / "crash", "echo half > $4.1.partial; echo x > $4; kill -SEGV $$"),
         ["signal 11"]),
        ("hangs up", script(place / "hang", "echo 'progress 1 2' >&2; exec 1>&- 2>&-; exit 3"), ["exit code 3"]),
        ("writes rubbish", script(place / "rubbish", "echo rubbish > $4"), []),
        ("writes nothing", script(place / "nothing", "exit 0"), []),
        ("one token", script(place / "short", "echo 'ropewalk-llama: the text has 1 token' >&2; exit 2"), ["1 token"]),
    )
    for what, runner, says in cases:
        done = run(*words, "--runner", runner, **extra)
        sentence(what, done, 2, *says)
        check(f"{what}: temporary folder", left(tmp) == [], str(left(tmp)))
        check(f"{what}: no page", not (place / "m.html").exists())
        for p in left(tmp)[::-1]:
            q = tmp / p
            q.rmdir() if q.is_dir() else q.unlink()
    slow = script(place / "slow", "echo half > $4.1.partial\necho 'progress 1 100' >&2\nexec sleep 900")
    child = subprocess.Popen([ropewalk, *words, "--runner", slow], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                             env=dict(os.environ, **extra["environment"]), text=True)
    while child.poll() is None and not any(name.endswith(".partial") for name in left(tmp)):
        time.sleep(0.01)
    child.send_signal(signal.SIGINT)
    _, said = child.communicate(timeout=600)  # less than the runner sleeps: nobody waits for it
    check("interrupted: exit code", child.returncode == 130, f"{child.returncode} {said}")
    check("interrupted: temporary folder", left(tmp) == [], str(left(tmp)))
    check("interrupted: no page", not (place / "m.html").exists())


def noise(place):
    """Pure noise has no direction: keys selected for a high score near by must not make one."""
    rnd, rows, dim, heads, layers = random.Random(7), 128, 32, 4, 6
    rotation = {"rotary_dim": dim, "pairs": "half", "inv_freq": [1e4 ** (-2 * n / dim) for n in range(dim // 2)],
                "attn_factor": 1.0, "rope_theta": 1e4, "softmax_scale": dim ** -0.5, "window": None}
    tensors = {f"blocks.{layer}.attn.hook_{which}":
               ("F32", [rows, heads, dim], floats([rnd.gauss(0, 1) for _ in range(rows * heads * dim)]))
               for layer in range(layers) for which in "qk"}
    capture = place / "noise.safetensors"
    safetensors(capture, tensors, {
        "model": "noise", "architecture": "test", "context_length": "2048", "special": "[]",
        "token_ids": json.dumps(list(range(rows))), "tokens": json.dumps(["w"] * rows),
        "rotations": json.dumps([dict(rotation, layer=layer) for layer in range(layers)])})
    done = run("audit", "--qk", str(capture), "--queries", "48", "--context", "2048", "--query", "", "--json", "-", "-q")
    kinds = [h["contexts"][0]["kind"] for h in json.loads(done.stdout)["heads"]]
    directed = sum(kind in ("local", "anti-local") for kind in kinds)
    check("noise has no direction", directed <= 3, f"{directed} of {len(kinds)} heads are called directed")


def one_token(place):
    path = place / "one.safetensors"
    data = floats([1.0] * DIM)
    rotation = {"layer": 0, "rotary_dim": DIM, "pairs": "half", "inv_freq": [1.0, .1, .01, .001],
                "attn_factor": 1.0, "softmax_scale": None, "window": None}
    safetensors(path, {"blocks.0.attn.hook_q": ("F32", [1, 1, DIM], data),
                       "blocks.0.attn.hook_k": ("F32", [1, 1, DIM], data)}, {"rotations": json.dumps([rotation])})
    refuse("a text of one token", place, path, ["--qk", str(path), "-c", "64"], says=["at least 8"])


with tempfile.TemporaryDirectory(prefix="audit_") as folder:
    place = pathlib.Path(folder)
    capture = place / "capture.safetensors"
    freq, vectors = make_capture(capture)
    first = page = None
    for label, words in (("again", ["-t", "1"]), ("one thread", ["-t", "1"]), ("three threads", ["-t", "3"]),
                         ("reference", ["--isa", "ref"])):
        done = run("audit", "--qk", str(capture), "--context", "256,512,1024", "--queries", "40", "--random", "40",
                   "--reproducible", "-q", "--json", str(place / "A.json"), "-o", str(place / "A.html"), *words)
        check(f"{label}: exit", done.returncode == 0, done.stderr)
        if done.returncode:
            break
        check(f"{label}: the verdict is told", done.stdout.startswith("small (test), advertised context 512") and
              "\n=> " in done.stdout, done.stdout[:80])
        now = (place / "A.json").read_bytes()
        check(f"{label}: the same document", first in (None, now))
        check(f"{label}: the same page", page in (None, (place / "A.html").read_bytes()))
        first, page = now, (place / "A.html").read_bytes()
    if first:
        document = json.loads(first, parse_constant=lambda name: failures.append("holds " + name))
        check("no path within", str(place).encode() not in first)
        check("unresolved", document["settings"]["unresolved"] == 0)
        check("contexts", document["settings"]["contexts"] == list(CONTEXTS))
        recompute(document, freq, vectors)
        kept_vectors(document, vectors)
    terminals(capture)
    errors(place, capture)
    noise(place)
    one_token(place)
    model_errors(place)
print(f"{checks} checks, {len(failures)} failed")
for line in failures[:40]:
    print("  " + line)
sys.exit(1 if failures else 0)
