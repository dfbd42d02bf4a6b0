#!/usr/bin/env python3
"""What `ropewalk-llama serve` answers, against the same model computed here in float64.

    check_serve.py SOURCE_DIR BUILD_DIR      exit 0 pass, 77 skipped, 1 fail

A tiny model of known weights, so that log-likelihoods, the token a greedy continuation takes and the
attention given to a range can be recomputed for any mask: above all for prompts whose middle has
left the cache, where what follows must stand as far off as before and see nothing of it.
"""
import json
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from runner_check import BUILD, RUNNER, WORDS, expect, finish  # noqa: E402  (first: it skips)
import numpy as np  # noqa: E402
import make_tiny_models as tiny  # noqa: E402
from capture_file import rotate  # noqa: E402


class Server:
    def __init__(self, model, *options):
        self.process = subprocess.Popen([str(RUNNER), "serve", str(model), *options], text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def line(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def __call__(self, op, **request):
        return self.line(json.dumps({"op": op, "id": 7, **request}))

    def end(self):
        self.process.stdin.close()
        return self.process.wait(timeout=60)


class Reference:
    """The llama architecture from its definition: RMS norms, rotated heads, gated feed-forward."""

    def __init__(self, model):
        self.m = model
        self.w = {name: np.array(data, np.float64).reshape(shape[::-1])
                  for name, (shape, data) in model.tensors.items()}

    def forward(self, ids, sees):
        """Logits [token, vocabulary] and attention [layer][head, token, token]."""
        m, w = self.m, self.w
        n, dim = len(ids), m.head_dim
        inv_freq = 10000.0 ** (-np.arange(dim // 2) * 2 / dim)
        x, weights = w["token_embd.weight"][ids], []

        def norm(x, name):
            return x / np.sqrt((x * x).mean(-1, keepdims=True) + 1e-5) * w[name]

        for i in range(m.n_layer):
            y = norm(x, f"blk.{i}.attn_norm.weight")
            q, k, v = (((y @ w[f"blk.{i}.attn_{s}.weight"].T).reshape(n, -1, dim)) for s in "qkv")
            q, k = (rotate(z, np.arange(n), inv_freq, "interleaved", 1.0)[0] for z in (q, k))
            k, v = (np.repeat(z, m.n_head // m.n_head_kv, axis=1) for z in (k, v))
            score = np.einsum("ihd,jhd->hij", q, k) / np.sqrt(dim)
            score = np.where(sees, score, -np.inf)
            score = np.exp(score - score.max(-1, keepdims=True))
            score /= score.sum(-1, keepdims=True)
            weights.append(score)
            y = np.einsum("hij,jhd->ihd", score, v).reshape(n, -1)
            x = x + y @ w[f"blk.{i}.attn_output.weight"].T
            y = norm(x, f"blk.{i}.ffn_norm.weight")
            gate = y @ w[f"blk.{i}.ffn_gate.weight"].T
            y = gate / (1 + np.exp(-gate)) * (y @ w[f"blk.{i}.ffn_up.weight"].T)
            x = x + y @ w[f"blk.{i}.ffn_down.weight"].T
        return norm(x, "output_norm.weight") @ w["token_embd.weight"].T, weights


def visible(drop):
    """Token i sees every token up to itself, but no dropped one once a kept token was computed
    after it."""
    n = len(drop)
    sees = np.tril(np.ones((n, n), bool))
    for j in range(n):
        if drop[j]:
            following = next(i for i in range(j + 1, n) if not drop[i])
            sees[following + 1:, j] = False
    return sees


def log_softmax(x):
    x = x - x.max()
    return x - np.log(np.exp(x).sum())


def check_score(server, reference, what, segments, options, attend=()):
    listed = server("tokenize", segments=segments)
    drop = [False] + [s.get("drop", False) for s, n in zip(segments, listed["n_segment_token"])
                      for _ in range(n)]
    said = server("score", segments=segments, options=options, attend=list(attend))
    expect("error" not in said, f"{what}: {said.get('error')}")
    if "error" in said:
        return said
    expect(said["n_token"] == len(drop) and said["n_kept"] == len(drop) - sum(drop),
           f"{what}: {said['n_token']} tokens")
    for option, one in zip(options, said["options"]):
        more = server("tokenize", segments=[{"text": option}], bos=False)["ids"]
        sees = visible(drop + [False] * len(more))
        logits, weights = reference.forward(listed["ids"] + more, sees)
        at, want = len(drop) - 1, 0.0
        for i, token in enumerate(more):
            want += log_softmax(logits[at + i])[token]
        expect(one["n_token"] == len(more) and abs(one["log_likelihood"] - want) < 2e-4,
               f"{what}, {option!r}: {one['log_likelihood']}, recomputed {want}")
    for one, said_range in zip(attend, said.get("attention", [])):
        # every character of these texts is a token, unless merged: ranges are told by segment here
        first = 1 + sum(listed["n_segment_token"][:one["segment"]])
        end = first + listed["n_segment_token"][one["segment"]]
        for layer, heads in enumerate(said_range):
            want = weights[layer][:, at, first:end].sum(-1)
            expect(np.abs(np.array(heads) - want).max() < 1e-5,
                   f"{what}, layer {layer}: attention {heads}, recomputed {want.tolist()}")
    return said


def check_prompts(server, reference, history):
    plain = [{"text": "in the rope: a, b, c\n"}, {"text": "which one"}]
    whole = {"segment": 0, "first_byte": 0, "end_byte": len(plain[0]["text"])}
    first = check_score(server, reference, "plain", plain, ["a", " the end", "c"], [whole])
    again = check_score(server, reference, "again", plain, ["a", " the end", "c"], [whole])
    expect(again["n_reused"] == 1 + first["n_segment_token"][0], f"{again['n_reused']} tokens reused")
    expect(again["options"] == first["options"], "the same prompt, other numbers")
    history.append((plain, ["a", " the end", "c"], first["options"]))
    for gap in (0, 1, 7, 40, 700, 40):
        segments = [plain[0], {"text": WORDS, "n_token": gap, "drop": True}, {"text": "\n"}, plain[1]]
        said = check_score(server, reference, f"gap {gap}", segments, ["a", "bc"], [whole])
        check_score(server, reference, f"gap {gap}, another question",
                    segments[:3] + [{"text": "what"}], ["b"])
        history.append((segments, ["a", "bc"], said["options"]))
        expect(said["n_reused"] >= first["n_segment_token"][0], f"gap {gap}: {said['n_reused']} reused")
    # filler that stays, the same filler leaving, more of it: whole pieces of 512 tokens are not computed again,
    # neither those that are there nor those that had left
    for gap, drop, least in ((512, False, 0), (600, False, 512), (600, True, 600), (900, False, 512), (900, True, 900),
                             (600, True, 512), (512, True, 512)):
        segments = [plain[0], {"text": WORDS, "n_token": gap, "drop": drop}, {"text": "\n"}, plain[1]]
        said = server("score", segments=segments, options=["a", "bc"])
        expect(said["n_reused"] >= first["n_segment_token"][0] + least, f"{gap}, {drop}: {said['n_reused']} reused")
        history.append((segments, ["a", "bc"], said["options"]))
        if gap == 600:
            check_score(server, reference, f"filler of {gap}, dropped: {drop}", segments, ["a", "bc"], [whole])
    moved = [check_score(server, reference, f"moved {n}",
                         [plain[0], {"text": WORDS, "n_token": n, "drop": True}, plain[1]], ["a"])
             for n in (0, 300)]
    expect(abs(moved[0]["options"][0]["log_likelihood"] - moved[1]["options"][0]["log_likelihood"]) > 1e-3,
           "distance changes nothing: is it there?")
    two = [{"text": "a"}, {"text": WORDS, "n_token": 5, "drop": True}, {"text": "b"},
           {"text": WORDS, "n_token": 9, "drop": True}, {"text": "c"}]
    check_score(server, reference, "two gaps", two, ["x"])


def check_generate(server, reference):
    prompt = [{"text": "the rope"}]
    ids = server("tokenize", segments=prompt)["ids"]
    start = len(ids)
    for _ in range(12):
        logits, _ = reference.forward(ids, visible([False] * len(ids)))
        best = int(logits[-1].argmax())
        if best == 1:
            break
        ids.append(best)
    said = server("generate", segments=prompt, max_token=12)
    want = ids[start:]
    pieces = server("tokenize", segments=[{"text": said["text"]}], bos=False)
    expect(said["n_generated"] == len(want), f"generated {said['n_generated']}, want {len(want)}")
    expect("\ufffd" in said["text"] or pieces["ids"][:3] == want[:3], f"generated {said['text']!r}")
    stop = said["text"][2:4]
    if "\ufffd" not in stop:
        stopped = server("generate", segments=prompt, max_token=12, stop=[stop])
        expect(stopped["finish"] == "stop" and stopped["text"] == said["text"][:said["text"].index(stop)],
               f"stopped at {stop!r}: {stopped}")


def check_bad(server):
    for line in ("", "x", "[]", "{}", '{"op": 3}', '{"op": "fly"}', '{"op": "score"}',
                 '{"op": "score", "options": ["a"]}', '{"op": "score", "segments": [], "options": []}',
                 '{"op": "score", "segments": [{"text": "a"}], "options": [""]}',
                 '{"op": "score", "segments": [{"text": "a"}], "options": [3]}',
                 '{"op": "score", "segments": [{"text": "a", "drop": true}], "options": ["b"]}',
                 '{"op": "score", "segments": [{"text": "", "n_token": 4}], "options": ["b"]}',
                 '{"op": "score", "segments": [{"text": "a", "n_token": 300}], "options": ["b"]}',
                 '{"op": "score", "segments": [{"text": "a"}], "options": ["b"], "attend": [{"segment": 1}]}',
                 '{"op": "score", "segments": [{"text": "a"}, {"text": "b"}], "options": ["b"], "attend": '
                 '[{"segment": 1, "first_byte": 0, "end_byte": 2}]}',
                 '{"op": "score", "segments": [{"text": "a", "drop": true}, {"text": "b"}], "options": ["b"], '
                 '"attend": [{"segment": 1, "first_byte": 0, "end_byte": 1}]}',
                 '{"op": "chat", "messages": [{"role": "user", "content": "x"}]}',
                 '{"op": "generate", "segments": [{"text": "a"}]}',
                 '{"op": "generate", "segments": [{"text": "a"}], "max_token": 0}',
                 '{"op": "tokenize", "segments": [{"text": 3}]}', "[" * 5000, "\0", '{"op": "info"}\0',
                 json.dumps({"op": "score", "segments": [{"text": "a"}], "options": ["b " * 600]})):
        said = server.line(line)
        expect("error" in said and said["error"] and "\n" not in said["error"], f"{line[:60]!r}: {said}")
    expect("context" in server("info"), "does not answer any more after bad requests")


with tempfile.TemporaryDirectory(prefix="check_serve_", dir=BUILD) as made:
    path = pathlib.Path(made) / "llama.gguf"
    model = tiny.llama()
    model.save(path)
    reference = Reference(model)
    server = Server(path, "--context", "1024")
    history = []
    check_prompts(server, reference, history)
    check_generate(server, reference)
    expect(server.end() == 0, "serve does not end with its input")
    fresh = Server(path, "--context", "1024")
    for segments, options, want in reversed(history):
        expect(fresh("score", segments=segments, options=options)["options"] == want,
               "an answer depends on what was asked before")
    expect(fresh.end() == 0, "serve does not end with its input")
    small = Server(path, "--context", "256")
    check_bad(small)
    expect(small.end() == 0, "serve does not end with its input")
finish("prompts, gaps, attention and continuations are those of a model in float64; 25 bad requests answered")
