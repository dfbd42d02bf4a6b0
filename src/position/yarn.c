/* yarn.c - YaRN's frequencies: fast pairs keep theirs, slow ones are divided by the factor, a
 * linear ramp over the pair number lies between.
 *
 * The ramp runs from the pair that makes beta_fast turns over the original context to the pair
 * that makes beta_slow. Transformers and ggml agree on it wherever it has a positive length
 * (ggml always rounds its ends outwards: truncate = 1). Where it has none, both ends outside
 * the head included, it is a step of 1/1000 pair, which is what ggml does. */
#include "position/yarn.h"

#include "base/elementary.h"

/* clang-format off */
const rw_param rw_yarn_params[RW_YARN_N_PARAM] = {
    [RW_YARN_FACTOR]           = {.name = "factor", .gguf_key = "rope.scaling.factor", .hf_key = "factor",
                          .fallback = RW_DERIVED, .lo = 1, .hi = 1e6},
    [RW_YARN_ORIGINAL_CONTEXT] = {.name = "original_context_length",
                          .gguf_key = "rope.scaling.original_context_length",
                          .hf_key = "original_max_position_embeddings",
                          .fallback = RW_REQUIRED, .lo = 1, .hi = 1e9},
    [RW_YARN_ATTENTION_FACTOR] = {.name = "attention_factor", .hf_key = "attention_factor",
                          .fallback = RW_DERIVED, .lo = 1e-3, .hi = 1e3},
    [RW_YARN_BETA_FAST]        = {.name = "beta_fast", .gguf_key = "rope.scaling.yarn_beta_fast",
                          .hf_key = "beta_fast", .fallback = 32, .lo = 1e-3, .hi = 1e6},
    [RW_YARN_BETA_SLOW]        = {.name = "beta_slow", .gguf_key = "rope.scaling.yarn_beta_slow",
                          .hf_key = "beta_slow", .fallback = 1, .lo = 1e-3, .hi = 1e6},
    [RW_YARN_MSCALE]           = {.name = "mscale", .hf_key = "mscale",
                          .fallback = RW_DERIVED, .lo = 0, .hi = 1e3},
    [RW_YARN_MSCALE_ALL_DIM]   = {.name = "mscale_all_dim", .hf_key = "mscale_all_dim",
                          .fallback = RW_DERIVED, .lo = 0, .hi = 1e3},
    [RW_YARN_TRUNCATE]         = {.name = "truncate", .hf_key = "truncate",
                          .fallback = 1, .lo = 0, .hi = 1, .extent = RW_FLAG},
};
/* clang-format on */

ropewalk_status rw_yarn_check(const rw_arg *p, const rw_layer_shape *shape,
                              ropewalk_error *err)
{
    if (p[RW_YARN_BETA_SLOW].num > p[RW_YARN_BETA_FAST].num)
        return rw_fail(err, ROPEWALK_E_FORMAT, 0,
                       "yarn: beta_slow %g must not exceed beta_fast %g",
                       p[RW_YARN_BETA_SLOW].num, p[RW_YARN_BETA_FAST].num);
    if (!p[RW_YARN_FACTOR].given &&
        !((double)shape->context_length >= p[RW_YARN_ORIGINAL_CONTEXT].num))
        return rw_fail(
            err, ROPEWALK_E_FORMAT, 0,
            "yarn: factor is absent and cannot be derived from context %lld over "
            "original context %g",
            (long long)shape->context_length, p[RW_YARN_ORIGINAL_CONTEXT].num);
    return ROPEWALK_OK;
}

double rw_yarn_factor(const rw_arg *p, const rw_layer_shape *shape)
{
    if (p[RW_YARN_FACTOR].given) return p[RW_YARN_FACTOR].num;
    return (double)shape->context_length / p[RW_YARN_ORIGINAL_CONTEXT].num;
}

/* The pair, as a real number, that makes `turns` turns over the original context. */
static rw_dd ramp_end(double turns, double original_context, const rw_layer_shape *shape)
{
    const rw_dd around = rw_dd_add(rw_log_dd(rw_dd_of(turns)), rw_log_dd(RW_TWO_PI_DD));
    const rw_dd ln = rw_dd_sub(rw_log_dd(rw_dd_of(original_context)), around);
    return rw_dd_div(rw_dd_mul_d(ln, shape->rotary_dim / 2.0),
                     rw_log_dd(rw_dd_of(shape->rope_theta)));
}

static double floor_dd(rw_dd x)
{
    const double f = floor(x.hi);
    return f >= x.hi && x.lo < 0.0 ? f - 1.0 : f;
}

void rw_yarn_frequencies(const rw_arg *p, const rw_layer_shape *shape, rw_rotation *rot)
{
    const double original = p[RW_YARN_ORIGINAL_CONTEXT].num;
    const double factor = rw_yarn_factor(p, shape);
    rw_dd low = ramp_end(p[RW_YARN_BETA_FAST].num, original, shape);
    rw_dd high = ramp_end(p[RW_YARN_BETA_SLOW].num, original, shape);
    if (p[RW_YARN_TRUNCATE].num > 0) {
        low = rw_dd_of(floor_dd(low));
        high = rw_dd_of(-floor_dd(rw_dd_neg(high)));
    }
    if (low.hi < 0.0) low = rw_dd_of(0.0);
    if (high.hi > shape->rotary_dim - 1.0) high = rw_dd_of(shape->rotary_dim - 1.0);
    rw_dd length = rw_dd_sub(high, low);
    if (!(length.hi > 0.0)) length = rw_dd_of(0.001);
    for (uint32_t pair = 0; pair < rot->rotary_dim / 2; pair++) {
        const rw_dd left = rw_dd_sub(rw_dd_of(pair), low),
                    right = rw_dd_sub(length, left);
        if (left.hi <= 0.0) continue;
        if (right.hi <= 0.0) {
            rot->inv_freq[pair] /= factor;
            continue;
        }
        /* w (1 - ramp) + w / factor ramp = w / factor (1 + (1 - ramp) (factor - 1)) */
        const rw_dd keep = rw_dd_div(right, length);
        const rw_dd gain = rw_dd_add_d(rw_dd_mul(keep, rw_two_sum(factor, -1.0)), 1.0);
        const rw_dd w = rw_inv_freq_dd(shape->rope_theta, rot->rotary_dim, pair);
        const rw_dd slowed = rw_dd_mul(rw_dd_div_d(w, factor), gain);
        rot->inv_freq[pair] = slowed.hi + slowed.lo;
    }
}
