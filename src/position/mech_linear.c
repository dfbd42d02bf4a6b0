/* mech_linear.c - position interpolation: every frequency divided by the factor, which is the
 * same as dividing every position. */
#include "position/mechanism.h"

enum { FACTOR, N_PARAM };

/* clang-format off */
static const rw_param params[N_PARAM] = {
    [FACTOR] = {.name = "factor", .gguf_key = "rope.scaling.factor", .hf_key = "factor",
                .fallback = RW_REQUIRED, .lo = 1e-3, .hi = 1e6},
};
/* clang-format on */

static void fill(const rw_arg *p, const rw_layer_shape *shape, rw_rotation *rot)
{
    (void)shape;
    for (uint32_t pair = 0; pair < rot->rotary_dim / 2; pair++)
        rot->inv_freq[pair] /= p[FACTOR].num;
}

const rw_mech rw_mech_linear = {
    .name = "linear",
    .source = "Chen et al., position interpolation, arXiv 2306.15595",
    .params = params,
    .n_param = N_PARAM,
    .fill = fill,
};
