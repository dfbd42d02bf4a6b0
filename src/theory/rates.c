/* rates.c - P's split index and asymptotic rates. */
#include "theory/rates.h"

#include <math.h>

#include "base/normal.h"

static const double two_pi = 6.283185307179586;

static rw_estimate undefined(rw_estimate_kind kind)
{
    return (rw_estimate){(double)NAN, kind, RW_ESTIMATE_UNDEFINED};
}

static rw_estimate asymptotic(double value)
{
    return (rw_estimate){value, RW_ESTIMATE_ASYMPTOTIC, RW_ESTIMATE_KNOWN};
}

static int has_base(double rope_theta, uint32_t n_pair)
{
    return rope_theta > 1.0 && isfinite(rope_theta) && n_pair > 0;
}

rw_estimate rw_split_index(double rope_theta, uint32_t n_pair, int64_t context)
{
    if (!has_base(rope_theta, n_pair) || context < 1) return undefined(RW_ESTIMATE_EXACT);
    return (rw_estimate){n_pair * log((double)context / two_pi) / log(rope_theta),
                         RW_ESTIMATE_EXACT, RW_ESTIMATE_KNOWN};
}

uint32_t rw_turning_pairs(const double *freq, uint32_t n_pair, int64_t context)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < n_pair; i++)
        n += (double)context * fabs(freq[i]) >= two_pi;
    return n;
}

rw_estimate rw_rate_position_inversion(double rope_theta, uint32_t n_pair,
                                       int64_t context, double constant)
{
    if (!has_base(rope_theta, n_pair) || context < 2 || (double)context >= rope_theta)
        return undefined(RW_ESTIMATE_ASYMPTOTIC);
    const double turns = log((double)context) * log(rope_theta);
    return asymptotic(rw_normal_cdf(-constant * sqrt(n_pair / turns)));
}

rw_estimate rw_rate_token_inversion(double rope_theta, uint32_t n_pair, int64_t context,
                                    double constant)
{
    if (!has_base(rope_theta, n_pair) || context < 2)
        return undefined(RW_ESTIMATE_ASYMPTOTIC);
    const double l = log((double)context) / log(rope_theta);
    if (l >= 1.0) return asymptotic(0.5);
    return asymptotic(rw_normal_cdf(-constant * sqrt(n_pair / l) * (1.0 - l)));
}

rw_estimate rw_rate_token_aliasing(uint32_t n_pair, int significand_bits, double constant)
{
    if (n_pair == 0) return undefined(RW_ESTIMATE_ASYMPTOTIC);
    return asymptotic(
        fmin(1.0, constant * ldexp(sqrt((double)n_pair), -significand_bits)));
}
