/* predict.c - inversions from moments. */
#include "theory/predict.h"

#include <math.h>

#include "base/normal.h"

static const rw_estimate undefined = {
    .value = (double)NAN, .kind = RW_ESTIMATE_NORMAL, .state = RW_ESTIMATE_UNDEFINED};

static rw_estimate known(double value)
{
    return (rw_estimate){value, RW_ESTIMATE_NORMAL, RW_ESTIMATE_KNOWN};
}

rw_estimate rw_predict_position_inversion(const rw_moment_form *near,
                                          const rw_moment_form *far,
                                          const rw_coefficient *z)
{
    const double variance =
        rw_moment_covariance(near, z, z) + rw_moment_covariance(far, z, z);
    const double least = RW_LEAST_VARIANCE * z->amplitude_sum * z->amplitude_sum;
    if (!(variance > least)) return undefined;
    const double gap = rw_moment_mean(near, z) - rw_moment_mean(far, z);
    return known(rw_normal_cdf(-gap / sqrt(variance)));
}

/* Score at distance 0. */
static double at_zero(const rw_coefficient *z)
{
    double s = z->constant;
    for (uint32_t n = 0; n < z->n_pair; n++)
        s += z->re[n];
    return s;
}

rw_estimate rw_predict_token_inversion(const rw_moment_form *window,
                                       const rw_coefficient *a, const rw_coefficient *b,
                                       int *swapped)
{
    const double start = at_zero(a) - at_zero(b);
    *swapped = start < 0.0;
    const double amplitude = a->amplitude_sum + b->amplitude_sum;
    const double variance = rw_moment_covariance(window, a, a) -
                            2.0 * rw_moment_covariance(window, a, b) +
                            rw_moment_covariance(window, b, b);
    if (!(fabs(start) > 0.0) || !(variance > RW_LEAST_VARIANCE * amplitude * amplitude))
        return undefined;
    double mean = rw_moment_mean(window, a) - rw_moment_mean(window, b);
    if (*swapped) mean = -mean;
    return known(rw_normal_cdf(-mean / sqrt(variance)));
}

rw_estimate rw_predict_near_aliasing(double variance, double amplitude_sum,
                                     double threshold)
{
    if (!(variance > RW_LEAST_VARIANCE * amplitude_sum * amplitude_sum)) return undefined;
    return known(erf(threshold / (2.0 * sqrt(variance))));
}
