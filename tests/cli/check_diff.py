#!/usr/bin/env python3
"""`ropewalk diff` against the published formulas, evaluated here at 50 digits and nowhere else.

usage: check_diff.py SOURCE_DIR BUILD_DIR

Every case writes a config.json, a GGUF header or a capture, runs the program, and recomputes the
frequencies of both sides, the largest relative error and its pair, phases at positions, attention
factors and softmax scales. Nothing here is read from the program but what it printed.
"""
import decimal
import importlib.util
import json
import math
import pathlib
import struct
import subprocess
import sys
import tempfile

source, build = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()
ropewalk = build / "ropewalk"
spec = importlib.util.spec_from_file_location("fixtures", source / "scripts" / "make_fixtures.py")
make = importlib.util.module_from_spec(spec)
spec.loader.exec_module(make)

decimal.getcontext().prec = 50
D = decimal.Decimal
PI = D("3.1415926535897932384626433832795028841971693993751")
failures, n_check = [], 0


def check(where, ok, why=""):
    global n_check
    n_check += 1
    if not ok:
        failures.append(f"{where}: {why}")


def near(where, got, want, relative=1e-12):
    check(where, got is not None and abs(D(got) - D(want)) <= abs(D(want)) * D(relative),
          f"{got} is not {float(want)!r}")


# --- published definitions (rope-in-the-wild: transformers' modeling_rope_utils) -----------------

def plain(base, dim):
    return [(D(base).ln() * D(-2 * i) / dim).exp() for i in range(dim // 2)]


def yarn(base, dim, factor, original, fast=32, slow=1, truncate=True):
    def correction(turns):
        return dim * (D(original) / (2 * PI * D(turns))).ln() / (2 * D(base).ln())
    low, high = correction(fast), correction(slow)
    if truncate:
        low, high = D(math.floor(low)), D(math.ceil(high))
    low, high = max(low, D(0)), min(high, D(dim - 1))
    if low == high:
        high += D("0.001")
    out = []
    for i, f in enumerate(plain(base, dim)):
        r = min(max((i - low) / (high - low), D(0)), D(1))
        out.append(f * (1 - r) + f / D(factor) * r)
    return out


def llama3(base, dim, factor, low, high, original):
    out = []
    for f in plain(base, dim):
        w = 2 * PI / f
        if w < D(original) / high:
            out.append(f)
        elif w > D(original) / low:
            out.append(f / D(factor))
        else:
            t = (D(original) / w - low) / (high - low)
            out.append((1 - t) * f / D(factor) + t * f)
    return out


def longrope(base, dim, divisors):
    return [f / D(x) for f, x in zip(plain(base, dim), divisors)]


def magnitude(factor, k=1):
    return D("0.1") * D(k) * D(factor).ln() + 1


# --- running the program -------------------------------------------------------------------------

def run(folder, words, code):
    done = subprocess.run([ropewalk, "diff", *words, "--json", "-", "--reproducible"], cwd=folder,
                          capture_output=True, timeout=60)
    check(" ".join(words), done.returncode == code,
          f"exit {done.returncode}, not {code}: {done.stderr.decode()[:300]}")
    return json.loads(done.stdout) if done.stdout else None


def f32(x):
    return D(struct.unpack("<f", struct.pack("<f", float(x)))[0])


def rotation_of(doc, row, which):
    """The frequencies behind side `a` or `b` of a row of `rotations`."""
    table = doc["tables"][row["table"]]
    for side in table["sides"]:
        if side["label"] == row[which]["label"]:
            return side["rotations"][row[which]["rotation"]]["inv_freq"]
    return None


def compare(where, doc, row, want_a, want_b, stored=False):
    """One row against frequencies from the definitions; `stored`: b went through float32."""
    slack = D("1e-5") if stored else D("1e-12")
    for which, want, relative in (("a", want_a, D("1e-12")), ("b", want_b, slack)):
        got = rotation_of(doc, row, which)
        check(where, len(got) == len(want), f"{len(got)} pairs, not {len(want)}")
        for n, (g, w) in enumerate(zip(got, want)):
            near(f"{where}, {which}, pair {n}", g, w, relative)
    apart = [abs(b - a) for a, b in zip(want_a, want_b)]
    error = [d / a for d, a in zip(apart, want_a)]
    if max(error) == 0:
        return
    near(f"{where}, relative error", row["max_relative_frequency_error"], max(error), 2e-6)
    check(where, error[row["worst_pair"]] >= max(error) * D("0.999998"),  # ties: the first
          f"worst pair {row['worst_pair']}, not {error.index(max(error))}")
    for position, got in row["phase_error_rad"].items():
        if got is None:
            continue
        near(f"{where}, phase at {position}", got, max(apart) * int(position), 2e-6)
        n_far = sum(d * int(position) > PI for d in apart)
        check(where, row["pairs_beyond_half_turn"][position] == n_far,
              f"{row['pairs_beyond_half_turn'][position]} pairs beyond half a turn, not {n_far}")


def rows(doc, label, table=0, attention=None):
    return [r for r in doc["rotations"] if r["table"] == table and r["b"]["label"] == label
            and attention in (None, r["b"].get("attention"))]


def rules(doc):
    return sorted((f["rule"], f["severity"]) for f in doc["findings"])


def config(folder, name, **keys):
    (folder / name).write_text(json.dumps(keys))
    return name


LLAMA = dict(model_type="llama", num_hidden_layers=4, hidden_size=1024, num_attention_heads=8,
             num_key_value_heads=2, head_dim=128, vocab_size=32, intermediate_size=64,
             max_position_embeddings=131072, rope_theta=500000.0, torch_dtype="bfloat16",
             rms_norm_eps=1e-5)


def llama_gguf(folder, name, tensors=(), **change):
    numbers = {"rope.freq_base": 500000.0, make.EPS: 1e-5}
    numbers.update(change)
    keys = make.model("llama", "Llama", make.sizes(4, 131072, 1024, 64, 8, 2, 128, 128),
                      [(k, v) for k, v in numbers.items() if v is not None],
                      [("vocab_size", make.U32, 32)])
    (folder / name).write_bytes(make.gguf(keys, make.stand_ins(tensors)))
    return name


# --- cases ---------------------------------------------------------------------------------------

def truncation(folder):
    """gpt-oss: truncate false, which llama.cpp and mlx-lm do not honour."""
    name = config(
        folder, "gpt-oss.json", model_type="gpt_oss", num_hidden_layers=4, hidden_size=2880,
        head_dim=64, num_attention_heads=64, num_key_value_heads=8, sliding_window=128,
        layer_types=["sliding_attention", "full_attention"] * 2, max_position_embeddings=131072,
        initial_context_length=4096, rope_theta=150000, num_local_experts=32, vocab_size=32,
        intermediate_size=64, rms_norm_eps=1e-5,
        rope_scaling={"rope_type": "yarn", "factor": 32.0, "beta_fast": 32.0, "beta_slow": 1.0,
                      "original_max_position_embeddings": 4096, "truncate": False})
    doc = run(folder, [name, "--engine", "all"], 0)
    exact = yarn(150000, 64, 32, 4096, truncate=False)
    cut = yarn(150000, 64, 32, 4096)
    for engine, want in (("llama.cpp", cut), ("vllm", exact), ("mlx-lm", cut)):
        both = rows(doc, engine)
        check(engine, len(both) == 2, "two classes of layers")
        for row in both:
            compare(f"truncate, {engine}", doc, row, exact, want, engine == "llama.cpp")
            for which in "ab":
                near(f"truncate, {engine}, attention factor", row[which]["attn_factor"],
                     magnitude(32), 1e-6)
    worst = max(abs(b - a) / a for a, b in zip(exact, cut))
    check("truncate", D("0.76") < worst < D("0.77"), f"{worst}")
    sliding = rows(doc, "mlx-lm", attention="sliding")[0]
    near("truncate, window", sliding["phase_error_rad_within_window"],
         128 * max(abs(b - a) for a, b in zip(exact, cut)))
    check("truncate, findings", rules(doc) == [("RW008", "warn")] * 2, str(rules(doc)))
    run(folder, [name, "--engine", "all", "--fail-on", "warn"], 1)
    run(folder, [name, "--engine", "vllm", "--fail-on", "info"], 0)


def two_tables(folder):
    """LongRoPE: transformers changes tables with the prompt, the others with what they allocate."""
    short = [1.0 + i / 64 for i in range(48)]
    long = [1.0 + i * i / 32 for i in range(48)]
    name = config(
        folder, "phi.json", model_type="phi3", num_hidden_layers=2, hidden_size=3072,
        num_attention_heads=32, num_key_value_heads=32, max_position_embeddings=131072,
        original_max_position_embeddings=4096, rope_theta=10000.0, sliding_window=None,
        vocab_size=32, intermediate_size=64, rms_norm_eps=1e-5,
        rope_scaling={"type": "longrope", "short_factor": short, "long_factor": long})
    doc = run(folder, [name, "--engine", "all"], 0)
    table_long, table_short = longrope(10000, 96, long), longrope(10000, 96, short)
    a = (1 + D(32).ln() / D(4096).ln()).sqrt()
    check("longrope", [t["short_prompt"] for t in doc["tables"]] == [False, True], "two tables")
    for engine in ("llama.cpp", "vllm", "mlx-lm"):
        stored = engine == "llama.cpp"
        compare(f"longrope, {engine}", doc, rows(doc, engine)[0], table_long, table_long, stored)
        row = rows(doc, engine, table=1)[0]
        compare(f"longrope, {engine}, short prompt", doc, row, table_short, table_long, stored)
        near(f"longrope, {engine}, attention factor", row["b"]["attn_factor"], a, 1e-6)
        check(f"longrope, {engine}", row["phase_error_rad"]["131072"] is None,
              "a short prompt has no position 131072")
    # served within the original context nobody but mlx-lm takes the long table
    doc = run(folder, [name, "--engine", "all", "--target-context", "4096"], 0)
    compare("longrope, 4096", doc, rows(doc, "vllm")[0], table_short, table_short)
    compare("longrope, 4096", doc, rows(doc, "llama.cpp")[0], table_short, table_short, True)
    compare("longrope, 4096", doc, rows(doc, "mlx-lm")[0], table_short, table_long)


def explicit_factor(folder):
    """attention_factor 1.0 where the formula would give 0.1 ln s + 1."""
    name = config(folder, "factor.json", **LLAMA,
                  rope_scaling={"rope_type": "yarn", "factor": 16.0, "attention_factor": 1.0,
                                "original_max_position_embeddings": 8192})
    doc = run(folder, [name, "--engine", "transformers,vllm,mlx-lm"], 0)
    for engine, factor in (("vllm", D(1)), ("mlx-lm", magnitude(16))):
        row = rows(doc, engine)[0]
        near(f"{engine}, transformers' factor", row["a"]["attn_factor"], 1)
        near(f"{engine}, attention factor", row["b"]["attn_factor"], factor)
        near(f"{engine}, score factor", row["b"]["score_factor"], factor ** 2 / D(128).sqrt())
        check(engine, ("score_factor" in row["differs"]) == (factor != 1) and
              "inv_freq" not in row["differs"], str(row["differs"]))
    check("explicit factor", rules(doc) == [("RW006", "warn")], str(rules(doc)))


def kimi(folder):
    """beta_fast = beta_slow = 1: a ramp of one step, 19 to 20; and the softmax factor of MLA.

    llama.cpp's converter writes the two, but of its architectures only grok and mistral3 read them:
    deepseek2 runs 32 and 1, a ramp from 8 to 20."""
    name = config(
        folder, "kimi.json", model_type="deepseek_v3", num_hidden_layers=2, hidden_size=7168,
        num_attention_heads=64, num_key_value_heads=64, q_lora_rank=1536, kv_lora_rank=512,
        qk_nope_head_dim=128, qk_rope_head_dim=64, v_head_dim=128, rope_theta=50000.0,
        max_position_embeddings=131072, vocab_size=32, intermediate_size=64, rms_norm_eps=1e-6,
        n_routed_experts=4, num_experts_per_tok=2, moe_intermediate_size=64, n_shared_experts=1,
        first_k_dense_replace=1, n_group=1, topk_group=1, routed_scaling_factor=2.5,
        scoring_func="sigmoid", norm_topk_prob=True,
        rope_scaling={"type": "yarn", "factor": 32.0, "beta_fast": 1.0, "beta_slow": 1.0,
                      "mscale": 1.0, "mscale_all_dim": 1.0,
                      "original_max_position_embeddings": 4096})
    doc = run(folder, [name, "--engine", "all"], 0)
    want = yarn(50000, 64, 32, 4096, 1, 1)
    bare = plain(50000, 64)
    check("kimi", want[19] == bare[19] and abs(want[20] * 32 / bare[20] - 1) < D("1e-40"),
          "the ramp runs from 19 to 20")
    scale = magnitude(32) ** 2 / D(192).sqrt()
    row = rows(doc, "llama.cpp")[0]
    compare("kimi, llama.cpp", doc, row, want, yarn(50000, 64, 32, 4096, 32, 1), True)
    check("kimi", row["max_relative_frequency_error"] > 0.8 and row["worst_pair"] == 19, "ramp")
    check("kimi", rules(doc) == [("RW022", "warn")], str(rules(doc)))
    near("kimi, llama.cpp, a", row["b"]["attn_factor"], 1, 1e-6)
    near("kimi, llama.cpp, s", row["b"]["softmax_scale"], scale, 1e-6)
    near("kimi, transformers, s", row["a"]["softmax_scale"], scale)


def rope_freqs(folder):
    """Llama 3.1: a GGUF with its divisors, without them, and with another base."""
    name = config(folder, "llama31.json", **LLAMA,
                  rope_scaling={"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0,
                                "high_freq_factor": 4.0,
                                "original_max_position_embeddings": 8192})
    divisors = make.llama3_factors(128, 500000.0, 8, 1, 4, 8192)
    tensor = [("rope_freqs.weight", 0, [64], make.f32s(divisors))]
    scaled = llama3(500000, 128, 8, 1, 4, 8192)
    good = llama_gguf(folder, "good.gguf", tensor)
    doc = run(folder, [name, good, "--fail-on", "warn"], 0)
    row = rows(doc, "B")[0]
    check("rope_freqs", row["equal_to_rounding"] and row["differs"] == [] and
          row["expected"] == ["pairs"], str(row["differs"]))
    check("rope_freqs", 0 < row["max_relative_frequency_error"] < row["explained_by_rounding"],
          "rounding")
    stored = [f / f32(d) for f, d in zip(plain(500000, 128), divisors)]
    near("rope_freqs, rounding", row["max_relative_frequency_error"],
         max(abs(b - a) / a for a, b in zip(scaled, stored)), 1e-6)
    check("rope_freqs", "B is what llama.cpp's converter" in doc["verdict"], doc["verdict"])

    bare = llama_gguf(folder, "bare.gguf")
    doc = run(folder, [name, bare], 1)
    compare("no rope_freqs", doc, rows(doc, "B")[0], scaled, plain(500000, 128), True)
    near("no rope_freqs", rows(doc, "B")[0]["max_relative_frequency_error"], 7)
    check("no rope_freqs", ("RW002", "error") in rules(doc), str(rules(doc)))
    check("no rope_freqs", "B is not what llama.cpp's converter" in doc["verdict"], "verdict")
    doc = run(folder, [bare, name], 1)  # the other way round
    compare("no rope_freqs, turned", doc, rows(doc, "B")[0], plain(500000, 128), scaled)
    doc = run(folder, [good, bare], 1)

    other = llama_gguf(folder, "other.gguf", tensor, **{"rope.freq_base": 10000.0})
    doc = run(folder, [name, other], 1)
    check("another base", ("RW001", "error") in rules(doc), str(rules(doc)))
    missing = llama_gguf(folder, "missing.gguf", tensor, **{"rope.freq_base": None})
    doc = run(folder, [name, missing], 1)
    check("no base", ("RW001", "error") in rules(doc), str(rules(doc)))
    row = rows(doc, "B")[0]
    check("no base", row["max_relative_frequency_error"] is None and "unknown" in row["differs"],
          str(row["differs"]))


def local_base(folder):
    """Gemma 3: the base of sliding layers, and linear scaling on the others alone."""
    keys = dict(model_type="gemma3_text", num_hidden_layers=12, hidden_size=1152, head_dim=256,
                num_attention_heads=4, num_key_value_heads=1, sliding_window=512,
                sliding_window_pattern=6, query_pre_attn_scalar=256, rope_theta=1000000.0,
                max_position_embeddings=131072, vocab_size=32, intermediate_size=64,
                rms_norm_eps=1e-6, rope_scaling={"rope_type": "linear", "factor": 8.0})
    right = config(folder, "gemma.json", rope_local_base_freq=10000.0, **keys)
    wrong = config(folder, "gemma-wrong.json", rope_local_base_freq=1000000.0, **keys)
    doc = run(folder, [right, wrong], 1)
    sliding, full = rows(doc, "B", attention="sliding"), rows(doc, "B", attention="full")
    check("gemma3", len(sliding) == 1 and len(full) == 1, "two classes of layers")
    compare("gemma3, sliding", doc, sliding[0], plain(10000, 256), plain(1000000, 256))
    scaled = [f / 8 for f in plain(1000000, 256)]
    compare("gemma3, full", doc, full[0], scaled, scaled)
    check("gemma3", full[0]["differs"] == [] and sliding[0]["differs"] == ["inv_freq"],
          str(sliding[0]["differs"]))
    check("gemma3", rules(doc) == [("RW001", "error")], str(rules(doc)))
    doc = run(folder, [right, "--engine", "all"], 0)
    for engine in ("llama.cpp", "vllm", "mlx-lm"):
        for row in rows(doc, engine):
            want = plain(10000, 256) if row["a"]["attention"] == "sliding" else scaled
            compare(f"gemma3, {engine}", doc, row, want, want, engine == "llama.cpp")


def two_eras(folder):
    """rope_theta with rope_scaling, and rope_parameters: the same numbers, to the last bit."""
    scaling = {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0,
               "high_freq_factor": 4.0, "original_max_position_embeddings": 8192}
    old = config(folder, "old.json", **LLAMA, rope_scaling=scaling)
    keys = {k: v for k, v in LLAMA.items() if k != "rope_theta"}
    new = config(folder, "new.json", **keys, rope_parameters=dict(scaling, rope_theta=500000.0))
    doc = run(folder, [old, new, "--fail-on", "info"], 0)
    check("two eras", rows(doc, "B")[0]["max_relative_frequency_error"] == 0, "equal")
    # changed on the command line: A alone
    doc = run(folder, [old, new, "--rope-theta", "10000"], 1)
    compare("--rope-theta", doc, rows(doc, "B")[0], llama3(10000, 128, 8, 1, 4, 8192),
            llama3(500000, 128, 8, 1, 4, 8192))
    doc = run(folder, [old, new, "--hf-overrides", '{"rope_scaling": null}'], 1)
    compare("--hf-overrides", doc, rows(doc, "B")[0], plain(500000, 128),
            llama3(500000, 128, 8, 1, 4, 8192))
    doc = run(folder, [old, new, "--positions", "100,2^20"], 0)
    check("--positions", doc["settings"]["positions"] == [100, 1048576], "positions")


def executed(folder):
    """A capture's operator parameters against the file."""
    gguf = llama_gguf(folder, "run.gguf")
    for base, code, want in ((500000.0, 0, []), (10000.0, 1, [("RWX01", "error")])):
        layers = [{"layer": n, "rotary_dim": 128, "pairs": "interleaved", "attn_factor": 1.0,
                   "inv_freq": [base ** (-i / 64) for i in range(64)], "window": None,
                   "softmax_scale": 1 / math.sqrt(128)} for n in (0, 3)]
        tensors = []
        for n in (0, 3):
            for slot, n_head in (("hook_q", 8), ("hook_k", 2)):
                tensors.append((f"blocks.{n}.attn.{slot}", "F32", [2, n_head, 128],
                                make.f32s([0.5] * 256 * n_head)))
        (folder / "run.safetensors").write_bytes(make.safetensors(
            tensors, {"architecture": "llama", "n_token": "300", "rotations": json.dumps(layers)}))
        doc = run(folder, [gguf, "--executed", "run.safetensors"], code)
        check("executed", rules(doc) == want, str(rules(doc)))
        check("executed", doc["tables"][0]["context"] == 512, "what the runner allocates")
        row = rows(doc, "executed")[0]
        check("executed", row["layers"] == [0, 3], str(row["layers"]))
        if code:
            compare("executed", doc, row, plain(500000, 128), plain(10000, 128), True)


def arithmetic(folder):
    """Each engine's own angle arithmetic stands apart from its table, and is small."""
    name = config(folder, "plain.json", **LLAMA)
    doc = run(folder, [name, "--engine", "all"], 0)
    for row in doc["rotations"]:
        check("arithmetic", row["differs"] == [], str(row["differs"]))
        for which in "ab":
            error = row[which]["angle_error_rad"]["131072"]
            check("arithmetic", error is not None and 1e-6 < error < 0.1, str(error))


def main():
    with tempfile.TemporaryDirectory(prefix="diff_", dir=build) as folder:
        for case in (truncation, two_tables, explicit_factor, kimi, rope_freqs, local_base,
                     two_eras, executed, arithmetic):
            case(pathlib.Path(folder))
    for line in failures[:40]:
        print(line)
    print(f"check_diff: {n_check} values compared, {len(failures)} faults")
    return 1 if failures or not n_check else 0


if __name__ == "__main__":
    sys.exit(main())
