#!/usr/bin/env python3
"""How busy `ropewalk task --endpoint` keeps a server that answers up to 16 requests at a time, a fifth of a second each.

    served_requests.py PROGRAM      prints in flight, requests a second, share of what the server could answer
"""
import http.server
import json
import subprocess
import sys
import threading
import time

SLOTS, SECONDS, QUESTIONS = 16, 0.2, 320


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = 1 << 16  # an answer is one packet: else it waits for an acknowledgement, 40 ms

    def log_message(self, *_):
        pass

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        state = self.server.state
        with state["slots"]:
            state["first"] = min(state["first"], time.monotonic())
            time.sleep(SECONDS)
            with state["lock"]:
                state["n"] += 1
                state["last"] = time.monotonic()
        body = json.dumps({"choices": [{"text": " 1", "finish_reason": "stop"}],
                           "usage": {"prompt_tokens": 20, "completion_tokens": 1}}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class Server(http.server.ThreadingHTTPServer):
    request_queue_size = 256


for in_flight in (1, 4, 16, 32):
    server = Server(("127.0.0.1", 0), Handler)
    server.state = {"slots": threading.Semaphore(SLOTS), "lock": threading.Lock(), "n": 0,
                    "first": float("inf"), "last": 0.0}
    threading.Thread(target=server.serve_forever, daemon=True).start()
    questions = QUESTIONS if in_flight >= 16 else 10 * in_flight
    subprocess.run([sys.argv[1], "task", "lookup", "--endpoint", f"http://127.0.0.1:{server.server_port}/v1", "--model",
                    "fake", "--items", "8", "--lists", str(questions // 5), "--questions", "5", "--no-gate", "--requests",
                    str(in_flight), "-q", "--json", "/dev/null"], stdout=subprocess.DEVNULL, check=True, timeout=300)
    state = server.state
    rate = state["n"] / (state["last"] - state["first"])
    print(f"{in_flight:3d} in flight: {state['n']} requests, {rate:.1f} a second, {100 * rate * SECONDS / SLOTS:.0f} % of "
          f"{SLOTS / SECONDS:.0f}", flush=True)
    server.shutdown()
