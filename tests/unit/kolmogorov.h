/* kolmogorov.h - the Kolmogorov distance to the fitted normal by its definition, for comparison. */
#ifndef RW_TEST_KOLMOGOROV_H
#define RW_TEST_KOLMOGOROV_H
#include <math.h>
#include <stdint.h>
#include <stdlib.h>

static int kolmogorov_ascending(const void *a, const void *b)
{
    const double p = *(const double *)a, q = *(const double *)b;
    return (p > q) - (p < q);
}

/* sup |F_n - Phi|: at each distinct value, F_n just before it and at it. Sorts v. NaN where the
 * question has no answer. */
static double kolmogorov(double *v, int64_t n, double least_variance)
{
    if (n < 2) return (double)NAN;
    qsort(v, (size_t)n, sizeof *v, kolmogorov_ascending);
    if (!(v[n - 1] > v[0])) return (double)NAN;
    long double mean = 0, variance = 0;
    for (int64_t i = 0; i < n; i++)
        mean += (long double)v[i] / n;
    for (int64_t i = 0; i < n; i++)
        variance += ((long double)v[i] - mean) * ((long double)v[i] - mean) / n;
    if (!(variance > (long double)least_variance)) return (double)NAN;
    double best = 0;
    for (int64_t i = 0; i < n;) {
        int64_t j = i;
        while (j < n && !(v[j] > v[i]))
            j++;
        const double phi =
            0.5 * erfc(-(double)(((long double)v[i] - mean) / sqrtl(variance)) /
                       1.4142135623730951);
        best = fmax(best, fmax(fabs(phi - (double)i / (double)n),
                               fabs(phi - (double)j / (double)n)));
        i = j;
    }
    return best;
}
#endif
