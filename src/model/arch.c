/* arch.c - the table of architecture facts.
 *
 * Source: llama.cpp, llama_model_rope_type() and each architecture's load_hparams, early 2026.
 * A row says only what differs from plain full attention with 1/sqrt(head_dim). */
#include "model/arch.h"

#include <string.h>

#define NORM .pairs = RW_PAIRS_INTERLEAVED
#define NEOX .pairs = RW_PAIRS_HALF_SPLIT

/* clang-format off */
static const rw_arch table[] = {
    /* --- adjacent pairs (2n, 2n+1) --- */
    {.name = "llama", NORM},
    {.name = "llama-embed", NORM},
    {.name = "llama4", NORM, .nope_period = 4, .full_period = 4,
     .window_kind = RW_ATTENTION_CHUNKED, .window_default = 8192},
    {.name = "mistral3", NORM},
    {.name = "mistral4", NORM, .mla = true},
    {.name = "smollm3", NORM, .nope_period = 4},
    {.name = "granite", NORM},
    {.name = "granitemoe", NORM},
    {.name = "granitehybrid", NORM},
    {.name = "arcee", NORM},
    {.name = "arctic", NORM},
    {.name = "baichuan", NORM},
    {.name = "bailingmoe", NORM},
    {.name = "chameleon", NORM},
    {.name = "chatglm", NORM},
    {.name = "command-r", NORM},
    {.name = "cohere2", NORM, .full_period = 4, .full_is_nope = true,
     .window_kind = RW_ATTENTION_SLIDING},
    {.name = "deci", NORM},
    {.name = "deepseek", NORM},
    {.name = "deepseek2", NORM, .mla = true, .mla_one_mscale = true},
    {.name = "ernie4_5", NORM},
    {.name = "ernie4_5-moe", NORM},
    {.name = "glm4", NORM},
    {.name = "internlm2", NORM},
    {.name = "llada", NORM},
    {.name = "minicpm", NORM},
    {.name = "olmo", NORM},
    {.name = "xverse", NORM},

    /* --- half-split pairs (n, n + rotary_dim/2) --- */
    {.name = "qwen", NEOX},
    {.name = "qwen2", NEOX},
    {.name = "qwen2moe", NEOX},
    {.name = "qwen2vl", NEOX}, /* several axes: text positions are equal on all of them */
    {.name = "qwen3", NEOX},
    {.name = "qwen3moe", NEOX},
    {.name = "qwen3vl", NEOX},
    {.name = "qwen3vlmoe", NEOX},
    {.name = "qwen3next", NEOX, .linear_period = 4},
    {.name = "qwen35", NEOX, .linear_period = 4},
    {.name = "qwen35moe", NEOX, .linear_period = 4},
    {.name = "gemma", NEOX},
    {.name = "gemma2", NEOX, .full_period = 2, .window_kind = RW_ATTENTION_SLIDING,
     .window_default = 4096, .embedding_scale_n_layer = 46},
    {.name = "gemma3", NEOX, .full_period = 6, .window_kind = RW_ATTENTION_SLIDING,
     .sliding_theta = 10000, .sliding_unscaled = true, .embedding_scale_n_layer = 62},
    {.name = "gemma3n", NEOX, .full_period = 5, .window_kind = RW_ATTENTION_SLIDING,
     .sliding_theta = 10000, .sliding_unscaled = true, .fixed_scale = 1},
    {.name = "gemma4", NEOX, .full_period = 6, .window_kind = RW_ATTENTION_SLIDING,
     .sliding_theta = 10000, .sliding_unscaled = true, .fixed_scale = 1},
    {.name = "phi2", NEOX},
    {.name = "phi3", NEOX}, /* its window is in the file, and switched off in llama.cpp (issue 13676) */
    {.name = "phimoe", NEOX},
    {.name = "gptneox", NEOX},
    {.name = "olmo2", NEOX, .full_period = 4, .window_kind = RW_ATTENTION_SLIDING,
     .sliding_unscaled = true},
    {.name = "olmoe", NEOX},
    {.name = "gpt-oss", NEOX, .full_period = 2, .window_kind = RW_ATTENTION_SLIDING},
    {.name = "falcon", NEOX},
    {.name = "falcon-h1", NEOX},
    {.name = "apertus", NEOX},
    {.name = "bailingmoe2", NEOX},
    {.name = "bitnet", NEOX},
    {.name = "codeshell", NEOX},
    {.name = "dbrx", NEOX},
    {.name = "dots1", NEOX},
    {.name = "dream", NEOX},
    {.name = "exaone", NEOX},
    {.name = "exaone4", NEOX, .full_period = 4, .full_is_nope = true,
     .window_kind = RW_ATTENTION_SLIDING},
    {.name = "glm4moe", NEOX},
    {.name = "grovemoe", NEOX},
    {.name = "hunyuan-dense", NEOX},
    {.name = "hunyuan-moe", NEOX},
    {.name = "lfm2", NEOX},
    {.name = "lfm2moe", NEOX},
    {.name = "minicpm3", NEOX},
    {.name = "minimax-m2", NEOX},
    {.name = "nemotron", NEOX},
    {.name = "openelm", NEOX},
    {.name = "orion", NEOX},
    {.name = "plamo", NEOX},
    {.name = "seed_oss", NEOX},
    {.name = "smallthinker", NEOX, .full_period = 4, .full_first = true, .full_is_nope = true,
     .window_kind = RW_ATTENTION_SLIDING},
    {.name = "stablelm", NEOX},
    {.name = "starcoder2", NEOX},

    /* --- attention without RoPE --- */
    {.name = "bloom", .kind = RW_ARCH_NO_ROPE},
    {.name = "gpt2", .kind = RW_ARCH_NO_ROPE},
    {.name = "jais", .kind = RW_ARCH_NO_ROPE},
    {.name = "jamba", .kind = RW_ARCH_NO_ROPE},
    {.name = "kimi-linear", .kind = RW_ARCH_NO_ROPE},
    {.name = "mpt", .kind = RW_ARCH_NO_ROPE},
    {.name = "nemotron_h", .kind = RW_ARCH_NO_ROPE},
    {.name = "nemotron_h_moe", .kind = RW_ARCH_NO_ROPE},
    {.name = "refact", .kind = RW_ARCH_NO_ROPE},
    {.name = "starcoder", .kind = RW_ARCH_NO_ROPE},

    /* --- no attention --- */
    {.name = "arwkv7", .kind = RW_ARCH_RECURRENT},
    {.name = "mamba", .kind = RW_ARCH_RECURRENT},
    {.name = "mamba2", .kind = RW_ARCH_RECURRENT},
    {.name = "rwkv6", .kind = RW_ARCH_RECURRENT},
    {.name = "rwkv6qwen2", .kind = RW_ARCH_RECURRENT},
    {.name = "rwkv7", .kind = RW_ARCH_RECURRENT},
};
/* clang-format on */

const rw_arch *rw_arch_find(const char *name)
{
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        if (strcmp(table[i].name, name) == 0) return &table[i];
    return NULL;
}

const rw_arch *rw_arch_generic(void)
{
    static const rw_arch generic = {.name = "", NEOX};
    return &generic;
}
