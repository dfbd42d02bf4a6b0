/* mech_ntk.c - the fixed and the mixed NTK scaling of Su Jianlin, for which vLLM reads the type
 * "ntk": pair n (from 0) of h is divided by factor^(((n + 1) / h)^mixed_b).
 *
 * The last pair is slowed down by the whole factor, the fast ones by less. An exponent of 1 is
 * the fixed form: the base times the factor, and all pairs divided by factor^(1/h). */
#include "base/elementary.h"
#include "position/mechanism.h"

enum { FACTOR, MIXED_B, N_PARAM };

/* clang-format off */
static const rw_param params[N_PARAM] = {
    [FACTOR]  = {.name = "factor", .hf_key = "factor",
                 .fallback = RW_REQUIRED, .lo = 1, .hi = 1e6},
    [MIXED_B] = {.name = "mixed_b", .hf_key = "mixed_b", .fallback = 1, .lo = 0, .hi = 64},
};
/* clang-format on */

static void fill(const rw_arg *p, const rw_layer_shape *shape, rw_rotation *rot)
{
    const uint32_t n_pair = rot->rotary_dim / 2;
    const rw_dd ln_theta = rw_log_dd(rw_dd_of(shape->rope_theta));
    const rw_dd ln_factor = rw_log_dd(rw_dd_of(p[FACTOR].num));
    for (uint32_t pair = 0; pair < n_pair; pair++) {
        const rw_dd plain =
            rw_dd_mul(rw_dd_div_d(rw_dd_of(-2.0 * pair), rot->rotary_dim), ln_theta);
        const rw_dd place = rw_dd_div_d(rw_dd_of(pair + 1.0), n_pair);
        const rw_dd share = rw_exp_dd(rw_dd_mul_d(rw_log_dd(place), p[MIXED_B].num));
        const rw_dd w = rw_exp_dd(rw_dd_sub(plain, rw_dd_mul(share, ln_factor)));
        rot->inv_freq[pair] = w.hi + w.lo;
    }
}

const rw_mech rw_mech_ntk = {
    .name = "ntk",
    .source = "Su, positions in base beta, kexue.fm/archives/9706; as in vLLM",
    .params = params,
    .n_param = N_PARAM,
    .fill = fill,
};
