/* predict.h - what the normal approximation says of each event (T3 to T6). No scores are read. */
#ifndef RW_THEORY_PREDICT_H
#define RW_THEORY_PREDICT_H
#include "base/number.h"
#include "result/estimate.h"
#include "theory/moment.h"

/* Below this fraction of (sum |z_n|)^2 a variance is rounding noise. */
#define RW_LEAST_VARIANCE 1e-12

/** T3: P(S(far) > S(near)) = Phi(-(mu_near - mu_far) / sqrt(var_near + var_far)). */
rw_estimate rw_predict_position_inversion(const rw_moment_form *near,
                                          const rw_moment_form *far,
                                          const rw_coefficient *z);

/** T4: P(D < 0), D the score of the key that wins at distance 0 minus the other's, over the
 *  window. Undefined when they tie there; `swapped` says key b won. */
rw_estimate rw_predict_token_inversion(const rw_moment_form *window,
                                       const rw_coefficient *a, const rw_coefficient *b,
                                       int *swapped);

typedef struct rw_alias_estimate {
    rw_estimate pairs;     /* rate of position pairs */
    rw_estimate distances; /* chance that a distance has an alias among the other M-1 */
} rw_alias_estimate;

/* Relative error of the sums over cells, from merging and quadrature: derived for one key, compared with enclosures and not
 * proven for two (docs/numerics.md N11). */
#define RW_CELL_ERROR 1e-5
#define RW_JOINT_CELL_ERROR 1e-4

/** T5 (ours): sum over rounding cells of p_cell^2 under N(mu, sigma^2), within RW_CELL_ERROR. */
rw_alias_estimate rw_predict_position_aliasing(double mean, double variance,
                                               double amplitude_sum, rw_dtype dtype,
                                               int64_t context);

/** T6 (ours): sum over cells of P(S1 and S2 in the cell) under the bivariate normal with exact
 *  joint moments, within RW_JOINT_CELL_ERROR as far as compared. amplitude_sum: the larger of the two. */
rw_estimate rw_predict_token_aliasing(const double mean[2], const double variance[2],
                                      double covariance, double amplitude_sum,
                                      rw_dtype dtype);

/** Chance that two scores lie within `threshold` of each other: 2 Phi(threshold / (sigma sqrt 2)) - 1. */
rw_estimate rw_predict_near_aliasing(double variance, double amplitude_sum,
                                     double threshold);
#endif
