/* mech_proportional.c - p-RoPE as in Gemma 4: the fastest pairs of the whole head turn, the rest
 * stand still.
 *
 * This is not a partial rotation: frequencies are spaced over the whole head, and pairs are those
 * of the whole head, so the unrotated dimensions do not form one block. */
#include "position/mechanism.h"

enum { PARTIAL_ROTARY_FACTOR, FACTOR, N_PARAM };

/* clang-format off */
static const rw_param params[N_PARAM] = {
    [PARTIAL_ROTARY_FACTOR] = {.name = "partial_rotary_factor",
                               .hf_key = "partial_rotary_factor",
                               .fallback = 1, .lo = 0, .hi = 1},
    [FACTOR]                = {.name = "factor", .hf_key = "factor",
                               .fallback = 1, .lo = 1e-3, .hi = 1e6},
};
/* clang-format on */

static ropewalk_status check(const rw_arg *p, const rw_layer_shape *shape,
                             ropewalk_error *err)
{
    if (shape->rotary_dim == shape->head_dim) return ROPEWALK_OK;
    return rw_fail(
        err, ROPEWALK_E_FORMAT, 0,
        "proportional: partial_rotary_factor %g chooses among the pairs of the "
        "whole head, but rotary_dim is %u of %u",
        p[PARTIAL_ROTARY_FACTOR].num, (unsigned)shape->rotary_dim,
        (unsigned)shape->head_dim);
}

static void fill(const rw_arg *p, const rw_layer_shape *shape, rw_rotation *rot)
{
    /* The product is rounded to float64 before it is halved and cut: that is its definition. */
    const double n_turning = floor(p[PARTIAL_ROTARY_FACTOR].num * shape->head_dim / 2.0);
    for (uint32_t pair = 0; pair < rot->rotary_dim / 2; pair++)
        rot->inv_freq[pair] =
            pair < n_turning ? rot->inv_freq[pair] / p[FACTOR].num : 0.0;
}

const rw_mech rw_mech_proportional = {
    .name = "proportional",
    .source = "Barbero et al., p-RoPE, arXiv 2410.06205; as in Gemma 4",
    .params = params,
    .n_param = N_PARAM,
    .check = check,
    .fill = fill,
};
