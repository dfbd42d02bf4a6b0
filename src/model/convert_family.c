/* convert_family.c - the table of llama.cpp's converter classes, as far as positions go.
 *
 * Read from conversion/ of llama.cpp at commit 0c1e57098 (October 2026). A row's architecture is the
 * class's model_arch; its deeds are what its set_gguf_parameters and generate_extra_tensors, with
 * those of its bases, write about RoPE. */
#include "model/convert_family.h"

#include <string.h>

#define HEAD RW_ROTARY_HEAD
#define PART RW_ROTARY_PART
#define MLA RW_ROTARY_MLA
/* Classes on the base class alone, and those that write keys without it. */
#define PLAIN 0
#define BARE (RW_DOES_NO_BASE | RW_DOES_NO_SCALING)
#define LLAMA RW_DOES_LLAMA3
#define SLIDING (RW_DOES_WINDOW | RW_DOES_PATTERN)
#define GRANITE (RW_DOES_LLAMA3 | RW_DOES_SCALE | RW_DOES_NO_HEAD_DIM | RW_DOES_WIDTH)
#define PHI3                                                                             \
    (RW_DOES_NO_SCALING | RW_DOES_FACTORS | RW_DOES_LENGTHS | RW_DOES_WINDOW |           \
     RW_DOES_WIDTH | RW_DOES_NO_HEAD_DIM)
#define HYBRID RW_DOES_INTERVAL
#define MHA RW_DOES_MHA

/* clang-format off */
static const rw_family table[] = {
    {"apertus", "apertus", HEAD, 1, LLAMA},
    {"arcee", "arcee", HEAD, 1, LLAMA},
    {"bitnet", "bitnet", RW_ROTARY_UNSAID, 1, RW_DOES_ONE},
    {"chatglm", "chatglm", PART, 0.5, RW_DOES_NO_SCALING | RW_DOES_RATIO | RW_DOES_WIDTH | RW_DOES_NO_HEAD_DIM},
    {"cohere", "command-r", RW_ROTARY_UNSAID, 1, RW_DOES_NONE},
    {"cohere2", "cohere2", PART, 0, RW_DOES_NONE | RW_DOES_WINDOW | RW_DOES_WIDTH},
    {"deepseek", "deepseek", HEAD, 1, RW_DOES_NONE},
    {"deepseek_v2", "deepseek2", MLA, 1, RW_DOES_LOG_MUL_TENTH},
    {"deepseek_v3", "deepseek2", MLA, 1, RW_DOES_LOG_MUL_TENTH},
    {"deepseek_v32", "deepseek32", MLA, 1, RW_DOES_LOG_MUL_TENTH},
    {"deepseek_v4", "deepseek4", MLA, 1, RW_DOES_LOG_MUL_TENTH | RW_DOES_WINDOW | RW_DOES_RATIOS},
    {"dots1", "dots1", RW_ROTARY_UNSAID, 1, PLAIN},
    {"ernie4_5", "ernie4_5", RW_ROTARY_UNSAID, 1, PLAIN},
    {"ernie4_5_moe", "ernie4_5-moe", RW_ROTARY_UNSAID, 1, PLAIN},
    {"exaone", "exaone", PART, 1, LLAMA | RW_DOES_WIDTH},
    {"exaone4", "exaone4", RW_ROTARY_UNSAID, 1, LLAMA | SLIDING},
    {"falcon", "falcon", RW_ROTARY_UNSAID, 1, BARE | RW_DOES_NO_HEAD_DIM},
    {"gemma", "gemma", RW_ROTARY_UNSAID, 1, BARE},
    {"gemma2", "gemma2", RW_ROTARY_UNSAID, 1, BARE | RW_DOES_WINDOW},
    {"gemma3", "gemma3", RW_ROTARY_UNSAID, 1, RW_DOES_WINDOW},
    {"gemma3_text", "gemma3", RW_ROTARY_UNSAID, 1, RW_DOES_WINDOW},
    {"gemma3n", "gemma3n", RW_ROTARY_UNSAID, 1, SLIDING},
    {"gemma3n_text", "gemma3n", RW_ROTARY_UNSAID, 1, SLIDING},
    {"gemma4", "gemma4", HEAD, 1, SLIDING | RW_DOES_PROPORTIONAL},
    {"gemma4_text", "gemma4", HEAD, 1, SLIDING | RW_DOES_PROPORTIONAL},
    {"glm", "chatglm", PART, 0.5, RW_DOES_NO_SCALING | RW_DOES_RATIO | RW_DOES_WIDTH | RW_DOES_NO_HEAD_DIM},
    {"glm4", "glm4", PART, 0.5, PLAIN},
    {"glm4_moe", "glm4moe", PART, 0.5, PLAIN},
    {"glm4_moe_lite", "deepseek2", MLA, 1, RW_DOES_LOG_MUL_TENTH},
    {"glm4v", "glm4", PART, 0.5, PLAIN},
    {"glm4v_moe", "glm4moe", PART, 0.5, PLAIN},
    {"glm_moe_dsa", "glm-dsa", MLA, 1, RW_DOES_LOG_MUL_TENTH},
    {"gpt_neox", "gptneox", PART, 0, BARE | RW_DOES_WIDTH | RW_DOES_NO_HEAD_DIM | MHA},
    {"gpt_oss", "gpt-oss", RW_ROTARY_UNSAID, 1, RW_DOES_WINDOW},
    {"granite", "granite", HEAD, 1, GRANITE},
    {"granitemoe", "granitemoe", HEAD, 1, GRANITE},
    {"granitemoeshared", "granitemoe", HEAD, 1, GRANITE},
    {"hunyuan_v1_dense", "hunyuan-dense", RW_ROTARY_UNSAID, 1, RW_DOES_ALPHA},
    {"hunyuan_v1_moe", "hunyuan-moe", RW_ROTARY_UNSAID, 1, RW_DOES_ALPHA},
    {"internlm3", "llama", HEAD, 1, PLAIN},
    {"kimi_k2", "deepseek2", MLA, 1, RW_DOES_LOG_MUL_TENTH},
    {"kimi_k25", "deepseek2", MLA, 1, RW_DOES_LOG_MUL_TENTH},
    {"llama", "llama", HEAD, 1, LLAMA},
    {"llama4", "llama4", HEAD, 1, LLAMA},
    {"llama4_text", "llama4", HEAD, 1, LLAMA},
    {"mimo_v2_flash", "mimo2", PART, 0, SLIDING},
    {"minicpm", "minicpm", RW_ROTARY_UNSAID, 1, RW_DOES_FACTORS},
    {"minimax_m2", "minimax-m2", RW_ROTARY_DIM, 1, PLAIN},
    {"ministral3", "mistral3", HEAD, 1, LLAMA | RW_DOES_LOG_MUL | RW_DOES_TEMPERATURE},
    {"mistral", "llama", HEAD, 1, LLAMA},
    {"mistral3", "mistral3", HEAD, 1, LLAMA},
    {"mistral4", "mistral4", MLA, 1, RW_DOES_LOG_MUL_TENTH},
    {"mixtral", "llama", HEAD, 1, LLAMA},
    {"nemotron", "nemotron", PART, 0, RW_DOES_LINEAR | RW_DOES_WIDTH},
    {"olmo", "olmo", RW_ROTARY_UNSAID, 1, PLAIN},
    {"olmo2", "olmo2", RW_ROTARY_UNSAID, 1, PLAIN},
    {"olmo3", "olmo2", RW_ROTARY_UNSAID, 1, SLIDING},
    {"olmoe", "olmoe", RW_ROTARY_UNSAID, 1, PLAIN},
    {"phi", "phi2", PART, 0, BARE | RW_DOES_WIDTH | RW_DOES_NO_HEAD_DIM | MHA},
    {"phi3", "phi3", PART, 1, PHI3},
    {"phimoe", "phimoe", PART, 1, PHI3},
    {"qwen2", "qwen2", RW_ROTARY_UNSAID, 1, PLAIN},
    {"qwen2_5_vl", "qwen2vl", RW_ROTARY_UNSAID, 1, PLAIN},
    {"qwen2_moe", "qwen2moe", RW_ROTARY_UNSAID, 1, PLAIN},
    {"qwen2_vl", "qwen2vl", RW_ROTARY_UNSAID, 1, PLAIN},
    {"qwen3", "qwen3", RW_ROTARY_UNSAID, 1, PLAIN},
    {"qwen3_5", "qwen35", PART, 0.25, HYBRID | RW_DOES_SECTIONS},
    {"qwen3_5_moe", "qwen35moe", PART, 0.25, HYBRID | RW_DOES_SECTIONS},
    {"qwen3_5_moe_text", "qwen35moe", PART, 0.25, HYBRID | RW_DOES_SECTIONS},
    {"qwen3_5_text", "qwen35", PART, 0.25, HYBRID | RW_DOES_SECTIONS},
    {"qwen3_moe", "qwen3moe", RW_ROTARY_UNSAID, 1, PLAIN},
    {"qwen3_next", "qwen3next", PART, 0.25, HYBRID},
    {"qwen3_vl", "qwen3vl", RW_ROTARY_UNSAID, 1, PLAIN},
    {"qwen3_vl_moe", "qwen3vlmoe", RW_ROTARY_UNSAID, 1, PLAIN},
    {"seed_oss", "seed_oss", RW_ROTARY_UNSAID, 1, PLAIN},
    {"smollm3", "smollm3", HEAD, 1, LLAMA},
    {"stablelm", "stablelm", PART, 0, BARE | RW_DOES_WIDTH | RW_DOES_NO_HEAD_DIM},
    {"starcoder2", "starcoder2", RW_ROTARY_UNSAID, 1, PLAIN},
};
/* clang-format on */

static const rw_family *find(const char *model_type)
{
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        if (strcmp(table[i].model_type, model_type) == 0) return &table[i];
    return NULL;
}

const rw_family *rw_family_of(const rw_hparams *config)
{
    const rw_family *inner = find(config->architecture);
    const rw_family *outer = find(config->outer_architecture);
    if (!inner || !outer) return outer ? outer : inner;
    /* one class serves mistral3 and looks at the inner type */
    const bool looks_inside = strcmp(outer->model_type, "mistral3") == 0 &&
                              (strcmp(inner->model_type, "ministral3") == 0 ||
                               strcmp(inner->model_type, "mistral4") == 0);
    return looks_inside || strcmp(outer->arch, inner->arch) == 0 ? inner : outer;
}
