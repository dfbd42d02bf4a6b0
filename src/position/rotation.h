/* rotation.h - one layer's rotary embedding: what every mechanism reduces to. */
#ifndef RW_POSITION_ROTATION_H
#define RW_POSITION_ROTATION_H
#include <stdint.h>

#include "base/status.h"

enum { RW_MAX_HEAD_DIM = 4096 }; /* no model is near; bounds every table */

/* Which dimensions of a head form pair n (theory.md section 1). Rotated dimensions come first:
 *   half split    [c0 c1 .. s0 s1 .. | unrotated]   pair n = (n, n + rotary_dim/2)
 *   interleaved   [c0 s0 c1 s1 ..    | unrotated]   pair n = (2n, 2n+1)              */
typedef enum rw_pairs { RW_PAIRS_HALF_SPLIT, RW_PAIRS_INTERLEAVED } rw_pairs;

typedef struct rw_rotation {
    uint32_t rotary_dim; /* even, 0 for a layer without RoPE */
    rw_pairs pairs;
    double attn_factor; /* multiplies cos and sin, so scores get its square */
    double
        *inv_freq; /* rotary_dim / 2 angular frequencies, radian per position, scaled */
} rw_rotation;

/** All zero, no RoPE. */
void rw_rotation_init(rw_rotation *rot);
/** Allocate inv_freq (zeros). E_ARGUMENT when rotary_dim is odd or above RW_MAX_HEAD_DIM. */
ropewalk_status rw_rotation_alloc(rw_rotation *rot, uint32_t rotary_dim,
                                  ropewalk_error *err);
void rw_rotation_clear(rw_rotation *rot);

/** inv_freq[n] = rope_theta^(-2n/rotary_dim), correctly rounded to within 0.51 ulp on every
 *  machine (base/elementary.h). */
void rw_inv_freq_unscaled(double rope_theta, uint32_t rotary_dim, double *inv_freq);
#endif
