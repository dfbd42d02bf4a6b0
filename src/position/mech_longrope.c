/* mech_longrope.c - LongRoPE: one divisor a pair, from one list up to the original context and
 * from another beyond it, and cos and sin enlarged.
 *
 * Which list depends on how many tokens the table is made for; engines disagree on what to count
 * (tokens so far, context allocated, always the long one), and say so with shape->length. When
 * neither that nor the advertised context is known, the short list is taken. */
#include "base/elementary.h"
#include "position/mechanism.h"

enum {
    SHORT_FACTOR,
    LONG_FACTOR,
    ORIGINAL_CONTEXT,
    FACTOR,
    ATTENTION_FACTOR,
    SHORT_MSCALE,
    LONG_MSCALE,
    N_PARAM
};

/* clang-format off */
static const rw_param params[N_PARAM] = {
    [SHORT_FACTOR]     = {.name = "short_factor", .gguf_key = "rope_factors_short.weight",
                          .hf_key = "short_factor", .fallback = RW_REQUIRED,
                          .lo = 1e-6, .hi = 1e38, .extent = RW_PER_PAIR},
    [LONG_FACTOR]      = {.name = "long_factor", .gguf_key = "rope_factors_long.weight",
                          .hf_key = "long_factor", .fallback = RW_REQUIRED,
                          .lo = 1e-6, .hi = 1e38, .extent = RW_PER_PAIR},
    [ORIGINAL_CONTEXT] = {.name = "original_context_length",
                          .gguf_key = "rope.scaling.original_context_length",
                          .hf_key = "original_max_position_embeddings",
                          .fallback = RW_REQUIRED, .lo = 2, .hi = 1e9},
    /* divides nothing: only the attention factor is derived from it */
    [FACTOR]           = {.name = "factor", .hf_key = "factor",
                          .fallback = RW_DERIVED, .lo = 1e-3, .hi = 1e6},
    [ATTENTION_FACTOR] = {.name = "attention_factor", .gguf_key = "rope.scaling.attn_factor",
                          .hf_key = "attention_factor",
                          .fallback = RW_DERIVED, .lo = 1e-3, .hi = 1e3},
    /* Phi-3.5-MoE states the attention factor of each list */
    [SHORT_MSCALE]     = {.name = "short_mscale", .hf_key = "short_mscale",
                          .fallback = RW_DERIVED, .lo = 1e-3, .hi = 1e3},
    [LONG_MSCALE]      = {.name = "long_mscale", .hf_key = "long_mscale",
                          .fallback = RW_DERIVED, .lo = 1e-3, .hi = 1e3},
};
/* clang-format on */

static bool is_long(const rw_arg *p, const rw_layer_shape *shape)
{
    return (double)rw_shape_length(shape) > p[ORIGINAL_CONTEXT].num;
}

/* The attention factor as stated, or NULL. */
static const rw_arg *stated(const rw_arg *p, const rw_layer_shape *shape)
{
    const rw_arg *own = &p[is_long(p, shape) ? LONG_MSCALE : SHORT_MSCALE];
    if (own->given) return own;
    return p[ATTENTION_FACTOR].given ? &p[ATTENTION_FACTOR] : NULL;
}

static ropewalk_status check(const rw_arg *p, const rw_layer_shape *shape,
                             ropewalk_error *err)
{
    if (stated(p, shape) || p[FACTOR].given || shape->context_length > 0)
        return ROPEWALK_OK;
    return rw_fail(err, ROPEWALK_E_FORMAT, 0,
                   "longrope: factor and attention_factor are absent, and the advertised "
                   "context is unknown: the attention factor cannot be derived");
}

static double attention(const rw_arg *p, const rw_layer_shape *shape)
{
    const rw_arg *own = stated(p, shape);
    if (own) return own->num;
    const double original = p[ORIGINAL_CONTEXT].num;
    const rw_dd factor =
        p[FACTOR].given ? rw_dd_of(p[FACTOR].num)
                        : rw_dd_div_d(rw_dd_of((double)shape->context_length), original);
    if (factor.hi < 1.0) return 1.0;
    const rw_dd ratio = rw_dd_div(rw_log_dd(factor), rw_log_dd(rw_dd_of(original)));
    return sqrt(rw_dd_add_d(ratio, 1.0).hi);
}

static void fill(const rw_arg *p, const rw_layer_shape *shape, rw_rotation *rot)
{
    const double *divisor = p[is_long(p, shape) ? LONG_FACTOR : SHORT_FACTOR].values;
    for (uint32_t pair = 0; pair < rot->rotary_dim / 2; pair++)
        rot->inv_freq[pair] /= divisor[pair];
    rot->attn_factor = attention(p, shape);
}

static const char *const aliases[] = {"su", NULL};

const rw_mech rw_mech_longrope = {
    .name = "longrope",
    .source = "Ding et al., LongRoPE, arXiv 2402.13753; as in transformers",
    .aliases = aliases,
    .tensor = "rope_factors_long.weight",
    .params = params,
    .n_param = N_PARAM,
    .any_order = true,
    .check = check,
    .fill = fill,
};
