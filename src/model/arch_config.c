/* arch_config.c - the architectures of config.json: what the model's Python code fixes.
 *
 * Rows were read from transformers 5.23.0 (models/<name>/configuration_*.py and modeling_*.py);
 * those under "code of their own" belong to models whose code comes with their weights, and are
 * taken from how llama.cpp's converter and vLLM 0.33.0 read the same files. A row says only what
 * differs from plain full attention with half-split pairs, RoPE on the whole head and
 * 1/sqrt(head_dim). `gguf` is what llama.cpp's converter writes (conversion/). */
#include "model/arch.h"

#define HALF .pairs = RW_PAIRS_HALF_SPLIT
#define ADJACENT .pairs = RW_PAIRS_INTERLEAVED
#define SLIDES .window_kind = RW_ATTENTION_SLIDING
#define ALL_SLIDE .all_slide = true, SLIDES
#define LATENT .mla = true, .mscale_squared = true
#define THETA(x) .theta_default = (x)
#define TEN_THOUSAND .theta_default = 10000
#define HALF_A_MILLION .theta_default = 500000
#define A_MILLION .theta_default = 1e6

/* head_dim of the class; hidden_size over the heads is another number for many models */
#define HEAD_DIM(n) .head_dim_default = (n)
/* query_pre_attn_scalar of the class: 256 */
#define QUERY_SCALAR .query_scalar = true, .scale_default = 0.0625
/* original_max_position_embeddings of the class */
#define ORIGINAL_4096 .original_default = 4096

#define LLAMA4_TEMPERATURE                                                               \
    "on layers without RoPE the query is scaled with the logarithm of its position"
#define SPARSE_INDEXER                                                                   \
    "an indexer with a rotation of its own selects the keys attended to"
#define COMPRESSED                                                                       \
    "keys of distant tokens are compressed in groups, and selected by an indexer"
#define LOG_N "its code may scale the query with the logarithm of the position"

/* clang-format off */
const rw_arch rw_arch_config[] = {
    /* --- Llama and what is built like it --- */
    {.name = "llama", HALF, .gguf = "llama", TEN_THOUSAND},
    {.name = "llama4", ADJACENT, HEAD_DIM(128), .gguf = "llama4", .nope_period = 4, .full_period = 4,
     .window_kind = RW_ATTENTION_CHUNKED, .window_default = 8192, HALF_A_MILLION,
     .caution = LLAMA4_TEMPERATURE},
    {.name = "mllama", HALF, HALF_A_MILLION},
    {.name = "mistral", HALF, .gguf = "llama", ALL_SLIDE, TEN_THOUSAND},
    {.name = "mistral3", HALF, .gguf = "mistral3", ALL_SLIDE, TEN_THOUSAND},
    {.name = "ministral", HALF, .gguf = "mistral3", ALL_SLIDE, TEN_THOUSAND},
    {.name = "ministral3", HALF, HEAD_DIM(128), .gguf = "mistral3", ALL_SLIDE, A_MILLION},
    {.name = "mistral4", ADJACENT, .gguf = "mistral4", LATENT, TEN_THOUSAND},
    {.name = "mixtral", HALF, .gguf = "llama", ALL_SLIDE, A_MILLION},
    {.name = "smollm3", HALF, .gguf = "smollm3", .nope_period = 4, THETA(2e6)},
    {.name = "arcee", HALF, .gguf = "arcee", TEN_THOUSAND},
    {.name = "afmoe", HALF, HEAD_DIM(128), .gguf = "afmoe", .full_period = 4, .full_is_nope = true, SLIDES, TEN_THOUSAND},
    {.name = "apertus", HALF, .gguf = "apertus", THETA(12e6)},
    {.name = "bitnet", HALF, .gguf = "bitnet", HALF_A_MILLION},
    {.name = "cwm", HALF, HEAD_DIM(128), .full_period = 4, .full_first = true, SLIDES, A_MILLION},
    {.name = "internlm3", HALF, HEAD_DIM(128), .gguf = "llama", TEN_THOUSAND},
    {.name = "jais2", HALF, .gguf = "jais2", TEN_THOUSAND},
    {.name = "seed_oss", HALF, HEAD_DIM(128), .gguf = "seed_oss", TEN_THOUSAND},
    {.name = "solar_open", HALF, HEAD_DIM(128), .gguf = "glm4moe", A_MILLION},
    {.name = "nanochat", HALF, TEN_THOUSAND},
    {.name = "diffllama", HALF, TEN_THOUSAND},
    {.name = "helium", ADJACENT, HEAD_DIM(128), THETA(100000)},

    /* --- Qwen --- */
    {.name = "qwen2", HALF, .gguf = "qwen2", .window_switched = true, TEN_THOUSAND},
    {.name = "qwen2_moe", HALF, .gguf = "qwen2moe", .window_switched = true, TEN_THOUSAND},
    {.name = "qwen2_vl", HALF, .gguf = "qwen2vl", .window_switched = true, A_MILLION},
    {.name = "qwen2_5_vl", HALF, .gguf = "qwen2vl", .window_switched = true, A_MILLION},
    {.name = "qwen2_5_omni", HALF, .gguf = "qwen2vl", .window_switched = true, A_MILLION},
    {.name = "qwen3", HALF, HEAD_DIM(128), .gguf = "qwen3", .window_switched = true, TEN_THOUSAND},
    {.name = "qwen3_moe", HALF, .gguf = "qwen3moe", .window_switched = true, ALL_SLIDE, TEN_THOUSAND},
    {.name = "qwen3_vl", HALF, HEAD_DIM(128), .gguf = "qwen3vl", HALF_A_MILLION},
    {.name = "qwen3_vl_moe", HALF, .gguf = "qwen3vlmoe", HALF_A_MILLION},
    {.name = "qwen3_omni_moe", HALF, .gguf = "qwen3vlmoe", A_MILLION},
    {.name = "qwen3_next", HALF, HEAD_DIM(256), .gguf = "qwen3next", .linear_period = 4, .partial_default = 0.25, TEN_THOUSAND},
    {.name = "qwen3_5", HALF, HEAD_DIM(256), .gguf = "qwen35", .linear_period = 4, .partial_default = 0.25, TEN_THOUSAND},
    {.name = "qwen3_5_moe", HALF, HEAD_DIM(256), .gguf = "qwen35moe", .linear_period = 4, .partial_default = 0.25, TEN_THOUSAND},

    /* --- Gemma --- */
    {.name = "gemma", HALF, HEAD_DIM(256), .gguf = "gemma", TEN_THOUSAND},
    {.name = "gemma2", HALF, HEAD_DIM(256), .gguf = "gemma2", .full_period = 2, SLIDES, .window_default = 4096,
     QUERY_SCALAR, TEN_THOUSAND},
    {.name = "vaultgemma", HALF, HEAD_DIM(256), .full_period = 2, SLIDES, QUERY_SCALAR, TEN_THOUSAND},
    {.name = "gemma3", HALF, HEAD_DIM(256), .gguf = "gemma3", .full_period = 6, SLIDES, .sliding_theta = 10000,
     .sliding_unscaled = true, QUERY_SCALAR, A_MILLION},
    {.name = "gemma3n", HALF, HEAD_DIM(256), .gguf = "gemma3n", .full_period = 5, SLIDES, .window_default = 512,
     .sliding_theta = 10000, .sliding_unscaled = true, .fixed_scale = 1, A_MILLION},
    {.name = "gemma4", HALF, .gguf = "gemma4", .full_period = 6, SLIDES, .window_default = 512,
     .sliding_theta = 10000, .sliding_unscaled = true, .fixed_scale = 1, A_MILLION},
    {.name = "gemma4_unified", HALF, .gguf = "gemma4", .full_period = 6, SLIDES, .window_default = 512,
     .sliding_theta = 10000, .sliding_unscaled = true, .fixed_scale = 1, A_MILLION},

    /* --- Phi --- */
    {.name = "phi", HALF, .gguf = "phi2", .partial_default = 0.5, TEN_THOUSAND},
    {.name = "phi3", HALF, .gguf = "phi3", ALL_SLIDE, TEN_THOUSAND, ORIGINAL_4096},
    {.name = "phi4_multimodal", HALF, .gguf = "phi3", ALL_SLIDE, TEN_THOUSAND, ORIGINAL_4096},
    {.name = "phimoe", HALF, .gguf = "phimoe", ALL_SLIDE, A_MILLION},

    /* --- DeepSeek and latent attention --- */
    {.name = "deepseek_v2", ADJACENT, .gguf = "deepseek2", LATENT, TEN_THOUSAND},
    {.name = "deepseek_v3", ADJACENT, .gguf = "deepseek2", LATENT, TEN_THOUSAND},
    {.name = "deepseek_v32", ADJACENT, .gguf = "deepseek32", LATENT, TEN_THOUSAND, .caution = SPARSE_INDEXER},
    {.name = "deepseek_v4", ADJACENT, HEAD_DIM(512), .gguf = "deepseek4", .tail = true, .sliding_unscaled = true,
     .unit_attn_factor = true, SLIDES, TEN_THOUSAND, .caution = COMPRESSED},
    {.name = "glm4_moe_lite", ADJACENT, .gguf = "deepseek2", LATENT, TEN_THOUSAND},
    {.name = "glm_moe_dsa", ADJACENT, .gguf = "glm-dsa", LATENT, TEN_THOUSAND, .caution = SPARSE_INDEXER},
    {.name = "kimi_linear", HALF, .gguf = "kimi-linear", .kind = RW_ARCH_NO_ROPE, .mla = true},
    {.name = "longcat_flash", ADJACENT, LATENT, THETA(1e7)},
    {.name = "minicpm3", HALF, .gguf = "minicpm3", LATENT, TEN_THOUSAND},
    {.name = "youtu", ADJACENT, .gguf = "deepseek2", LATENT, TEN_THOUSAND},

    /* --- OpenAI, Cohere, AI2, LG, Z.ai, MiniMax, Xiaomi, NVIDIA, IBM --- */
    {.name = "gpt_oss", HALF, HEAD_DIM(64), .gguf = "gpt-oss", .full_period = 2, SLIDES, .window_default = 128, THETA(150000)},
    {.name = "cohere", ADJACENT, .gguf = "command-r", HALF_A_MILLION},
    {.name = "cohere2", ADJACENT, .gguf = "cohere2", .full_period = 4, .full_is_nope = true, SLIDES,
     .window_default = 4096, TEN_THOUSAND},
    {.name = "olmo", HALF, .gguf = "olmo", TEN_THOUSAND},
    {.name = "olmo2", HALF, .gguf = "olmo2", TEN_THOUSAND},
    {.name = "olmo3", HALF, .gguf = "olmo2", .full_period = 4, SLIDES, .window_default = 4096,
     .sliding_unscaled = true, HALF_A_MILLION},
    {.name = "olmoe", HALF, .gguf = "olmoe", TEN_THOUSAND},
    {.name = "flex_olmo", HALF, HALF_A_MILLION},
    {.name = "exaone4", HALF, .gguf = "exaone4", .full_period = 4, .full_is_nope = true, SLIDES, TEN_THOUSAND},
    {.name = "exaone_moe", HALF, .gguf = "exaone-moe", .full_period = 4, .full_is_nope = true, SLIDES, TEN_THOUSAND},
    {.name = "glm", ADJACENT, HEAD_DIM(128), .gguf = "chatglm", .partial_default = 0.5, TEN_THOUSAND},
    {.name = "glm4", ADJACENT, HEAD_DIM(128), .gguf = "glm4", .partial_default = 0.5, TEN_THOUSAND},
    {.name = "glm4v", ADJACENT, .gguf = "glm4", TEN_THOUSAND},
    {.name = "glm4_moe", HALF, .gguf = "glm4moe", .partial_default = 0.5, TEN_THOUSAND},
    {.name = "glm4v_moe", HALF, .gguf = "glm4moe", .partial_default = 0.5, TEN_THOUSAND},
    {.name = "minimax", HALF, .gguf = "minimax-01", .whole_head = true, A_MILLION},
    {.name = "minimax_m2", HALF, HEAD_DIM(128), .gguf = "minimax-m2", .by_rotary_dim = true, THETA(5e6)},
    {.name = "minimax_m3_vl", HALF, .gguf = "minimax-m3", THETA(5e6), .caution = SPARSE_INDEXER},
    {.name = "mimo_v2_flash", HALF, HEAD_DIM(192), .gguf = "mimo2", .full_period = 6, .zero_is_full = true, SLIDES, .sliding_theta = 10000,
     .sliding_unscaled = true, TEN_THOUSAND},
    {.name = "nemotron", HALF, .gguf = "nemotron", .partial_default = 0.5, TEN_THOUSAND},
    {.name = "nemotron_h", HALF, HEAD_DIM(128), .gguf = "nemotron_h_moe", .kind = RW_ARCH_NO_ROPE},
    {.name = "granite", HALF, .gguf = "granite", .scale_default = 1, TEN_THOUSAND},
    {.name = "granitemoe", HALF, .gguf = "granitemoe", .scale_default = 1, TEN_THOUSAND},
    {.name = "granitemoeshared", HALF, .gguf = "granitemoe", .scale_default = 1, TEN_THOUSAND},
    {.name = "granitemoehybrid", HALF, .gguf = "granitehybrid", .rope_if_said = true, .scale_default = 1, TEN_THOUSAND},
    {.name = "bamba", HALF, .gguf = "granitehybrid", .partial_default = 0.5, TEN_THOUSAND},

    /* --- others in transformers --- */
    {.name = "codegen", ADJACENT, .by_rotary_dim = true, .theta_fixed = 10000},
    {.name = "dbrx", HALF, .gguf = "dbrx", TEN_THOUSAND},
    {.name = "dots1", HALF, .gguf = "dots1", TEN_THOUSAND},
    {.name = "ernie4_5", ADJACENT, HEAD_DIM(128), .gguf = "ernie4_5", HALF_A_MILLION},
    {.name = "ernie4_5_moe", ADJACENT, .gguf = "ernie4_5-moe", HALF_A_MILLION},
    {.name = "falcon", HALF, .gguf = "falcon", TEN_THOUSAND},
    {.name = "falcon_h1", HALF, .gguf = "falcon-h1", TEN_THOUSAND},
    {.name = "gpt_neox", HALF, .gguf = "gptneox", .partial_default = 0.25, TEN_THOUSAND},
    {.name = "gptj", ADJACENT, .by_rotary_dim = true, .theta_fixed = 10000},
    {.name = "hunyuan_v1_dense", HALF, .gguf = "hunyuan-dense", TEN_THOUSAND},
    {.name = "hunyuan_v1_moe", HALF, .gguf = "hunyuan-moe", TEN_THOUSAND},
    {.name = "hunyuan_vl", HALF, .gguf = "hunyuan_vl", TEN_THOUSAND},
    {.name = "hy_v3", HALF, HEAD_DIM(128), .gguf = "hy_v3", THETA(11158840)},
    {.name = "lfm2", HALF, .gguf = "lfm2", A_MILLION},
    {.name = "lfm2_moe", HALF, .gguf = "lfm2moe", A_MILLION},
    {.name = "persimmon", HALF, .partial_default = 0.5, TEN_THOUSAND},
    {.name = "stablelm", HALF, .gguf = "stablelm", .partial_default = 0.25, TEN_THOUSAND},
    {.name = "starcoder2", HALF, .gguf = "starcoder2", ALL_SLIDE, TEN_THOUSAND},

    /* --- code of their own --- */
    {.name = "baichuan", HALF, .gguf = "baichuan", .theta_fixed = 10000, .alibi_n_layer = 40},
    {.name = "chatglm", ADJACENT, .gguf = "chatglm", .partial_default = 0.5, .theta_fixed = 10000},
    {.name = "deepseek", HALF, .gguf = "deepseek", TEN_THOUSAND},
    {.name = "exaone", HALF, .gguf = "exaone", TEN_THOUSAND},
    {.name = "internlm", HALF, .gguf = NULL, TEN_THOUSAND},
    {.name = "internlm2", HALF, .gguf = "internlm2", TEN_THOUSAND},
    {.name = "kimi_k2", ADJACENT, .gguf = "deepseek2", LATENT, TEN_THOUSAND},
    {.name = "kimi_k25", ADJACENT, .gguf = "deepseek2", LATENT, TEN_THOUSAND},
    {.name = "kimi_k3", HALF, .gguf = "kimi-k3", .kind = RW_ARCH_NO_ROPE, .mla = true},
    {.name = "mimo", HALF, .window_switched = true, TEN_THOUSAND},
    {.name = "mimo_v2", HALF, .gguf = "mimo2", .full_period = 6, .zero_is_full = true, SLIDES, .sliding_theta = 10000,
     .sliding_unscaled = true, TEN_THOUSAND},
    {.name = "minicpm", HALF, .gguf = "minicpm", TEN_THOUSAND},
    {.name = "minimax_m1", HALF, .gguf = "minimax-01", .by_rotary_dim = true, .linear_period = 8, TEN_THOUSAND},
    {.name = "minimax_text_01", HALF, .gguf = "minimax-01", .by_rotary_dim = true, .linear_period = 8, TEN_THOUSAND},
    {.name = "openelm", HALF, .gguf = "openelm", TEN_THOUSAND},
    {.name = "orion", HALF, .gguf = "orion", TEN_THOUSAND},
    {.name = "qwen", HALF, .gguf = "qwen", TEN_THOUSAND, .caution = LOG_N},
    {.name = "smallthinker", HALF, .gguf = "smallthinker", .full_period = 4, .full_first = true,
     .full_is_nope = true, SLIDES, TEN_THOUSAND},
    {.name = "telechat", HALF, TEN_THOUSAND},
    {.name = "telechat3", HALF, TEN_THOUSAND},
    {.name = "xverse", HALF, .gguf = "xverse", TEN_THOUSAND},

    /* --- attention without RoPE --- */
    {.name = "bloom", .gguf = "bloom", .kind = RW_ARCH_ALIBI},
    {.name = "gpt2", .gguf = "gpt2", .kind = RW_ARCH_LEARNED},
    {.name = "gpt_bigcode", .gguf = "starcoder", .kind = RW_ARCH_LEARNED},
    {.name = "gpt_neo", .kind = RW_ARCH_LEARNED, .fixed_scale = 1},
    {.name = "jamba", .gguf = "jamba", .kind = RW_ARCH_NO_ROPE},
    {.name = "mpt", .gguf = "mpt", .kind = RW_ARCH_ALIBI},
    {.name = "opt", .kind = RW_ARCH_LEARNED},

    /* --- no attention --- */
    {.name = "falcon_mamba", .gguf = "mamba", .kind = RW_ARCH_RECURRENT},
    {.name = "mamba", .gguf = "mamba", .kind = RW_ARCH_RECURRENT},
    {.name = "mamba2", .gguf = "mamba2", .kind = RW_ARCH_RECURRENT},
    {.name = "rwkv", .kind = RW_ARCH_RECURRENT},
    {.name = NULL},
};
/* clang-format on */
