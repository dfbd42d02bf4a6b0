/* engine.c - the engines, each rule with the source it was read from.
 *
 * Where a rule is known to have been another in an earlier version, the note says so: what a user
 * runs may be older than what was read here. */
#include "model/engine.h"

#include <string.h>

#define N_OF(list) (sizeof(list) / sizeof *(list))
#define ROPE_UTILS "transformers 5.23.0, modeling_rope_utils.py"
#define CONTEXT_SETUP "llama.cpp 0c1e570, src/llama-context.cpp"
#define GGML_ROPE "llama.cpp 0c1e570, ggml/src/ggml-cpu/ops.cpp"
#define CONVERSION "llama.cpp 0c1e570, conversion/"
#define VLLM_ROPE "vllm 0.33.0, vllm/model_executor/layers/rotary_embedding/"
#define MLX_ROPE "mlx-lm 0.32.2, mlx_lm/models/rope_utils.py"

/* clang-format off */
static const rw_engine_note transformers_notes[] = {
    {"yarn truncate", "honoured, but read from rope_parameters itself: under a type of layers it is not seen",
     ROPE_UTILS},
    {"attention_factor", "honoured by yarn and longrope", ROPE_UTILS},
    {"yarn ramp", "made with original_max_position_embeddings, and factor is used; until pull request 40320 (4.5x) "
     "max_position_embeddings took its place and factor was ignored", ROPE_UTILS},
    {"original context", "where the block does not say, the top level's original_max_position_embeddings, which wins "
     "over the block's too, as Phi-3's class default of 4096 does; else max_position_embeddings", ROPE_UTILS
     ", models/phi3/configuration_phi3.py"},
    {"longrope table", "the long one while the largest position exceeds the original context, for all positions at "
     "once; Phi-3 starts its cache anew when a sequence crosses it", ROPE_UTILS ", models/phi3/modeling_phi3.py"},
    {"dynamic", "made anew whenever a sequence is longer than any before", ROPE_UTILS},
    {"latent attention", "the softmax scale is multiplied by the square of yarn's magnitude with mscale_all_dim, in "
     "DeepSeek V2, V3 and V3.2, GLM, Mistral 4, MiniCPM3 and their kin; DeepSeek V2 and Mistral 4 lacked it until "
     "pull request 47435", "transformers 5.23.0, models/deepseek_v2/modeling_deepseek_v2.py and its siblings"},
    {"sliding layers", "Gemma 3 and OLMo 3 scale the full layers alone; gpt-oss scales all",
     "transformers 5.23.0, models/*/configuration_*.py"},
    {"angles", "float32 product of frequency and position; cos and sin are then rounded to the model's type",
     "transformers 5.23.0, models/llama/modeling_llama.py"},
};

static const rw_engine_note llama_cpp_notes[] = {
    {"yarn truncate", "no key for it, and the ends of the ramp are always rounded outwards",
     GGML_ROPE ", " CONVERSION},
    {"attention_factor", "no key with its meaning: only what the converter writes as rope.scaling.attn_factor counts",
     CONVERSION ", " CONTEXT_SETUP},
    {"yarn magnitude", "0.1 ln s + 1, over the same with yarn_log_multiplier, times rope.scaling.attn_factor; the "
     "operator's own factor is divided out before (wrong for all of yarn until pull request 17945)", CONTEXT_SETUP},
    {"yarn ramp", "beta_fast and beta_slow are written by the converter for all, and read for grok and mistral3 alone: "
     "the others run 32 and 1", CONVERSION ", llama.cpp 0c1e570, src/models/grok.cpp, mistral3.cpp"},
    {"longrope table", "the long one when the context allocated for a sequence exceeds the original one",
     "llama.cpp 0c1e570, src/llama-model.cpp, get_rope_factors"},
    {"dynamic", "no such scaling type; Hunyuan's alpha becomes a larger base in the file", CONVERSION},
    {"latent attention", "the square of yarn's magnitude is in the graph of deepseek2, deepseek32 and mistral4",
     "llama.cpp 0c1e570, src/models/deepseek2.cpp"},
    {"sliding layers", "Gemma 3 and OLMo 3 scale the full layers alone; gpt-oss scales all",
     "llama.cpp 0c1e570, src/models/gemma3.cpp, olmo2.cpp, openai-moe.cpp"},
    {"angles", "float32: the position, times a float32 ratio once a pair, so that errors add up with the pair",
     GGML_ROPE},
};

static const rw_engine_note vllm_notes[] = {
    {"yarn truncate", "honoured since pull request 28244, but not in latent attention",
     VLLM_ROPE "__init__.py"},
    {"attention_factor", "honoured by yarn in this version (earlier ones dropped it: pull request 46280), but not in "
     "latent attention and not by longrope", VLLM_ROPE "__init__.py, phi3_long_rope_scaled_rope.py"},
    {"longrope table", "the long one when max_model_len exceeds the original context",
     VLLM_ROPE "phi3_long_rope_scaled_rope.py"},
    {"dynamic", "one table for max_position_embeddings: without max_trained_positions, factor has no effect (earlier "
     "versions made it for factor times as many)", VLLM_ROPE "dynamic_ntk_scaling_rope.py"},
    {"latent attention", "the square of yarn's magnitude is in the attention layer of DeepSeek and its kin, not in MiniCPM3's",
     "vllm 0.33.0, vllm/model_executor/models/deepseek_v2.py, minicpm3.py"},
    {"yarn magnitude", "as transformers, but in latent attention mscale is 1 and mscale_all_dim 0 where absent, and one "
     "alone counts", VLLM_ROPE "yarn_scaling_rope.py, deepseek_scaling_rope.py"},
    {"types", "rope_type and type that disagree are refused, \"su\" and \"mrope\" aside",
     "vllm 0.33.0, vllm/transformers_utils/config.py"},
    {"sliding layers", "as transformers, whose configuration classes it uses", NULL},
    {"angles", "float32 product; the table of cos and sin is then rounded to the model's type, a FlashInfer kernel aside",
     VLLM_ROPE "base.py"},
};

static const rw_engine_note mlx_lm_notes[] = {
    {"yarn truncate", "ignored: the ends of the ramp are always rounded outwards", MLX_ROPE},
    {"attention_factor", "ignored by yarn and by longrope", MLX_ROPE},
    {"yarn magnitude", "mscale is 1 and mscale_all_dim 0 where absent, and one alone counts too; transformers wants both",
     MLX_ROPE},
    {"original context", "4096 for yarn and 8192 for llama3 where the block does not say; longrope must have it",
     MLX_ROPE},
    {"longrope table", "always the long one", MLX_ROPE},
    {"dynamic", "made anew at every call", MLX_ROPE},
    {"latent attention", "the square of yarn's magnitude is in DeepSeek V2 to V3.2, GLM and mistral4, not in minicpm3 and youtu_llm",
     "mlx-lm 0.32.2, mlx_lm/models/deepseek_v3.py, glm4_moe_lite.py, mistral4.py, minicpm3.py"},
    {"types", "type wins over rope_type; telechat3-yarn is run as yarn, with yarn's magnitude", MLX_ROPE},
    {"keys of transformers 5", "most models read rope_theta and rope_scaling alone: where rope_parameters stands in their "
     "place, a default base without scaling is run", "mlx-lm 0.32.2, mlx_lm/models/"},
    {"sliding layers", "Gemma 3 scales the full layers alone", "mlx-lm 0.32.2, mlx_lm/models/gemma3_text.py"},
    {"angles", "mx.fast.rope, a float32 product", NULL},
};

static const char *const transformers_runs[] = {"none", "linear", "dynamic", "yarn", "longrope", "llama3",
    "proportional", "telechat3_yarn", NULL};
static const char *const vllm_runs[] = {"none", "linear", "ntk", "dynamic", "yarn", "longrope", "llama3",
    "proportional", "telechat3_yarn", NULL};
static const char *const mlx_lm_runs[] = {"none", "linear", "dynamic", "yarn", "longrope", "llama3",
    "proportional", "telechat3_yarn", NULL};
static const char *const mlx_lm_parameters_in[] = {"exaone_moe", "gemma4", "gemma4_unified", "glm_moe_dsa",
    "granitemoehybrid", "laguna", "lfm2", "lfm2_moe", "mellum", "minimax_m3_vl", "ministral3", "mistral4",
    "muse_glimmer", "muse_spark", "olmo_hybrid", "qwen3", "qwen3_5", "qwen3_5_moe", "spark2_5", NULL};

static const char *const vllm_no_mscale_in[] = {"minicpm3", NULL};
static const char *const mlx_lm_no_mscale_in[] = {"minicpm3", "youtu", NULL};

static const rw_engine_deaf vllm_deaf[] = {
    {"yarn", "truncate", true},
    {"yarn", "attention_factor", true},
    {"longrope", "attention_factor", false},
    {"longrope", "factor", false},
    {"proportional", "factor", false},
    {"telechat3_yarn", "attention_factor", false},
};

static const rw_engine_deaf mlx_lm_deaf[] = {
    {"longrope", "attention_factor", false},
    {"longrope", "factor", false},
    {"longrope", "short_mscale", false},
};
/* clang-format on */

static const rw_engine transformers = {
    .name = "transformers",
    .version = "5.23.0",
    .truncate = true,
    .original_outside = true,
    .class_defaults = true,
    .attention_factor = true,
    .longrope = RW_LONGROPE_BY_LENGTH,
    .dynamic = RW_DYNAMIC_BY_LENGTH,
    .profile = RW_PROFILE_F32_PRODUCT,
    .runs = transformers_runs,
    .notes = transformers_notes,
    .n_note = N_OF(transformers_notes),
};

static const rw_engine llama_cpp = {
    .name = "llama.cpp",
    .version = "0c1e570 (2026-10-01, in llama-cpp-python 0.3.36)",
    .reads_gguf = true,
    .longrope = RW_LONGROPE_BY_CONTEXT,
    .dynamic = RW_DYNAMIC_NOT_RUN,
    .profile = RW_PROFILE_GGML_F32,
    .notes = llama_cpp_notes,
    .n_note = N_OF(llama_cpp_notes),
};

static const rw_engine vllm = {
    .name = "vllm",
    .version = "0.33.0",
    .truncate = true,
    .truncate_nested = true,
    .mscale_alone_latent = true,
    .original_outside = true,
    .class_defaults = true,
    .attention_factor = true,
    .longrope = RW_LONGROPE_BY_CONTEXT,
    .dynamic = RW_DYNAMIC_UNSCALED,
    .profile = RW_PROFILE_F32_PRODUCT,
    .deaf = vllm_deaf,
    .n_deaf = N_OF(vllm_deaf),
    .runs = vllm_runs,
    .no_mscale_in = vllm_no_mscale_in,
    .notes = vllm_notes,
    .n_note = N_OF(vllm_notes),
};

static const rw_engine mlx_lm = {
    .name = "mlx-lm",
    .version = "0.32.2",
    .mscale_alone = true,
    .original_missing = RW_ORIGINAL_FIXED,
    .telechat3_as_yarn = true,
    .longrope = RW_LONGROPE_ALWAYS_LONG,
    .dynamic = RW_DYNAMIC_BY_LENGTH,
    .profile = RW_PROFILE_F32_PRODUCT,
    .deaf = mlx_lm_deaf,
    .n_deaf = N_OF(mlx_lm_deaf),
    .runs = mlx_lm_runs,
    .no_mscale_in = mlx_lm_no_mscale_in,
    .parameters_in = mlx_lm_parameters_in,
    .notes = mlx_lm_notes,
    .n_note = N_OF(mlx_lm_notes),
};

const rw_engine *const rw_engine_table[] = {&transformers, &llama_cpp, &vllm, &mlx_lm,
                                            NULL};

const rw_engine *rw_engine_find(const char *name)
{
    for (const rw_engine *const *e = rw_engine_table; *e; e++)
        if (strcmp((*e)->name, name) == 0) return *e;
    return NULL;
}

static bool listed(const char *const *list, const char *name)
{
    if (!list) return true;
    while (*list && strcmp(*list, name) != 0)
        list++;
    return *list != NULL;
}

bool rw_engine_runs(const rw_engine *engine, const char *mech)
{
    return listed(engine->runs, mech);
}

bool rw_engine_reads_parameters(const rw_engine *engine, const char *model_type)
{
    return listed(engine->parameters_in, model_type);
}

bool rw_engine_scales_softmax(const rw_engine *engine, const char *model_type)
{
    return !engine->no_mscale_in || !listed(engine->no_mscale_in, model_type);
}

bool rw_engine_reads(const rw_engine *engine, const char *mech, const char *word,
                     bool latent, bool nested)
{
    const bool yarn = strcmp(mech, "yarn") == 0;
    for (size_t i = 0; i < engine->n_deaf; i++)
        if (strcmp(engine->deaf[i].mech, mech) == 0 &&
            strcmp(engine->deaf[i].word, word) == 0 &&
            (latent || !engine->deaf[i].latent))
            return false;
    if (yarn && strcmp(word, "truncate") == 0)
        return engine->truncate && (!nested || engine->truncate_nested);
    return !yarn || strcmp(word, "attention_factor") != 0 || engine->attention_factor;
}
