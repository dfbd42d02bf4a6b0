#!/usr/bin/env python3
"""What llama.cpp's converter writes about positions, for configs of many families.

    convert_goldens.py LLAMA_CPP_SOURCE OUT_FOLDER COMMIT

Runs the converter's own classes (conversion/*.py with gguf-py) on the configs below: no weights
and no tokenizer are needed for the keys, and the tensors about RoPE are generated from the config
alone. Each result is OUT_FOLDER/<name>.json with config, keys and tensors. Run once, with torch,
numpy and transformers installed; the tests read the results.
"""
import copy
import json
import logging
import pathlib
import sys
import tempfile

SOURCE, OUT, COMMIT = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), sys.argv[3]
sys.path[:0] = [str(SOURCE / "gguf-py"), str(SOURCE)]
logging.disable(logging.CRITICAL)
import gguf  # noqa: E402
from conversion import ModelType, base, get_model_architecture, get_model_class  # noqa: E402

SHARED = dict(vocab_size=64, intermediate_size=96, rms_norm_eps=1e-6, hidden_act="silu")
EXPERTS = dict(num_local_experts=4, num_experts_per_tok=2, moe_intermediate_size=32)
SLIDING = ["sliding_attention", "full_attention"]


def config(architecture, model_type, *, layers=4, hidden=256, heads=4, kv=2, context=8192, **more):
    shape = dict(SHARED, num_hidden_layers=layers, hidden_size=hidden, num_attention_heads=heads,
                 num_key_value_heads=kv, max_position_embeddings=context)
    shape = {k: v for k, v in shape.items() if v is not None}
    if "text_config" in more:  # the shape stands inside
        more["text_config"] = {**shape, **more["text_config"]}
        shape = {}
    return dict(architectures=[architecture], model_type=model_type, **shape, **more)


LLAMA3 = dict(factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0,
              original_max_position_embeddings=8192, rope_type="llama3")
MLA = dict(q_lora_rank=48, kv_lora_rank=32, qk_nope_head_dim=32, qk_rope_head_dim=16, v_head_dim=32,
           n_routed_experts=4, num_experts_per_tok=2, moe_intermediate_size=32, n_shared_experts=1,
           routed_scaling_factor=2.5, first_k_dense_replace=1, scoring_func="sigmoid", norm_topk_prob=True)


def longrope(n):
    return dict(type="longrope", short_factor=[1.0 + 0.01 * i for i in range(n)],
                long_factor=[1.0 + 0.75 * i for i in range(n)])


CONFIGS = {
    "llama": config("LlamaForCausalLM", "llama", rope_theta=500000.0),
    "llama3": config("LlamaForCausalLM", "llama", hidden=512, context=131072, rope_theta=500000.0,
                     rope_scaling=LLAMA3),
    "llama3_head_dim": config("LlamaForCausalLM", "llama", head_dim=64, context=131072,
                              rope_parameters=dict(LLAMA3, rope_theta=500000.0, factor=32.0)),
    "llama_linear": config("LlamaForCausalLM", "llama", rope_theta=10000.0,
                           rope_scaling=dict(type="linear", factor=4.0)),
    "llama_dynamic": config("LlamaForCausalLM", "llama", rope_theta=10000.0,
                            rope_scaling=dict(type="dynamic", factor=4.0)),
    "llama4": config("Llama4ForConditionalGeneration", "llama4", text_config=dict(
        model_type="llama4_text", intermediate_size_mlp=96, head_dim=64, rope_theta=500000.0,
        rope_scaling=dict(LLAMA3, factor=16.0, high_freq_factor=1.0), attention_chunk_size=8192,
        num_local_experts=4, num_experts_per_tok=1, interleave_moe_layer_step=1)),
    "mistral": config("MistralForCausalLM", "mistral", rope_theta=1000000.0, sliding_window=4096),
    "mixtral": config("MixtralForCausalLM", "mixtral", rope_theta=1000000.0, sliding_window=None, **EXPERTS),
    "mistral3": config("Mistral3ForConditionalGeneration", "mistral3", text_config=dict(
        model_type="mistral", head_dim=128, rope_theta=1000000000.0, sliding_window=None)),
    "ministral3": config("Mistral3ForConditionalGeneration", "mistral3", text_config=dict(
        model_type="ministral3", head_dim=128, rope_parameters=dict(
            rope_type="yarn", type="yarn", rope_theta=1000000.0, factor=16.0, beta_fast=32.0, beta_slow=1.0,
            mscale=1.0, mscale_all_dim=1.0, original_max_position_embeddings=16384,
            llama_4_scaling_beta=0.1))),
    "qwen2_yarn": config("Qwen2ForCausalLM", "qwen2", rope_theta=1000000.0, use_sliding_window=False,
                         sliding_window=131072, max_window_layers=4, rope_scaling=dict(
                             type="yarn", factor=4.0, original_max_position_embeddings=32768)),
    "qwen2_llama3": config("Qwen2ForCausalLM", "qwen2", rope_theta=1000000.0, rope_scaling=LLAMA3),
    "qwen2_moe": config("Qwen2MoeForCausalLM", "qwen2_moe", rope_theta=1000000.0,
                        shared_expert_intermediate_size=32, **EXPERTS),
    "qwen2_vl": config("Qwen2VLForConditionalGeneration", "qwen2_vl", rope_theta=1000000.0,
                       rope_scaling=dict(type="mrope", mrope_section=[8, 12, 12])),
    "qwen3": config("Qwen3ForCausalLM", "qwen3", head_dim=128, rope_theta=1000000, rope_scaling=None),
    "qwen3_yarn": config("Qwen3ForCausalLM", "qwen3", head_dim=128, rope_theta=1000000, rope_scaling=dict(
        rope_type="yarn", factor=4.0, original_max_position_embeddings=32768, attention_factor=1.3,
        beta_fast=24, beta_slow=2, truncate=False)),
    "qwen3_moe": config("Qwen3MoeForCausalLM", "qwen3_moe", head_dim=128, rope_theta=10000000.0, **EXPERTS),
    "qwen3_next": config("Qwen3NextForCausalLM", "qwen3_next", head_dim=64, rope_theta=10000000,
                         partial_rotary_factor=0.25, full_attention_interval=4, linear_conv_kernel_dim=4,
                         linear_key_head_dim=16, linear_value_head_dim=16, linear_num_key_heads=2,
                         linear_num_value_heads=4, mlp_only_layers=[], decoder_sparse_step=1,
                         shared_expert_intermediate_size=32, **EXPERTS),
    "qwen3_vl": config("Qwen3VLForConditionalGeneration", "qwen3_vl", text_config=dict(
        model_type="qwen3_vl_text", head_dim=128, rope_theta=5000000, rope_scaling=dict(
            rope_type="default", mrope_section=[24, 20, 20], mrope_interleaved=True)), vision_config=dict()),
    "qwen3_5": config("Qwen3_5ForConditionalGeneration", "qwen3_5", text_config=dict(
        model_type="qwen3_5_text", head_dim=256, layer_types=["linear_attention"] * 3 + ["full_attention"],
        linear_conv_kernel_dim=4, linear_key_head_dim=16, linear_value_head_dim=16, linear_num_key_heads=2,
        linear_num_value_heads=4, mtp_num_hidden_layers=1, full_attention_interval=4, rope_parameters=dict(
            rope_type="default", rope_theta=10000000, partial_rotary_factor=0.25, mrope_interleaved=True,
            mrope_section=[11, 11, 10]))),
    "gemma2": config("Gemma2ForCausalLM", "gemma2", head_dim=64, rope_theta=10000.0, sliding_window=4096,
                     attn_logit_softcapping=50.0, final_logit_softcapping=30.0, query_pre_attn_scalar=64),
    "gemma_theta": config("GemmaForCausalLM", "gemma", head_dim=64, rope_theta=50000.0,
                          rope_scaling=dict(rope_type="linear", factor=2.0)),
    "gemma3": config("Gemma3ForConditionalGeneration", "gemma3", text_config=dict(
        model_type="gemma3_text", head_dim=64, rope_theta=1000000.0, rope_local_base_freq=10000.0,
        rope_scaling=dict(factor=8.0, rope_type="linear"), sliding_window=1024, sliding_window_pattern=6,
        query_pre_attn_scalar=64)),
    "gemma3_v5": config("Gemma3ForCausalLM", "gemma3_text", layers=6, head_dim=64, sliding_window=512,
                        layer_types=["sliding_attention"] * 5 + ["full_attention"], rope_parameters=dict(
                            full_attention=dict(rope_type="linear", factor=8.0, rope_theta=1000000.0),
                            sliding_attention=dict(rope_type="default", rope_theta=10000.0))),
    "gemma4": config("Gemma4ForCausalLM", "gemma4_text", layers=6, head_dim=32, global_head_dim=64,
                     num_global_key_value_heads=1, num_kv_shared_layers=2, sliding_window=512,
                     layer_types=["sliding_attention"] * 5 + ["full_attention"], moe_intermediate_size=32,
                     rope_parameters=dict(
                         full_attention=dict(rope_type="proportional", partial_rotary_factor=0.25,
                                             rope_theta=1000000.0),
                         sliding_attention=dict(rope_type="default", rope_theta=10000.0))),
    "phi": config("PhiForCausalLM", "phi", kv=4, context=2048, partial_rotary_factor=0.5, rope_theta=10000.0,
                  layer_norm_eps=1e-5),
    "phi3": config("Phi3ForCausalLM", "phi3", context=131072, original_max_position_embeddings=4096,
                   rope_theta=10000.0, rope_scaling=longrope(32), sliding_window=262144),
    "phi3_short": config("Phi3ForCausalLM", "phi3", context=4096, original_max_position_embeddings=4096,
                         rope_theta=10000.0, rope_scaling=None, sliding_window=2047),
    "phi4_mini": config("Phi3ForCausalLM", "phi3", context=131072, original_max_position_embeddings=4096,
                        rope_theta=10000.0, partial_rotary_factor=0.75, rope_scaling=longrope(24)),
    "gpt_neox": config("GPTNeoXForCausalLM", "gpt_neox", kv=4, context=2048, rotary_pct=0.25,
                       rotary_emb_base=20000, layer_norm_eps=1e-5),
    "falcon": config("FalconForCausalLM", "falcon", kv=None, num_kv_heads=1, rope_theta=20000.0,
                     layer_norm_epsilon=1e-5),
    "deepseek_v2": config("DeepseekV2ForCausalLM", "deepseek_v2", context=163840, rope_theta=10000,
                          rope_scaling=dict(type="yarn", factor=40, beta_fast=32, beta_slow=1, mscale=0.707,
                                            mscale_all_dim=0.707, original_max_position_embeddings=4096), **MLA),
    "deepseek_v3": config("DeepseekV3ForCausalLM", "deepseek_v3", context=163840, rope_theta=10000,
                          rope_scaling=dict(type="yarn", factor=40, beta_fast=32, beta_slow=1, mscale=1.0,
                                            mscale_all_dim=1.0, original_max_position_embeddings=4096), **MLA),
    "deepseek_v32": config("DeepseekV32ForCausalLM", "deepseek_v32", context=163840, rope_theta=10000,
                           index_n_heads=2, index_head_dim=32, index_topk=16, rope_scaling=dict(
                               type="yarn", factor=40, beta_fast=32, beta_slow=1, mscale=1.0,
                               mscale_all_dim=1.0, original_max_position_embeddings=4096), **MLA),
    "deepseek_v4": config("DeepseekV4ForCausalLM", "deepseek_v4", kv=1, head_dim=64, context=1048576,
                          rope_theta=10000, compress_rope_theta=160000, compress_ratios=[0, 0, 4, 128, 4],
                          num_nextn_predict_layers=1, sliding_window=128, qk_rope_head_dim=16, q_lora_rank=48,
                          index_n_heads=2, index_head_dim=32, index_topk=16, n_routed_experts=4,
                          num_experts_per_tok=2, moe_intermediate_size=32, n_shared_experts=1, o_groups=2,
                          o_lora_rank=16, hc_mult=2, hc_sinkhorn_iters=2, hc_eps=1e-6, num_hash_layers=0,
                          routed_scaling_factor=1.5, scoring_func="sqrtsoftplus", norm_topk_prob=True,
                          swiglu_limit=7.0, rope_scaling=dict(type="yarn", factor=16, beta_fast=32,
                                                              beta_slow=1, original_max_position_embeddings=65536)),
    "kimi_k2": config("DeepseekV3ForCausalLM", "kimi_k2", context=131072, rope_theta=50000.0,
                      rope_scaling=dict(type="yarn", factor=32.0, beta_fast=1.0, beta_slow=1.0, mscale=1.0,
                                        mscale_all_dim=1.0, original_max_position_embeddings=4096), **MLA),
    "gpt_oss": config("GptOssForCausalLM", "gpt_oss", head_dim=64, context=131072, rope_theta=150000,
                      sliding_window=128, layer_types=SLIDING * 2, rope_scaling=dict(
                          rope_type="yarn", factor=32.0, beta_fast=32.0, beta_slow=1.0, truncate=False,
                          original_max_position_embeddings=4096), **EXPERTS),
    "smollm3": config("SmolLM3ForCausalLM", "smollm3", rope_theta=5000000.0, no_rope_layers=[1, 1, 1, 0],
                      no_rope_layer_interval=4),
    "olmo2": config("Olmo2ForCausalLM", "olmo2", rope_theta=500000),
    "olmo3": config("Olmo3ForCausalLM", "olmo3", context=65536, sliding_window=4096, rope_theta=500000,
                    layer_types=["sliding_attention"] * 3 + ["full_attention"], rope_scaling=dict(
                        rope_type="yarn", factor=8.0, attention_factor=1.2079441541679836, beta_fast=32,
                        beta_slow=1, original_max_position_embeddings=8192)),
    "exaone4": config("Exaone4ForCausalLM", "exaone4", head_dim=128, context=131072, rope_theta=1000000,
                      sliding_window=4096, sliding_window_pattern="LLLG",
                      layer_types=["sliding_attention"] * 3 + ["full_attention"],
                      rope_scaling=dict(LLAMA3, factor=16.0)),
    "cohere": config("CohereForCausalLM", "cohere", rope_theta=8000000.0, model_max_length=131072,
                     layer_norm_eps=1e-5, logit_scale=0.0625, use_qk_norm=False),
    "cohere2": config("Cohere2ForCausalLM", "cohere2", head_dim=64, rope_theta=50000.0, sliding_window=4096,
                      rotary_pct=1.0, layer_norm_eps=1e-5, logit_scale=0.25,
                      layer_types=["sliding_attention"] * 3 + ["full_attention"]),
    "chatglm": config("ChatGLMModel", "chatglm", kv=None, context=None, rope_ratio=500, num_layers=4,
                      seq_length=131072, multi_query_attention=True,
                      multi_query_group_num=2, kv_channels=64, padded_vocab_size=64, ffn_hidden_size=96,
                      layernorm_epsilon=1e-5),
    "glm4": config("Glm4ForCausalLM", "glm4", head_dim=64, rope_theta=10000.0, partial_rotary_factor=0.5),
    "glm4_moe": config("Glm4MoeForCausalLM", "glm4_moe", head_dim=64, rope_theta=1000000,
                       partial_rotary_factor=0.5, n_routed_experts=4, num_experts_per_tok=2,
                       moe_intermediate_size=32, n_shared_experts=1, first_k_dense_replace=1,
                       routed_scaling_factor=1.0, norm_topk_prob=True),
    "glm_moe_dsa": config("GlmMoeDsaForCausalLM", "glm_moe_dsa", index_n_heads=2, index_head_dim=32,
                          index_topk=16, rope_parameters=dict(rope_theta=1000000, rope_type="default"), **MLA),
    "minimax_m2": config("MiniMaxM2ForCausalLM", "minimax_m2", head_dim=128, rope_theta=5000000,
                         rotary_dim=64, scoring_func="sigmoid", **EXPERTS),
    "mimo_v2": config("MiMoV2FlashForCausalLM", "mimo_v2_flash", head_dim=192, swa_head_dim=192,
                      swa_num_attention_heads=4, v_head_dim=128, swa_v_head_dim=128, topk_method="noaux_tc",
                      swa_num_key_value_heads=4, hybrid_layer_pattern=[0, 1, 1, 0], sliding_window=128,
                      rope_theta=5000000, swa_rope_theta=10000, partial_rotary_factor=0.334,
                      n_routed_experts=4, num_experts_per_tok=2, moe_intermediate_size=32,
                      moe_layer_freq=[0, 1, 1, 1], layernorm_epsilon=1e-5),
    "nemotron": config("NemotronForCausalLM", "nemotron", partial_rotary_factor=0.5, rope_theta=10000.0,
                       norm_eps=1e-5, rope_scaling=dict(type="linear", factor=2.0)),
    "hunyuan_dense": config("HunYuanDenseV1ForCausalLM", "hunyuan_v1_dense", head_dim=128, context=32768,
                            rope_theta=10000.0, rope_scaling=dict(type="dynamic", alpha=50.0, factor=1.0,
                                                                  beta_fast=32, beta_slow=1, mscale=1.0,
                                                                  mscale_all_dim=1.0)),
    "granite": config("GraniteForCausalLM", "granite", rope_theta=10000000.0, attention_multiplier=0.0156,
                      embedding_multiplier=12.0, residual_multiplier=0.22, logits_scaling=8.0),
    "starcoder2": config("Starcoder2ForCausalLM", "starcoder2", rope_theta=999999.4, sliding_window=4096,
                         norm_epsilon=1e-5),
    "stablelm": config("StableLmForCausalLM", "stablelm", rope_theta=10000.0, partial_rotary_factor=0.25,
                       layer_norm_eps=1e-5),
    "seed_oss": config("SeedOssForCausalLM", "seed_oss", head_dim=128, rope_theta=10000000.0,
                       rope_scaling=dict(rope_type="default")),
    "arcee": config("ArceeForCausalLM", "arcee", rope_theta=10000.0, rope_scaling=dict(
        rope_type="yarn", factor=20.0, original_max_position_embeddings=4096, beta_fast=32.0, mscale=1.0)),
    "bitnet": config("BitNetForCausalLM", "bitnet", rope_theta=500000.0),
    "deepseek": config("DeepseekForCausalLM", "deepseek", rope_theta=10000.0, first_k_dense_replace=1,
                       moe_intermediate_size=32, n_routed_experts=4, n_shared_experts=1, num_experts_per_tok=2,
                       rope_scaling=dict(type="linear", factor=2.0)),
    "dots1": config("Dots1ForCausalLM", "dots1", head_dim=64, rope_theta=10000000, first_k_dense_replace=1,
                    moe_intermediate_size=32, n_routed_experts=4, n_shared_experts=1, num_experts_per_tok=2,
                    routed_scaling_factor=2.5, norm_topk_prob=True, scoring_func="sigmoid"),
    "ernie4_5": config("Ernie4_5ForCausalLM", "ernie4_5", head_dim=128, rope_theta=500000.0),
    "exaone": config("ExaoneForCausalLM", "exaone", context=32768, rope_theta=1000000.0,
                     activation_function="silu", layer_norm_epsilon=1e-5, rope_scaling=LLAMA3),
    "gemma3n": config("Gemma3nForConditionalGeneration", "gemma3n", text_config=dict(
        model_type="gemma3n_text", num_hidden_layers=5, head_dim=64, rope_theta=1000000.0,
        rope_local_base_freq=10000.0, sliding_window=512, num_kv_shared_layers=2, altup_active_idx=0,
        altup_num_inputs=4, hidden_size_per_layer_input=32, activation_sparsity_pattern=[0.95, 0.0, 0.0, 0.0, 0.0],
        layer_types=["sliding_attention"] * 4 + ["full_attention"])),
    "glm": config("GlmForCausalLM", "glm", head_dim=64, rope_theta=10000.0, partial_rotary_factor=0.5,
                  seq_length=8192),
    "glm4_moe_lite": config("Glm4MoeLiteForCausalLM", "glm4_moe_lite", rope_parameters=dict(
        rope_theta=1000000, rope_type="default"), **MLA),
    "granitemoe": config("GraniteMoeForCausalLM", "granitemoe", rope_theta=10000.0, attention_multiplier=0.0156,
                         embedding_multiplier=12.0, residual_multiplier=0.22, logits_scaling=8.0, **EXPERTS),
    "hunyuan_moe": config("HunYuanMoEV1ForCausalLM", "hunyuan_v1_moe", heads=2, context=32768,
                          rope_theta=10000.0, moe_topk=[2] * 4, num_shared_expert=[1] * 4, num_experts=4,
                          moe_intermediate_size=[32] * 4, rope_scaling=dict(type="dynamic", alpha=1000.0)),
    "internlm3": config("InternLM3ForCausalLM", "internlm3", head_dim=64, rope_theta=50000000,
                        rope_scaling=dict(rope_type="dynamic", factor=6.0)),
    "minicpm": config("MiniCPMForCausalLM", "minicpm", rope_theta=10000.0, scale_emb=12, scale_depth=1.4,
                      dim_model_base=64, rope_scaling=dict(longrope(32), original_max_position_embeddings=4096)),
    "mistral4": config("Mistral3ForConditionalGeneration", "mistral3", text_config=dict(
        model_type="mistral4", context_length=8192, **MLA, rope_parameters=dict(
            rope_type="yarn", rope_theta=10000.0, factor=128.0, beta_fast=32.0, beta_slow=1.0, mscale=1.0,
            mscale_all_dim=1.0, original_max_position_embeddings=8192, llama_4_scaling_beta=0.1))),
    "olmo": config("OlmoForCausalLM", "olmo", rope_theta=10000.0),
    "olmoe": config("OlmoeForCausalLM", "olmoe", rope_theta=10000.0, **EXPERTS),
    "phimoe": config("PhiMoEForCausalLM", "phimoe", context=131072, original_max_position_embeddings=4096,
                     rope_theta=10000.0, sliding_window=131072, rope_scaling=dict(
                         longrope(32), short_mscale=1.243163121016122, long_mscale=1.243163121016122,
                         original_max_position_embeddings=4096), **EXPERTS),
    "apertus": config("ApertusForCausalLM", "apertus", rope_theta=12000000.0, rope_scaling=LLAMA3),
}

WANTED = ("rope", "head_count", "key_length", "sliding", "temperature", "attention.scale", "context_length",
          "general.architecture", ".block_count", "shared_kv", "full_attention_interval", "recurrent_layers",
          "embedding_length", "compress")


def convert(given):
    cls = get_model_class(get_model_architecture(given, ModelType.TEXT))
    base.ModelBase.index_tensors = lambda self, remote_hf_model_id=None: {}
    base.ModelBase.no_mtp = True
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder)
        (path / "config.json").write_text(json.dumps(given))
        model = cls(path, gguf.LlamaFileType.MOSTLY_F16, path / "out.gguf", hparams=copy.deepcopy(given))
        model.set_gguf_parameters()
        model = getattr(model, "impl", model)
        try:
            tensors = {n: [float(x) for x in t.flatten()] for n, t in model.generate_extra_tensors()}
        except KeyError as missing:  # DeepSeek-V4 stacks its experts here, and makes none about RoPE
            if "Missing" not in str(missing):
                raise
            tensors = {}
        keys = {k: v.value for part in model.gguf_writer.kv_data for k, v in part.items()
                if any(w in k for w in WANTED) and "indexer" not in k and "per_layer" not in k and "length_out" not in k}
    return keys, tensors


OUT.mkdir(parents=True, exist_ok=True)
for name, given in CONFIGS.items():
    keys, tensors = convert(given)
    lines = [f' "made_with": {json.dumps("llama.cpp " + COMMIT + ", conversion/*.py")}',
             f' "config": {json.dumps(given)}', f' "keys": {json.dumps(keys)}', f' "tensors": {json.dumps(tensors)}']
    (OUT / f"{name}.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")
print(len(CONFIGS), "written")
