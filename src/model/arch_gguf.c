/* arch_gguf.c - the architectures of GGUF files: what llama.cpp fixes in code.
 *
 * Read from llama.cpp 0c1e570 (2026-10-01): the layout of pairs from llama_model_rope_type()
 * (src/llama-model.cpp; models with sections of axes always use half-split pairs, see rotate.c),
 * windows and schedules from load_arch_hparams() and the graphs (src/models). A row says only
 * what differs from plain full attention with 1/sqrt(head_dim). */
#include "model/arch.h"

#define NORM .pairs = RW_PAIRS_INTERLEAVED
#define NEOX .pairs = RW_PAIRS_HALF_SPLIT
/* The converter writes no base for these, and llama.cpp then takes 10000. */
#define UNWRITTEN .theta_fixed = 10000
#define SLIDES .window_kind = RW_ATTENTION_SLIDING

#define LLAMA4_TEMPERATURE                                                               \
    "on layers without RoPE the query is scaled with the logarithm of its position"
#define SPARSE_INDEXER                                                                   \
    "an indexer with a rotation of its own selects the keys attended to"
#define COMPRESSED                                                                       \
    "keys of distant tokens are compressed in groups, and selected by an indexer"

/* clang-format off */
const rw_arch rw_arch_gguf[] = {
    /* --- adjacent pairs (2n, 2n+1) --- */
    {.name = "llama", NORM},
    {.name = "llama-embed", NORM},
    {.name = "llama4", NORM, .nope_period = 4, .full_period = 4, .window_kind = RW_ATTENTION_CHUNKED,
     .window_default = 8192, .window_fixed = true, .caution = LLAMA4_TEMPERATURE},
    {.name = "mistral3", NORM, .yarn_beta = true, .yarn_log = true},
    {.name = "mistral4", NORM, .mla = true, .yarn_log = true},
    {.name = "smollm3", NORM, .nope_period = 4},
    {.name = "granite", NORM, .rope_if_finetuned = true},
    {.name = "granitemoe", NORM, .rope_if_finetuned = true},
    {.name = "granitehybrid", NORM, .rope_if_finetuned = true},
    {.name = "graniteswitch", NORM, .rope_if_finetuned = true},
    {.name = "granite_swa", NORM, SLIDES}, /* windows and rotations by lists in the file */
    {.name = "arcee", NORM},
    {.name = "arctic", NORM},
    {.name = "baichuan", NORM, .alibi_n_layer = 40},
    {.name = "bailingmoe", NORM},
    {.name = "chameleon", NORM},
    {.name = "chatglm", NORM},
    {.name = "command-r", NORM},
    {.name = "cohere2", NORM, .full_period = 4, .full_is_nope = true, SLIDES},
    {.name = "deci", NORM},
    {.name = "deepseek", NORM},
    {.name = "deepseek2", NORM, .mla = true, .yarn_log = true, .mla_one_mscale = true},
    {.name = "deepseek32", NORM, .mla = true, .yarn_log = true, .caution = SPARSE_INDEXER},
    {.name = "deepseek4", NORM, .tail = true, .sliding_unscaled = true, .unit_attn_factor = true,
     SLIDES, .caution = COMPRESSED},
    {.name = "ernie4_5", NORM},
    {.name = "ernie4_5-moe", NORM},
    {.name = "glm-dsa", NORM, .mla = true, .caution = SPARSE_INDEXER},
    {.name = "glm4", NORM},
    {.name = "internlm2", NORM},
    {.name = "llada", NORM},
    {.name = "maincoder", NORM},
    {.name = "minicpm", NORM},
    {.name = "muse-glimmer", NORM, .full_period = 4, .full_is_nope = true, SLIDES},
    {.name = "nanbeige", NORM},
    {.name = "olmo", NORM},
    {.name = "plm", NORM, .tail = true},
    {.name = "xverse", NORM},

    /* --- half-split pairs (n, n + rotary_dim/2) --- */
    {.name = "qwen", NEOX},
    {.name = "qwen2", NEOX},
    {.name = "qwen2moe", NEOX},
    {.name = "qwen2vl", NEOX},
    {.name = "qwen3", NEOX},
    {.name = "qwen3moe", NEOX},
    {.name = "qwen3vl", NEOX, .sections_interleaved = true},
    {.name = "qwen3vlmoe", NEOX, .sections_interleaved = true},
    {.name = "qwen3next", NEOX, .linear_period = 4},
    {.name = "qwen35", NEOX, .linear_period = 4, .sections_interleaved = true},
    {.name = "qwen35moe", NEOX, .linear_period = 4, .sections_interleaved = true},
    {.name = "gemma", NEOX, UNWRITTEN},
    {.name = "gemma2", NEOX, UNWRITTEN, .full_period = 2, SLIDES, .window_default = 4096,
     .embedding_scale_n_layer = 46},
    {.name = "gemma3", NEOX, .full_period = 6, SLIDES, .sliding_theta = 10000,
     .sliding_unscaled = true, .embedding_scale_n_layer = 62},
    {.name = "gemma3n", NEOX, .full_period = 5, SLIDES, .sliding_theta = 10000,
     .sliding_unscaled = true, .fixed_scale = 1},
    {.name = "gemma4", NEOX, .full_period = 6, SLIDES, .sliding_theta = 10000,
     .sliding_unscaled = true, .fixed_scale = 1},
    {.name = "afmoe", NEOX, .full_period = 4, .nope_period = 4, SLIDES},
    {.name = "phi2", NEOX, UNWRITTEN},
    {.name = "phi3", NEOX}, /* its window is in the file, and switched off in llama.cpp (issue 13676) */
    {.name = "phimoe", NEOX},
    {.name = "gptneox", NEOX, UNWRITTEN},
    {.name = "olmo2", NEOX, .full_period = 4, SLIDES, .sliding_unscaled = true},
    {.name = "olmoe", NEOX},
    {.name = "gpt-oss", NEOX, .full_period = 2, SLIDES},
    {.name = "falcon", NEOX, UNWRITTEN},
    {.name = "falcon-h1", NEOX},
    {.name = "apertus", NEOX},
    {.name = "bailingmoe2", NEOX},
    {.name = "bitnet", NEOX},
    {.name = "codeshell", NEOX},
    {.name = "dbrx", NEOX},
    {.name = "dots1", NEOX},
    {.name = "dream", NEOX},
    {.name = "exaone", NEOX},
    {.name = "exaone4", NEOX, .full_period = 4, .full_is_nope = true, SLIDES,
     .window_default = 4096, .window_n_layer = 64},
    {.name = "exaone-moe", NEOX, .full_period = 4, .full_is_nope = true, SLIDES,
     .window_default = 128},
    {.name = "glm4moe", NEOX},
    {.name = "grok", NEOX, .yarn_beta = true, .yarn_ext = true},
    {.name = "grovemoe", NEOX},
    {.name = "hunyuan-dense", NEOX},
    {.name = "hunyuan-moe", NEOX},
    {.name = "hunyuan_vl", NEOX},
    {.name = "hy_v3", NEOX},
    {.name = "jais2", NEOX},
    {.name = "laguna", NEOX, .full_period = 4, .full_first = true, SLIDES,
     .sliding_unscaled = true},
    {.name = "lfm2", NEOX, .all_slide = true, SLIDES},
    {.name = "lfm2moe", NEOX, .all_slide = true, SLIDES},
    {.name = "llada-moe", NEOX},
    {.name = "mimo2", NEOX, .full_period = 6, SLIDES, .sliding_theta = 10000,
     .sliding_unscaled = true},
    {.name = "minicpm3", NEOX, UNWRITTEN, .tail = true},
    {.name = "minimax-01", NEOX, .linear_period = 8},
    {.name = "minimax-m2", NEOX},
    {.name = "minimax-m3", NEOX, .caution = SPARSE_INDEXER},
    {.name = "nemotron", NEOX},
    {.name = "openelm", NEOX},
    {.name = "orion", NEOX, UNWRITTEN},
    {.name = "paddleocr", NEOX},
    {.name = "pangu-embedded", NEOX},
    {.name = "plamo", NEOX, UNWRITTEN},
    {.name = "plamo2", NEOX},
    {.name = "plamo3", NEOX, .full_period = 8, SLIDES, .sliding_theta = 10000,
     .sliding_unscaled = true},
    {.name = "rnd1", NEOX},
    {.name = "seed_oss", NEOX},
    {.name = "smallthinker", NEOX, .full_period = 4, .full_first = true, .full_is_nope = true,
     SLIDES, .window_default = 4096, .window_fixed = true, .window_if_said = true},
    {.name = "stablelm", NEOX, UNWRITTEN},
    {.name = "starcoder2", NEOX},

    /* --- attention without RoPE --- */
    {.name = "bloom", .kind = RW_ARCH_ALIBI},
    {.name = "glm5-next", .kind = RW_ARCH_NO_ROPE},
    {.name = "gpt2", .kind = RW_ARCH_LEARNED},
    {.name = "jais", .kind = RW_ARCH_ALIBI},
    {.name = "jamba", .kind = RW_ARCH_NO_ROPE},
    {.name = "kimi-k3", .kind = RW_ARCH_NO_ROPE},
    {.name = "kimi-linear", .kind = RW_ARCH_NO_ROPE},
    {.name = "mpt", .kind = RW_ARCH_ALIBI},
    {.name = "nemotron_h", .kind = RW_ARCH_NO_ROPE},
    {.name = "nemotron_h_moe", .kind = RW_ARCH_NO_ROPE},
    {.name = "refact", .kind = RW_ARCH_ALIBI},
    {.name = "starcoder", .kind = RW_ARCH_LEARNED},

    /* --- no attention --- */
    {.name = "arwkv7", .kind = RW_ARCH_RECURRENT},
    {.name = "mamba", .kind = RW_ARCH_RECURRENT},
    {.name = "mamba2", .kind = RW_ARCH_RECURRENT},
    {.name = "rwkv6", .kind = RW_ARCH_RECURRENT},
    {.name = "rwkv6qwen2", .kind = RW_ARCH_RECURRENT},
    {.name = "rwkv7", .kind = RW_ARCH_RECURRENT},
    {.name = NULL},
};
/* clang-format on */
