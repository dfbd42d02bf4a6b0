/* phase_bounds.c - bounds on the base from the slowest pair's phase. */
#include "theory/phase_bounds.h"

#include <math.h>

static rw_estimate bound(int defined, double value)
{
    return defined ? (rw_estimate){value, RW_ESTIMATE_BOUND, RW_ESTIMATE_KNOWN}
                   : (rw_estimate){(double)NAN, RW_ESTIMATE_BOUND, RW_ESTIMATE_UNDEFINED};
}

rw_estimate rw_bound_aliasing_base(int64_t length, uint32_t rotary_dim)
{
    const int defined = length >= 1 && rotary_dim > 2;
    if (!defined) return bound(0, 0.0);
    const double d = rotary_dim;
    return bound(1, fmax(1.0, pow((double)length / 6.283185307179586, d / (d - 2.0))));
}

/* arccos(x) for x near 1 cancels: with y = -ln x, arccos(x) = 2 asin(sqrt((1 - e^-y) / 2)). */
rw_estimate rw_bound_dc_base(int64_t length, uint32_t n_layer)
{
    const int defined = length >= 1 && n_layer >= 1;
    if (!defined) return bound(0, 0.0);
    const double drop = -expm1(log(0.95) / n_layer);
    return bound(1, (double)length / (2.0 * asin(sqrt(0.5 * drop))));
}

rw_estimate rw_bound_precision_base(int significand_bits)
{
    return bound(significand_bits >= 1, ldexp(1.0, significand_bits - 1));
}
