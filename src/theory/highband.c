/* highband.c - which pairs turn often enough within M. */
#include "theory/highband.h"

#include <math.h>

double rw_high_band_share(const double *freq, uint32_t n_freq, double rope_theta,
                          int64_t context, const rw_coefficient *a,
                          const rw_coefficient *b)
{
    if (!(rope_theta > 1.0) || n_freq == 0) return (double)NAN;
    const double rho = pow(rope_theta, -1.0 / (double)n_freq);
    const double least = 2.0 * 0.06 / ((1.0 - rho) * 0.1);
    double high = 0.0, all = 0.0;
    for (uint32_t n = 0; n < n_freq; n++) {
        const double re = a->re[n] - b->re[n], im = a->im[n] - b->im[n];
        const double power = re * re + im * im;
        all += power;
        if ((double)context * freq[n] >= least) high += power;
    }
    return all > 0.0 ? sqrt(high / all) : (double)NAN;
}

double rw_m_max_scale(double rope_theta, uint32_t n_pair, double eps)
{
    if (!(rope_theta > 1.0) || n_pair == 0) return (double)NAN;
    const double h = n_pair, rho = pow(rope_theta, -1.0 / h);
    return 4.0 * 3.141592653589793 * pow(rope_theta, (h - 1.0) / h) / ((1.0 - rho) * eps);
}
