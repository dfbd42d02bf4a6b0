#!/usr/bin/env python3
"""`ropewalk inspect` of addresses, against a real HTTP server on this machine: what a large file
costs, and one sentence for everything a server can do wrong.

usage: check_http.py SOURCE_DIR BUILD_DIR      exit 77: built without libcurl
"""
import concurrent.futures
import http.server
import json
import os
import pathlib
import signal
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import threading
import time

source, build = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()
PROGRAM = build / "ropewalk"
FIXTURE = (source / "tests" / "fixtures" / "gguf_llama3.gguf").read_bytes()
TOTAL = 100 * 10**9
done = threading.Event()
lock = threading.Lock()
sent, asked, leaked = {}, {}, []


# --- a file of 100 GB whose header is as large as that of a model with 128k tokens ---------------
def text(s):
    s = s.encode()
    return struct.pack("<Q", len(s)) + s


def key(name, kind, value):
    return text(name) + struct.pack("<I", kind) + value


def big_header(with_factors):
    u32 = lambda n: struct.pack("<I", n)
    tokens = [f"token{i:06x}" for i in range(128256)]
    merges = [f"ab{i:05x} cd{i:05x}" for i in range(150000)]
    keys = [
        key("general.architecture", 8, text("llama")),
        key("general.alignment", 4, u32(32)),
        key("llama.block_count", 4, u32(4)),
        key("llama.context_length", 4, u32(131072)),
        key("llama.embedding_length", 4, u32(4096)),
        key("llama.attention.head_count", 4, u32(32)),
        key("llama.attention.head_count_kv", 4, u32(8)),
        key("llama.rope.dimension_count", 4, u32(128)),
        key("tokenizer.ggml.tokens", 9, struct.pack("<IQ", 8, len(tokens)) +
            b"".join(map(text, tokens))),
        key("tokenizer.ggml.token_type", 9, struct.pack("<IQ", 5, len(tokens)) +
            b"\1\0\0\0" * len(tokens)),
        key("tokenizer.ggml.merges", 9, struct.pack("<IQ", 8, len(merges)) +
            b"".join(map(text, merges))),
        # behind the tokenizer, as converters write keys in any order
        key("llama.rope.freq_base", 6, struct.pack("<f", 500000.0)),
    ]
    weight = (TOTAL - 64 * 1024 * 1024) // 4096 // 4 // 32 * 32
    tensors = [text("token_embd.weight") + struct.pack("<IQQIQ", 2, 4096, weight, 0, 0)]
    if with_factors:
        tensors.append(text("rope_freqs.weight") +
                       struct.pack("<IQIQ", 1, 64, 0, 4096 * weight * 4))
    head = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(keys)) + b"".join(keys + tensors)
    head += b"\0" * (-len(head) % 32)
    return head, len(head) + 4096 * weight * 4


HEAD, FREQS_AT = big_header(True)
PLAIN, _ = big_header(False)
FREQS = struct.pack("<64f", *[1.0] * 30 + [8.0] * 34)


def big(first, last, head=HEAD):
    """Bytes first..last of the large file."""
    out = bytearray(last - first + 1)
    for at, piece in ((0, head), (FREQS_AT, FREQS)):
        lo, hi = max(first, at), min(last + 1, at + len(piece))
        if lo < hi:
            out[lo - first:hi - first] = piece[lo - at:hi - at]
    return bytes(out)


# --- the server -------------------------------------------------------------------------------------
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 60

    def log_message(self, *args):
        pass

    def put(self, data):
        with lock:
            sent[self.name] = sent.get(self.name, 0) + len(data)
        self.wfile.write(data)

    def head(self, code, *headers, length=None):
        self.send_response(code)
        for name, value in headers:
            self.send_header(name, value)
        if length is not None:
            self.send_header("Content-Length", str(length))
        self.end_headers()

    def part(self, data, first, last, total, *headers):
        self.head(206, ("Content-Range", f"bytes {first}-{last}/{total}"), *headers,
                  length=len(data))
        self.put(data)

    def stall(self):
        """Until everything is over: whoever comes back before has given up by itself."""
        done.wait()
        self.close_connection = True

    def do_GET(self):
        self.name = self.path.split("?")[0].strip("/").split("/")[0]
        with lock:
            count = asked[self.name] = asked.get(self.name, 0) + 1
            for secret in ("Authorization", "Cookie", "Proxy-Authorization"):
                if self.headers.get(secret):
                    leaked.append(f"{self.name}: {secret}")
        span = self.headers.get("Range", "").removeprefix("bytes=").split("-")
        self.first, self.last = (int(span[0]), int(span[1])) if len(span) == 2 else (0, None)
        try:
            getattr(self, "serve_" + self.name)(count)
        except (BrokenPipeError, ConnectionResetError, ssl.SSLError):
            self.close_connection = True

    def serve_big(self, count, total=TOTAL, *headers):
        last = min(self.last, total - 1)
        self.part(big(self.first, last), self.first, last, total, *headers)

    def serve_small(self, count):
        last = min(self.last, len(FIXTURE) - 1)
        self.part(FIXTURE[self.first:last + 1], self.first, last, len(FIXTURE))

    def serve_config(self, count):
        body = (source / "tests" / "net" / "config.json").read_bytes()
        last = min(self.last, len(body) - 1)
        self.part(body[self.first:last + 1], self.first, last, len(body))

    def serve_config200(self, count):
        body = (source / "tests" / "net" / "config.json").read_bytes()
        self.head(200, ("Content-Type", "text/plain"), length=len(body))
        self.put(body)

    def serve_chunked(self, count):
        self.head(200, ("Transfer-Encoding", "chunked"))
        self.put(b"%x\r\n%s\r\n0\r\n\r\n" % (len(FIXTURE), FIXTURE))

    # the file from its beginning, whatever was asked for
    def serve_whole(self, count):
        self.head(200, length=len(FIXTURE))
        self.put(FIXTURE)

    def serve_wholebig(self, count):
        self.head(200, length=TOTAL)
        for at in range(0, 1 << 30, 1 << 16):
            self.put(big(at, at + 65535))

    def serve_wholeplain(self, count):
        self.head(200, length=TOTAL)
        for at in range(0, 1 << 30, 1 << 16):
            self.put(big(at, at + 65535, PLAIN))

    def serve_wholeendless(self, count):
        self.head(200)
        self.close_connection = True
        for at in range(0, 1 << 30, 1 << 16):
            self.put(big(at, at + 65535))

    def serve_wholeshort(self, count):
        self.head(200, length=len(FIXTURE) + 100)
        self.put(FIXTURE)
        self.close_connection = True

    # redirects
    def go(self, to):
        self.head(302, ("Location", to), ("Set-Cookie", "session=1"), length=5)
        self.put(b"moved")

    def serve_redirect(self, count):
        self.go("../small")

    def serve_circle(self, count):
        self.go("/circle/" + ("b" if self.path.endswith("a") else "a"))

    def serve_self(self, count):
        self.go(self.path)

    def serve_deep(self, count):
        n = int(self.path.rsplit("/", 1)[1])
        self.go(f"/deep/{n - 1}" if n else "/small")

    def serve_tofile(self, count):
        self.go("file:///etc/passwd")

    def serve_toftp(self, count):
        self.go("ftp://127.0.0.1/x")

    def serve_tosecret(self, count):
        self.go(f"http://me:hunter2@127.0.0.1:{PORT}/small")

    def serve_nowhere(self, count):
        self.head(302, length=0)

    # pages and refusals
    def serve_html(self, count):
        body = b"<!DOCTYPE html><html><body>Sign in</body></html>"
        self.head(200, ("Content-Type", "text/html; charset=utf-8"), length=len(body))
        self.put(body)

    def serve_markup(self, count):
        body = b"\xef\xbb\xbf \n<Error>AccessDenied</Error>" + b" " * 300000
        last = min(self.last, len(body) - 1)
        self.part(body[self.first:last + 1], self.first, last, len(body),
                  ("Content-Type", "application/xml"))

    def serve_mislabelled(self, count):
        last = min(self.last, len(FIXTURE) - 1)
        self.part(FIXTURE[self.first:last + 1], self.first, last, len(FIXTURE),
                  ("Content-Type", "text/html"))

    def serve_code(self, count):
        code = int(self.path.rsplit("/", 1)[1])
        body = b"<html>no</html>" * 100000
        self.head(code, *([("Retry-After", "17")] if code == 429 else []), length=len(body))
        self.put(body)

    def serve_empty(self, count):
        self.head(200, length=0)

    def serve_empty416(self, count):
        self.head(416, ("Content-Range", "bytes */0"), length=0)

    # lies about ranges
    def serve_other(self, count):
        self.part(big(64, self.last + 64), 64, self.last + 64, TOTAL)

    def serve_fewer(self, count):
        self.part(big(self.first, self.last - 9), self.first, self.last - 9, TOTAL)

    def serve_short(self, count):
        self.head(206, ("Content-Range", f"bytes {self.first}-{self.last}/{TOTAL}"),
                  length=self.last - self.first + 1)
        self.put(big(self.first, self.last - 1000))
        self.close_connection = True

    def serve_shortchunk(self, count):
        self.head(206, ("Content-Range", f"bytes {self.first}-{self.last}/{TOTAL}"),
                  ("Transfer-Encoding", "chunked"))
        self.put(b"5\r\nGGUF\3\r\n0\r\n\r\n")

    def serve_long(self, count):
        self.head(206, ("Content-Range", f"bytes {self.first}-{self.last}/{TOTAL}"))
        self.close_connection = True
        for at in range(0, 1 << 28, 1 << 16):
            self.put(big(at, at + 65535))

    def serve_range(self, count):
        value = {"none": None, "minus": "bytes -5-10/100", "star": f"bytes 0-{self.last}/*",
                 "huge": f"bytes 0-{self.last}/9223372036854775807",
                 "wrap": f"bytes 0-{self.last}/18446744073709551617", "words": "all of it",
                 "swapped": "bytes 9-0/100", "two": f"bytes 0-{self.last}/{TOTAL}"}
        what = self.path.rsplit("/", 1)[1]
        headers = [("Content-Range", value[what])] if value[what] else []
        if what == "two":
            headers.append(("Content-Range", f"bytes 1-{self.last}/{TOTAL}"))
        self.head(206, *headers, length=self.last - self.first + 1)
        self.put(big(self.first, self.last))

    def serve_grows(self, count):
        self.serve_big(count, TOTAL + count)

    def serve_retagged(self, count):
        self.serve_big(count, TOTAL, ("ETag", f'"{count}"'))

    def serve_touched(self, count):
        self.serve_big(count, TOTAL, ("Last-Modified", f"Sun, 0{count} Nov 2026 00:00:00 GMT"))

    def serve_turncoat(self, count):
        (self.serve_big if count == 1 else self.serve_whole)(count)

    def serve_gzip(self, count):
        self.head(200, ("Content-Encoding", "gzip"), length=4)
        self.put(b"\x1f\x8b\x08\x00")

    def serve_length(self, count):
        self.send_response(200)
        self.send_header("Content-Length", self.path.rsplit("/", 1)[1])
        self.end_headers()
        self.put(FIXTURE)
        self.close_connection = True

    # time and size of the head
    def serve_hang(self, count):
        self.stall()

    def serve_halfway(self, count):
        self.head(206, ("Content-Range", f"bytes 0-{self.last}/{TOTAL}"), length=self.last + 1)
        self.put(big(0, 1000))
        self.wfile.flush()
        self.stall()

    def serve_drip(self, count):
        self.head(206, ("Content-Range", f"bytes 0-{self.last}/{TOTAL}"), length=self.last + 1)
        while not done.wait(0.5):
            self.put(b"G")
            self.wfile.flush()

    def serve_headdrip(self, count):
        self.wfile.write(b"HTTP/1.1 206 Partial\r\n")
        while not done.wait(0.5):
            self.wfile.write(b"X-1: y\r\n")
            self.wfile.flush()
        self.close_connection = True

    def serve_manyheaders(self, count):
        self.head(206, *[(f"X-{i}", "y" * 200) for i in range(1000)], length=0)

    def serve_longheader(self, count):
        self.head(206, ("X", "y" * 500000), length=0)

    def serve_garbage(self, count):
        self.put(b"\0\1\2 this is no HTTP at all\r\n\r\n")
        self.close_connection = True

    def serve_closed(self, count):
        self.close_connection = True


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, *args):
        pass


def environment(home):
    kept = {k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy")}
    kept.update(HOME=str(home), HF_TOKEN="hf_must_not_be_seen", LC_ALL="C")
    return kept


# A child counts the memory of the process it was made from, and this one holds a large header.
LAUNCHER = """
import os, sys
child = os.posix_spawn(sys.argv[2], sys.argv[2:], os.environ)
_, status, usage = os.wait4(child, 0)
with open(sys.argv[1], "w") as f:
    f.write(str(usage.ru_maxrss))
os._exit(os.waitstatus_to_exitcode(status) % 256)
"""


def run(home, *words):
    """Exit code, stdout, stderr, resident memory in MiB, seconds."""
    begun = time.monotonic()
    with tempfile.NamedTemporaryFile(dir=home) as note:
        child = subprocess.run([sys.executable, "-I", "-S", "-c", LAUNCHER, note.name, PROGRAM,
                                *words], capture_output=True, stdin=subprocess.DEVNULL,
                               env=environment(home), timeout=600)
        memory = int(pathlib.Path(note.name).read_text()) / 1024
    return (child.returncode, child.stdout.decode(), child.stderr.decode(), memory,
            time.monotonic() - begun)


bad = []


def fault(what, *more):
    bad.append(what)
    print("FAULT", what, *more)


def expect_failure(home, url, words, least=0.0, most_memory=50):
    code, out, err, memory, seconds = run(home, "inspect", url)
    if code != 2 or out or err.count("\n") != 1 or not err.startswith("ropewalk: "):
        fault(url, f"exit {code}", repr(out[:200]), repr(err[:400]))
    elif words not in err:
        fault(url, f"wanted {words!r} in {err!r}")
    elif "hunter2" in err or "hf_must" in err or "signature=" in err:
        fault(url, f"a secret is shown: {err!r}")
    if memory > most_memory * WIDER or seconds < least:
        fault(url, f"{memory:.0f} MiB, {seconds:.1f} s")
    return url, err


FAILURES = [  # path, words of the sentence
    ("circle/a", "redirects"), ("self", "redirects to itself"), ("deep/12", "more than 8 redirects"),
    ("tofile", "only http and https"), ("toftp", "only http and https"),
    ("tosecret", "credentials"), ("nowhere", "without saying where"),
    ("html", "text/html, a web page"), ("markup", "application/xml, a web page"),
    ("code/401", "401 (access needs credentials)"), ("code/403", "403 (access is forbidden)"),
    ("code/404", "404 (there is no such file)"), ("code/410", "410"),
    ("code/416", "416 (range not satisfiable)"), ("code/418", "418"),
    ("code/429", "429 (too many requests), to be tried again in 17 s"),
    ("code/500", "500 (internal error)"), ("code/503", "503 (unavailable)"),
    ("code/204", "204"), ("empty", "the file is empty"), ("empty416", "the file is empty"),
    ("wholeendless", "neither sends ranges nor says how large"),
    ("wholeshort", "announced a longer body"), ("other", "answered with 64 to"),
    ("fewer", "the server answered with 0 to"), ("short", "announced a longer body"),
    ("shortchunk", "sent fewer"), ("long", "sent more"),
    ("range/none", "without saying which range"), ("range/minus", "makes no sense"),
    ("range/words", "makes no sense"), ("range/swapped", "makes no sense"),
    ("range/two", "makes no sense"), ("range/wrap", "makes no sense"),
    ("range/star", "does not say how large"), ("range/huge", "claims a file of"),
    ("grows", "the file changed while it was read"),
    ("retagged", "the file changed while it was read (another ETag)"),
    ("touched", "the file changed while it was read (another Last-Modified)"),
    ("turncoat", "the file changed while it was read"), ("gzip", "encoded (gzip)"),
    ("manyheaders", "header lines"), ("longheader", ""), ("garbage", ""), ("closed", ""),
    ("length/-5", ""), ("length/99999999999999999999999", ""),
    ("code/404" + "/x" * 600 + "/404", "404 (there is no such file)"),
]
SLOW = [("hang", "less than 256 bytes a second"), ("halfway", "less than 256 bytes a second"),
        ("drip", "less than 256 bytes a second"), ("headdrip", "less than 256 bytes a second")]


def check_large(home, url):
    """The header of 100 GB, by ranges."""
    code, out, err, memory, seconds = run(home, "inspect", url, "--json", "-")
    with lock:
        cost, requests = sent.get("big", 0), asked.get("big", 0)
    print(f"100 GB, header {len(HEAD) / 1e6:.1f} MB: {cost / 1e6:.1f} MB in {requests} requests, "
          f"{memory:.0f} MiB, {seconds:.2f} s")
    if code:
        return fault("big", err)
    document = json.loads(out)
    rotation = document["rotations"][0]
    wanted = [500000.0 ** (-2 * i / 128) / (1 if i < 30 else 8) for i in range(64)]
    if any(abs(a / b - 1) > 1e-12 for a, b in zip(rotation["inv_freq"], wanted)):
        fault("big: frequencies", rotation["inv_freq"][28:32], wanted[28:32])
    if cost > 10e6 or requests > 12 or memory > 50 * WIDER:
        fault("big: cost")
    # what was fetched is what the server sent
    if document["bytes_fetched"] != cost or document["model"]["source"] != url:
        fault("big: said", document["bytes_fetched"], document["model"]["source"])
    for words in (["lint"], ["diff", "--engine", "all"]):
        before = sent["big"]
        code, out, err, memory, _ = run(home, *words, url)
        print(f"{words[0]}: {(sent['big'] - before) / 1e6:.1f} MB, {memory:.0f} MiB")
        if code not in (0, 1) or sent["big"] - before > 10e6 or memory > 50 * WIDER:
            fault(words[0], code, err)
    return None


def check_same(home, path, *more):
    """A file read from the server is the file read from the disk."""
    words = ["--reproducible", "--json", "-", *more]
    code, out, err, _, _ = run(home, "inspect", f"{BASE}/{path}", *words)
    local = run(home, "inspect", str(source / "tests" / "fixtures" / "gguf_llama3.gguf"), *words)
    if code or local[0]:
        return fault(path, err, local[2])
    a, b = json.loads(out), json.loads(local[1])
    for document in (a, b):
        document["model"]["source"] = document["bytes_fetched"] = None
        for row in document["provenance"].values():
            row["file"] = None
    if a != b:
        fault(path, "differs from the local file")
    return None


def check_interrupt(home):
    child = subprocess.Popen([PROGRAM, "inspect", f"{BASE}/hang"], stderr=subprocess.PIPE,
                             stdout=subprocess.DEVNULL, env=environment(home))
    while child.poll() is None and not asked.get("hang"):
        time.sleep(0.01)
    child.send_signal(signal.SIGINT)
    err = child.communicate(timeout=600)[1]
    if child.returncode != 130:
        fault("interrupt", child.returncode, err)


def check_tls(home, folder):
    """A certificate that nobody vouches for is refused, before anything is sent."""
    made = subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
                           "-subj", "/CN=127.0.0.1", "-keyout", f"{folder}/key", "-out",
                           f"{folder}/cert"], capture_output=True) if which("openssl") else None
    if not made or made.returncode:
        print("no openssl: certificates are not checked")
        return
    server = Server(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(f"{folder}/cert", f"{folder}/key")
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    expect_failure(home, f"https://127.0.0.1:{server.server_address[1]}/small", "certificate")
    server.shutdown()


def which(name):
    return any(os.access(f"{d}/{name}", os.X_OK) for d in os.environ["PATH"].split(":"))


def main():
    global BASE, PORT, WIDER
    if not PROGRAM.exists():
        print("SKIPPED: no program in", build)
        return 77
    cache = (build / "CMakeCache.txt").read_text()
    WIDER = 10 if "RW_SANITIZE:STRING=\n" not in cache else 1
    server = Server(("127.0.0.1", 0), Handler)
    PORT = server.server_address[1]
    BASE = f"http://127.0.0.1:{PORT}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with tempfile.TemporaryDirectory(prefix="check_http_", dir=build) as folder:
        home = pathlib.Path(folder)
        (home / ".netrc").write_text("default login me password hunter2\n")
        (home / ".netrc").chmod(0o600)
        code, _, err, _, _ = run(home, "inspect", f"{BASE}/small")
        if code and "no libcurl" in err:
            print("SKIPPED:", err.strip())
            return 77
        check_large(home, f"{BASE}/big/model.gguf")
        for path in ("small", "whole", "redirect/x", "deep/7", "chunked", "mislabelled",
                     "small?signature=hunter2#f"):
            check_same(home, path)
        code, _, err, memory, seconds = run(home, "inspect", f"{BASE}/wholeplain")
        print(f"no ranges, 100 GB: {sent['wholeplain'] / 1e6:.1f} MB, {memory:.0f} MiB")
        if code or sent["wholeplain"] > 50e6 or memory > 50 * WIDER:
            fault("wholeplain", err)
        expect_failure(home, f"{BASE}/wholebig", "does not send ranges, and byte", most_memory=60)
        check_interrupt(home)
        check_tls(home, folder)
        closed = socket.socket()
        closed.bind(("127.0.0.1", 0))
        expect_failure(home, f"http://127.0.0.1:{closed.getsockname()[1]}/x", "connect")
        closed.close()
        expect_failure(home, f"http://me:hunter2@127.0.0.1:{PORT}/small", "credentials")
        expect_failure(home, "ftp://127.0.0.1/x", "only http and https")
        expect_failure(home, "http://127.0.0.1/a b", "belongs into no address")
        with concurrent.futures.ThreadPoolExecutor(16) as pool:
            slow = [pool.submit(expect_failure, home, f"{BASE}/{p}", w, 5) for p, w in SLOW]
            fast = [pool.submit(expect_failure, home, f"{BASE}/{p}", w) for p, w in FAILURES]
            for result in fast + slow:
                url, err = result.result()
                print(url.replace(BASE, "")[:40], "->", err.strip().replace(BASE, ""))
        done.set()
    if sent.get("long", 0) > 30e6 or sent.get("wholeendless", 0) > 30e6:
        fault("bodies that go on were not cut off", sent.get("long"), sent.get("wholeendless"))
    for line in leaked:
        fault("sent to the server:", line)
    print(f"check_http: {len(FAILURES) + len(SLOW)} servers, {len(bad)} faults")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
