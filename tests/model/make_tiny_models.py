#!/usr/bin/env python3
"""Tiny random GGUF models, one for each thing a capture must get right. Standard library only.

    make_tiny_models.py FOLDER      writes FOLDER/<name>.gguf

Weights are F32 from a fixed seed: the same bytes every time. The tokenizer is byte-level with a
few merges, so that any text has about as many tokens as letters.
"""
import array
import math
import pathlib
import random
import struct
import sys

U32, F32, BOOL, STRING, ARRAY, I32 = 4, 6, 7, 8, 9, 5
ALIGN = 32


def text(s):
    raw = s.encode()
    return struct.pack("<Q", len(raw)) + raw


def value(kind, v):
    if kind == STRING:
        return text(v)
    return struct.pack({U32: "<I", I32: "<i", F32: "<f", BOOL: "<B"}[kind], v)


def key_value(key, v):
    """A metadata pair; the type follows Python's: bool, int, float, str, list of one of them."""
    def kind(x):
        return BOOL if isinstance(x, bool) else U32 if isinstance(x, int) else \
            F32 if isinstance(x, float) else STRING
    if isinstance(v, list):
        k = I32 if key == "tokenizer.ggml.token_type" else kind(v[0])
        return text(key) + struct.pack("<IIQ", ARRAY, k, len(v)) + b"".join(value(k, x) for x in v)
    return text(key) + struct.pack("<I", kind(v)) + value(kind(v), v)


def write_gguf(path, keys, tensors):
    """tensors: name -> (shape in GGUF order, array of floats)."""
    head = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(keys))
    head += b"".join(key_value(k, v) for k, v in keys.items())
    offset, blob = 0, []
    for name, (shape, data) in tensors.items():
        assert len(data) == math.prod(shape), name
        head += text(name) + struct.pack("<I", len(shape))
        head += b"".join(struct.pack("<Q", n) for n in shape) + struct.pack("<IQ", 0, offset)
        raw = data.tobytes()
        raw += b"\0" * (-len(raw) % ALIGN)
        blob.append(raw)
        offset += len(raw)
    head += b"\0" * (-len(head) % ALIGN)
    path.write_bytes(head + b"".join(blob))


def byte_letters():
    """GPT-2's printable stand-in for every byte."""
    keep = list(range(33, 127)) + list(range(161, 173)) + list(range(174, 256))
    table, extra = {}, 0
    for b in range(256):
        if b in keep:
            table[b] = chr(b)
        else:
            table[b] = chr(256 + extra)
            extra += 1
    return [table[b] for b in range(256)]


def vocabulary():
    tokens = ["<s>", "</s>"] + byte_letters()
    space = tokens[2 + 32]
    merges = [("t", "h"), ("th", "e"), (space, "the"), ("i", "n"), ("a", "n")]
    tokens += [a + b for a, b in merges]
    return {
        "tokenizer.ggml.model": "gpt2",
        "tokenizer.ggml.pre": "gpt-2",
        "tokenizer.ggml.tokens": tokens,
        "tokenizer.ggml.token_type": [3, 3] + [1] * (len(tokens) - 2),
        "tokenizer.ggml.merges": [f"{a} {b}" for a, b in merges],
        "tokenizer.ggml.bos_token_id": 0,
        "tokenizer.ggml.eos_token_id": 1,
        "tokenizer.ggml.add_bos_token": True,
    }


class Model:
    def __init__(self, arch, seed, n_layer, n_head=4, n_head_kv=2, head_dim=16, n_embd=48, n_ff=64,
                 n_ctx=4096):
        self.rng = random.Random(seed)
        self.arch, self.n_layer, self.n_embd, self.n_ff = arch, n_layer, n_embd, n_ff
        self.n_head, self.n_head_kv, self.head_dim = n_head, n_head_kv, head_dim
        self.vocabulary = vocabulary()
        self.n_vocab = len(self.vocabulary["tokenizer.ggml.tokens"])
        self.keys = {"general.architecture": arch, "general.name": f"tiny {arch}",
                     "general.alignment": ALIGN}
        self.tensors = {}
        self.key("context_length", n_ctx)
        self.key("embedding_length", n_embd)
        self.key("block_count", n_layer)
        self.key("feed_forward_length", n_ff)
        self.weight("token_embd.weight", n_embd, self.n_vocab, spread=1.0)

    def key(self, name, v):
        self.keys[f"{self.arch}.{name}"] = v

    def weight(self, name, *shape, spread=None):
        spread = spread or 1.0 / math.sqrt(shape[0])
        data = array.array("f", (self.rng.gauss(0, spread) for _ in range(math.prod(shape))))
        self.tensors[name] = (shape, data)

    def norm(self, name, n, bias=False):
        self.tensors[name + ".weight"] = (
            (n,), array.array("f", (self.rng.uniform(0.5, 1.5) for _ in range(n))))
        if bias:
            self.weight(name + ".bias", n, spread=0.1)

    def constants(self, name, values):
        self.tensors[name] = ((len(values),), array.array("f", values))

    def attention_keys(self, theta, eps="layer_norm_rms_epsilon", rotary=None):
        self.key("attention.head_count", self.n_head)
        self.key("attention.head_count_kv", self.n_head_kv)
        self.key("attention.key_length", self.head_dim)
        self.key("attention.value_length", self.head_dim)
        self.key("attention." + eps, 1e-5)
        self.key("rope.freq_base", float(theta))
        self.key("rope.dimension_count", rotary or self.head_dim)

    def separate_qkv(self, i):
        q, kv = self.n_head * self.head_dim, self.n_head_kv * self.head_dim
        self.weight(f"blk.{i}.attn_q.weight", self.n_embd, q)
        self.weight(f"blk.{i}.attn_k.weight", self.n_embd, kv)
        self.weight(f"blk.{i}.attn_v.weight", self.n_embd, kv)

    def output(self, i):
        self.weight(f"blk.{i}.attn_output.weight", self.n_head * self.head_dim, self.n_embd)

    def gated_ffn(self, i):
        self.weight(f"blk.{i}.ffn_gate.weight", self.n_embd, self.n_ff)
        self.weight(f"blk.{i}.ffn_up.weight", self.n_embd, self.n_ff)
        self.weight(f"blk.{i}.ffn_down.weight", self.n_ff, self.n_embd)

    def save(self, path):
        write_gguf(path, {**self.keys, **self.vocabulary}, self.tensors)


def llama_like(arch, seed, n_layer, theta, qk_norm=False, sandwich=False, bias=False, **sizes):
    m = Model(arch, seed, n_layer, **sizes)
    m.attention_keys(theta)
    for i in range(n_layer):
        m.norm(f"blk.{i}.attn_norm", m.n_embd)
        m.separate_qkv(i)
        m.output(i)
        if bias:
            m.weight(f"blk.{i}.attn_q.bias", m.n_head * m.head_dim, spread=0.5)
            m.weight(f"blk.{i}.attn_k.bias", m.n_head_kv * m.head_dim, spread=0.5)
            m.weight(f"blk.{i}.attn_v.bias", m.n_head_kv * m.head_dim, spread=0.5)
        if qk_norm:
            m.norm(f"blk.{i}.attn_q_norm", m.head_dim)
            m.norm(f"blk.{i}.attn_k_norm", m.head_dim)
        if sandwich:
            m.norm(f"blk.{i}.post_attention_norm", m.n_embd)
            m.norm(f"blk.{i}.post_ffw_norm", m.n_embd)
        m.norm(f"blk.{i}.ffn_norm", m.n_embd)
        m.gated_ffn(i)
    m.norm("output_norm", m.n_embd)
    return m


def llama_factors():
    m = llama_like("llama", 1, 2, 10000.0)
    m.constants("rope_freqs.weight", [1.0, 1.0, 1.25, 1.5, 2.0, 4.0, 8.0, 8.0])
    return m


def llama_yarn():
    m = llama_like("llama", 2, 2, 10000.0, n_ctx=16384)
    m.key("rope.scaling.type", "yarn")
    m.key("rope.scaling.factor", 8.0)
    m.key("rope.scaling.original_context_length", 2048)
    return m


def qwen2():
    return llama_like("qwen2", 10, 2, 1000000.0, bias=True, n_embd=64)


def qwen2vl():
    """M-RoPE: three axes of positions, equal in plain text."""
    m = llama_like("qwen2vl", 12, 2, 1000000.0, bias=True, n_embd=64)
    m.key("rope.dimension_sections", [2, 3, 3, 0])
    return m


def qwen3vl():
    """Interleaved M-RoPE; pair 6 falls to the fourth axis, which is 0 in plain text."""
    m = llama_like("qwen3vl", 13, 2, 1000000.0, qk_norm=True)
    m.key("rope.dimension_sections", [2, 3, 3, 0])
    m.key("n_deepstack_layers", 0)
    return m


def normed_after_rope():
    """QK-norm after RoPE: what the score multiplies is no rotation of what stands before it."""
    return llama_like("hunyuan-dense", 11, 2, 10000.0, qk_norm=True)


def qwen3():
    return llama_like("qwen3", 3, 2, 1000000.0, qk_norm=True)


def gemma3():
    m = llama_like("gemma3", 4, 6, 1000000.0, qk_norm=True, sandwich=True, n_head_kv=1)
    m.key("attention.sliding_window", 64)
    m.key("rope.freq_base_swa", 10000.0)
    return m


def gemma2():
    m = llama_like("gemma2", 5, 2, 10000.0, sandwich=True)
    m.key("attention.sliding_window", 2048)
    m.key("attn_logit_softcapping", 50.0)
    m.key("final_logit_softcapping", 30.0)
    return m


def smollm3():
    return llama_like("smollm3", 6, 4, 5000000.0)


def phi3():
    """Q, K and V in one matrix, part of the head rotated, frequency factors, Q scaled after RoPE."""
    m = Model("phi3", 7, 2, n_head=4, n_head_kv=2, head_dim=12, n_embd=48, n_ctx=8192)
    m.keys["general.name"] = "tiny partial"  # llama.cpp wants more special tokens of a "phi3"
    m.attention_keys(10000.0, rotary=8)
    m.key("rope.scaling.original_context_length", 4096)
    m.key("rope.scaling.attn_factor", 1.25)
    m.constants("rope_factors_short.weight", [1.0, 1.1, 1.5, 2.0])
    m.constants("rope_factors_long.weight", [1.0, 2.0, 4.0, 8.0])
    for i in range(2):
        m.norm(f"blk.{i}.attn_norm", m.n_embd)
        m.weight(f"blk.{i}.attn_qkv.weight", m.n_embd, (4 + 2 + 2) * 12)
        m.output(i)
        m.norm(f"blk.{i}.ffn_norm", m.n_embd)
        m.weight(f"blk.{i}.ffn_up.weight", m.n_embd, 2 * m.n_ff)
        m.weight(f"blk.{i}.ffn_down.weight", m.n_ff, m.n_embd)
    m.norm("output_norm", m.n_embd)
    m.weight("output.weight", m.n_embd, m.n_vocab)
    return m


def gptneox():
    m = Model("gptneox", 8, 2, n_head=4, n_head_kv=4, head_dim=12, n_embd=48)
    m.attention_keys(10000.0, "layer_norm_epsilon", rotary=4)
    m.key("use_parallel_residual", True)
    for i in range(2):
        m.norm(f"blk.{i}.attn_norm", m.n_embd, bias=True)
        m.weight(f"blk.{i}.attn_qkv.weight", m.n_embd, 3 * m.n_embd)
        m.weight(f"blk.{i}.attn_qkv.bias", 3 * m.n_embd, spread=0.1)
        m.output(i)
        m.weight(f"blk.{i}.attn_output.bias", m.n_embd, spread=0.1)
        m.norm(f"blk.{i}.ffn_norm", m.n_embd, bias=True)
        m.weight(f"blk.{i}.ffn_up.weight", m.n_embd, m.n_ff)
        m.weight(f"blk.{i}.ffn_up.bias", m.n_ff, spread=0.1)
        m.weight(f"blk.{i}.ffn_down.weight", m.n_ff, m.n_embd)
        m.weight(f"blk.{i}.ffn_down.bias", m.n_embd, spread=0.1)
    m.norm("output_norm", m.n_embd, bias=True)
    m.weight("output.weight", m.n_embd, m.n_vocab)
    return m


def mamba():
    m = Model("mamba", 9, 2, n_ff=0)
    inner, state, conv, rank = 96, 8, 4, 3
    m.key("ssm.conv_kernel", conv)
    m.key("ssm.inner_size", inner)
    m.key("ssm.state_size", state)
    m.key("ssm.time_step_rank", rank)
    m.key("attention.head_count", 0)
    m.key("attention.layer_norm_rms_epsilon", 1e-5)
    for i in range(2):
        m.norm(f"blk.{i}.attn_norm", m.n_embd)
        m.weight(f"blk.{i}.ssm_in.weight", m.n_embd, 2 * inner)
        m.weight(f"blk.{i}.ssm_conv1d.weight", conv, inner)
        m.weight(f"blk.{i}.ssm_conv1d.bias", inner, spread=0.1)
        m.weight(f"blk.{i}.ssm_x.weight", inner, rank + 2 * state)
        m.weight(f"blk.{i}.ssm_dt.weight", rank, inner)
        m.weight(f"blk.{i}.ssm_dt.bias", inner, spread=0.1)
        m.tensors[f"blk.{i}.ssm_a"] = (
            (state, inner), array.array("f", (-1.0 - k % state for k in range(state * inner))))
        m.norm(f"blk.{i}.ssm_d", inner)
        m.tensors[f"blk.{i}.ssm_d"] = m.tensors.pop(f"blk.{i}.ssm_d.weight")
        m.weight(f"blk.{i}.ssm_out.weight", inner, m.n_embd)
    m.norm("output_norm", m.n_embd)
    return m


def olmo2():
    """Norms after attention and feed-forward, QK-norm over all heads at once, sliding layers."""
    m = Model("olmo2", 14, 4, n_embd=64)
    m.attention_keys(500000.0)
    m.key("attention.sliding_window", 64)
    for i in range(4):
        m.separate_qkv(i)
        m.output(i)
        m.norm(f"blk.{i}.attn_q_norm", m.n_head * m.head_dim)
        m.norm(f"blk.{i}.attn_k_norm", m.n_head_kv * m.head_dim)
        m.norm(f"blk.{i}.post_attention_norm", m.n_embd)
        m.norm(f"blk.{i}.post_ffw_norm", m.n_embd)
        m.gated_ffn(i)
    m.norm("output_norm", m.n_embd)
    m.weight("output.weight", m.n_embd, m.n_vocab)
    return m


MODELS = {f.__name__: f for f in (llama_factors, llama_yarn, qwen2, qwen2vl, qwen3, qwen3vl,
                                  gemma3, gemma2, smollm3, phi3, gptneox, normed_after_rope, mamba)}


def exaone4(n_layer=4):
    """Norms after attention and feed-forward; with 64 layers, and only then, a window and layers
    that see everything without RoPE."""
    m = Model("exaone4", 22, n_layer, n_head=2, n_head_kv=1, n_embd=32, n_ff=16)
    m.attention_keys(1000000.0)
    m.key("attention.sliding_window", 64)
    for i in range(n_layer):
        m.separate_qkv(i)
        m.output(i)
        m.norm(f"blk.{i}.attn_q_norm", m.head_dim)
        m.norm(f"blk.{i}.attn_k_norm", m.head_dim)
        m.norm(f"blk.{i}.post_attention_norm", m.n_embd)
        m.norm(f"blk.{i}.post_ffw_norm", m.n_embd)
        m.gated_ffn(i)
    m.norm("output_norm", m.n_embd)
    return m


def cohere2():
    """Every fourth layer sees everything, without RoPE."""
    m = Model("cohere2", 23, 4, n_embd=64)
    m.attention_keys(50000.0, "layer_norm_epsilon")
    m.key("attention.sliding_window", 64)
    m.key("logit_scale", 0.25)
    for i in range(4):
        m.norm(f"blk.{i}.attn_norm", m.n_embd)
        m.separate_qkv(i)
        m.output(i)
        m.gated_ffn(i)
    m.norm("output_norm", m.n_embd)
    return m


def gpt_oss():
    """A window on every other layer, attention sinks, experts with biases."""
    m = Model("gpt-oss", 24, 4, n_embd=64, n_ff=32)
    m.attention_keys(150000.0)
    m.key("attention.sliding_window", 64)
    m.key("expert_count", 4)
    m.key("expert_used_count", 2)
    m.key("expert_feed_forward_length", 32)
    q, kv = m.n_head * m.head_dim, m.n_head_kv * m.head_dim
    for i in range(4):
        b = f"blk.{i}."
        m.norm(b + "attn_norm", m.n_embd)
        m.norm(b + "post_attention_norm", m.n_embd)
        m.separate_qkv(i)
        m.output(i)
        for name, n in (("attn_q", q), ("attn_k", kv), ("attn_v", kv), ("attn_output", m.n_embd)):
            m.weight(b + name + ".bias", n, spread=0.1)
        m.weight(b + "attn_sinks.weight", m.n_head, spread=0.5)
        m.weight(b + "ffn_gate_inp.weight", m.n_embd, 4)
        m.weight(b + "ffn_gate_inp.bias", 4, spread=0.1)
        for name, shape in (("gate", (64, 32)), ("up", (64, 32)), ("down", (32, 64))):
            m.weight(b + f"ffn_{name}_exps.weight", *shape, 4)
            m.weight(b + f"ffn_{name}_exps.bias", shape[1], 4, spread=0.1)
    m.norm("output_norm", m.n_embd)
    m.weight("output.weight", m.n_embd, m.n_vocab)
    return m


def scaled(base, type=None, n_ctx=None, **keys):
    """A model with other keys about RoPE: scaled(qwen3, "yarn", factor=4.0, beta_fast=16.0)."""
    m = base()
    if type:
        m.key("rope.scaling.type", type)
    if n_ctx:
        m.key("context_length", n_ctx)
    names = {"original": "rope.scaling.original_context_length", "factor": "rope.scaling.factor",
             "attn_factor": "rope.scaling.attn_factor", "legacy": "rope.scale_linear",
             "theta_swa": "rope.freq_base_swa", "rotary": "rope.dimension_count"}
    for k, v in keys.items():
        m.key(names.get(k, "rope.scaling.yarn_" + k), v)
    return m


def llama():
    return llama_like("llama", 20, 2, 10000.0)


def mistral3():
    return llama_like("mistral3", 21, 2, 1000000.0)


def divided(base, divisors):
    m = base()
    m.constants("rope_freqs.weight", divisors)
    return m


LLAMA3 = [1.0, 1.0, 1.25, 1.5, 2.0, 4.0, 8.0, 8.0]

# Every scaling that llama.cpp runs, and the keys it does not look at; numbers of tokens.
SCALINGS = {
    "none": (lambda: scaled(llama, "none", factor=4.0), [300]),
    "no_keys": (llama, [300]),
    "linear": (lambda: scaled(llama, "linear", factor=4.0), [300]),
    "linear_by_default": (lambda: scaled(llama, factor=2.5), [300]),
    "linear_legacy": (lambda: scaled(llama, legacy=3.0), [300]),
    "linear_attn_factor": (lambda: scaled(llama, "linear", factor=4.0, attn_factor=1.3), [300]),
    "linear_divided": (lambda: scaled(lambda: divided(llama, LLAMA3), "linear", factor=2.0), [300]),
    "divided": (lambda: divided(llama, LLAMA3), [300]),
    "yarn": (lambda: scaled(llama, "yarn", 16384, factor=8.0, original=2048), [300]),
    "yarn_attn_factor": (lambda: scaled(qwen3, "yarn", 16384, factor=8.0, original=2048,
                                        attn_factor=0.8), [300]),
    "yarn_by_context": (lambda: scaled(qwen3, "yarn", 4096, factor=4.0), [300]),
    "yarn_factor_1": (lambda: scaled(qwen3, "yarn", factor=1.0, original=2048), [300]),
    "yarn_no_factor": (lambda: scaled(qwen3, "yarn", original=2048), [300]),
    "yarn_betas": (lambda: scaled(qwen3, "yarn", 16384, factor=8.0, original=2048, beta_fast=16.0,
                                  beta_slow=2.0), [300]),
    "yarn_log_multiplier": (lambda: scaled(qwen3, "yarn", 16384, factor=8.0, original=2048,
                                           log_multiplier=0.7), [300]),
    "yarn_ext_factor": (lambda: scaled(qwen3, "yarn", 16384, factor=8.0, original=2048,
                                       ext_factor=0.0), [300]),
    "yarn_divided": (lambda: scaled(lambda: divided(llama, LLAMA3), "yarn", 16384, factor=8.0,
                                    original=2048), [300]),
    "mistral3_yarn": (lambda: scaled(mistral3, "yarn", 16384, factor=8.0, original=2048,
                                     beta_fast=16.0, beta_slow=2.0, log_multiplier=1.0), [300]),
    "mistral3_log_multiplier": (lambda: scaled(mistral3, "yarn", 16384, factor=16.0, original=1024,
                                               log_multiplier=0.4), [300]),
    "longrope": (lambda: scaled(phi3, original=512), [300, 512, 513, 900]),
    "longrope_odd": (lambda: scaled(phi3, original=500), [200, 300]),
    "longrope_typed": (lambda: scaled(phi3, "longrope", original=512, factor=4.0), [512, 513]),
    "gemma3_linear": (lambda: scaled(gemma3, "linear", factor=8.0), [300]),
    "gemma3_bases": (lambda: scaled(gemma3, theta_swa=20000.0), [300]),
    "gemma3_yarn": (lambda: scaled(gemma3, "yarn", 16384, factor=8.0, original=2048), [300]),
    "gemma2_linear": (lambda: scaled(gemma2, "linear", factor=2.0), [300]),
    "olmo2_yarn": (lambda: scaled(olmo2, "yarn", 16384, factor=8.0, original=2048), [300]),
    "olmo2_linear": (lambda: scaled(olmo2, "linear", factor=4.0), [300]),
    "smollm3_yarn": (lambda: scaled(smollm3, "yarn", 16384, factor=5.0, original=3277), [300]),
    "gptneox_linear": (lambda: scaled(gptneox, "linear", factor=4.0), [300]),
    "partial_yarn": (lambda: scaled(gptneox, "yarn", 16384, factor=8.0, original=2048, rotary=6), [300]),
    "exaone4": (lambda: divided(exaone4, LLAMA3), [300]),
    "exaone4_64_layers": (lambda: exaone4(64), [300]),
    "cohere2": (cohere2, [300]),
    "gpt_oss_yarn": (lambda: scaled(gpt_oss, "yarn", 16384, factor=32.0, original=512), [300]),
    "qwen2vl_linear": (lambda: scaled(qwen2vl, "linear", factor=2.0), [300]),
}


def write_all(folder):
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for name, make in MODELS.items():
        make().save(folder / f"{name}.gguf")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    write_all(sys.argv[1])
