/* normal.c - density, distribution function, and the t quantiles intervals need. */
#include "base/normal.h"

#include <math.h>

double rw_normal_pdf(double x)
{
    return 0.3989422804014327 * exp(-0.5 * x * x);
}

double rw_normal_cdf(double x)
{
    return 0.5 * erfc(-0.7071067811865476 * x);
}

double rw_student_95(int dof)
{
    static const double table[] = {
        12.7062, 4.3027, 3.1824, 2.7764, 2.5706, 2.4469, 2.3646, 2.3060, 2.2622, 2.2281,
        2.2010,  2.1788, 2.1604, 2.1448, 2.1314, 2.1199, 2.1098, 2.1009, 2.0930, 2.0860};
    if (dof < 1) return NAN;
    if (dof <= 20) return table[dof - 1];
    /* Cornish-Fisher expansion around 1.959964; within 1e-5 from 20 degrees on */
    const double z = 1.959963985, n = dof, z3 = z * z * z;
    return z + (z3 + z) / (4 * n) + (5 * z3 * z * z + 16 * z3 + 3 * z) / (96 * n * n) +
           (3 * z3 * z3 * z + 19 * z3 * z * z + 17 * z3 - 15 * z) / (384 * n * n * n);
}
