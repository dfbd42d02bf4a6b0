/* adjacent.h - F's positional score and insensitivity as predictions (T21). */
#ifndef RW_THEORY_ADJACENT_H
#define RW_THEORY_ADJACENT_H
#include "result/estimate.h"
#include "theory/moment.h"

typedef struct rw_adjacent_prediction {
    /* Of X = S(m+1) - S(m) over m < M-1, in units of U = sqrt(sum |z_n|^2); kind exact. */
    rw_estimate mean, rms;
    rw_estimate score; /* F's Positional Score, the mean of |X| / U; kind normal */
    rw_estimate insensitivity; /* the share of m with |X| / U < zeta; kind normal */
} rw_adjacent_prediction;

/** @param steps  the form of the window [0, M-1), on the same frequencies `freq`.
 *  @param freq   n_pair active frequencies.
 *  Undefined without energy, and where all steps are one number to rounding: variance at most
 *  1e-12 (sum |z_n| |e^{iw_n} - 1|)^2, except for mean and rms. E_MEMORY alone can fail. */
ropewalk_status rw_predict_adjacent(const rw_moment_form *steps, const double *freq,
                                    const rw_coefficient *z, double zeta,
                                    rw_adjacent_prediction *out, ropewalk_error *err);
#endif
