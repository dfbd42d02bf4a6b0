/* hparams.c - the vocabulary itself: names, an empty description, and its release. */
#include "model/hparams.h"

#include <math.h>

#include "base/alloc.h"

/* clang-format off */
static const char *const names[RW_N_HPARAM] = {
    [RW_HP_N_LAYER] = "n_layer",
    [RW_HP_CONTEXT_LENGTH] = "context_length",
    [RW_HP_EMBEDDING_LENGTH] = "embedding_length",
    [RW_HP_HEAD_DIM] = "head_dim",
    [RW_HP_HEAD_DIM_MLA] = "head_dim_mla",
    [RW_HP_HEAD_DIM_SLIDING] = "head_dim_sliding",
    [RW_HP_ROTARY_DIM] = "rotary_dim",
    [RW_HP_ROTARY_DIM_SLIDING] = "rotary_dim_sliding",
    [RW_HP_ROPE_THETA] = "rope_theta",
    [RW_HP_ROPE_THETA_SLIDING] = "rope_theta_sliding",
    [RW_HP_FACTOR] = "factor",
    [RW_HP_FACTOR_LEGACY] = "factor_legacy",
    [RW_HP_ATTN_FACTOR] = "attn_factor",
    [RW_HP_ORIGINAL_CONTEXT_LENGTH] = "original_context_length",
    [RW_HP_YARN_LOG_MULTIPLIER] = "yarn_log_multiplier",
    [RW_HP_YARN_EXT_FACTOR] = "yarn_ext_factor",
    [RW_HP_YARN_ATTN_FACTOR] = "yarn_attn_factor",
    [RW_HP_YARN_BETA_FAST] = "beta_fast",
    [RW_HP_YARN_BETA_SLOW] = "beta_slow",
    [RW_HP_WINDOW] = "window",
    [RW_HP_SOFTMAX_SCALE] = "softmax_scale",
    [RW_HP_FULL_ATTENTION_INTERVAL] = "full_attention_interval",
    [RW_HP_PARTIAL_FACTOR] = "partial_rotary_factor",
    [RW_HP_PARTIAL_FACTOR_SLIDING] = "partial_rotary_factor_sliding",
    [RW_HP_NOPE_DIM_MLA] = "nope_dim_mla",
    [RW_HP_ROPE_DIM_MLA] = "rope_dim_mla",
    [RW_HP_ROPE_RATIO] = "rope_ratio",
    [RW_HP_QUERY_SCALAR] = "query_pre_attn_scalar",
    [RW_HP_USE_WINDOW] = "use_sliding_window",
    [RW_HP_MAX_WINDOW_LAYERS] = "max_window_layers",
    [RW_HP_CHUNK] = "attention_chunk_size",
    [RW_HP_NOPE_PERIOD] = "nope_period",
    [RW_HP_ALIBI] = "alibi",
    [RW_HP_ROPE_INTERLEAVE] = "rope_interleave",
    [RW_HP_TEMPERATURE] = "attention_temperature",
    [RW_HP_DUAL_CHUNK] = "dual_chunk_size",
    [RW_HP_TEMPERATURE_LENGTH] = "attention_temperature_length",
    [RW_HP_SCALING_ALPHA] = "alpha",
    [RW_HP_FINETUNED] = "rope_finetuned",
    [RW_HP_N_SHARED_KV] = "n_layer_shared_kv",
    [RW_HP_ROPE_THETA_COMPRESSED] = "rope_theta_compressed",
};
/* clang-format on */

const char *rw_hparam_name(rw_hparam which)
{
    return names[which];
}

void rw_hparams_init(rw_hparams *hp)
{
    *hp = (rw_hparams){0};
    for (int i = 0; i < RW_N_HPARAM; i++)
        hp->v[i].num = (double)NAN;
}

static void clear_blocks(rw_hparams *hp)
{
    for (int c = 0; c < RW_N_LAYER_CLASS; c++) {
        rw_rope_block *block = &hp->block[c];
        for (uint32_t i = 0; i < block->n_setting; i++)
            rw_free(block->settings[i].values);
        rw_free(block->settings);
    }
}

void rw_hparams_clear(rw_hparams *hp)
{
    clear_blocks(hp);
    rw_free(hp->file);
    rw_free(hp->name);
    rw_free(hp->said);
    rw_free(hp->rope_on);
    rw_free(hp->theta_of);
    rw_free(hp->rotary_dim_of);
    rw_free(hp->head_dim_of);
    rw_free(hp->factors_long);
    rw_free(hp->factors_short);
    rw_free(hp->n_head_q);
    rw_free(hp->n_head_kv);
    rw_free(hp->sliding);
    rw_free(hp->divisor);
    rw_free(hp->lost);
    rw_hparams_init(hp);
}
