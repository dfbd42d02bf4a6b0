#!/usr/bin/env python3
"""Write tests/fixtures/lint: for each rule of lint the smallest files that raise it.

usage: make_lint_fixtures.py

Where a rule comes from a recorded bug, the file is that bug in small; the address stands beside it.
A name after two underscores is that of the model the file says to be. What each file must raise
stands in tests/lint/expected, and tests/lint/check_lint.py compares.
"""
import json
import math
import os

from make_fixtures import EPS, ROOT, STRING, U32, F32, f32s, gguf, llama3_factors, model, sizes, \
    stand_ins

FOLDER = os.path.join(ROOT, "fixtures", "lint")
CORPUS = os.path.join(ROOT, "fuzz", "corpus", "lint")
LLAMA = {"model_type": "llama", "hidden_size": 4096, "num_hidden_layers": 32,
         "num_attention_heads": 32, "num_key_value_heads": 8, "head_dim": 128,
         "max_position_embeddings": 131072, "rope_theta": 1000000.0}
PHI = {"model_type": "phi3", "hidden_size": 3072, "num_hidden_layers": 32,
       "num_attention_heads": 32, "num_key_value_heads": 32, "max_position_embeddings": 131072,
       "original_max_position_embeddings": 4096, "rope_theta": 10000.0}


def config(base, **changes):
    made = dict(base, **changes)
    return {k: v for k, v in made.items() if v is not None}


def ramp(last, n=48):
    """Factors that rise from 1 to `last`, as LongRoPE's do."""
    return [round(last ** (i / (n - 1)), 4) for i in range(n)]


def configs():
    yarn = {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 32768}
    longrope = {"type": "longrope", "short_factor": ramp(1.8), "long_factor": ramp(64.0)}
    llama31 = config(LLAMA, rope_theta=500000.0)
    return {
        # every engine then takes a default of its own
        "RW001_missing": config(LLAMA, rope_theta=None),
        # https://github.com/vllm-project/vllm/issues/9502: a base written in code
        "RW001__Mistral-7B-Instruct-v0.3": config(
            LLAMA, max_position_embeddings=32768, model_type="mistral", rope_theta=10000.0),
        # https://github.com/unslothai/unsloth/pull/6197
        "RW002_dropped": llama31,
        "RW002__Llama-3.1-8B": config(llama31, rope_scaling={
            "rope_type": "llama3", "factor": 16.0, "low_freq_factor": 1.0,
            "high_freq_factor": 4.0, "original_max_position_embeddings": 8192}),
        "RW003_unknown": config(LLAMA, rope_scaling=dict(yarn, rope_type="yarm")),
        "RW003_disagree": config(LLAMA, rope_scaling=dict(yarn, type="linear")),
        # https://github.com/ROCm/aiter/pull/4742: what a truthy block without a type is taken for
        "RW003_untyped": config(LLAMA, rope_scaling={"factor": 4.0}),
        # https://github.com/huggingface/transformers/issues/38224
        "RW004_factor": config(LLAMA, rope_scaling=dict(yarn, factor=2.0)),
        "RW004_documented": config(LLAMA, max_position_embeddings=40960, rope_scaling=yarn),
        "RW005_missing": config(LLAMA, rope_scaling={"rope_type": "yarn", "factor": 4.0}),
        # Xenova/Phi-3-mini-4k-instruct, refs/pr/1: the block of the 128k version
        "RW005_longer_version": config(PHI, max_position_embeddings=4096, rope_scaling=longrope),
        "RW005_equal": config(LLAMA, max_position_embeddings=32768, rope_scaling=yarn),
        # https://github.com/vllm-project/vllm/pull/46280: 1.0 written, 1.416 run
        "RW006_stated": config(LLAMA, max_position_embeddings=262144, rope_scaling={
            "rope_type": "yarn", "factor": 64.0, "original_max_position_embeddings": 4096,
            "attention_factor": 1.0}),
        # https://github.com/ggml-org/llama.cpp/pull/17945: a magnitude that is not the file's
        "RW006_mscale": config(LLAMA, rope_scaling=dict(yarn, mscale=0.707, mscale_all_dim=1.0)),
        # https://github.com/huggingface/transformers/pull/47435
        "RW007_v2": {
            "model_type": "deepseek_v2", "hidden_size": 5120, "num_hidden_layers": 60,
            "num_attention_heads": 128, "num_key_value_heads": 128, "q_lora_rank": 1536,
            "kv_lora_rank": 512, "qk_nope_head_dim": 128, "qk_rope_head_dim": 64,
            "v_head_dim": 128, "max_position_embeddings": 163840, "rope_theta": 10000,
            "rope_scaling": {"type": "yarn", "factor": 40, "beta_fast": 32, "beta_slow": 1,
                             "mscale": 0.707, "mscale_all_dim": 0.707,
                             "original_max_position_embeddings": 4096}},
        # https://github.com/vllm-project/vllm/issues/27722
        "RW008_truncate": config(LLAMA, head_dim=64, rope_theta=150000.0, rope_scaling={
            "rope_type": "yarn", "factor": 32.0, "original_max_position_embeddings": 4096,
            "truncate": False}),
        "RW008_nested": config(
            LLAMA, model_type="gpt_oss", head_dim=64, rope_theta=None, num_hidden_layers=2,
            sliding_window=128, layer_types=["sliding_attention", "full_attention"],
            rope_parameters={kind: {
                "rope_type": "yarn", "rope_theta": 150000.0, "factor": 32.0, "truncate": False,
                "original_max_position_embeddings": 4096}
                for kind in ("sliding_attention", "full_attention")}),
        "RW009_length": config(PHI, rope_scaling=dict(longrope, long_factor=ramp(64.0, 47))),
        # the Phi-3.5-vision file in circulation, in small
        "RW009_too_small": config(PHI, rope_scaling=dict(longrope, long_factor=ramp(1.23))),
        "RW009_half_way": config(PHI, rope_scaling=dict(longrope, long_factor=ramp(16.0))),
        # https://github.com/ggml-org/llama.cpp/issues/24823
        "RW010_crosses": config(PHI, rope_scaling=longrope),
    }


def review_factors():
    """The blend that the review of llama.cpp's pull request 8676 caught: 1 / (1 - t) * f + t."""
    out = []
    for i, right in enumerate(llama3_factors(128, 500000.0, 8, 1, 4, 8192)):
        t = (8192 * 500000.0 ** (-2 * i / 128) / (2 * math.pi) - 1) / 3
        out.append(1 / (1 - t) * 8 + t if 1.0 < right < 8.0 else right)
    return out


def ggufs():
    llama31 = sizes(32, 131072, 4096, 14336, 32, 8, 128, 128)
    yarn = [("rope.scaling.type", STRING, "yarn")]
    latent = [("attention.key_length_mla", U32, 192), ("attention.value_length_mla", U32, 128),
              ("attention.kv_lora_rank", U32, 512), ("rope.scaling.type", STRING, "yarn"),
              ("rope.scaling.factor", F32, 40.0),
              ("rope.scaling.original_context_length", U32, 4096)]
    return {
        # https://github.com/ollama/ollama/issues/2379
        "RW001_missing": gguf(model("qwen2", "Qwen1.5-7B-Chat", sizes(
            32, 32768, 4096, 11008, 32, 32), [(EPS, 1e-6)]), stand_ins()),
        "RW001_known": gguf(model("qwen2", "Qwen2.5 7B Instruct", sizes(
            28, 32768, 3584, 18944, 28, 4), [("rope.freq_base", 10000.0), (EPS, 1e-6)]),
            stand_ins()),
        "RW002_dropped": gguf(model("llama", "Meta Llama 3.1 8B Instruct", llama31,
                                    [("rope.freq_base", 500000.0), (EPS, 1e-5)]), stand_ins()),
        "RW002_formula": gguf(model("llama", "A fine-tune", llama31,
                                    [("rope.freq_base", 500000.0), (EPS, 1e-5)]),
                              stand_ins([("rope_freqs.weight", 0, [64],
                                          f32s(review_factors()))])),
        "RW003_unknown": gguf(model("llama", "no_model", llama31,
                                    [("rope.freq_base", 1e6), (EPS, 1e-5)],
                                    [("rope.scaling.type", STRING, "ntk-by-parts")]),
                              stand_ins()),
        "RW005_missing": gguf(model("llama", "no_model", llama31,
                                    [("rope.freq_base", 1e6), (EPS, 1e-5),
                                     ("rope.scaling.factor", 4.0)], yarn), stand_ins()),
        # https://github.com/ggml-org/llama.cpp/issues/7118
        "RW007_missing": gguf(model("deepseek2", "no_model", sizes(
            60, 163840, 5120, 12288, 128, 1, 576, 64), [("rope.freq_base", 10000.0), (EPS, 1e-6)],
            latent), stand_ins()),
        "RW008_gpt_oss": gguf(model("gpt-oss", "Gpt Oss 20b", sizes(
            24, 131072, 2880, 2880, 64, 8, 64), [("rope.freq_base", 150000.0), (EPS, 1e-5),
                                                 ("rope.scaling.factor", 32.0)],
            yarn + [("rope.scaling.original_context_length", U32, 4096),
                    ("attention.sliding_window", U32, 128)]), stand_ins()),
    }


def more_configs():
    """Rules 11 and up."""
    gemma3 = {"model_type": "gemma3_text", "hidden_size": 2560, "num_hidden_layers": 12,
              "num_attention_heads": 8, "num_key_value_heads": 4, "head_dim": 256,
              "max_position_embeddings": 131072, "sliding_window": 1024,
              "sliding_window_pattern": 6, "query_pre_attn_scalar": 256}
    smollm3 = {"model_type": "smollm3", "hidden_size": 2048, "num_hidden_layers": 36,
               "num_attention_heads": 16, "num_key_value_heads": 4,
               "max_position_embeddings": 65536, "rope_theta": 5000000.0}
    latent = {"model_type": "deepseek_v3", "hidden_size": 7168, "num_hidden_layers": 4,
              "num_attention_heads": 64, "num_key_value_heads": 64, "q_lora_rank": 1536,
              "kv_lora_rank": 512, "qk_nope_head_dim": 128, "qk_rope_head_dim": 64,
              "v_head_dim": 128, "max_position_embeddings": 131072, "rope_theta": 50000.0}
    phi = {"model_type": "phi", "hidden_size": 2048, "num_hidden_layers": 24,
           "num_attention_heads": 32, "num_key_value_heads": 32, "rope_theta": 10000.0,
           "max_position_embeddings": 2048}
    linear = {"rope_type": "linear", "factor": 8.0}
    yarn = {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 32768}
    llama3 = {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0,
              "high_freq_factor": 4.0, "original_max_position_embeddings": 8192}
    return {
        # https://github.com/ollama/ollama/pull/13474
        "RW011_scaled": config(gemma3, rope_parameters={
            "full_attention": dict(linear, rope_theta=1000000.0),
            "sliding_attention": dict(linear, rope_theta=10000.0)}),
        # https://github.com/antonellof/ferrox/issues/39
        "RW011_one_base": config(gemma3, rope_theta=1000000.0, rope_local_base_freq=1000000.0,
                                 rope_scaling=linear),
        "RW011_left_to_code": config(gemma3, rope_theta=1000000.0, rope_scaling=linear),
        # https://github.com/huggingface/transformers/issues/43756
        "RW012_turned_over": config(smollm3, no_rope_layers=[0, 0, 0, 1] * 9),
        "RW012_not_in_gguf": config(smollm3, no_rope_layers=[1, 1, 1, 1, 1, 0] * 6),
        "RW012_dead_base": {
            "model_type": "nemotron_h", "hidden_size": 2688, "num_hidden_layers": 4,
            "num_attention_heads": 32, "num_key_value_heads": 2, "head_dim": 128,
            "hybrid_override_pattern": "ME*E", "max_position_embeddings": 262144,
            "rope_theta": 10000},
        "RW013_part": config(latent, head_dim=64),
        "RW013_neither": config(latent, head_dim=128 + 32),
        "RW013_share": config(phi, rotary_dim=32, partial_rotary_factor=0.4),
        "RW013_rounds": config(phi, hidden_size=4096, partial_rotary_factor=0.49),
        # https://github.com/huggingface/transformers/issues/39687
        "RW014_half": config(latent, rope_interleave=False),
        # https://github.com/EleutherAI/gpt-neox/pull/1016
        "RW015_bf16": config(LLAMA, torch_dtype="bfloat16"),
        "RW015_far": config(LLAMA, rope_theta=500000.0, max_position_embeddings=10485760),
        "RW016_pairs": config(LLAMA, rope_theta=500000.0, max_position_embeddings=8192),
        # https://github.com/vllm-project/vllm/issues/16757
        "RW017_beyond": config(LLAMA, max_position_embeddings=262144, rope_scaling=yarn),
        # https://github.com/vllm-project/vllm/issues/8793
        "RW017_derived": config(LLAMA, max_position_embeddings=16384, rope_scaling=linear),
        # https://github.com/sgl-project/sglang/pull/22739
        "RW018_parameters": config(LLAMA, rope_theta=None,
                                   rope_parameters=dict(yarn, rope_theta=1000000.0)),
        "RW019_equal": config(LLAMA, rope_scaling=dict(llama3, high_freq_factor=1.0)),
        "RW019_crossed": config(LLAMA, rope_scaling=dict(llama3, low_freq_factor=4.0,
                                                         high_freq_factor=1.0)),
        "RW020_no_audit": config(LLAMA),
        "RW021_misspelt": config(LLAMA, rope_scaling=dict(yarn, **{"beta-fast": 24.0})),
        "RW021_none_near": config(LLAMA, rope_scaling=dict(yarn, colour=3.0)),
        # Kimi-K2's step, which llama.cpp reads for two architectures that are not its own
        "RW022_beta": config(latent, rope_scaling=dict(
            yarn, factor=32.0, original_max_position_embeddings=4096, beta_fast=1.0,
            beta_slow=1.0, mscale=1.0, mscale_all_dim=1.0)),
        "RW023_dynamic": config(LLAMA, rope_scaling={"rope_type": "dynamic", "factor": 2.0}),
        # https://github.com/NVIDIA/TensorRT-Model-Connect/pull/400
        "RW024__gpt-oss-20b": {
            "model_type": "gpt_oss", "hidden_size": 2880, "num_hidden_layers": 24,
            "num_attention_heads": 64, "num_key_value_heads": 8, "head_dim": 64,
            "max_position_embeddings": 131072, "rope_theta": 150000,
            "layer_types": ["full_attention"] * 24},
        "RW025_dual_chunk": config(LLAMA, dual_chunk_attention_config={
            "chunk_size": 262144, "local_size": 8192,
            "original_max_position_embeddings": 262144}),
    }


def more_ggufs():
    latent = [("attention.key_length_mla", U32, 192), ("attention.value_length_mla", U32, 128),
              ("attention.kv_lora_rank", U32, 512), ("rope.scaling.type", STRING, "yarn"),
              ("rope.scaling.factor", F32, 32.0),
              ("rope.scaling.original_context_length", U32, 4096),
              ("rope.scaling.yarn_log_multiplier", F32, 0.1),
              ("rope.scaling.yarn_beta_fast", F32, 1.0),
              ("rope.scaling.yarn_beta_slow", F32, 1.0)]
    return {
        # https://github.com/lablup/mlxcel/issues/1340
        "RW011_one_base": gguf(model("gemma3", "no_model", sizes(
            12, 131072, 2560, 10240, 8, 4, 256, 256),
            [("rope.freq_base", 1e6), ("rope.freq_base_swa", 1e6), (EPS, 1e-6)],
            [("attention.sliding_window", U32, 1024)]), stand_ins()),
        # https://github.com/timtoole02/Camelid/pull/535
        "RW012_by_code": gguf(model("smollm3", "no_model", sizes(
            36, 65536, 2048, 11008, 16, 4, 128, 128), [("rope.freq_base", 5e6), (EPS, 1e-6)]),
            stand_ins()),
        # https://github.com/ooples/AiDotNet/pull/2074
        "RW014_not_in_a_header": gguf(model("llama", "no_model", sizes(
            4, 8192, 4096, 14336, 32, 8, 128, 128), [("rope.freq_base", 5e5), (EPS, 1e-5)]),
            stand_ins()),
        "RW014_other_architecture": gguf(model("llama", "Qwen2.5 7B Instruct", sizes(
            28, 32768, 3584, 18944, 28, 4), [("rope.freq_base", 1e6), (EPS, 1e-6)]), stand_ins()),
        "RW026_beta": gguf(model("deepseek2", "no_model", sizes(
            4, 131072, 7168, 18432, 64, 1, 576, 64), [("rope.freq_base", 50000.0), (EPS, 1e-6)],
            latent), stand_ins()),
    }


def save(folder, name, data):
    assert len(data) <= 8192, (name, len(data))
    with open(os.path.join(folder, name), "wb") as f:
        f.write(data)


def main():
    for folder in (FOLDER, CORPUS):
        os.makedirs(folder, exist_ok=True)
    for name, made in {**configs(), **more_configs()}.items():
        data = (json.dumps(made, indent=1) + "\n").encode()
        save(FOLDER, name + ".json", data)
        save(CORPUS, name + ".json", data)
    for name, data in {**ggufs(), **more_ggufs()}.items():
        save(FOLDER, name + ".gguf", data)


if __name__ == "__main__":
    main()
