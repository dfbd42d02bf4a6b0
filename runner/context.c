/* context.c - from options to llama.cpp's parameters. */
#define _POSIX_C_SOURCE 200809L
#include "context.h"

#include <math.h>
#include <unistd.h>

rw_context_options rw_context_options_default(void)
{
    return (rw_context_options){.rope_scaling = RW_ROPE_SCALING_MODEL,
                                .rope_theta = NAN,
                                .rope_scale = NAN,
                                .yarn_ext_factor = NAN,
                                .yarn_attn_factor = NAN,
                                .yarn_beta_fast = NAN,
                                .yarn_beta_slow = NAN};
}

uint32_t rw_context_threads(const rw_context_options *o)
{
    const long n_cpu = sysconf(_SC_NPROCESSORS_ONLN);
    return o->n_thread ? o->n_thread : n_cpu < 1 ? 1 : (uint32_t)n_cpu;
}

struct llama_context_params rw_context_params(const rw_context_options *o, uint32_t n_ctx,
                                              uint32_t n_ubatch)
{
    struct llama_context_params p = llama_context_default_params();
    const int32_t n_thread = (int32_t)rw_context_threads(o);
    p.n_ctx = n_ctx;
    p.n_batch = n_ctx;
    p.n_ubatch = n_ubatch;
    p.n_seq_max = 1;
#ifdef RW_LLAMA_HAS_N_OUTPUTS_MAX
    p.n_outputs_max =
        1; /* one logit row: the default reserves one a token of the batch */
    p.n_outputs_max_per_seq = 1;
#endif
    p.n_threads = n_thread;
    p.n_threads_batch = n_thread;
    p.flash_attn_type = LLAMA_FLASH_ATTN_TYPE_DISABLED; /* the score must be a node */
    p.type_k = GGML_TYPE_F32;
    p.type_v = GGML_TYPE_F32;
    p.offload_kqv = false;
    p.op_offload = false;
    p.swa_full = false;
    p.kv_unified = true;
    if (o->rope_scaling != RW_ROPE_SCALING_MODEL)
        p.rope_scaling_type = (enum llama_rope_scaling_type)o->rope_scaling;
    if (!isnan(o->rope_theta)) p.rope_freq_base = o->rope_theta;
    if (!isnan(o->rope_scale)) p.rope_freq_scale = 1.0f / o->rope_scale;
    if (!isnan(o->yarn_ext_factor)) p.yarn_ext_factor = o->yarn_ext_factor;
    if (!isnan(o->yarn_attn_factor)) p.yarn_attn_factor = o->yarn_attn_factor;
    if (!isnan(o->yarn_beta_fast)) p.yarn_beta_fast = o->yarn_beta_fast;
    if (!isnan(o->yarn_beta_slow)) p.yarn_beta_slow = o->yarn_beta_slow;
    if (o->yarn_orig_ctx) p.yarn_orig_ctx = o->yarn_orig_ctx;
    return p;
}
