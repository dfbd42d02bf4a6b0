/* context.h - the settings contexts of llama.cpp are made with here, unless a caller has reasons:
 * scores and caches in float32, attention written out, RoPE as the user overrides it. */
#ifndef RW_RUNNER_CONTEXT_H
#define RW_RUNNER_CONTEXT_H
#include <llama.h>
#include <stdint.h>

enum { RW_ROPE_SCALING_MODEL = -2 };

typedef struct rw_context_options {
    uint32_t n_thread; /* 0: one a processor */
    /* RoPE as overridden; NaN (scaling: -2, context: 0) leaves the model's own. */
    int rope_scaling;
    uint32_t yarn_orig_ctx;
    float rope_theta, rope_scale, yarn_ext_factor, yarn_attn_factor, yarn_beta_fast,
        yarn_beta_slow;
} rw_context_options;

/** Nothing overridden. */
rw_context_options rw_context_options_default(void);
/** As asked for, or one a processor. */
uint32_t rw_context_threads(const rw_context_options *o);
/** One sequence of n_ctx tokens, n_ubatch computed at a time, one row of logits. */
struct llama_context_params rw_context_params(const rw_context_options *o, uint32_t n_ctx,
                                              uint32_t n_ubatch);
#endif
