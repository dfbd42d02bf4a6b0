#!/usr/bin/env python3
"""What every layer of every kind of model does with positions in transformers itself.

usage: transformers_families.py OUT.json [MODEL_TYPE ...]

Needs torch and transformers (5.23.0 made the file in tests/vectors/families). A small model of each
type is built from its configuration class and run on eight tokens. Which layers rotate is seen by
watching the functions that apply rotations; which dimensions form a pair is seen by rotating unit
vectors; frequencies, the factor of cos and sin and the softmax scale are read from the modules.
The configuration is what the class writes as config.json, cut to the keys of positions.
"""
import inspect
import json
import os
import sys
import warnings

os.environ["TRANSFORMERS_VERBOSITY"] = "error"
warnings.filterwarnings("ignore")
import torch  # noqa: E402
import transformers  # noqa: E402
from transformers import AutoModel, CONFIG_MAPPING  # noqa: E402

YARN = dict(rope_type="yarn", rope_theta=10000.0, factor=4.0, original_max_position_embeddings=2048)
LATENT_YARN = dict(YARN, mscale=1.0, mscale_all_dim=0.5)
LLAMA3 = dict(rope_type="llama3", rope_theta=500000.0, factor=8.0, low_freq_factor=1.0,
              high_freq_factor=4.0, original_max_position_embeddings=1024)
LINEAR = dict(rope_type="linear", rope_theta=20000.0, factor=4.0)
SMALL = dict(num_hidden_layers=8, hidden_size=128, num_attention_heads=4, num_key_value_heads=2,
             vocab_size=64, intermediate_size=64, max_position_embeddings=8192,
             moe_intermediate_size=32, num_experts=4, num_local_experts=4, n_routed_experts=4,
             num_experts_per_tok=2, pad_token_id=0, bos_token_id=1, eos_token_id=2)
# What the classes' defaults leave out, so that scalings and schedules are seen too.
SPECIAL = {
    "llama": dict(rope_parameters=LLAMA3), "mistral": dict(sliding_window=4),
    "mixtral": dict(sliding_window=4), "ministral": dict(head_dim=32, sliding_window=4),
    "starcoder2": dict(sliding_window=4), "phi3": dict(sliding_window=4),
    "phimoe": dict(sliding_window=4),
    "qwen2": dict(rope_parameters=YARN, use_sliding_window=True, sliding_window=4, max_window_layers=6),
    "qwen3": dict(rope_parameters=LINEAR), "qwen3_moe": dict(use_sliding_window=True, sliding_window=4),
    "gemma2": dict(query_pre_attn_scalar=144), "gemma3_text": dict(query_pre_attn_scalar=168),
    "deepseek_v2": dict(rope_parameters=LATENT_YARN), "deepseek_v3": dict(rope_parameters=LATENT_YARN),
    "deepseek_v32": dict(rope_parameters=LATENT_YARN), "glm_moe_dsa": dict(rope_parameters=LATENT_YARN),
    "glm4_moe_lite": dict(rope_parameters=LATENT_YARN), "minicpm3": dict(rope_parameters=LATENT_YARN),
    "youtu": dict(rope_parameters=LATENT_YARN),
    "deepseek_v4": dict(rope_parameters={k: v for k, v in YARN.items() if k != "rope_theta"}),
    "granite": dict(attention_multiplier=0.25), "granitemoe": dict(attention_multiplier=0.25),
    "granitemoehybrid": dict(layer_types=["linear_attention", "full_attention"] * 4,
                             position_embedding_type="rope", attention_multiplier=0.25),
    "bamba": dict(attn_layer_indices=[1, 5]), "nemotron_h": dict(num_hidden_layers=4),
    "gptj": dict(rotary_dim=16), "codegen": dict(rotary_dim=16, n_ctx=64),
    "dots1": dict(head_dim=32, first_k_dense_replace=8),
    "hunyuan_v1_dense": dict(head_dim=32, rope_parameters=dict(
        rope_type="dynamic", rope_theta=10000.0, alpha=1000.0, factor=1.0)),
    "hunyuan_v1_moe": dict(head_dim=32), "lfm2_moe": dict(layer_types=["conv", "full_attention"] * 4),
    "jamba": dict(attn_layer_period=4, attn_layer_offset=2, use_mamba_kernels=False),
    "minimax": dict(head_dim=32, partial_rotary_factor=0.5),
    "exaone4": dict(sliding_window=4), "cohere2": dict(sliding_window=4),
    "falcon": dict(alibi=False), "helium": dict(head_dim=32), "gemma3n_text": dict(num_kv_shared_layers=0),
}
for latent in ("deepseek_v2", "deepseek_v3", "deepseek_v32", "glm_moe_dsa", "kimi_linear",
               "minicpm3", "youtu", "glm4_moe_lite", "mistral4"):
    SPECIAL.setdefault(latent, {})["num_key_value_heads"] = 4
for grouped in ("deepseek_v3", "deepseek_v32"):
    SPECIAL[grouped].update(n_group=1, topk_group=1)
for axes, sections in (("qwen2_vl_text", [4, 6, 6]), ("qwen2_5_vl_text", [4, 6, 6]),
                       ("glm4v_text", [4, 6, 6]), ("glm4v_moe_text", [2, 3, 3])):
    SPECIAL[axes] = dict(rope_parameters=dict(rope_type="default", rope_theta=10000.0,
                                              mrope_section=sections))
TYPES = """llama llama4_text mistral ministral ministral3 mistral4 mixtral smollm3 arcee afmoe apertus
bitnet cwm internlm3 jais2 seed_oss solar_open nanochat diffllama helium qwen2 qwen2_moe qwen2_vl_text
qwen2_5_vl_text qwen3 qwen3_moe qwen3_vl_text qwen3_vl_moe_text qwen3_next qwen3_5_text
qwen3_5_moe_text gemma gemma2 vaultgemma gemma3_text gemma3n_text gemma4_text phi phi3 phimoe deepseek_v2 deepseek_v3
deepseek_v32 deepseek_v4 glm4_moe_lite glm_moe_dsa kimi_linear minicpm3 youtu gpt_oss
cohere cohere2 olmo olmo2 olmo3 olmoe flex_olmo exaone4 exaone_moe glm glm4 glm4v_text glm4_moe
glm4v_moe_text minimax minimax_m2 mimo_v2_flash nemotron nemotron_h granite granitemoe
granitemoeshared granitemoehybrid bamba codegen dots1 ernie4_5 ernie4_5_moe falcon falcon_h1 gpt_neox
gptj hunyuan_v1_dense hunyuan_v1_moe hy_v3 lfm2 lfm2_moe persimmon stablelm starcoder2 bloom gpt2 mpt
opt jamba gpt_bigcode""".split()
# Schedules that the class itself works out are left out of the file, so that they are tested.
SCHEDULES = ("layer_types", "no_rope_layers")
SAYS_SCHEDULE = {"minimax", "gemma4_text", "lfm2", "lfm2_moe", "granitemoehybrid", "nemotron_h", "kimi_linear"}
KEEP = ("rope", "rotary", "head", "layer", "window", "hidden_size", "position", "theta", "mla", "alibi",
        "attn_type", "interleave", "attention_multiplier", "query_pre", "chunk", "model_type", "n_embd",
        "compress", "partial", "linear_attn", "pattern", "period", "offset", "indices", "d_model")


def pairs_of(apply, args, kwargs):
    """Which inputs share their outputs: partners of a pair turn into each other."""
    x = args[0]
    dim = x.shape[-1]
    support = []
    with torch.no_grad():
        for i in range(dim):
            probe = torch.zeros_like(x)
            probe[..., i] = 1
            out = apply(probe, *args[1:], **kwargs)
            out = (out[0] if isinstance(out, tuple) else out).float().abs().flatten(0, -2).amax(0)
            support.append(tuple(torch.nonzero(out > 1e-6).flatten().tolist()))
    for i, s in enumerate(support):
        if len(s) == 2:
            partner = next(j for j in range(dim) if j != i and support[j] == s)
            return "interleaved" if partner == i + 1 else "half"
    return "none"


def watch(module, seen):
    """Wrap the functions of a modelling file that apply rotations."""
    for name, apply in inspect.getmembers(module, inspect.isfunction):
        if not name.startswith("apply_") or not ("rotary" in name or "rope" in name) or "vision" in name:
            continue

        def wrapped(*args, apply=apply, **kwargs):
            if seen["layer"] is not None and not seen["inner"]:
                seen["layers"].add(seen["layer"])
                if "pairs" not in seen:
                    seen["inner"] = True
                    try:
                        seen["pairs"] = pairs_of(apply, args, kwargs)
                    finally:
                        seen["inner"] = False
            return apply(*args, **kwargs)

        setattr(module, name, wrapped)


def layers_of(model, n_layer):
    for _, mod in model.named_modules():
        if isinstance(mod, torch.nn.ModuleList) and len(mod) == n_layer:
            return mod
    return []


def family(name):
    config_class = CONFIG_MAPPING[name]
    config = config_class(**dict(SMALL, **SPECIAL.get(name, {})))
    written = json.loads(config.to_json_string(use_diff=False))
    torch.manual_seed(0)
    model = AutoModel.from_config(config).eval()
    n_layer = config.num_hidden_layers
    seen = {"layer": None, "layers": set(), "inner": False}
    watch(sys.modules[type(model).__module__], seen)
    layers = layers_of(model, n_layer)
    for i, layer in enumerate(layers):
        layer.register_forward_pre_hook(lambda *_, i=i: seen.update(layer=i))
    with torch.no_grad():
        model(input_ids=torch.arange(3, 11)[None])
    buffers = {n.rsplit(".", 1)[-1]: (n.rsplit(".", 1)[0], b) for n, b in model.named_buffers()
               if n.endswith("inv_freq") and "original" not in n}
    kinds = getattr(config, "layer_types", None) or [None] * n_layer
    rows = []
    for i in range(n_layer):
        row = {"attention": kinds[i], "rotates": i in seen["layers"]}
        scale = [float(m.scaling) for _, m in layers[i].named_modules()
                 if isinstance(getattr(m, "scaling", None), float) and hasattr(m, "layer_idx")] if len(layers) else []
        row["softmax_scale"] = scale[0] if scale else None
        if row["rotates"] and buffers:
            label = kinds[i]
            if name == "deepseek_v4":
                label = "main" if kinds[i] == "sliding_attention" else "compress"
            key = f"{label}_inv_freq" if f"{label}_inv_freq" in buffers else "inv_freq"
            owner, inv_freq = buffers[key]
            module = model.get_submodule(owner)
            factor = getattr(module, key.replace("inv_freq", "attention_scaling"), 1.0)
            row["rotary_dim"] = 2 * inv_freq.numel()
            row["attn_factor"] = float(factor)
            row["inv_freq"] = [float(inv_freq.flatten()[j]) for j in
                               (0, inv_freq.numel() // 3, inv_freq.numel() // 2, inv_freq.numel() - 1)]
        rows.append(row)
    if name not in SAYS_SCHEDULE:
        for key in SCHEDULES:
            written.pop(key, None)
    config = {k: v for k, v in written.items() if any(w in k for w in KEEP) and v is not None and
              not k.startswith(("transformers", "mlp_layer", "id2", "is_", "pad"))}
    return {"config": config, "pairs": seen.get("pairs"), "layers": rows}


def main():
    out, names = sys.argv[1], sys.argv[2:] or TYPES
    families = {}
    for name in names:
        try:
            families[name] = family(name)
            got = families[name]
            print("made", name, got["pairs"], "".join("R" if r["rotates"] else "-" for r in got["layers"]))
        except Exception as e:  # a class that refuses these sizes is not this script's subject
            print("left out", name, type(e).__name__, str(e).split("\n")[0][:120])
    document = {"made_by": "scripts/oracles/transformers_families.py",
                "transformers": transformers.__version__, "torch": torch.__version__,
                "families": families}
    with open(out, "w") as f:
        f.write(json.dumps(document, separators=(",", ":")).replace('},"', '},\n"') + "\n")


main()
