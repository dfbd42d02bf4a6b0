/* interval.h - how sure a mean over sampled queries and keys is (A5 in docs/theory.md). */
#ifndef RW_MEASURE_INTERVAL_H
#define RW_MEASURE_INTERVAL_H
#include <stddef.h>

/* A mean, the variance of that mean, and the degrees of freedom of the variance. NaN and 0 when
 * there is nothing to average or only one value. */
typedef struct rw_mean {
    double mean, variance;
    int dof;
    size_t n_q, n_k; /* rows and columns that had values */
} rw_mean;

/** Queries and keys crossed: value[q * n_k + k], NaN for "no answer" (cells are then dropped and
 *  the design treated as if balanced over what is left). Variance (MS_q + MS_k - MS_qk) / (n_q n_k),
 *  never below MS_qk / (n_q n_k); min(n_q, n_k) - 1 degrees of freedom. */
rw_mean rw_interval_crossed(const double *value, size_t n_q, size_t n_k);
/** Keys nested in queries (each query has its own): the variance is that of the query means. */
rw_mean rw_interval_nested(const double *value, size_t n_q, size_t n_k);
/** The mean of independent strata (texts), each a mean of its own; their degrees of freedom add
 *  up, as they do when the texts' variances are alike. */
rw_mean rw_interval_pool(const rw_mean *part, size_t n);
/** Half the width of the 95 % interval; NaN when there are no degrees of freedom. */
double rw_interval_half(const rw_mean *m);

/** p-values to the largest number of discoveries at false discovery rate `rate` (Benjamini and
 *  Hochberg): returns the threshold p-value, 0 when nothing is discovered. scratch: n doubles. */
double rw_false_discovery(const double *p, size_t n, double rate, double *scratch);

/** Quantile of n values, linear between order statistics; sorts `value`. NaN for n = 0. */
double rw_quantile(double *value, size_t n, double at);
#endif
