/* elementary.h - sine, cosine, exponential, logarithm and power with a stated error, the same
 * bits on every machine: made of IEEE additions, multiplications and divisions only, never of
 * the platform's libm, whose last bits change with the CPU (docs/numerics.md, N1-N3). */
#ifndef RW_BASE_ELEMENTARY_H
#define RW_BASE_ELEMENTARY_H
#include "base/dd.h"

/** cos and sin of m * w, evaluated in double-double from the exact product.
 *  |error| <= RW_SINCOS_ERROR each. Requires 0 <= m <= 2^31 and |w| <= 2^10. */
#define RW_SINCOS_ERROR 0x1p-98
void rw_sincos_product(double m, double w, rw_dd *sine, rw_dd *cosine);

rw_dd rw_exp_dd(
    rw_dd
        x); /* relative error <= 2^-95 for |x| <= 670; less exact where parts become subnormal */
rw_dd rw_log_dd(rw_dd x); /* absolute error <= 2^-95 * max(1, |log x|) for normal x > 0 */

/* Rounded from double-double: within 0.51 ulp. */
double rw_exp(double x);
double rw_log(double x);
double rw_pow(double x, double y); /* x > 0 */
double rw_sin(double x);           /* |x| <= 2^31 */
double rw_cos(double x);
#endif
