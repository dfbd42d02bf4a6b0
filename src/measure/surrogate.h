/* surrogate.h - is a head's near-far gap more than chance phases would give? (A6)
 *
 * The gap of one pair is mean S(near) - mean S(far) = Re sum_n z_n kappa_n, relative to
 * U = sqrt(sum |z_n|^2); a head's gap is the mean over its sampled pairs. A surrogate turns every
 * sampled query and every sampled key by a random phase of its own in each frequency. Amplitudes
 * stay, and so does the crossing: pairs that share a query or a key share its phases. What is
 * lost is any phase that queries and keys have in common, which is what a direction is. */
#ifndef RW_MEASURE_SURROGATE_H
#define RW_MEASURE_SURROGATE_H
#include "measure/scoretable.h"

typedef struct rw_surrogates {
    uint32_t n_pair;
    size_t n_surrogate, n_context;
    double *kappa;  /* [n_context][n_pair][2]: mean e^{imw} near minus far */
    double *circle; /* [4096][2]: the phases drawn from, evenly spaced */
} rw_surrogates;

/* One sampled pair: which query, which key (any numbering), and z_n / U. */
typedef struct rw_sampled_pair {
    uint32_t query, key;
    const double *direction; /* [n_pair][2] */
} rw_sampled_pair;

/** kappa is summed from the table's own scores, context by context (ascending). */
ropewalk_status rw_surrogates_init(rw_surrogates *s, const rw_scoretable *table,
                                   const int64_t *context, size_t n_context,
                                   size_t n_surrogate, ropewalk_error *err);
void rw_surrogates_clear(rw_surrogates *s);

/** @param n_query,n_key  one more than the largest number in `pair`
 *  @param gap      [n_context] observed mean gap in units of U
 *  @param p_value  [n_context] (1 + surrogates at least as far from 0) / (1 + n_surrogate); NaN
 *                  for a context below 2 or without pairs */
ropewalk_status rw_surrogate_test(const rw_surrogates *s, const rw_sampled_pair *pair,
                                  size_t n_sampled, uint32_t n_query, uint32_t n_key,
                                  uint64_t seed, uint64_t stream, double *gap,
                                  double *p_value, ropewalk_error *err);
#endif
