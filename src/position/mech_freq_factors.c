/* mech_freq_factors.c - one divisor a pair, given as a table.
 *
 * GGUF stores the Llama 3.1 scaling this way: the converter evaluates it and writes the
 * divisors as the tensor rope_freqs.weight, and ggml divides the angle of pair n by value n.
 * Some converters also write huge divisors (1e30) to stop a pair from turning at all. */
#include "position/mechanism.h"

enum { DIVISOR, N_PARAM };

/* clang-format off */
static const rw_param params[N_PARAM] = {
    [DIVISOR] = {.name = "divisor", .gguf_key = "rope_freqs.weight",
                 .fallback = RW_REQUIRED, .lo = 1e-6, .hi = 1e38, .extent = RW_PER_PAIR},
};
/* clang-format on */

static void fill(const rw_arg *p, const rw_layer_shape *shape, rw_rotation *rot)
{
    (void)shape;
    for (uint32_t pair = 0; pair < rot->rotary_dim / 2; pair++)
        rot->inv_freq[pair] /= p[DIVISOR].values[pair];
}

const rw_mech rw_mech_freq_factors = {
    .name = "freq_factors",
    .source = "ggml rope operator, argument freq_factors; llama.cpp pull request 8676",
    .tensor = "rope_freqs.weight",
    .params = params,
    .n_param = N_PARAM,
    .any_order = true,
    .fill = fill,
};
