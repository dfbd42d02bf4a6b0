/* ks.c - Kolmogorov distance to the fitted normal, exactly, with few evaluations of Phi.
 *
 * Between two examined points both step function and Phi are monotone, so the largest possible
 * deviation there is known; a stretch is examined further only if it could beat the best so far. */
#include <math.h>

#include "base/normal.h"
#include "measure/event.h"

static double larger(double a, double b)
{
    return a > b ? a : b;
}

double rw_ks_normal(const double *sorted, int64_t n, double least_variance)
{
    if (n < 2) return NAN;
    double sum = 0.0, square = 0.0;
    const double shift = sorted[n / 2];
    for (int64_t i = 0; i < n; i++)
        sum += sorted[i] - shift;
    const double mean = shift + sum / (double)n;
    for (int64_t i = 0; i < n; i++)
        square += (sorted[i] - mean) * (sorted[i] - mean);
    const double variance = square / (double)n;
    if (!(variance > least_variance)) return NAN;
    const double scale = 1.0 / sqrt(variance), step = 1.0 / (double)n;

    struct {
        int64_t first, last;
        double phi_first, phi_last;
    } stack[128];
    double best = 0.0;
    int depth = 0;
    const double phi0 = rw_normal_cdf((sorted[0] - mean) * scale);
    const double phi1 = rw_normal_cdf((sorted[n - 1] - mean) * scale);
    best = larger(larger(phi0, fabs(phi0 - step)),
                  larger(1.0 - phi1, fabs(phi1 - (1.0 - step))));
    stack[depth].first = 0;
    stack[depth].last = n - 1;
    stack[depth].phi_first = phi0;
    stack[depth++].phi_last = phi1;
    while (depth > 0) {
        depth--;
        const int64_t i = stack[depth].first, j = stack[depth].last;
        const double a = stack[depth].phi_first, b = stack[depth].phi_last;
        if (j - i < 2) continue;
        if (larger((double)j * step - a, b - (double)(i + 1) * step) <= best) continue;
        const int64_t k = i + (j - i) / 2;
        const double phi = rw_normal_cdf((sorted[k] - mean) * scale);
        best = larger(best, larger(fabs((double)(k + 1) * step - phi),
                                   fabs(phi - (double)k * step)));
        stack[depth].first = i;
        stack[depth].last = k;
        stack[depth].phi_first = a;
        stack[depth++].phi_last = phi;
        stack[depth].first = k;
        stack[depth].last = j;
        stack[depth].phi_first = phi;
        stack[depth++].phi_last = b;
    }
    return best;
}
