/* mech_llama3.c - the frequency-banded scaling introduced with Llama 3.1.
 *
 * Count the turns a pair makes over the original context. Pairs with many turns (short
 * wavelengths) keep their frequency, pairs with few are slowed down by `factor`, and the band
 * between is blended linearly in the number of turns, so the schedule is continuous at both
 * edges. Where the edges coincide (Llama 4 Scout ships 1 and 1) the band is empty and the
 * schedule steps: a pair below the edge is slowed down, one at or above it is kept. */
#include "position/mechanism.h"

enum { FACTOR, LOW_FREQ_FACTOR, HIGH_FREQ_FACTOR, ORIGINAL_CONTEXT, N_PARAM };

/* No gguf_key: GGUF files carry this scaling as a tensor, see mech_freq_factors.c. */
/* clang-format off */
static const rw_param params[N_PARAM] = {
    [FACTOR]           = {.name = "factor", .hf_key = "factor",
                          .fallback = RW_REQUIRED, .lo = 1, .hi = 1e6},
    [LOW_FREQ_FACTOR]  = {.name = "low_freq_factor", .hf_key = "low_freq_factor",
                          .fallback = 1, .lo = 1e-3, .hi = 1e3},
    [HIGH_FREQ_FACTOR] = {.name = "high_freq_factor", .hf_key = "high_freq_factor",
                          .fallback = 4, .lo = 1e-3, .hi = 1e3},
    [ORIGINAL_CONTEXT] = {.name = "original_context_length",
                          .hf_key = "original_max_position_embeddings",
                          .fallback = RW_REQUIRED, .lo = 1, .hi = 1e9},
};
/* clang-format on */

static ropewalk_status check(const rw_arg *p, const rw_layer_shape *shape,
                             ropewalk_error *err)
{
    (void)shape;
    if (p[LOW_FREQ_FACTOR].num <= p[HIGH_FREQ_FACTOR].num) return ROPEWALK_OK;
    return rw_fail(err, ROPEWALK_E_FORMAT, 0,
                   "llama3: low_freq_factor %g must not exceed high_freq_factor %g",
                   p[LOW_FREQ_FACTOR].num, p[HIGH_FREQ_FACTOR].num);
}

static void fill(const rw_arg *p, const rw_layer_shape *shape, rw_rotation *rot)
{
    const double low = p[LOW_FREQ_FACTOR].num, high = p[HIGH_FREQ_FACTOR].num;
    for (uint32_t pair = 0; pair < rot->rotary_dim / 2; pair++) {
        const rw_dd w = rw_inv_freq_dd(shape->rope_theta, rot->rotary_dim, pair);
        const rw_dd turns =
            rw_dd_div(rw_dd_mul_d(w, p[ORIGINAL_CONTEXT].num), RW_TWO_PI_DD);
        const rw_dd above = rw_dd_add_d(turns, -low);
        if (rw_dd_add_d(turns, -high).hi >= 0.0) continue;
        if (above.hi <= 0.0) {
            rot->inv_freq[pair] /= p[FACTOR].num;
            continue;
        }
        /* w (keep + (1 - keep) / factor) = w / factor (1 + keep (factor - 1)) */
        const rw_dd keep = rw_dd_div(above, rw_two_sum(high, -low));
        const rw_dd gain =
            rw_dd_add_d(rw_dd_mul(keep, rw_two_sum(p[FACTOR].num, -1.0)), 1.0);
        const rw_dd slowed = rw_dd_mul(rw_dd_div_d(w, p[FACTOR].num), gain);
        rot->inv_freq[pair] = slowed.hi + slowed.lo;
    }
}

const rw_mech rw_mech_llama3 = {
    .name = "llama3",
    .source = "Llama 3.1 model release, 2024",
    .params = params,
    .n_param = N_PARAM,
    .check = check,
    .fill = fill,
};
