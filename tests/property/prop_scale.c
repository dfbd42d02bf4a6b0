/* prop_scale.c - linear scaling by f is no scaling at positions f times nearer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/random.h"
#include "measure/scoretable.h"
#include "position/mechanism.h"

enum { MAX_PAIR = 64, N = 4096 };

static uint64_t seed = 0x5eed, drawn;

static double normal(void)
{
    return rw_random_normal(seed, 1, drawn++);
}

static int64_t below(int64_t n)
{
    return (int64_t)rw_random_below(seed, 2, drawn++, (uint64_t)n);
}

static int n_round(int n)
{
    const char *s = getenv("RW_TEST_MULTIPLIER");
    const int m = s ? atoi(s) : 1;
    return n * (m > 0 ? m : 1);
}

/* Scores of a head whose frequencies are divided by f, at m f, are the scores at m without. */
static void linear_scaling_is_slower_positions(void **state)
{
    (void)state;
    double worst = 0;
    static double t1[N], t2[N];
    for (int round = 0; round < n_round(16); round++) {
        double re[MAX_PAIR], im[MAX_PAIR], scratch[RW_SERIES_SCRATCH(MAX_PAIR)];
        rw_coefficient z = {
            .n_pair = (uint32_t)(1 + below(MAX_PAIR)), .re = re, .im = im};
        const rw_layer_shape shape = {.head_dim = 2 * z.n_pair,
                                      .rotary_dim = 2 * z.n_pair,
                                      .n_head_q = 1,
                                      .n_head_kv = 1,
                                      .rope_theta = exp(1 + fabs(normal()) * 6)};
        /* a power of two is exact; 3, 5 and 7 divide every frequency with one rounding */
        const int64_t f = (int64_t[]){1, 2, 3, 4, 5, 7, 8, 16}[round % 8];
        const int exact = (f & (f - 1)) == 0;
        const rw_setting factor = {.name = "factor", .num = (double)f};
        rw_rotation plain, slow;
        ropewalk_error err = {0};
        assert_int_equal(
            rw_mech_build(rw_mech_find("none"), &shape, NULL, 0, &plain, &err),
            ROPEWALK_OK);
        assert_int_equal(
            rw_mech_build(rw_mech_find("linear"), &shape, &factor, 1, &slow, &err),
            ROPEWALK_OK);
        double turn = 0;
        for (uint32_t n = 0; n < z.n_pair; n++) {
            re[n] = normal();
            im[n] = normal();
            z.amplitude_sum += hypot(re[n], im[n]) * (1 + 1e-15);
            turn += hypot(re[n], im[n]) * plain.inv_freq[n];
        }
        rw_scoretable a, b;
        assert_int_equal(rw_scoretable_init(&a, rw_kernels_pick(NULL), &plain, N, &err),
                         ROPEWALK_OK);
        assert_int_equal(rw_scoretable_init(&b, rw_kernels_pick(NULL), &slow, N, &err),
                         ROPEWALK_OK);
        rw_series s1, s2;
        rw_series_init(&s1, &a, &z, t1);
        rw_series_init(&s2, &b, &z, t2);
        rw_series_fill(&s1, scratch);
        rw_series_fill(&s2, scratch);
        for (int64_t m = 0; m * f < N; m++) {
            const double rounding = exact ? 0.0 : (double)m * turn * 0x1p-52;
            const double bound = s1.t_error + s2.t_error + rounding,
                         off = fabs(t1[m] - t2[m * f]);
            if (!(off <= bound))
                fail_msg("factor %d, m %d: %g of %g", (int)f, (int)m, off, bound);
            worst = fmax(worst, off / bound);
        }
        for (int t = 0; t < 10; t++) { /* far out, in double-double */
            const int64_t m = below(((int64_t)1 << 31) / f);
            double e1, e2;
            const rw_dd d =
                rw_dd_sub(rw_series_exact(&s1, m, &e1), rw_series_exact(&s2, m * f, &e2));
            assert_true(fabs(d.hi) <=
                        e1 + e2 + (exact ? 0.0 : (double)m * turn * 0x1p-52));
        }
        rw_scoretable_clear(&a);
        rw_scoretable_clear(&b);
        rw_rotation_clear(&plain);
        rw_rotation_clear(&slow);
    }
    printf("worst %.3f of the bound\n", worst);
}

int main(void)
{
    const char *s = getenv("RW_TEST_SEED");
    if (s) seed = strtoull(s, NULL, 0);
    printf("seed %#llx\n", (unsigned long long)seed);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(linear_scaling_is_slower_positions)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
