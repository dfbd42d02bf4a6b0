/* surrogate.h - is a head's near-far gap more than chance phases would give? (A6)
 *
 * The gap of one pair is mean S(near) - mean S(far) = Re sum_n z_n kappa_n, relative to
 * U = sqrt(sum |z_n|^2). A surrogate turns every frequency by one random phase, the same for all
 * pairs of the head, so that amplitudes and what pairs share stay as they are. */
#ifndef RW_MEASURE_SURROGATE_H
#define RW_MEASURE_SURROGATE_H
#include "measure/scoretable.h"

typedef struct rw_surrogates {
    uint32_t n_pair;
    size_t n_surrogate, n_context;
    double *kappa; /* [n_context][n_pair][2]: mean e^{imw} near minus far */
    double *phase; /* [n_surrogate][n_pair][2]: cos and sin of the random phases */
} rw_surrogates;

/** kappa is summed from the table's own scores, context by context (ascending). */
ropewalk_status rw_surrogates_init(rw_surrogates *s, const rw_scoretable *table,
                                   const int64_t *context, size_t n_context,
                                   size_t n_surrogate, uint64_t seed,
                                   ropewalk_error *err);
void rw_surrogates_clear(rw_surrogates *s);

/** @param zeta  [n_pair][2]: mean over the head's pairs of z_n / U
 *  @param gap   receives the observed gap, in units of U
 *  @return (1 + surrogates at least as far from 0) / (1 + n_surrogate); NaN for context < 2 */
double rw_surrogate_p_value(const rw_surrogates *s, size_t context, const double *zeta,
                            double *gap);
#endif
