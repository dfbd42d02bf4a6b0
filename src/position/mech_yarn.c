/* mech_yarn.c - YaRN: fast pairs keep their frequency, slow ones are divided by the factor, a
 * linear ramp over the pair number lies between, and cos and sin are enlarged.
 *
 * The ramp runs from the pair that makes beta_fast turns over the original context to the pair
 * that makes beta_slow. Transformers and ggml agree on it wherever it has a positive length
 * (ggml always rounds its ends outwards: truncate = 1). Where it has none, both ends outside
 * the head included, it is a step of 1/1000 pair, which is what ggml does. */
#include "base/elementary.h"
#include "position/mechanism.h"

enum {
    FACTOR,
    ORIGINAL_CONTEXT,
    ATTENTION_FACTOR,
    BETA_FAST,
    BETA_SLOW,
    MSCALE,
    MSCALE_ALL_DIM,
    TRUNCATE,
    N_PARAM
};

/* clang-format off */
static const rw_param params[N_PARAM] = {
    [FACTOR]           = {.name = "factor", .gguf_key = "rope.scaling.factor", .hf_key = "factor",
                          .fallback = RW_DERIVED, .lo = 1, .hi = 1e6},
    [ORIGINAL_CONTEXT] = {.name = "original_context_length",
                          .gguf_key = "rope.scaling.original_context_length",
                          .hf_key = "original_max_position_embeddings",
                          .fallback = RW_REQUIRED, .lo = 1, .hi = 1e9},
    [ATTENTION_FACTOR] = {.name = "attention_factor", .hf_key = "attention_factor",
                          .fallback = RW_DERIVED, .lo = 1e-3, .hi = 1e3},
    [BETA_FAST]        = {.name = "beta_fast", .gguf_key = "rope.scaling.yarn_beta_fast",
                          .hf_key = "beta_fast", .fallback = 32, .lo = 1e-3, .hi = 1e6},
    [BETA_SLOW]        = {.name = "beta_slow", .gguf_key = "rope.scaling.yarn_beta_slow",
                          .hf_key = "beta_slow", .fallback = 1, .lo = 1e-3, .hi = 1e6},
    [MSCALE]           = {.name = "mscale", .hf_key = "mscale",
                          .fallback = RW_DERIVED, .lo = 0, .hi = 1e3},
    [MSCALE_ALL_DIM]   = {.name = "mscale_all_dim", .hf_key = "mscale_all_dim",
                          .fallback = RW_DERIVED, .lo = 0, .hi = 1e3},
    [TRUNCATE]         = {.name = "truncate", .hf_key = "truncate",
                          .fallback = 1, .lo = 0, .hi = 1, .extent = RW_FLAG},
};
/* clang-format on */

static ropewalk_status check(const rw_arg *p, const rw_layer_shape *shape,
                             ropewalk_error *err)
{
    if (p[BETA_SLOW].num > p[BETA_FAST].num)
        return rw_fail(err, ROPEWALK_E_FORMAT, 0,
                       "yarn: beta_slow %g must not exceed beta_fast %g",
                       p[BETA_SLOW].num, p[BETA_FAST].num);
    if (!p[FACTOR].given && !((double)shape->context_length >= p[ORIGINAL_CONTEXT].num))
        return rw_fail(
            err, ROPEWALK_E_FORMAT, 0,
            "yarn: factor is absent and cannot be derived from context %lld over "
            "original context %g",
            (long long)shape->context_length, p[ORIGINAL_CONTEXT].num);
    return ROPEWALK_OK;
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

static double magnitude(double factor, double mscale)
{
    return factor <= 1.0 ? 1.0 : 0.1 * mscale * rw_log(factor) + 1.0;
}

static double attention(const rw_arg *p, double factor)
{
    if (p[ATTENTION_FACTOR].given) return p[ATTENTION_FACTOR].num;
    if (p[MSCALE].num > 0 &&
        p[MSCALE_ALL_DIM].num > 0) /* 0 and absent are the same to both readers */
        return magnitude(factor, p[MSCALE].num) /
               magnitude(factor, p[MSCALE_ALL_DIM].num);
    return magnitude(factor, 1.0);
}

static void fill(const rw_arg *p, const rw_layer_shape *shape, rw_rotation *rot)
{
    const double original = p[ORIGINAL_CONTEXT].num;
    const double factor =
        p[FACTOR].given ? p[FACTOR].num : (double)shape->context_length / original;
    rw_dd low = ramp_end(p[BETA_FAST].num, original, shape);
    rw_dd high = ramp_end(p[BETA_SLOW].num, original, shape);
    if (p[TRUNCATE].num > 0) {
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
    rot->attn_factor = attention(p, factor);
}

static const char *const aliases[] = {"deepseek_yarn", "telechat3-yarn", NULL};

const rw_mech rw_mech_yarn = {
    .name = "yarn",
    .source = "Peng et al., YaRN, arXiv 2309.00071",
    .aliases = aliases,
    .params = params,
    .n_param = N_PARAM,
    .check = check,
    .fill = fill,
};
