/* clustered.c - resampling lists, flipping lists, and two formulas. */
#include "task/clustered.h"

#include <math.h>
#include <stdlib.h>

#include "base/random.h"

enum { N_BOOTSTRAP = 2000, EXACT_LISTS = 16, N_FLIP = 1 << 16 };

static int by_value(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Sums and counts of each list that has values; returns how many lists. */
static size_t totals(const double *value, const uint32_t *list, size_t n, double *sum,
                     double *count)
{
    size_t n_list = 0;
    for (size_t i = 0; i < n;) {
        const uint32_t of = list[i];
        sum[n_list] = count[n_list] = 0.0;
        for (; i < n && list[i] == of; i++)
            if (!isnan(value[i])) {
                sum[n_list] += value[i];
                count[n_list] += 1.0;
            }
        n_list += count[n_list] > 0.0;
    }
    return n_list;
}

rw_clustered rw_cluster_mean(const double *value, const uint32_t *list, size_t n,
                             uint64_t seed, double *scratch)
{
    double *sum = scratch, *count = scratch + n, *mean = scratch + 2 * n;
    rw_clustered out = {.mean = (double)NAN,
                        .lo = (double)NAN,
                        .hi = (double)NAN,
                        .stderr_mean = (double)NAN,
                        .n_effective = (double)NAN};
    double total = 0.0, number = 0.0, spread = 0.0;
    out.n_list = totals(value, list, n, sum, count);
    for (size_t i = 0; i < out.n_list; i++) {
        total += sum[i];
        number += count[i];
    }
    out.n = (size_t)number;
    if (out.n == 0) return out;
    out.mean = total / number;
    if (out.n_list < 2) return out;
    for (size_t i = 0; i < out.n_list; i++) {
        const double residual = sum[i] - out.mean * count[i];
        spread += residual * residual;
    }
    const double k = (double)out.n_list,
                 variance = spread * k / (k - 1.0) / (number * number);
    out.stderr_mean = sqrt(variance);
    /* never surer than independent answers, and all alike is no certainty */
    const double binomial = out.mean * (1.0 - out.mean) / number;
    out.n_effective =
        variance > binomial && binomial > 0.0 ? number * binomial / variance : number;
    for (uint64_t b = 0; b < N_BOOTSTRAP; b++) {
        double s = 0.0, c = 0.0;
        for (uint64_t i = 0; i < out.n_list; i++) {
            const uint64_t drawn = rw_random_below(seed, b, i, out.n_list);
            s += sum[drawn];
            c += count[drawn];
        }
        mean[b] = s / c;
    }
    qsort(mean, N_BOOTSTRAP, sizeof *mean, by_value);
    out.lo = mean[N_BOOTSTRAP / 40];
    out.hi = mean[N_BOOTSTRAP - 1 - N_BOOTSTRAP / 40];
    return out;
}

double rw_sign_flip(const double *difference, size_t n_list, uint64_t seed)
{
    double observed = 0.0, size = 0.0;
    size_t n = 0;
    for (size_t i = 0; i < n_list; i++)
        if (!isnan(difference[i])) {
            observed += difference[i];
            size += fabs(difference[i]);
            n++;
        }
    if (n == 0) return 1.0;
    /* sums in another order differ by rounding: what equals the observed one counts as beyond it */
    const double beyond = fabs(observed) - 1e-12 * size;
    const int exact = n <= EXACT_LISTS;
    const uint64_t n_flip = exact ? (uint64_t)1 << n : N_FLIP;
    uint64_t n_beyond = exact ? 0 : 1; /* the observed signs are one of the drawn ones */
    for (uint64_t flip = 0; flip < n_flip; flip++) {
        double sum = 0.0;
        uint64_t word = 0;
        for (size_t i = 0, at = 0; i < n_list; i++) {
            if (isnan(difference[i])) continue;
            if (at % 64 == 0) word = exact ? flip : rw_random_u64(seed, flip, at / 64);
            sum += word >> at % 64 & 1 ? difference[i] : -difference[i];
            at++;
        }
        n_beyond += fabs(sum) >= beyond;
    }
    return (double)n_beyond / (double)(exact ? n_flip : n_flip + 1);
}

void rw_wilson(double proportion, double n, double *lo, double *hi)
{
    const double z = 1.959963984540054, z2 = z * z;
    *lo = *hi = (double)NAN;
    if (!(n > 0.0)) return;
    const double middle = (proportion + z2 / (2.0 * n)) / (1.0 + z2 / n);
    const double half = z / (1.0 + z2 / n) *
                        sqrt(proportion * (1.0 - proportion) / n + z2 / (4.0 * n * n));
    *lo = middle - half;
    *hi = middle + half;
}

void rw_holm(const double *p, size_t n, double *adjusted, size_t *order)
{
    for (size_t i = 0; i < n;
         i++) { /* few: insertion by p, in place of a sort with context */
        size_t at = i;
        for (; at > 0 && p[order[at - 1]] > p[i]; at--)
            order[at] = order[at - 1];
        order[at] = i;
    }
    double least = 0.0;
    for (size_t i = 0; i < n; i++) {
        const double scaled = fmin(1.0, (double)(n - i) * p[order[i]]);
        least = fmax(least, scaled);
        adjusted[order[i]] = least;
    }
}
