/* test_ks.c - the Kolmogorov distance against a scan of every step. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/random.h"
#include "measure/event.h"

enum { N = 5000 };

static double x[N];

static int ascending(const void *a, const void *b)
{
    const double p = *(const double *)a, q = *(const double *)b;
    return (p > q) - (p < q);
}

/* sup |F_n - Phi| by the definition: at each distinct value, F_n just before it and at it. */
static double naive(const double *v, int64_t n)
{
    long double mean = 0, variance = 0;
    for (int64_t i = 0; i < n; i++)
        mean += (long double)v[i] / n;
    for (int64_t i = 0; i < n; i++)
        variance += ((long double)v[i] - mean) * ((long double)v[i] - mean) / n;
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

static double sample(int kind, uint64_t i, int64_t n)
{
    switch (kind) {
    case 0: return rw_random_normal(1, 1, i);
    case 1: return rw_random_unit(1, 2, i);
    case 2: return cos(0.1 * (double)i);
    case 3: return (double)rw_random_below(1, 3, i, 4); /* many ties */
    case 4: return i == 0 ? 1000 : rw_random_unit(1, 4, i);
    case 5: return i < (uint64_t)n / 2 ? -1 : 1;
    case 6: return 1e9 + rw_random_normal(1, 5, i); /* far from 0 */
    case 7: return -exp(3 * rw_random_normal(1, 6, i));
    default: return (double)i;
    }
}

static void against_scan(void **state)
{
    (void)state;
    static const int64_t sizes[] = {2, 3, 4, 5, 17, 128, 1000, N};
    double worst = 0;
    for (int kind = 0; kind <= 8; kind++)
        for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
            const int64_t n = sizes[s];
            for (int64_t i = 0; i < n; i++)
                x[i] = sample(kind, (uint64_t)i, n);
            qsort(x, (size_t)n, sizeof *x, ascending);
            const double got = rw_ks_normal(x, n, 0.0);
            if (!(x[n - 1] > x[0])) {
                assert_true(isnan(got));
                continue;
            }
            const double error = fabs(got - naive(x, n));
            if (!(error <= (kind == 6 ? 1e-7 : 1e-12)))
                fail_msg("kind %d, n %d: %.17g instead of %.17g", kind, (int)n, got,
                         naive(x, n));
            if (kind != 6) worst = fmax(worst, error);
            assert_true(got >= 0.5 / (double)n - 1e-15 && got <= 1);
        }
    printf("worst difference %.3g\n", worst);
}

static void known(void **state)
{
    (void)state;
    const double two[2] = {-1, 1}; /* one standard deviation aside: Phi(1) - 1/2 */
    assert_true(fabs(rw_ks_normal(two, 2, 0.0) - 0.34134474606854293) < 1e-14);
    static const double one[3] = {5, 5, 5};
    assert_true(isnan(rw_ks_normal(one, 1, 0.0)));
    assert_true(isnan(rw_ks_normal(one, 0, 0.0)));
    assert_true(isnan(rw_ks_normal(one, 3, 0.0)));
    assert_true(isnan(rw_ks_normal(two, 2, 1.0))); /* not above what counts as noise */
    assert_true(rw_ks_normal(two, 2, 0.999) > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(against_scan),
        cmocka_unit_test(known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
