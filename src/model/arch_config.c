/* arch_config.c - the architectures of config.json: what transformers fixes in code.
 *
 * A row says only what differs from plain full attention with half-split pairs, RoPE on the
 * whole head and 1/sqrt(head_dim). */
#include "model/arch.h"

#define HALF .pairs = RW_PAIRS_HALF_SPLIT
#define ADJACENT .pairs = RW_PAIRS_INTERLEAVED

/* clang-format off */
const rw_arch rw_arch_config[] = {
    {.name = "llama", HALF, .gguf = "llama", .theta_default = 10000},
    {.name = "mistral", HALF, .gguf = "llama", .all_slide = true, .theta_default = 10000},
    {.name = "qwen2", HALF, .gguf = "qwen2", .theta_default = 10000},
    {.name = "qwen3", HALF, .gguf = "qwen3", .theta_default = 10000},
    {.name = "gemma3", HALF, .gguf = "gemma3", .full_period = 6, .sliding_unscaled = true,
     .window_kind = RW_ATTENTION_SLIDING, .query_scalar = true, .theta_default = 1e6},
    {.name = "deepseek_v3", ADJACENT, .gguf = "deepseek2", .mla = true, .mscale_squared = true,
     .theta_default = 10000},
    {.name = "gpt_oss", HALF, .gguf = "gpt-oss", .full_period = 2,
     .window_kind = RW_ATTENTION_SLIDING, .theta_default = 150000},
    {.name = NULL},
};
/* clang-format on */
