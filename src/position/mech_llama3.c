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
                          .fallback = RW_REQUIRED, .lo = 1, .hi = 1024},
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
    (void)shape;
    const double two_pi = 6.283185307179586476925286766559;
    const double low = p[LOW_FREQ_FACTOR].num, high = p[HIGH_FREQ_FACTOR].num;
    for (uint32_t pair = 0; pair < rot->rotary_dim / 2; pair++) {
        const double turns = p[ORIGINAL_CONTEXT].num * rot->inv_freq[pair] / two_pi;
        if (turns >= high) continue;
        const double keep = turns <= low ? 0.0 : (turns - low) / (high - low);
        rot->inv_freq[pair] *= keep + (1.0 - keep) / p[FACTOR].num;
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
