/* engine.c - the engines, each rule with the source it was read from. */
#include "model/engine.h"

#include <string.h>

#define N_OF(list) (sizeof(list) / sizeof *(list))

const rw_engine *rw_engine_find(const char *name)
{
    for (const rw_engine *const *e = rw_engine_table; *e; e++)
        if (strcmp((*e)->name, name) == 0) return *e;
    return NULL;
}

static const rw_engine transformers = {
    .name = "transformers",
    .version = "5.23.0",
    .truncate = true,
    .attention_factor = true,
    .longrope = RW_LONGROPE_BY_LENGTH,
    .dynamic = RW_DYNAMIC_BY_LENGTH,
    .profile = RW_PROFILE_F32_PRODUCT,
};

static const rw_engine llama_cpp = {
    .name = "llama.cpp",
    .version = "0c1e570 (2026-10-01, in llama-cpp-python 0.3.36)",
    .reads_gguf = true,
    .longrope = RW_LONGROPE_BY_CONTEXT,
    .dynamic = RW_DYNAMIC_NOT_RUN,
    .profile = RW_PROFILE_GGML_F32,
};

static const rw_engine vllm = {
    .name = "vllm",
    .version = "0.33.0",
    .truncate = true,
    .longrope = RW_LONGROPE_BY_CONTEXT,
    .dynamic = RW_DYNAMIC_BY_FACTOR,
    .profile = RW_PROFILE_F32_PRODUCT,
};

static const rw_engine mlx_lm = {
    .name = "mlx-lm",
    .version = "0.32.2",
    .longrope = RW_LONGROPE_ALWAYS_LONG,
    .dynamic = RW_DYNAMIC_BY_LENGTH,
    .profile = RW_PROFILE_F32_PRODUCT,
};

const rw_engine *const rw_engine_table[] = {&transformers, &llama_cpp, &vllm, &mlx_lm,
                                            NULL};
