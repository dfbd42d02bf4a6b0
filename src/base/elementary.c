/* elementary.c - elementary functions in double-double, independent of libm.
 *
 * Arguments are reduced exactly enough that only the series' own error counts; the series are
 * plain Taylor sums in nested form, long enough for their remainder to be below 2^-106. They
 * are slow (about a microsecond) and meant for tables, constants and doubtful cases. Bounds are
 * derived in docs/numerics.md and tested against 60-digit values. */
#include "base/elementary.h"

#include <math.h>

/* pi/2 as an unevaluated sum; what is left out is below 2^-163. */
static const double half_pi[3] = {0x1.921fb54442d18p+0, 0x1.1a62633145c07p-54,
                                  -0x1.f1976b7ed8fbcp-110};
static const rw_dd ln2 = {0x1.62e42fefa39efp-1, 0x1.abc9e3b39803fp-56};

/* 1 - x/(k(k+1)) (1 - x/((k+2)(k+3)) (...)), x = r^2: sine for k = 2, cosine for k = 1. */
static rw_dd alternating(rw_dd x, int first, int last)
{
    rw_dd p = rw_dd_of(1.0);
    for (int k = last; k >= first; k -= 2) {
        p = rw_dd_div_d(rw_dd_mul(p, x), (double)(k * (k + 1)));
        p = rw_dd_add_d(rw_dd_neg(p), 1.0);
    }
    return p;
}

void rw_sincos_product(double m, double w, rw_dd *sine, rw_dd *cosine)
{
    const rw_dd angle = rw_two_prod(m, w);
    const double k =
        floor(angle.hi * 0x1.45f306dc9c883p-1 + 0.5); /* 2/pi; exact below 2^42 */
    const rw_dd a = rw_two_prod(k, half_pi[0]);
    rw_dd r = rw_two_sum(angle.hi, -a.hi);
    r = rw_dd_add_d(r, angle.lo);
    r = rw_dd_add_d(r, -a.lo);
    r = rw_dd_sub(r, rw_two_prod(k, half_pi[1]));
    r = rw_dd_add_d(r, -(k * half_pi[2]));

    const rw_dd x = rw_dd_mul(r, r);
    const rw_dd s =
        rw_dd_mul(r, alternating(x, 2, 30)); /* |r| <= pi/4: r^33/33! < 2^-132 */
    const rw_dd c = alternating(x, 1, 29);
    const double quarter = k - 4.0 * floor(k * 0.25);
    if (quarter < 0.5) {
        *sine = s;
        *cosine = c;
    } else if (quarter < 1.5) {
        *sine = c;
        *cosine = rw_dd_neg(s);
    } else if (quarter < 2.5) {
        *sine = rw_dd_neg(s);
        *cosine = rw_dd_neg(c);
    } else {
        *sine = rw_dd_neg(c);
        *cosine = s;
    }
}

rw_dd rw_exp_dd(rw_dd x)
{
    if (x.hi > 709.79) return rw_dd_of(INFINITY);
    if (x.hi < -745.0) return rw_dd_of(0.0);
    const double k = floor(x.hi * 0x1.71547652b82fep+0 + 0.5);
    const rw_dd r = rw_dd_sub(x, rw_dd_mul_d(ln2, k)); /* |r| <= 0.35 */
    rw_dd p = rw_dd_of(1.0);
    for (int n = 28; n >= 1; n--)
        p = rw_dd_add_d(rw_dd_div_d(rw_dd_mul(p, r), (double)n), 1.0);
    return (rw_dd){ldexp(p.hi, (int)k), ldexp(p.lo, (int)k)};
}

rw_dd rw_log_dd(rw_dd x)
{
    int e;
    double f = frexp(x.hi, &e);        /* [0.5, 1) */
    if (f < 0x1.6a09e667f3bcdp-1) e--; /* now x / 2^e lies in [0.707, 1.415) */
    const rw_dd y = {ldexp(x.hi, -e), ldexp(x.lo, -e)};
    /* log y = 2 atanh t, t = (y-1)/(y+1), |t| <= 0.172 */
    const rw_dd t = rw_dd_div(rw_dd_add_d(y, -1.0), rw_dd_add_d(y, 1.0));
    const rw_dd t2 = rw_dd_mul(t, t);
    rw_dd p = rw_dd_of(0.0);
    for (int n = 45; n >= 3; n -= 2) {
        const rw_dd inverse = rw_dd_div_d(rw_dd_of(1.0), (double)n);
        p = rw_dd_mul(rw_dd_add(p, inverse), t2);
    }
    p = rw_dd_mul(rw_dd_add_d(p, 1.0), t);
    const rw_dd twice = {2.0 * p.hi, 2.0 * p.lo};
    return rw_dd_add(rw_dd_mul_d(ln2, (double)e), twice);
}

double rw_exp(double x)
{
    const rw_dd y = rw_exp_dd(rw_dd_of(x));
    return y.hi + y.lo;
}

double rw_log(double x)
{
    const rw_dd y = rw_log_dd(rw_dd_of(x));
    return y.hi + y.lo;
}

double rw_pow(double x, double y)
{
    const rw_dd p = rw_exp_dd(rw_dd_mul_d(rw_log_dd(rw_dd_of(x)), y));
    return p.hi + p.lo;
}

double rw_sin(double x)
{
    rw_dd s, c;
    rw_sincos_product(1.0, x, &s, &c);
    return s.hi + s.lo;
}

double rw_cos(double x)
{
    rw_dd s, c;
    rw_sincos_product(1.0, x, &s, &c);
    return c.hi + c.lo;
}
