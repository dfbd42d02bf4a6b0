#!/usr/bin/env python3
"""ropewalk-llama against tiny models whose every number is recomputed here.

    check_runner.py SOURCE_DIR BUILD_DIR      exit 0 pass, 77 skipped, 1 fail

Checked: un-rotated vectors of layer 0 against the weights themselves, frequencies against the
published formulas, stored rotated vectors against a float64 rotation, windows, scales, samples
of positions, shuffles, and that what is wrong is refused in one sentence without leaving a file.
"""
import json
import math
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from runner_check import BUILD, RUNNER, SOURCE, expect, finish  # noqa: E402  (first: it skips)
import numpy as np  # noqa: E402
import make_tiny_models as tiny  # noqa: E402
from capture_file import Capture, rotate  # noqa: E402

FOLDER = pathlib.Path(tempfile.mkdtemp(prefix="check_runner_", dir=BUILD))


def run(*arguments):
    return subprocess.run([str(RUNNER), *map(str, arguments)], capture_output=True, text=True,
                          timeout=900)


def capture(model, *options, text=None, name="out"):
    out = FOLDER / f"{name}.safetensors"
    done = run("capture", model, "-o", out, "--text", text or TEXT, "--quiet", *options)
    expect(done.returncode == 0 and done.stderr == "",
           f"{model.name} {options}: exit {done.returncode}, {done.stderr.strip()}")
    return Capture(out) if done.returncode == 0 else None


def refused(what, words, *arguments):
    out = FOLDER / "refused.safetensors"
    done = run(*arguments, *(("-o", out) if arguments[:1] == ("capture",) else ()))
    lines = done.stderr.splitlines()
    expect(done.returncode == 2, f"{what}: exit {done.returncode}, not 2")
    expect(len(lines) == 1 and lines[0].startswith("ropewalk-llama: "),
           f"{what}: not one sentence: {done.stderr!r}")
    for w in words:
        expect(w in done.stderr, f"{what}: '{w}' is not in: {done.stderr.strip()}")
    left = [p.name for p in FOLDER.iterdir() if p.name.startswith((".ropewalk", "refused"))]
    expect(not left, f"{what}: left {left}")


# --- what should have run ---------------------------------------------------------------------

def plain(theta, n):
    return np.array([theta ** (-2.0 * i / n) for i in range(n // 2)])


def yarn(theta, n, factor, original, fast=32.0, slow=1.0):
    """arXiv 2309.00071, section 3.2, with the ramp's ends rounded outwards as its code does."""
    def turns(r):
        return n * math.log(original / (r * 2 * math.pi)) / (2 * math.log(theta))
    low, high = max(0, math.floor(turns(fast))), min(n - 1, math.ceil(turns(slow)))
    own = plain(theta, n)
    ramp = np.clip((np.arange(n // 2) - low) / max(high - low, 0.001), 0, 1)
    return own * (1 - ramp) + own / factor * ramp


def first_layer(m, ids):
    """Queries and keys of layer 0 from the weights, in float64."""
    def t(name):
        shape, data = m.tensors[name]
        return np.array(data, dtype=np.float64).reshape(shape[::-1])
    x = t("token_embd.weight")[ids]
    if m.arch.startswith("gemma"):
        x = x * math.sqrt(m.n_embd)
    w = "blk.0.attn_norm.weight"
    if m.arch == "gptneox":
        x = x - x.mean(-1, keepdims=True)
        x = x / np.sqrt((x * x).mean(-1, keepdims=True) + 1e-5) * t(w) + t("blk.0.attn_norm.bias")
    else:
        x = x / np.sqrt((x * x).mean(-1, keepdims=True) + 1e-5) * t(w)
    n_q, n_kv = m.n_head * m.head_dim, m.n_head_kv * m.head_dim
    if "blk.0.attn_qkv.weight" in m.tensors:
        qkv = x @ t("blk.0.attn_qkv.weight").T
        if "blk.0.attn_qkv.bias" in m.tensors:
            qkv = qkv + t("blk.0.attn_qkv.bias")
        q, k = qkv[:, :n_q], qkv[:, n_q:n_q + n_kv]
    else:
        q, k = x @ t("blk.0.attn_q.weight").T, x @ t("blk.0.attn_k.weight").T
    if "blk.0.attn_q.bias" in m.tensors:
        q, k = q + t("blk.0.attn_q.bias"), k + t("blk.0.attn_k.bias")
    q, k = q.reshape(-1, m.n_head, m.head_dim), k.reshape(-1, m.n_head_kv, m.head_dim)
    if "blk.0.attn_q_norm.weight" in m.tensors:
        q = q / np.sqrt((q * q).mean(-1, keepdims=True) + 1e-5) * t("blk.0.attn_q_norm.weight")
        k = k / np.sqrt((k * k).mean(-1, keepdims=True) + 1e-5) * t("blk.0.attn_k_norm.weight")
    return q, k


def expected(name):
    """Per layer: inv_freq, attn_factor, pairs, window (the score scale is 1/sqrt(head_dim))."""
    if name == "llama_factors":
        w = plain(10000.0, 16) / np.array([1.0, 1.0, 1.25, 1.5, 2.0, 4.0, 8.0, 8.0])
        return [(w, 1.0, "interleaved", None)] * 2
    if name == "llama_yarn":
        return [(yarn(10000.0, 16, 8.0, 2048), 1 + 0.1 * math.log(8.0), "interleaved", None)] * 2
    if name == "qwen3vl":  # llama.cpp 0.5.0: a pair beyond its axis' section does not turn in text
        return [(plain(1e6, 16) * np.array([1, 1, 1, 1, 1, 1, 0, 1]), 1.0, "half", None)] * 2
    if name in ("qwen2", "qwen2vl", "qwen3"):
        return [(plain(1e6, 16), 1.0, "half", None)] * 2
    if name == "gemma3":
        local, whole = (plain(1e4, 16), 1.0, "half", 64), (plain(1e6, 16), 1.0, "half", None)
        return [local] * 5 + [whole]
    if name == "gemma2":
        return [(plain(1e4, 16), 1.0, "half", 2048), (plain(1e4, 16), 1.0, "half", None)]
    if name == "smollm3":
        turned, nope = (plain(5e6, 16), 1.0, "interleaved", None), ([], 1.0, None, None)
        return [turned] * 3 + [nope]
    if name == "phi3":
        w = plain(1e4, 8) / np.array([1.0, 1.1, 1.5, 2.0], np.float32).astype(np.float64)
        return [(w, 1.25, "half", None)] * 2
    return [(plain(1e4, 4), 1.0, "half", None)] * 2  # gptneox


def check_model(name):
    m = tiny.MODELS[name]()
    path = FOLDER / f"{name}.gguf"
    c = capture(path, "--tokens", 700, "--rotated")
    if not c:
        return
    expect(len(c.token_ids) == 700 and list(c.positions) == list(range(700)), f"{name}: 700 rows")
    expect(c.token_ids[0] == 0 and json.loads(c.meta["special"]) == [0], f"{name}: BOS is special")
    tokens = m.vocabulary["tokenizer.ggml.tokens"]
    pieces = json.loads(c.meta["tokens"])
    expect([p.replace(" ", "\u0120").replace("\n", "\u010a") for p in pieces[:300]] ==
           [tokens[i] for i in c.token_ids[:300]], f"{name}: pieces")
    expect(c.meta["architecture"] == m.arch, f"{name}: architecture {c.meta['architecture']}")
    expect(c.meta["context_length"] == str(m.keys[f"{m.arch}.context_length"]), f"{name}: context")
    expect("llama.cpp" in c.meta["runtime"], f"{name}: runtime")
    want = expected(name)
    expect([r["layer"] for r in c.rotations] == list(range(len(want))), f"{name}: layers")
    for layer, (r, (inv_freq, factor, pairs, window)) in enumerate(zip(c.rotations, want)):
        where = f"{name} layer {layer}"
        got = np.array(r["inv_freq"])
        expect(r["rotary_dim"] == 2 * len(inv_freq) and len(got) == len(inv_freq), f"{where}: width")
        if len(inv_freq):
            expect(np.allclose(got, inv_freq, rtol=1e-12, atol=0), f"{where}: frequencies {got}")
            expect(0 < r["check"] < 1, f"{where}: check {r['check']}")
            expect(r["pairs"] == pairs, f"{where}: pairs {r['pairs']}")
        expect(abs(r["attn_factor"] - factor) < 3e-7, f"{where}: attn_factor {r['attn_factor']}")
        expect(abs(r["softmax_scale"] * math.sqrt(m.head_dim) - 1) < 1e-6,
               f"{where}: softmax_scale {r['softmax_scale']}")
        expect(r["window"] == window, f"{where}: window {r['window']}")
        for which, n_head in (("q", m.n_head), ("k", m.n_head_kv)):
            x, y = c.hook(layer, which), c.hook(layer, "rot_" + which)
            expect(x.shape == (700, n_head, m.head_dim), f"{where}: shape of {which} {x.shape}")
            mine, tolerance = rotate(x, c.positions, got, r["pairs"], r["attn_factor"])
            expect(np.all(np.abs(y - mine) <= tolerance), f"{where}: rotated {which}")
            if len(inv_freq):
                expect(np.max(np.abs(x[1:] - y[1:])) > 0.1, f"{where}: {which} is not rotated yet")
    q, k = first_layer(m, c.token_ids)
    for which, x in (("q", q), ("k", k)):
        error = np.max(np.abs(c.hook(0, which) - x)) / np.max(np.abs(x))
        expect(error < 1e-5, f"{name}: {which} of layer 0 differs from the weights by {error:.1e}")
    if name == "gemma2":
        expect(c.rotations[0].get("logit_softcap") == 50.0, "gemma2: soft cap")
    return c


def check_options():
    path = FOLDER / "qwen3.gguf"
    whole = capture(path, "--tokens", 700)
    few = capture(path, "--tokens", 700, "--positions", 11, name="few")
    rows = list(few.positions)
    expect(len(rows) == 11 and rows[0] == 0 and rows[-1] == 699 and
           max(np.diff(rows)) - min(np.diff(rows)) <= 1, f"positions {rows}")
    for name in few.tensors:
        if name != "positions":
            expect(np.array_equal(few.tensors[name], whole.tensors[name][rows]), f"sample {name}")
    expect(few.token_ids == [whole.token_ids[r] for r in rows], "sampled token ids")
    a = capture(path, "--tokens", 700, "--shuffle", 7, name="a")
    b = capture(path, "--tokens", 700, "--shuffle", 7, name="b")
    other = capture(path, "--tokens", 700, "--shuffle", 8, name="c")
    expect(a.token_ids == b.token_ids != other.token_ids, "one seed, one order")
    expect(a.token_ids[0] == 0 and sorted(a.token_ids) == sorted(whole.token_ids) and
           a.token_ids != whole.token_ids, "a shuffle moves all but BOS")
    expect(capture(path, "--add-bos", "no").token_ids[0] != 0, "--add-bos no")
    expect(len(capture(path, "--tokens", 513).token_ids) == 513, "one token beyond a micro-batch")
    expect(len(capture(path, "--tokens", 2).token_ids) == 2, "two tokens")

    theta = capture(path, "--tokens", 100, "--rope-theta", 5000)
    expect(np.allclose(theta.rotations[0]["inv_freq"], plain(5000.0, 16), rtol=1e-12), "--rope-theta")
    linear = capture(path, "--tokens", 100, "--rope-scaling", "linear", "--rope-scale", 4)
    expect(np.allclose(linear.rotations[0]["inv_freq"], plain(1e6, 16) / 4, rtol=1e-12), "linear")
    bent = capture(path, "--tokens", 700, "--rope-scaling", "yarn", "--rope-scale", 4,
                   "--yarn-orig-ctx", 1024, "--yarn-beta-fast", 16, "--yarn-beta-slow", 2)
    expect(np.allclose(bent.rotations[0]["inv_freq"], yarn(1e6, 16, 4.0, 1024, 16.0, 2.0),
                       rtol=1e-12), "--rope-scaling yarn")
    expect(abs(bent.rotations[0]["attn_factor"] - 1 - 0.1 * math.log(4)) < 1e-6, "yarn's factor")
    long = capture(FOLDER / "gemma2.gguf", "--tokens", 2600, "--positions", 5)
    expect(long.rotations[0]["window"] == 2048 and long.rotations[1]["window"] is None,
           "the mask shows gemma2's window")
    beyond = capture(path, "--tokens", 4200, "--positions", 5)
    expect("4200" in beyond.meta.get("note", ""), "a note beyond the trained context")

    done = run("capture", path, "-o", FOLDER / "p.safetensors", "--text", TEXT, "--quiet",
               "--tokens", 700, "--progress")
    lines = [line.split() for line in done.stderr.splitlines()]
    expect(lines and all(w[0] == "progress" and 0 < int(w[1]) <= int(w[2]) == 700 for w in lines) and
           lines[-1][1] == "700", "progress")


def check_tokenize():
    done = run("tokenize", FOLDER / "qwen3.gguf", "--json", "--string", " the", "--string", "x\u00e9",
               "--string", "")
    strings = json.loads(done.stdout)["strings"]
    expect([s["text"] for s in strings] == [" the", "x\u00e9", ""], "tokenize: texts")
    expect([len(s["ids"]) for s in strings] == [1, 3, 0], f"tokenize: ids {strings}")
    expect(strings[0]["pieces"] == [" the"], "tokenize: pieces")
    done = run("--version")
    expect(done.returncode == 0 and "ggml" in done.stdout, "--version")


def check_refusals():
    good = FOLDER / "qwen3.gguf"

    def text(name, content):
        p = FOLDER / name
        p.write_bytes(content)
        return p
    capture_of = ("capture", good, "--text")
    refused("missing text", ["cannot open"], *capture_of, FOLDER / "no.txt")
    refused("empty text", ["empty"], *capture_of, text("empty.txt", b""))
    refused("NUL", ["NUL", "byte 2"], *capture_of, text("nul.txt", b"ab\0cd"))
    refused("not UTF-8", ["UTF-8", "byte 3"], *capture_of, text("bad.txt", b"abc\xff def"))
    refused("cut UTF-8", ["UTF-8", "byte 2"], *capture_of, text("cut.txt", b"ab\xc3"))
    refused("one token", ["1 token ", "2"], *capture_of, text("one.txt", b"a"), "--add-bos", "no")
    refused("missing model", ["cannot open"], "capture", FOLDER / "no.gguf", "--text", TEXT)
    refused("no model", ["not a GGUF"], "capture", TEXT, "--text", TEXT)
    refused("cut model", ["llama.cpp cannot load"], "capture",
            text("cut.gguf", good.read_bytes()[:100000]), "--text", TEXT)
    refused("cut header", ["llama.cpp cannot load"], "capture",
            text("cut2.gguf", good.read_bytes()[:1000]), "--text", TEXT)
    refused("no attention", ["no attention", "norm-0"], "capture", FOLDER / "mamba.gguf", "--text",
            TEXT)
    refused("norm after RoPE", ["layer 0", "query", "after RoPE"], "capture",
            FOLDER / "normed_after_rope.gguf", "--text", TEXT)
    refused("spoiled rotation", ["layer 1,", "key head 1", "position 511", "dimension 0", "off by"],
            *capture_of, TEXT, "--tokens", "700", "--test-perturb", "1")
    refused("number", ["--tokens", "'x'"], *capture_of, TEXT, "--tokens", "x")
    refused("one position", ["--positions"], *capture_of, TEXT, "--positions", "1")
    refused("word", ["--rope-scaling", "magic"], *capture_of, TEXT, "--rope-scaling", "magic")
    refused("option", ["--what"], *capture_of, TEXT, "--what")
    refused("command", ["dance"], "dance")
    refused("tokenize", ["--string"], "tokenize", good)
    out = FOLDER / "nowhere" / "x.safetensors"
    done = run("capture", good, "-o", out, "--text", TEXT)
    expect(done.returncode == 2 and "nowhere" in done.stderr, "missing output folder")


def check_real():
    model = SOURCE / ".deps" / "models" / "SmolLM2-135M-Instruct.gguf"
    if not model.exists():
        print("note: no real model in .deps/models: only tiny models were checked")
        return
    c = capture(model, "--tokens", 256, "--rotated")
    expect(len(c.rotations) == 30, "SmolLM2 has 30 layers")
    for layer, r in enumerate(c.rotations):
        expect(np.allclose(r["inv_freq"], plain(1e5, 64), rtol=1e-12) and r["rotary_dim"] == 64 and
               r["pairs"] == "interleaved" and r["window"] is None and
               abs(r["softmax_scale"] - 0.125) < 1e-9, f"SmolLM2 layer {layer}: {r}")
        for which, n_head in (("q", 9), ("k", 3)):
            x = c.hook(layer, which)
            expect(x.shape == (256, n_head, 64), f"SmolLM2 {which} {x.shape}")
            mine, tolerance = rotate(x, c.positions, np.array(r["inv_freq"]), r["pairs"], 1.0)
            expect(np.all(np.abs(c.hook(layer, "rot_" + which) - mine) <= tolerance),
                   f"SmolLM2 layer {layer}: rotated {which}")


words = "the rope turns and turns, and where it began it may end; then the rope is at its end. "
TEXT = FOLDER / "text.txt"
TEXT.write_text("".join(f"{i}: {words}" for i in range(60)))
try:
    tiny.write_all(FOLDER)
    for model_name in tiny.MODELS:
        if model_name not in ("mamba", "normed_after_rope"):
            check_model(model_name)
    check_options()
    check_tokenize()
    check_refusals()
    check_real()
finally:
    for p in FOLDER.iterdir():
        p.unlink()
    FOLDER.rmdir()
finish("captures agree with the weights and the formulas")
