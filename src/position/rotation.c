/* rotation.c - life and death of one layer's rotation, and its unscaled frequencies. */
#include "position/rotation.h"

#include "base/alloc.h"
#include "base/elementary.h"
#include "position/mechanism.h"

void rw_rotation_init(rw_rotation *rot)
{
    *rot = (rw_rotation){.attn_factor = 1.0};
}

ropewalk_status rw_rotation_alloc(rw_rotation *rot, uint32_t rotary_dim,
                                  ropewalk_error *err)
{
    rw_rotation_init(rot);
    if (rotary_dim % 2 != 0 || rotary_dim > RW_MAX_HEAD_DIM)
        return rw_fail(err, ROPEWALK_E_ARGUMENT, 0,
                       "rotary_dim %u must be even and at most %d", (unsigned)rotary_dim,
                       (int)RW_MAX_HEAD_DIM);
    if (rotary_dim == 0) return ROPEWALK_OK;
    rot->inv_freq = rw_calloc(rotary_dim / 2, sizeof *rot->inv_freq);
    if (!rot->inv_freq) return rw_fail_memory(err, "frequencies");
    rot->rotary_dim = rotary_dim;
    return ROPEWALK_OK;
}

void rw_rotation_clear(rw_rotation *rot)
{
    rw_free(rot->inv_freq);
    rw_rotation_init(rot);
}

rw_dd rw_inv_freq_dd(double rope_theta, uint32_t rotary_dim, uint32_t pair)
{
    /* A quotient rounded to double would already cost several ulp: it is multiplied by ln theta. */
    const rw_dd exponent = rw_dd_div_d(rw_dd_of(-2.0 * pair), rotary_dim);
    return rw_exp_dd(rw_dd_mul(exponent, rw_log_dd(rw_dd_of(rope_theta))));
}

void rw_inv_freq_unscaled(double rope_theta, uint32_t rotary_dim, double *inv_freq)
{
    for (uint32_t pair = 0; pair < rotary_dim / 2; pair++) {
        const rw_dd w = rw_inv_freq_dd(rope_theta, rotary_dim, pair);
        inv_freq[pair] = w.hi + w.lo;
    }
}
