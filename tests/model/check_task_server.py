#!/usr/bin/env python3
"""`ropewalk task --endpoint` against a real server: llama-cpp-python's, with SmolLM2 on the loopback.

    check_task_server.py SOURCE_DIR BUILD_DIR      exit 0 pass, 77 skipped, 1 fail
"""
import json
import pathlib
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

from runner_check import BUILD, ROPEWALK, SOURCE, expect, finish, skip

PYTHON = SOURCE / ".deps" / "venv" / "bin" / "python3"
MODEL = SOURCE / ".deps" / "models" / "SmolLM2-135M-Instruct.gguf"
NAME = "smollm2"
# list 0 of two items under seed 5, and its first question
PROMPT = "tibura: 2\npiseto: 3\ntibura: "


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def start(port, log):
    server = subprocess.Popen(
        [str(PYTHON), "-m", "llama_cpp.server", "--model", str(MODEL), "--model_alias", NAME, "--host", "127.0.0.1",
         "--port", str(port), "--n_ctx", "2048", "--n_threads", "2"], stdout=log, stderr=log)
    while server.poll() is None:  # as long as it takes
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/v1/models", timeout=60).close()
            return server
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    return None


def ask(port, path, body):
    request = urllib.request.Request(f"http://127.0.0.1:{port}/v1{path}", json.dumps(body).encode(),
                                     {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=120) as answer:
        return json.load(answer)


def run(port, folder, name, *more):
    """The document, its bytes and the samples."""
    out, samples = folder / f"{name}.json", folder / f"{name}.jsonl"
    done = subprocess.run(
        [str(ROPEWALK), "task", "lookup", "--endpoint", f"http://127.0.0.1:{port}/v1", "--model", NAME,
         "--items", "2,6", "--lists", "2", "--questions", "2", "--no-gate", "--seed", "5", "--json", str(out),
         "--samples", str(samples), "--quiet", "--reproducible", *map(str, more)],
        capture_output=True, text=True, timeout=600)
    expect(done.returncode == 0, f"{name}: exit {done.returncode}, {done.stderr.strip()}")
    if done.returncode:
        return None, b"", []
    return json.loads(out.read_text()), out.read_bytes(), [json.loads(s) for s in samples.read_text().splitlines()]


def check(name, document, samples):
    """Every question has words and tokens, and the document's means are those of the samples."""
    if not document:
        return
    expect(document["model"]["served"], f"{name}: not said to be served")
    expect(len(samples) == 8, f"{name}: {len(samples)} samples")
    for s in samples:
        expect(s.get("resps") is not None and s["n_token"] > 10, f"{name}: {s}")
        expect(s["acc"] is None and s["margin"] is None, f"{name}: a likelihood out of nothing: {s}")
    for c in document["results"]["lookup"]["conditions"]:
        mine = [s for s in samples if s["n_item"] == c["n_item"]]
        for key in ("exact_match", "lenient_match"):
            expect(abs(c[key] - sum(s[key] for s in mine) / len(mine)) < 1e-8, f"{name}: {key} of {c}")


if not PYTHON.exists() or subprocess.run([str(PYTHON), "-c", "import llama_cpp.server.app, uvicorn"],
                                         capture_output=True, check=False).returncode:
    skip("llama-cpp-python's server is not installed (scripts/setup.sh check)")
if not MODEL.exists():
    skip("SmolLM2 is not here (scripts/setup.sh)")
if not ROPEWALK.exists():
    skip("ropewalk is not built")
if "no libcurl" in subprocess.run([str(ROPEWALK), "task", "lookup", "--endpoint", "http://127.0.0.1:9", "--model", "x"],
                                  capture_output=True, text=True, timeout=60).stderr:
    skip("this build has no libcurl")

with tempfile.TemporaryDirectory(prefix="check_server_", dir=BUILD) as made:
    made = pathlib.Path(made)
    port = free_port()
    with open(made / "server.log", "wb") as log:
        server = start(port, log)
    if server is None:
        print((made / "server.log").read_text(errors="replace")[-2000:])
        sys.exit("FAIL: the server did not start")
    try:
        kept = made / "kept.checkpoint"
        document, plain, samples = run(port, made, "completions", "--checkpoint", kept)
        check("completions", document, samples)
        document, _, spoken = run(port, made, "chat", "--chat", "--requests", "1")
        check("chat", document, spoken)
        # tokens are those the server counts for the prompt that the page on formats describes
        body = {"model": NAME, "prompt": PROMPT, "max_tokens": 24, "temperature": 0, "stop": ["\n"]}
        answer = ask(port, "/completions", body)
        first = samples[0] if samples else {}
        expect(first.get("n_token") == answer["usage"]["prompt_tokens"]
               and first.get("resps") == answer["choices"][0]["text"], f"by hand {answer}, here {first}")
        # what is not there is refused in the server's words, not taken for an answer
        done = subprocess.run([str(ROPEWALK), "task", "lookup", "--endpoint", f"http://127.0.0.1:{port}/nothing",
                               "--model", NAME, "--items", "2", "--lists", "2", "--questions", "1", "--no-gate"],
                              capture_output=True, text=True, timeout=120)
        expect(done.returncode == 2 and "404" in done.stderr, f"a wrong address: {done.returncode}, {done.stderr}")
        # a prompt beyond the server's context is a refusal, counted as one
        done = subprocess.run([str(ROPEWALK), "task", "lookup", "--endpoint", f"http://127.0.0.1:{port}/v1", "--model",
                               NAME, "--items", "800", "--lists", "2", "--questions", "1", "--no-gate", "--json", "-",
                               "--quiet"], capture_output=True, text=True, timeout=300)
        expect(done.returncode == 0, f"too long a prompt: {done.returncode}, {done.stderr}")
        if done.returncode == 0:
            c = json.loads(done.stdout)["results"]["lookup"]["conditions"][0]
            expect(c["n_refused"] == 2 and c["lenient_match"] is None, f"too long a prompt: {c}")
    finally:
        server.terminate()
        server.wait()
    # all answers are kept: the same run again needs no server
    _, again, _ = run(port, made, "again", "--checkpoint", kept)
    expect(again == plain and plain, "the kept answers make other bytes")
finish("8 questions each by completions and chat of a real server; kept answers need none; refusals are refusals")
