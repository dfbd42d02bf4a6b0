#!/usr/bin/env python3
"""`ropewalk task --endpoint` against servers of every kind: good ones, busy ones, and liars.

    check_task_served.py SOURCE_DIR BUILD_DIR      exit 0 pass, 77 skipped, 1 fail

The good server reads lists and answers lookups rightly; others fail first, ask to wait, hang, break
off, answer garbage, refuse, or send ten megabytes. Real HTTP over the loopback.
"""
import http.server
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time

BUILD = pathlib.Path(sys.argv[2]).resolve()
ROPEWALK = BUILD / "ropewalk"
KEY = "sk-test-0123456789abcdef"
failed = []


def expect(condition, what):
    if not condition:
        failed.append(what)
        print(f"FAIL: {what}")


def read(prompt):
    """A model that can look up, and nothing else."""
    asked = re.search(r"stands beside (\w+)\?|\n(\w+): $", prompt)
    name = asked and (asked.group(1) or asked.group(2))
    found = re.search(rf"^{name}: (\d)$", prompt, re.M) if name else None
    return found.group(1) if found else "I cannot tell."


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_POST(self):
        s = self.server.state
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        chat = self.path.endswith("/chat/completions")
        prompt = body["messages"][0]["content"] if chat else body["prompt"]
        with s.lock:
            s.n += 1
            number = s.n
            s.seen[prompt] = s.seen.get(prompt, 0) + 1
            s.keys.add(self.headers.get("Authorization"))
            s.now += 1
            s.most = max(s.most, s.now)
        try:
            s.act(self, s, number, prompt, chat)
        except (BrokenPipeError, ConnectionResetError):
            pass
        finally:
            with s.lock:
                s.now -= 1

    def send(self, code, text, **headers):
        data = text if isinstance(text, bytes) else text.encode()
        self.send_response(code)
        for k, v in headers.items():
            self.send_header(k.replace("_", "-"), v)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def answer(self, prompt, chat, words=None):
        words = read(prompt) if words is None else words
        choice = {"finish_reason": "stop"} | ({"message": {"role": "assistant", "content": words}} if chat
                                              else {"text": words})
        self.send(200, json.dumps({"choices": [choice], "usage": {
            "prompt_tokens": len(prompt) // 4 + 1, "completion_tokens": 2}}))


class State:
    def __init__(self, act):
        self.act, self.n, self.now, self.most = act, 0, 0, 0
        self.seen, self.keys, self.lock, self.go, self.answered = {}, set(), threading.Lock(), threading.Event(), 0


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256


def serve(act):
    server = Server(("127.0.0.1", 0), Handler)
    server.state = State(act)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server, f"http://127.0.0.1:{server.server_port}/v1"


def command(url, *options):
    return [str(ROPEWALK), "task", "lookup", "--endpoint", url, "--model", "m", "--chat", "--items", "20",
            "--lists", "4", "--questions", "3", "--no-gate", "--quiet", "--reproducible", *map(str, options)]


def run(url, *options):
    """A run that waits for what it should not wait for does not come back, and that is an exception."""
    return subprocess.run(command(url, *options), capture_output=True, text=True, timeout=600,
                          env=dict(os.environ, OPENAI_API_KEY=""))


def condition(path):
    document = json.loads(path.read_text())
    return document["results"]["lookup"]["conditions"][-1], document


def good(h, s, number, prompt, chat):
    h.answer(prompt, chat)


def together(h, s, number, prompt, chat):
    """Answers nobody before seven are waiting."""
    if s.now > 6:
        s.go.set()
    s.go.wait(600)
    h.answer(prompt, chat)


def two_and_no_more(h, s, number, prompt, chat):
    """Of each run the first two requests are answered before `go`, and the others with it."""
    if number > s.answered + 2:
        s.go.wait()
    h.answer(prompt, chat)


def busy(h, s, number, prompt, chat):
    if s.seen[prompt] == 1:
        h.send(500, "{}")
    else:
        h.answer(prompt, chat)


def wait_first(h, s, number, prompt, chat):
    if number == 1:
        s.told = time.monotonic()
        h.send(429, '{"error": {"message": "slow down"}}', Retry_After="2")
    else:
        if number == 2:
            s.waited = time.monotonic() - s.told
        h.answer(prompt, chat)


def check_good(folder):
    for chat in (True, False):
        server, url = serve(together)
        out, rows = folder / "good.json", folder / "good.jsonl"
        options = ["--requests", "12", "--json", out, "--samples", rows]
        words = command(url, *options)
        if not chat:
            words.remove("--chat")
        done = subprocess.run(words, capture_output=True, text=True, env=dict(os.environ, OPENAI_API_KEY=KEY))
        expect(done.returncode == 0, f"good: {done.stderr}")
        c, document = condition(out)
        expect(c["exact_match"] == 1 and c["n_refused"] == 0 and c["acc"] is None, f"good: {c}")
        expect(server.state.most > 6, f"at most {server.state.most} requests at a time")
        expect(server.state.n == 12, f"{server.state.n} requests for 12 questions")
        expect(server.state.keys == {f"Bearer {KEY}"}, f"keys {server.state.keys}")
        expect(document["model"]["served"] and not document["settings"]["weighs"], "what it can do")
        told = done.stdout + done.stderr + out.read_text() + rows.read_text()
        expect(KEY not in told, "the key stands in an output")
        server.shutdown()


def check_temporary(folder):
    out = folder / "t.json"
    server, url = serve(busy)
    done = run(url, "--json", out)
    c, _ = condition(out)
    expect(done.returncode == 0 and c["exact_match"] == 1, f"busy: {done.stderr} {c}")
    expect(server.state.n == 24, f"busy: {server.state.n} requests")
    server.shutdown()
    server, url = serve(wait_first)
    done = run(url, "--requests", "1", "--json", out)
    c, _ = condition(out)
    expect(done.returncode == 0 and c["exact_match"] == 1, f"Retry-After: {done.stderr}")
    expect(server.state.waited > 1.9, f"waited {server.state.waited} s of 2")
    server.shutdown()


def check_liars(folder):
    """Each of these leaves questions without an answer, counted as refused, and no crash."""
    out = folder / "l.json"
    liars = {
        "garbage": lambda h, s, n, p, c: h.send(200, b"\xff\xfe\x00{"),
        "empty": lambda h, s, n, p, c: h.send(200, ""),
        "no choices": lambda h, s, n, p, c: h.send(200, '{"choices": []}'),
        "null": lambda h, s, n, p, c: h.send(200, '{"choices": [{"message": {"content": null}}]}'),
        "ten megabytes": lambda h, s, n, p, c: h.send(200, b'{"choices": "' + b"x" * 10_000_000 + b'"}'),
        "too long": lambda h, s, n, p, c: h.send(400, '{"error": {"message": "no \\u001b[31m room"}}'),
    }
    for name, act in liars.items():
        server, url = serve(act)
        done = run(url, "--json", out)
        c, _ = condition(out)
        expect(done.returncode == 0 and c["n_refused"] == 12 and c["exact_match"] is None,
               f"{name}: exit {done.returncode} {done.stderr} {c}")
        expect(c.get("refused") and "\x1b" not in done.stdout, f"{name}: {c.get('refused')!r}")
        expect(server.state.n == 12, f"{name}: {server.state.n} requests for 12 questions")
        server.shutdown()
    words = {"refuses": "I am sorry, I cannot do that.", "nothing": "", "extra": "The answer is: {}!",
             "both": "0 1 2 3"}
    for name, said in words.items():
        server, url = serve(lambda h, s, n, p, c: h.answer(p, c, said.format(read(p))))
        run(url, "--json", out)
        c, _ = condition(out)
        expect(c["n_refused"] == 0 and c["exact_match"] == 0
               and c["lenient_match"] == (1 if name == "extra" else 0), f"{name}: {c}")
        server.shutdown()


def check_dead(folder):
    """No answer at all ends the run with one sentence; what was asked is kept."""
    def hang(h, s, number, prompt, chat):
        s.go.wait()

    def half(h, s, number, prompt, chat):
        h.send_response(200)
        h.send_header("Content-Length", "1000")
        h.end_headers()
        h.wfile.write(b'{"choices"')
        h.wfile.flush()
        h.connection.close()

    for name, act in (("hang", hang), ("half", half)):
        server, url = serve(act)
        done = run(url, "--timeout", "1", "--requests", "12", "--attempts", "2")
        expect(done.returncode == 2 and len(done.stderr.splitlines()) == 1, f"{name}: {done}")
        expect(server.state.n <= 24, f"{name}: {server.state.n} requests for 12 questions, two attempts each")
        server.state.go.set()
        server.shutdown()
    for name, act in (("403", lambda h, s, n, p, c: h.send(403, '{"error": {"message": "no \\u001b[31m access"}}')),
                      ("302", lambda h, s, n, p, c: h.send(302, "", Location="http://127.0.0.1:1/"))):
        server, url = serve(act)
        done = run(url)
        expect(done.returncode == 2 and f"answers {name}" in done.stderr and "\x1b" not in done.stderr
               and len(done.stderr.splitlines()) == 1 and server.state.n <= 16, f"{name}: {done} {server.state.n}")
        server.shutdown()
    done = run("http://127.0.0.1:9/v1", "--attempts", "2")
    expect(done.returncode == 2 and "127.0.0.1" in done.stderr, f"nobody there: {done}")


def check_resume(folder):
    """Interrupted and killed runs go on; only what was under way is asked again."""
    server, url = serve(two_and_no_more)
    state, kept, out = server.state, folder / "kept", folder / "r.json"
    options = ["--requests", "2", "--checkpoint", kept, "--json", out, "--timeout", "3600"]
    for sign, code in ((signal.SIGINT, 130), (signal.SIGKILL, -9)):
        p = subprocess.Popen(command(url, *options), stderr=subprocess.PIPE, stdout=subprocess.PIPE)
        while p.poll() is None and state.n < state.answered + 4:  # two have their answers, two wait for theirs
            time.sleep(0.002)
        p.send_signal(sign)
        said = p.communicate(timeout=600)  # nobody answers before it is over: it must not wait
        expect(p.returncode == code, f"signal {sign}: {p.returncode} {said}")
        state.answered = state.n
    state.go.set()
    done = run(url, *options)
    c, _ = condition(out)
    expect(done.returncode == 0 and c["exact_match"] == 1, f"resumed: {done.stderr}")
    expect(server.state.n <= 12 + 4, f"{server.state.n} requests for 12 questions and two interruptions")
    server.shutdown()


def check_lengths(folder):
    """Without a tokenizer here, lengths come from what the server says it read."""
    server, url = serve(good)
    out = folder / "n.json"
    words = command(url, "--json", out, "--length", "512")
    at = words.index("--items")
    del words[at:at + 2]
    done = subprocess.run(words, capture_output=True, text=True, env=dict(os.environ, OPENAI_API_KEY=""))
    c, _ = condition(out)
    expect(done.returncode == 0 and 450 <= c["n_token"] <= 512 and c["n_item"] > 100, f"length: {c} {done.stderr}")
    server.shutdown()


def check_options():
    for options, says in (
            (["--endpoint", "http://example.org/v1", "--model", "m"], "unencrypted"),
            (["--endpoint", "http://127.evil.example/v1", "--model", "m"], "unencrypted"),
            (["--endpoint", "ftp://example.org", "--model", "m"], "ftp"),
            (["--endpoint", "http://127.0.0.1:1/v1"], "--model"),
            (["--model", "m", "x.gguf"], "--endpoint"),
            (["--endpoint", "http://127.0.0.1:1/v1", "--model", "m", "x.gguf"], "not a file"),
            (["--endpoint", "http://127.0.0.1:1/v1", "--model", "m", "--gap", "5"], "--gap"),
            (["--endpoint", "http://127.0.0.1:1/v1", "--model", "m", "--rope-theta", "5"], "--rope-theta"),
            (["--endpoint", "http://127.0.0.1:1/v1", "--model", "m", "--api-key-env", "NOT_THERE"], "not set"),
            (["x.gguf", "--requests", "5"], "--endpoint")):
        done = subprocess.run([str(ROPEWALK), "task", "lookup", *options], capture_output=True, text=True,
                              env=dict(os.environ, OPENAI_API_KEY=KEY))
        expect(done.returncode == 2 and says in done.stderr and KEY not in done.stderr,
               f"{options}: {done.returncode} {done.stderr!r}")


with tempfile.TemporaryDirectory(prefix="check_served_", dir=BUILD) as made:
    made = pathlib.Path(made)
    probe = subprocess.run(command("http://127.0.0.1:9/v1", "--attempts", "1"), capture_output=True, text=True,
                           env=dict(os.environ, OPENAI_API_KEY=""))
    if "no libcurl" in probe.stderr:
        print("SKIPPED: this build has no libcurl and asks no servers")
        sys.exit(77)
    check_options()
    check_good(made)
    check_temporary(made)
    check_liars(made)
    check_lengths(made)
    check_resume(made)
    check_dead(made)
print(f"{len(failed)} failures" if failed else "20 servers, and no question lost or asked twice without need")
sys.exit(1 if failed else 0)
