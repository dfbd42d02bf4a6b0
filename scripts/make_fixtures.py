#!/usr/bin/env python3
"""Write the tiny GGUF and safetensors files of tests/fixtures and tests/fuzz/corpus.

Plain standard library, no randomness: the output is committed, and running this again must not
change it. Model files hold the real metadata of the model named and tiny stand-in tensors.
"""
import json
import math
import os
import struct

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tests")

U8, I8, U16, I16, U32, I32, F32, BOOL, STRING, ARRAY, U64, I64, F64 = range(13)
FORMATS = {U8: "B", I8: "b", U16: "H", I16: "h", U32: "I", I32: "i", F32: "f", BOOL: "?",
           U64: "Q", I64: "q", F64: "d"}


# --- GGUF ---------------------------------------------------------------------------------------

def text(s):
    b = s if isinstance(s, bytes) else s.encode()
    return struct.pack("<Q", len(b)) + b


def value(kind, v):
    """An array is (element kind, [elements])."""
    if kind == STRING:
        return text(v)
    if kind == ARRAY:
        return struct.pack("<IQ", v[0], len(v[1])) + b"".join(value(v[0], x) for x in v[1])
    return struct.pack("<" + FORMATS[kind], v)


def pad(b, alignment):
    return b + b"\0" * (-len(b) % alignment)


def gguf(keys, tensors=(), version=3, alignment=32):
    """keys: (name, kind, value). tensors: (name, ggml type, dims, data bytes)."""
    head = b"GGUF" + struct.pack("<IQQ", version, len(tensors), len(keys))
    for name, kind, v in keys:
        head += text(name) + struct.pack("<I", kind) + value(kind, v)
    data = b""
    for name, kind, dims, payload in tensors:
        head += text(name) + struct.pack("<I", len(dims)) + struct.pack("<%dQ" % len(dims), *dims)
        head += struct.pack("<IQ", kind, len(data))
        data = pad(data + payload, alignment)
    return pad(head, alignment) + data if tensors else head


def f32s(values):
    return struct.pack("<%df" % len(values), *values)


def bf16s(values):
    return b"".join(struct.pack("<f", v)[2:] for v in values)


def stand_ins(extra=()):
    """Tensors of a model in miniature: the names are real, the sizes are not."""
    ramp = [i / 8 for i in range(8)]
    return [("token_embd.weight", 30, [8, 4], bf16s(ramp * 4)),
            ("blk.0.attn_norm.weight", 0, [8], f32s(ramp)),
            ("blk.0.attn_q.weight", 8, [32, 1], struct.pack("<e32b", 0.5, *range(32))),
            ("blk.0.attn_k.weight", 1, [8, 2], struct.pack("<16e", *(ramp * 2))),
            ("output_norm.weight", 0, [8], f32s(ramp))] + list(extra)


def model(arch, name, numbers, floats, more=()):
    keys = [("general.architecture", STRING, arch), ("general.type", STRING, "model"),
            ("general.name", STRING, name), ("general.file_type", U32, 32),
            ("general.quantization_version", U32, 2)]
    keys += [(arch + "." + k, U32, v) for k, v in numbers]
    keys += [(arch + "." + k, F32, v) for k, v in floats]
    keys += [(arch + "." + k, kind, v) for k, kind, v in more]
    keys += [("tokenizer.ggml.model", STRING, "gpt2"),
             ("tokenizer.ggml.tokens", ARRAY, (STRING, ["<s>", "</s>", "a", "b"])),
             ("tokenizer.ggml.token_type", ARRAY, (I32, [3, 3, 1, 1])),
             ("tokenizer.ggml.bos_token_id", U32, 0), ("tokenizer.ggml.add_bos_token", BOOL, True)]
    return keys


def sizes(block, context, embedding, forward, head, head_kv, key_length=None, rotary=None):
    numbers = [("block_count", block), ("context_length", context),
               ("embedding_length", embedding), ("feed_forward_length", forward),
               ("attention.head_count", head), ("attention.head_count_kv", head_kv)]
    if key_length:
        numbers += [("attention.key_length", key_length), ("attention.value_length", key_length)]
    if rotary:
        numbers += [("rope.dimension_count", rotary)]
    return numbers


def llama3_factors(rotary_dim, theta, factor, low, high, original):
    """What the converter stores in rope_freqs.weight: inv_freq is divided by these."""
    out = []
    for i in range(rotary_dim // 2):
        wavelength = 2 * math.pi * theta ** (2 * i / rotary_dim)
        if wavelength < original / high:
            out.append(1.0)
        elif wavelength > original / low:
            out.append(float(factor))
        else:
            t = (original / wavelength - low) / (high - low)
            out.append(1 / ((1 - t) / factor + t))
    return out


EPS = "attention.layer_norm_rms_epsilon"


def gguf_models():
    llama3 = llama3_factors(64, 500000.0, 32, 1, 4, 8192)
    return {
        "gguf_llama3": gguf(
            model("llama", "Llama 3.2 1B Instruct", sizes(16, 131072, 2048, 8192, 32, 8, 64, 64),
                  [("rope.freq_base", 500000.0), (EPS, 1e-5)], [("vocab_size", U32, 128256)]),
            stand_ins([("rope_freqs.weight", 0, [32], f32s(llama3))])),
        "gguf_llama": gguf(
            model("llama", "SmolLM2 135M Instruct", sizes(30, 8192, 576, 1536, 9, 3, None, 64),
                  [("rope.freq_base", 100000.0), (EPS, 1e-5)], [("vocab_size", U32, 49152)]),
            stand_ins()),
        "gguf_qwen3": gguf(
            model("qwen3", "Qwen3 0.6B", sizes(28, 40960, 1024, 3072, 16, 8, 128),
                  [("rope.freq_base", 1e6), (EPS, 1e-6)]),
            stand_ins([("blk.0.attn_q_norm.weight", 0, [8], f32s([1.0] * 8)),
                       ("blk.0.attn_k_norm.weight", 0, [8], f32s([1.0] * 8))])),
        "gguf_gemma3": gguf(
            model("gemma3", "Gemma 3 1b It", sizes(26, 32768, 1152, 6912, 4, 1, 256),
                  [("rope.freq_base", 1e6), ("rope.freq_base_swa", 1e4), (EPS, 1e-6)],
                  [("attention.sliding_window", U32, 512)]),
            stand_ins([("blk.0.attn_q_norm.weight", 0, [8], f32s([1.0] * 8)),
                       ("blk.0.attn_k_norm.weight", 0, [8], f32s([1.0] * 8))])),
        "gguf_yarn": gguf(  # Qwen2.5-7B-Instruct with the YaRN block its model card documents
            model("qwen2", "Qwen2.5 7B Instruct", sizes(28, 131072, 3584, 18944, 28, 4),
                  [("rope.freq_base", 1e6), (EPS, 1e-6), ("rope.scaling.factor", 4.0)],
                  [("rope.scaling.type", STRING, "yarn"),
                   ("rope.scaling.original_context_length", U32, 32768)]),
            stand_ins()),
        "gguf_linear": gguf(
            model("llama", "deepseek-coder-6.7b-instruct",
                  sizes(32, 16384, 4096, 11008, 32, 32, None, 128),
                  [("rope.freq_base", 100000.0), (EPS, 1e-6), ("rope.scaling.factor", 4.0)],
                  [("rope.scaling.type", STRING, "linear"), ("vocab_size", U32, 32256)]),
            stand_ins()),
    }


ARCH = ("general.architecture", STRING, "llama")
KINDS = [ARCH, ("u8", U8, 200), ("i8", I8, -100), ("u16", U16, 60000), ("i16", I16, -30000),
         ("u32", U32, 4000000000), ("i32", I32, -2000000000), ("f32", F32, 0.1),
         ("true", BOOL, True), ("string", STRING, "text"), ("u64", U64, 2**64 - 1),
         ("i64", I64, -2**63), ("f64", F64, 0.1), ("nan", F32, math.nan), ("inf", F64, math.inf),
         ("nul", STRING, b"a\0b"), ("empty", STRING, ""),
         ("strings", ARRAY, (STRING, ["a", "", "ccc"])), ("numbers", ARRAY, (I16, [1, -2, 3])),
         ("floats", ARRAY, (F32, [0.5, 2.0])), ("none", ARRAY, (U8, [])),
         ("bools", ARRAY, (BOOL, [True, False])),
         ("nested", ARRAY, (ARRAY, [(U8, [1, 2]), (STRING, ["x"])])),
         ("general.alignment", U32, 64)]


def gguf_kinds():
    return gguf(KINDS, [("f64", 28, [2], struct.pack("<2d", 1.5, math.inf)),
                        ("f16", 1, [6], struct.pack("<6H", 0x3c00, 0x8001, 0x7bff, 0x7c00,
                                                    0x7e00, 0x8000)),
                        ("bf16", 30, [2, 2], bf16s([1, -2, 0.5, 384])),
                        ("q4_0", 2, [32], bytes(18)), ("new_type", 99, [7], b"?"),
                        ("empty", 0, [0, 5], b""), ("scalar", 0, [], f32s([7]))],
                version=2, alignment=64)


def gguf_positions():
    """Files about positions alone, sound and not: every key that says something of RoPE."""
    def made(arch, more, tensors=(), rotary=16):
        return gguf(model(arch, arch, sizes(3, 8192, 64, 128, 4, 2, 16, rotary),
                          [("rope.freq_base", 10000.0)], more), tensors)

    def tensor(name, values):
        return (name + ".weight", 0, [len(values)], f32s(values))
    yarn = [("rope.scaling.type", STRING, "yarn"), ("rope.scaling.factor", F32, 8.0),
            ("rope.scaling.original_context_length", U32, 1024)]
    factors = [1.0, 1.0, 1.5, 2.0, 2.5, 4.0, 8.0, 8.0]
    both = [tensor("rope_factors_long", factors), tensor("rope_factors_short", [1.0] * 8)]
    return {
        "sections": made("qwen2vl", [("rope.dimension_sections", ARRAY, (I32, [2, 3, 3, 0]))]),
        "sections_five": made("qwen2vl", [("rope.dimension_sections", ARRAY, (I32, [2] * 5))]),
        "sections_negative": made("qwen3vl", [("rope.dimension_sections", ARRAY, (I32, [-2, 3]))]),
        "yarn_keys": made("mistral3", yarn + [
            ("rope.scaling.yarn_" + k, F32, v) for k, v in
            (("log_multiplier", 0.7), ("ext_factor", 0.5), ("attn_factor", 1.5), ("beta_fast", 16.0),
             ("beta_slow", 2.0))] + [("attention.temperature_scale", F32, 0.1),
                                     ("attention.temperature_length", U32, 8192)]),
        "yarn_nonsense": made("grok", yarn + [("rope.scaling.yarn_ext_factor", F32, -0.0),
                                              ("rope.scaling.yarn_beta_fast", F32, 0.0),
                                              ("rope.scaling.yarn_beta_slow", F32, -1.0)]),
        "longrope": made("phi3", [("rope.scaling.original_context_length", U32, 512),
                                  ("rope.scaling.attn_factor", F32, 1.2)], both),
        "longrope_one": made("phi3", [], both[:1]),
        "longrope_short": made("phi3", [], [tensor("rope_factors_long", [1.0]), both[1]]),
        "longrope_nan": made("phi3", [("rope.scaling.type", STRING, "longrope")],
                             [tensor("rope_factors_long", [math.nan] * 8), both[1]]),
        "divisors": made("llama", [("rope.scaling.type", STRING, "linear"),
                                   ("rope.scaling.factor", F32, 2.0)], [tensor("rope_freqs", factors)]),
        "divisors_few": made("llama", [], [tensor("rope_freqs", factors[:3])]),
        "divisors_none": made("llama", [], [("rope_freqs.weight", 0, [0], b"")]),
        "divisors_bad": made("llama", [], [tensor("rope_freqs", [0.0, -1.0, math.inf, math.nan] * 2)]),
        "divisors_q8": made("llama", [], [("rope_freqs.weight", 8, [32], bytes(34))]),
        "by_layer": made("gemma3", [("rope.freq_base_per_layer", ARRAY, (F32, [1e4, 1e4, 1e6])),
                                    ("rope.dimension_count_per_layer", ARRAY, (U32, [16, 16, 8])),
                                    ("attention.sliding_window", U32, 4),
                                    ("attention.sliding_window_pattern", ARRAY, (BOOL, [True, True, False]))]),
        "by_layer_zero": made("deci", [("rope.freq_base_per_layer", ARRAY, (F32, [0.0, 0.0, 0.0]))]),
        "sliding": made("gemma4", [("rope.freq_base_swa", F32, 2e4), ("rope.dimension_count_swa", U32, 8),
                                   ("attention.key_length_swa", U32, 8), ("attention.shared_kv_layers", U32, 1),
                                   ("attention.sliding_window", U32, 4),
                                   ("attention.sliding_window_pattern", U32, 2)]),
        "ratios": made("deepseek4", [("attention.compress_ratios", ARRAY, (I32, [0, 4, 128, 0])),
                                     ("attention.compress_rope_freq_base", F32, 160000.0),
                                     ("attention.sliding_window", U32, 4)]),
        "patterns": made("granite_swa", [("attention.rope_pattern", ARRAY, (BOOL, [True, False, True])),
                                         ("attention.recurrent_layers", ARRAY, (BOOL, [False, False, True])),
                                         ("rope.scaling.finetuned", BOOL, False),
                                         ("attention.max_alibi_bias", F32, 8.0),
                                         ("rope.scaling.alpha", F32, 1000.0)]),
        "rotary_wide": made("qwen3", [], rotary=32),
        "no_attention": made("mamba", []),
    }


def split_keys(no, count, total):
    return [("split.no", U16, no), ("split.count", U16, count),
            ("split.tensors.count", I32, total)]


def gguf_splits():
    def part(name, v):
        return (name, 0, [2], f32s([v, -v]))
    return {
        "gguf_split-00001-of-00003": gguf([ARCH] + split_keys(0, 3, 4), [part("a", 1)]),
        "gguf_split-00002-of-00003": gguf(split_keys(1, 3, 4), [part("b", 2), part("c", 3)]),
        "gguf_split-00003-of-00003": gguf(split_keys(2, 3, 4), [part("d", 4)]),
        "gguf_lost-00001-of-00002": gguf([ARCH] + split_keys(0, 2, 2), [part("a", 1)]),
        "gguf_short-00001-of-00002": gguf([ARCH] + split_keys(0, 2, 9), [part("a", 1)]),
        "gguf_short-00002-of-00002": gguf(split_keys(1, 2, 9), [part("b", 2)]),
        "gguf_liar-00001-of-00002": gguf([ARCH] + split_keys(0, 2, 2), [part("a", 1)]),
        "gguf_liar-00002-of-00002": gguf(split_keys(0, 2, 2), [part("b", 2)]),
        "gguf_twice-00001-of-00002": gguf([ARCH] + split_keys(0, 2, 2), [part("a", 1)]),
        "gguf_twice-00002-of-00002": gguf(split_keys(1, 2, 2), [part("a", 2)]),
    }


def raw_tensor(name, dims, kind, offset):
    return (text(name) + struct.pack("<I", len(dims)) + struct.pack("<%dQ" % len(dims), *dims) +
            struct.pack("<IQ", kind, offset))


def gguf_bad():
    def head(n_tensor, n_key, version=3):
        return b"GGUF" + struct.pack("<IQQ", version, n_tensor, n_key)

    def one_key(kind, payload, name="k"):
        return head(0, 1) + text(name) + struct.pack("<I", kind) + payload

    def one_tensor(dims, kind, offset, data=64):
        return pad(head(1, 0) + raw_tensor("t", dims, kind, offset), 32) + bytes(data)

    nested = struct.pack("<IQ", U8, 1) + b"\1"
    for _ in range(4):
        nested = struct.pack("<IQ", ARRAY, 1) + nested
    return {
        "magic": b"GGML" + bytes(28), "v0": head(0, 0, 0), "v1": head(0, 0, 1),
        "v4": head(0, 0, 4), "big_endian": b"GGUF" + struct.pack(">IQQ", 3, 0, 0),
        "many_keys": head(0, 4 * 10**9) + bytes(64), "many_tensors": head(2**63, 0) + bytes(64),
        "key_wraps": one_key(STRING, b"", "k")[:24] + struct.pack("<Q", 2**64 - 4) + b"k" * 20,
        "string_wraps": one_key(STRING, struct.pack("<Q", 2**64 - 8) + b"abc"),
        "string_long": one_key(STRING, struct.pack("<Q", 17 << 20) + b"abc"),
        "array_wraps": one_key(ARRAY, struct.pack("<IQ", U64, 2**61 + 1) + bytes(8)),
        "array_billions": one_key(ARRAY, struct.pack("<IQ", U8, 3 * 10**9) + bytes(8)),
        "array_type": one_key(ARRAY, struct.pack("<IQ", 13, 1) + bytes(8)),
        "array_deep": one_key(ARRAY, nested), "kind": one_key(13, bytes(8)),
        "key_empty": one_key(U8, b"\1", ""), "key_nul": one_key(U8, b"\1", b"a\0b"),
        "key_twice": gguf([ARCH, ("a", U8, 1), ("a", U16, 2)]),
        "tensor_twice": gguf([], [("t", 0, [1], f32s([1])), ("t", 0, [1], f32s([2]))]),
        "alignment_0": gguf([("general.alignment", U32, 0)]),
        "alignment_48": gguf([("general.alignment", U32, 48)]),
        "alignment_u64": gguf([("general.alignment", U64, 32)]),
        "alignment_huge": gguf([("general.alignment", U32, 1 << 31)]),
        "dims_9": one_tensor([1] * 9, 0, 0), "dims_wrap": one_tensor([2**33, 2**33], 0, 0),
        "size_wraps": one_tensor([2**62], 28, 0), "past_end": one_tensor([17], 0, 0),
        "offset_wraps": one_tensor([1], 0, 2**64 - 32), "offset_odd": one_tensor([1], 0, 4),
        "offset_end": one_tensor([1], 0, 64), "rows_cut": one_tensor([33], 8, 0),
        "nothing": b"GGUF",
    }


# --- safetensors --------------------------------------------------------------------------------

def raw_safetensors(header, data=b""):
    b = header if isinstance(header, bytes) else json.dumps(header, separators=(",", ":")).encode()
    b += b" " * (-len(b) % 8)
    return struct.pack("<Q", len(b)) + b + data


def safetensors(tensors, metadata=None):
    """tensors: (name, dtype, shape, data bytes)."""
    header, data = {}, b""
    if metadata is not None:
        header["__metadata__"] = metadata
    for name, dtype, shape, payload in tensors:
        header[name] = {"dtype": dtype, "shape": shape,
                        "data_offsets": [len(data), len(data) + len(payload)]}
        data += payload
    return raw_safetensors(header, data)


def waves(n, step):
    """Deterministic vectors, exact in F32 and BF16."""
    return [((i * step) % 17 - 8) / 8 for i in range(n)]


def given(q=None, **more):
    q = q or waves(3 * 8, 5)
    tensors = [("q", "F32", [3, 8], f32s(q)), ("k", "BF16", [4, 8], bf16s(waves(32, 7)))]
    if "inv_freq" in more:
        f = more["inv_freq"]
        tensors += [("inv_freq", "F64", [len(f)], struct.pack("<%dd" % len(f), *f))]
    return safetensors(tensors)


def rotation(layer, **changes):
    r = {"layer": layer, "rotary_dim": 4, "pairs": "half", "inv_freq": [1.0, 0.01],
         "attn_factor": 1.0, "softmax_scale": 0.5, "window": None, "rope_theta": 10000.0}
    r.update(changes)
    return {k: v for k, v in r.items() if v != "absent"}


def capture(rotations="default", positions=(0, 1, 5), drop=(), change=None, **metadata):
    if rotations == "default":
        rotations = [rotation(0), rotation(3, rotary_dim=0, inv_freq=[], window=128)]
    meta = {"ropewalk.version": "0.1.0", "model": "tiny", "architecture": "llama",
            "context_length": "4096", "token_ids": "[1,20,300]",
            "tokens": json.dumps(["<s>", "a", "b"]), "special": "[0]",
            "rotations": rotations if isinstance(rotations, str) else json.dumps(rotations)}
    meta.update(metadata)
    tensors = []
    for layer in (0, 3):
        for slot, n_head, step in (("hook_q", 2, 5), ("hook_k", 1, 7), ("hook_rot_q", 2, 3)):
            if slot == "hook_rot_q" and layer == 3:
                continue
            tensors += [("blocks.%d.attn.%s" % (layer, slot), "F32", [3, n_head, 4],
                         f32s(waves(12 * n_head, step + layer)))]
    if positions:
        tensors += [("positions", "I64", [len(positions)],
                     struct.pack("<%dq" % len(positions), *positions))]
    tensors = [t for t in tensors if t[0] not in drop]
    if change:
        tensors = [change(t) for t in tensors]
    return safetensors(tensors, {k: v for k, v in meta.items() if v != "absent"})


def st_good():
    kinds = [("F64", 8), ("F32", 4), ("F16", 2), ("BF16", 2), ("I64", 8), ("I32", 4), ("I16", 2),
             ("I8", 1), ("U64", 8), ("U32", 4), ("U16", 2), ("U8", 1), ("BOOL", 1), ("C64", 8),
             ("F8_E4M3", 1), ("F8_E5M2", 1), ("F8_E8M0", 1)]
    tensors = [(name, name, [2], b"\1" * width + b"\xff" * width) for name, width in kinds]
    tensors += [("F4", "F4", [2], b"\x21"), ("F6", "F6_E2M3", [4], b"abc"),
                ("none", "F32", [0, 3], b""), ("scalar", "F32", [], f32s([7]))]
    return {"st_dtypes": safetensors(tensors, {"format": "pt"}), "st_empty": raw_safetensors({})}


def st_bad():
    def entry(dtype="F32", shape=(2,), offsets=(0, 8), **more):
        return dict({"dtype": dtype, "shape": list(shape), "data_offsets": list(offsets)}, **more)

    d = bytes(8)
    return {
        "length_wraps": struct.pack("<Q", 2**64 - 8) + b"{}      ",
        "length_billions": struct.pack("<Q", 3 * 10**9) + b"{}      ",
        "length_past": struct.pack("<Q", 9) + b"{}      ", "length_0": struct.pack("<Q", 0) + d,
        "not_json": raw_safetensors(b"{oops}"), "not_object": raw_safetensors(b"[1,2]"),
        "space_first": raw_safetensors(b" {}"),
        "twice": raw_safetensors(b'{"a":' + json.dumps(entry()).encode() + b',"a":' +
                                 json.dumps(entry()).encode() + b"}", d),
        "dtype": raw_safetensors({"a": entry("F33")}, d),
        "no_dtype": raw_safetensors({"a": {"shape": [2], "data_offsets": [0, 8]}}, d),
        "no_shape": raw_safetensors({"a": {"dtype": "F32", "data_offsets": [0, 8]}}, d),
        "no_offsets": raw_safetensors({"a": {"dtype": "F32", "shape": [2]}}, d),
        "entry": raw_safetensors({"a": 7}, d),
        "shape_negative": raw_safetensors({"a": entry(shape=[-2])}, d),
        "shape_real": raw_safetensors({"a": entry(shape=[2.0])}, d),
        "shape_wraps": raw_safetensors({"a": entry(shape=[2**33, 2**33])}, d),
        "size_wraps": raw_safetensors({"a": entry("F64", [2**62])}, d),
        "dims_9": raw_safetensors({"a": entry(shape=[1] * 8 + [2])}, d),
        "offsets_swapped": raw_safetensors({"a": entry(offsets=[8, 0])}, d),
        "offsets_past": raw_safetensors({"a": entry(offsets=[8, 16])}, d),
        "offsets_huge": raw_safetensors({"a": entry(offsets=[2**63 - 8, 2**63 - 1])}, d),
        "size_small": raw_safetensors({"a": entry(shape=[1])}, d),
        "overlap": raw_safetensors({"a": entry(), "b": entry(offsets=[4, 12])}, bytes(12)),
        "hole": raw_safetensors({"a": entry(offsets=[4, 12])}, bytes(12)),
        "tail": raw_safetensors({"a": entry()}, bytes(12)),
        "meta_number": raw_safetensors({"__metadata__": {"a": 1}}),
        "meta_list": raw_safetensors({"__metadata__": ["a"]}),
        "deep": raw_safetensors(b'{"a":' + b"[" * 80 + b"]" * 80 + b"}"),
        "f4_odd": raw_safetensors({"a": entry("F4", [3], [0, 1])}, bytes(1)),
    }


def qk_good():
    return {"st_given": given(inv_freq=[1.0, 0.1, 0.01, 0.0]), "st_given_plain": given(),
            "st_capture": capture(),
            "st_capture_bare": capture(positions=(), token_ids="absent", tokens="absent",
                                       special="absent", model="absent")}


def qk_bad():
    def odd(t):
        return (t[0], t[1], [t[2][0], t[2][1] * 4, 1], t[3]) if len(t[2]) == 3 else t

    def heads(t):
        return (t[0], t[1], [3, 4, 2], t[3]) if t[0].endswith("0.attn.hook_q") else t

    nan = waves(24, 5)
    nan[13] = math.nan  # row 1, column 5
    inf = waves(24, 5)
    inf[16] = -math.inf  # row 2, column 0
    one = [rotation(0)]
    both = [rotation(0), rotation(3)]

    def with_first(**changes):
        return capture([rotation(0, **changes), rotation(3)])

    q, k = ("q", "F32", [1, 4], bytes(16)), ("k", "F32", [1, 4], bytes(16))
    return {
        "given_nan": given(nan), "given_inf": given(inf),
        "given_freq_nan": given(inv_freq=[math.nan]), "given_freq_big": given(inv_freq=[1025.0]),
        "given_freq_negative": given(inv_freq=[-0.5]), "given_freq_long": given(inv_freq=[1.0] * 5),
        "given_no_k": safetensors([q]), "given_no_q": safetensors([k]),
        "given_odd": safetensors([("q", "F32", [4, 1], bytes(16)), k]),
        "given_zero": safetensors([("q", "F32", [1, 0], b""), k]),
        "given_rows_0": safetensors([("q", "F32", [0, 4], b""), k]),
        "given_dims": safetensors([("q", "F32", [4], bytes(16)), k]),
        "given_differ": safetensors([("q", "F32", [2, 2], bytes(16)), k]),
        "given_int": safetensors([("q", "I32", [1, 4], bytes(16)), k]),
        "nothing": safetensors([("x", "F32", [1], bytes(4))]),
        "no_rotations": capture("absent"), "rotations_object": capture("{}"),
        "rotations_json": capture("[{"), "rotations_numbers": capture("[1,2]"),
        "rotation_missing": capture(one), "rotation_twice": capture([rotation(0)] + both),
        "rotation_extra": capture(both + [rotation(7)]),
        "rotation_layer": capture([rotation(-1), rotation(3)]),
        "rotary_odd": with_first(rotary_dim=3), "rotary_wide": with_first(rotary_dim=6),
        "rotary_none": with_first(rotary_dim="absent"),
        "freq_short": with_first(inv_freq=[1.0]), "freq_negative": with_first(inv_freq=[1.0, -1.0]),
        "freq_big": with_first(inv_freq=[1.0, 1025.0]), "freq_null": with_first(inv_freq=[1.0, None]),
        "freq_none": with_first(inv_freq="absent"),
        "attn_0": with_first(attn_factor=0.0), "attn_none": with_first(attn_factor="absent"),
        "scale_0": with_first(softmax_scale=0), "scale_text": with_first(softmax_scale="1"),
        "window_negative": with_first(window=-1), "window_real": with_first(window=1.5),
        "pairs": with_first(pairs="neox"), "pairs_none": with_first(pairs="absent"),
        "no_hook_k": capture(drop=["blocks.3.attn.hook_k"]), "head_dim_odd": capture(change=odd),
        "heads": capture(change=heads),
        "positions_fall": capture(positions=(0, 2, 1)), "positions_equal": capture(positions=(0, 1, 1)),
        "positions_negative": capture(positions=(-1, 0, 1)),
        "positions_big": capture(positions=(0, 1, 2**31)), "positions_few": capture(positions=(0, 1)),
        "tokens_few": capture(token_ids="[1,2]"), "tokens_text": capture(token_ids='[1,2,"3"]'),
        "tokens_negative": capture(token_ids="[1,-2,3]"), "texts": capture(tokens='["a","b",3]'),
        "special_row": capture(special="[3]"), "special_real": capture(special="[0.0]"),
        "gqa": safetensors([("blocks.0.attn.hook_q", "F32", [1, 3, 4], bytes(48)),
                            ("blocks.0.attn.hook_k", "F32", [1, 2, 4], bytes(32))],
                           {"rotations": json.dumps([rotation(0)])}),
        "positions_q": safetensors([("blocks.0.attn.hook_q", "F32", [1, 1, 4], bytes(16)),
                                   ("blocks.0.attn.hook_k", "F32", [1, 1, 4], bytes(16)),
                                   ("positions_q", "I64", [1], bytes(8))],
                                  {"rotations": json.dumps([rotation(0)])}),
    }


# --- files --------------------------------------------------------------------------------------

def save(folder, name, data, limit=4096):
    assert len(data) <= limit, (name, len(data))
    with open(os.path.join(ROOT, folder, name), "wb") as f:
        f.write(data)


def main():
    for folder in ("fixtures", "fuzz/corpus/gguf", "fuzz/corpus/safetensors",
                   "fuzz/corpus/qkfile", "fuzz/corpus/hparams_gguf"):
        os.makedirs(os.path.join(ROOT, folder), exist_ok=True)
    good = dict(gguf_models(), gguf_kinds=gguf_kinds())
    for name, data in dict(good, **gguf_splits()).items():
        save("fixtures", name + ".gguf", data)
        save("fuzz/corpus/gguf", name + ".gguf", data)
    for name, data in dict(gguf_models(), **gguf_positions()).items():
        save("fuzz/corpus/hparams_gguf", name + ".gguf", data)
    for name, data in gguf_bad().items():
        save("fixtures", "gguf_bad_" + name + ".gguf", data)
        save("fuzz/corpus/gguf", "bad_" + name + ".gguf", data)
    for name, data in dict(st_good(), **qk_good()).items():
        save("fixtures", name + ".safetensors", data)
        save("fuzz/corpus/safetensors", name + ".safetensors", data)
    for name, data in st_bad().items():
        save("fixtures", "st_bad_" + name + ".safetensors", data)
        save("fuzz/corpus/safetensors", "bad_" + name + ".safetensors", data)
    for name, data in qk_good().items():
        save("fuzz/corpus/qkfile", name + ".safetensors", data)
    for name, data in qk_bad().items():
        save("fixtures", "qk_bad_" + name + ".safetensors", data)
        save("fuzz/corpus/qkfile", "bad_" + name + ".safetensors", data)


if __name__ == "__main__":
    main()
