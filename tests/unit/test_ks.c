/* test_ks.c - the Kolmogorov distance from buckets against a scan of every step. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/random.h"
#include "kolmogorov.h"
#include "measure/event.h"

enum { N = 800000 };

static double x[N], v[N];

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

/* Scores in order. */
static void fill(rw_buckets *b, int64_t n, const rw_edges *edges)
{
    ropewalk_error err = {0};
    double least = x[0], most = x[0];
    for (int64_t i = 1; i < n; i++) {
        least = x[i] < least ? x[i] : least;
        most = x[i] > most ? x[i] : most;
    }
    assert_int_equal(rw_buckets_init(b, n, edges->n, true, &err), ROPEWALK_OK);
    assert_int_equal(
        rw_buckets_fill(b, rw_kernels_pick(NULL), x, edges, 0.0, least, most, &err),
        ROPEWALK_OK);
    assert_true(rw_buckets_order(b, NULL, 0));
}

static double by_buckets(int64_t from, int64_t to, int64_t n, double least)
{
    rw_buckets b;
    rw_edges edges = {.n = 0};
    double distance = -1;
    assert_true(rw_edges_add(&edges, 0) && rw_edges_add(&edges, from) &&
                rw_edges_add(&edges, to) && rw_edges_add(&edges, n));
    fill(&b, n, &edges);
    assert_true(
        rw_ks_normal(&b, from, to, rw_spread_of(x + from, to - from), least, &distance));
    rw_buckets_clear(&b);
    return distance;
}

static void against_scan(void **state)
{
    (void)state;
    static const int64_t sizes[] = {2, 3, 4, 5, 17, 128, 1000, 5000, 70000, N};
    double worst = 0;
    for (int kind = 0; kind <= 8; kind++)
        for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
            const int64_t n = sizes[s], from = s % 2 ? n / 3 : 0, to = n - (s % 3 == 1);
            if (n == N && kind > 2) continue;
            for (int64_t i = 0; i < n; i++)
                x[i] = sample(kind, (uint64_t)i, n);
            memcpy(v, x + from, (size_t)(to - from) * sizeof *v);
            const double got = by_buckets(from, to, n, 0.0),
                         want = kolmogorov(v, to - from, 0.0);
            if (isnan(want)) {
                assert_true(isnan(got));
                continue;
            }
            const double error = fabs(got - want);
            if (!(error <= (kind == 6 ? 1e-7 : 1e-11)))
                fail_msg("kind %d, n %d: %.17g instead of %.17g", kind, (int)n, got,
                         want);
            if (kind != 6) worst = fmax(worst, error);
            assert_true(got >= 0.5 / (double)(to - from) - 1e-15 && got <= 1);
        }
    printf("worst difference %.3g\n", worst);
}

static void known(void **state)
{
    (void)state;
    x[0] = -1, x[1] = 1; /* one standard deviation aside: Phi(1) - 1/2 */
    assert_true(fabs(by_buckets(0, 2, 2, 0.0) - 0.34134474606854293) < 1e-14);
    assert_true(isnan(by_buckets(0, 1, 2, 0.0)));
    assert_true(isnan(by_buckets(0, 2, 2, 1.0))); /* not above what counts as noise */
    assert_true(by_buckets(0, 2, 2, 0.999) > 0);
    x[0] = x[1] = x[2] = 5;
    assert_true(isnan(by_buckets(0, 3, 3, 0.0)));
}

/* Scores whose squares are no numbers any more, or have few digits, have no normal to be compared with; those just
 * inside have, the same as a millionth of them. */
static void overflow_and_underflow(void **state)
{
    (void)state;
    enum { MANY = 5000 };
    static const double sizes[] = {1.0,   1e-160, 1e-150, 1e-120, 1e100,
                                   1e150, 1e153,  1e160,  1e300};
    double want = 0.0;
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        for (uint64_t i = 0; i < MANY; i++)
            x[i] = sizes[s] * (rw_random_normal(3, 1, i) + (i < 50 ? 3.0 : 0.0));
        const double got = by_buckets(0, MANY, MANY, 0.0);
        if (s == 0) want = got;
        if (sizes[s] > 1e-155 && sizes[s] < 1e152)
            assert_true(fabs(got - want) < 1e-11 && want > 0.0 && want < 0.1);
        else
            assert_true(isnan(got));
    }
    x[0] = -1e308, x[1] = 1e308; /* their distance overflows, too */
    assert_true(isnan(by_buckets(0, 2, 2, 0.0)));
}

static void spread(void **state)
{
    (void)state;
    for (int64_t i = 0; i < 5000; i++)
        x[i] = 1e6 + rw_random_normal(9, 1, (uint64_t)i);
    long double mean = 0, square = 0;
    for (int64_t i = 0; i < 4777; i++)
        mean += (long double)x[i] / 4777;
    for (int64_t i = 0; i < 4777; i++)
        square += ((long double)x[i] - mean) * ((long double)x[i] - mean);
    const rw_spread all =
        rw_spread_join(rw_spread_join((rw_spread){0, 0, 0}, rw_spread_of(x, 1500)),
                       rw_spread_join(rw_spread_of(x + 1500, 3277), rw_spread_of(x, 0)));
    assert_true(fabs(all.n - 4777) < 0.5);
    assert_true(fabs(all.mean - (double)mean) < 1e-9);
    assert_true(fabs(all.square - (double)square) < 1e-10 * (double)square);
}

static void no_memory(void **state)
{
    (void)state;
    rw_buckets b;
    const rw_edges edges = {.n = 2, .at = {0, 100}};
    for (int64_t i = 0; i < 100; i++)
        x[i] = (double)i;
    fill(&b, 100, &edges);
    double distance;
    rw_alloc_fail_at(0, 0);
    assert_false(rw_ks_normal(&b, 0, 100, rw_spread_of(x, 100), 0.0, &distance));
    rw_alloc_fail_at(-1, 0);
    rw_buckets_clear(&b);
    assert_int_equal(rw_alloc_live(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(against_scan),
        cmocka_unit_test(known),
        cmocka_unit_test(overflow_and_underflow),
        cmocka_unit_test(spread),
        cmocka_unit_test(no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
