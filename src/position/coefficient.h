/* coefficient.h - one query and one key as the terms of the RoPE product (theory.md section 1):
 *     S(m) = c + sum_n Re(z_n e^{i m w_n}),  z_n = (s a) a Q_n conj(K_n).
 * This is the definition both theory and measurement start from; nothing else is shared. */
#ifndef RW_POSITION_COEFFICIENT_H
#define RW_POSITION_COEFFICIENT_H
#include "position/rotation.h"

/* Memory: re and im point to n_pair doubles each, owned by the caller of rw_coefficient_make. */
typedef struct rw_coefficient {
    uint32_t n_pair;      /* pairs with a non-zero frequency */
    double constant;      /* c: unrotated dimensions, and pairs of frequency 0 */
    double *re, *im;      /* z_n */
    double amplitude_sum; /* sum |z_n|, rounded up */
    double energy;        /* sum |z_n|^2 */
    double max_share;     /* max |z_n|^2 / sum |z_n|^2, 0 without energy */
    double n_eff;         /* (sum |z_n|^2)^2 / sum |z_n|^4, 0 without energy */
} rw_coefficient;

/** The frequencies that are not zero, in order; returns how many. freq has rotary_dim/2. */
uint32_t rw_active_freq(const rw_rotation *rot, double *freq);

/** Fill *out for q, k of head_dim doubles. The float64 operations and their order are part of
 *  the definition: re = qr kr + qi ki, im = qi kr - qr ki, each times ((s a) a); c = s times the
 *  running sum over unrotated dimensions, then plus re of each pair of frequency 0.
 *  E_ARGUMENT when a product overflows. */
ropewalk_status rw_coefficient_make(const rw_rotation *rot, uint32_t head_dim,
                                    double score_scale, const double *q, const double *k,
                                    rw_coefficient *out, ropewalk_error *err);
/** A power of two that brings the largest term near 1: for squares that must not underflow. */
double rw_coefficient_unit(const rw_coefficient *z);
/** True when no term depends on the distance. */
int rw_coefficient_is_constant(const rw_coefficient *z);
/** True when two have bitwise equal terms: their scores are equal at every distance. */
int rw_coefficient_equal(const rw_coefficient *a, const rw_coefficient *b);
#endif
