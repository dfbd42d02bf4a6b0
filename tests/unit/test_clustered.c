/* test_clustered.c - known intervals and p-values, and how often intervals cover. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>

#include "base/random.h"
#include "task/clustered.h"

static void check(double have, double want, double within)
{
    if (!(fabs(have - want) <= within)) fail_msg("%.17g, not %.17g", have, want);
}

/* Wilson (1927) as tabulated in Newcombe (1998), table I: 81/263, 15/148, 0/20, 1/29. */
static void wilson(void **state)
{
    (void)state;
    static const double row[][4] = {{81, 263, 0.2553, 0.3662},
                                    {15, 148, 0.0624, 0.1605},
                                    {0, 20, 0.0000, 0.1611},
                                    {1, 29, 0.0061, 0.1718}};
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        double lo, hi;
        rw_wilson(row[i][0] / row[i][1], row[i][1], &lo, &hi);
        check(lo, row[i][2], 5e-5);
        check(hi, row[i][3], 5e-5);
    }
    double lo, hi;
    rw_wilson(0.5, 0.0, &lo, &hi);
    assert_true(isnan(lo) && isnan(hi));
}

static void holm(void **state)
{
    (void)state;
    const double p[4] = {0.01, 0.04, 0.03, 0.005};
    double adjusted[4];
    size_t order[4];
    rw_holm(p, 4, adjusted, order);
    check(adjusted[0], 0.03, 1e-15);
    check(adjusted[1], 0.06, 1e-15);
    check(adjusted[2], 0.06, 1e-15);
    check(adjusted[3], 0.02, 1e-15);
    const double certain[2] = {0.9, 0.8};
    rw_holm(certain, 2, adjusted, order);
    check(adjusted[0], 1.0, 0.0);
    check(adjusted[1], 1.0, 0.0);
}

static void sign_flip(void **state)
{
    (void)state;
    const double same[5] = {1, 1, 1, 1, 1}, mixed[3] = {3, -1, NAN}, none[2] = {NAN, NAN};
    check(rw_sign_flip(same, 5, 1), 2.0 / 32.0,
          0.0);                                 /* the least that 5 lists can give */
    check(rw_sign_flip(mixed, 3, 1), 1.0, 0.0); /* 2 of {4, 2, -2, -4}: all as far */
    check(rw_sign_flip(none, 2, 1), 1.0, 0.0);
    const double zero[4] = {0, 0, 0, 0};
    check(rw_sign_flip(zero, 4, 1), 1.0, 0.0);
    /* drawn flips against the normal limit: 100 differences of +-1, sum 20, is 2 sigma */
    double many[100];
    for (int i = 0; i < 100; i++)
        many[i] = i < 60 ? 1.0 : -1.0;
    /* P(|B - 50| >= 10) of B binomial(100, 1/2) */
    check(rw_sign_flip(many, 100, 5), 0.0568879, 0.006); /* 6 sigma of 65,536 draws */
}

static void means(void **state)
{
    (void)state;
    double scratch[3 * 8 + 2000];
    const double value[8] = {1, 0, 1, NAN, 1, 1, NAN, NAN};
    const uint32_t list[8] = {0, 0, 1, 1, 2, 2, 3, 3};
    rw_clustered c = rw_cluster_mean(value, list, 8, 1, scratch);
    assert_int_equal(c.n, 5);
    assert_int_equal(c.n_list, 3);
    check(c.mean, 0.8, 1e-15);
    /* residuals of totals: 1 - 1.6, 1 - 0.8, 2 - 1.6 */
    check(c.stderr_mean, sqrt((0.36 + 0.04 + 0.16) * 3.0 / 2.0) / 5.0, 1e-15);
    c = rw_cluster_mean(value, list, 2, 1, scratch);
    check(c.mean, 0.5, 0.0);
    assert_true(isnan(c.lo));
    c = rw_cluster_mean(value + 6, list + 6, 2, 1, scratch);
    assert_true(isnan(c.mean));
    assert_int_equal(c.n, 0);
}

/* 40 lists whose success rates differ, 8 questions each, 400 times: the interval of the mean covers
 * the truth as often as a percentile bootstrap over 40 does, and one over questions would not. */
static void coverage(void **state)
{
    (void)state;
    static double scratch[3 * 320 + 2000], value[320];
    static uint32_t list[320];
    int covered = 0;
    double n_effective = 0.0;
    for (uint64_t t = 0; t < 400; t++) {
        for (uint32_t l = 0; l < 40; l++) {
            const double rate = rw_random_unit(1, t, l) < 0.5 ? 0.2 : 0.8;
            for (uint32_t q = 0; q < 8; q++) {
                value[8 * l + q] = rw_random_unit(2, t, 8 * l + q) < rate;
                list[8 * l + q] = l;
            }
        }
        const rw_clustered c = rw_cluster_mean(value, list, 320, t, scratch);
        covered += c.lo <= 0.5 && 0.5 <= c.hi;
        n_effective += c.n_effective / 400.0;
    }
    /* about 93 to 94 % is what 40 clusters give; below 89 % or all of them is a fault (1e-4) */
    assert_in_range(covered, 356, 396);
    /* design effect 1 + 7 rho, rho = 0.09 / 0.25 */
    check(n_effective, 320.0 / (1.0 + 7.0 * 0.36), 6.0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wilson), cmocka_unit_test(holm),     cmocka_unit_test(sign_flip),
        cmocka_unit_test(means),  cmocka_unit_test(coverage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
