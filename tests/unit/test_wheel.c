/* test_wheel.c - sums of cosines in blocks and singly, within their bounds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>

#include "base/alloc.h"
#include "base/elementary.h"
#include "base/random.h"
#include "theory/wheel.h"

/* In double-double by the elementary functions, one m at a time; derivative beside it. */
static rw_dd direct(const double *freq, uint32_t h, int64_t m, double *slope)
{
    rw_dd sum = {0, 0};
    *slope = 0;
    for (uint32_t n = 0; n < h; n++) {
        rw_dd s, c;
        rw_sincos_product((double)m, freq[n], &s, &c);
        sum = rw_dd_add(sum, c);
        *slope += (double)n / h * (double)m * freq[n] * s.hi;
    }
    return sum;
}

static void given_frequencies(void **state)
{
    (void)state;
    enum { H = 24 };
    double freq[H], out[RW_WHEEL_BLOCK], slope, expected, error;
    for (uint32_t n = 0; n < H; n++)
        freq[n] = n < 20 ? rw_pow(5e5, -(double)n / H) : rw_random_normal(3, 0, n);
    freq[3] = -freq[3], freq[4] = 1000, freq[5] = 0;
    double worst = 0, worst_dd = 0;
    const int64_t ends[] = {1, 64, 65, 5000, INT64_C(1) << 31};
    for (int e = 0; e < 5; e++) {
        rw_wheel w;
        assert_int_equal(rw_wheel_init(&w, H, ends[e], NULL), ROPEWALK_OK);
        rw_wheel_set_freq(&w, freq);
        double size = 0;
        for (int n = 0; n < H; n++)
            size += fabs(n * freq[n]) / H;
        for (uint64_t k = 0; k < 60; k++) {
            int64_t m = (int64_t)(fabs(rw_random_normal(4, (uint64_t)e, k)) * 0.4 *
                                  (double)ends[e]);
            if (k == 0 || m >= ends[e]) m = ends[e] - 1;
            rw_wheel_block(&w, m / RW_WHEEL_BLOCK * RW_WHEEL_BLOCK, out);
            const rw_dd truth = direct(freq, H, m, &expected);
            const double got = out[m % RW_WHEEL_BLOCK];
            worst = fmax(worst, fabs((got - truth.hi) - truth.lo) / w.error);
            const rw_dd sum = rw_wheel_sum(&w, m, &error);
            worst_dd = fmax(worst_dd, fabs(rw_dd_sub(sum, truth).hi) / (error + 0x1p-90));
            assert_true(error < 1e-15);
            assert_true(fabs(rw_wheel_slope(&w, m, &slope) - truth.hi) <= w.error);
            assert_true(fabs(slope - expected) <= 1.01 * w.error * size * (double)m);
        }
        rw_wheel_clear(&w);
    }
    printf("worst error: %.3f of the bound, %.3g of the double-double's\n", worst,
           worst_dd);
    assert_true(worst <= 1 && worst_dd <= 1);
}

/* Frequencies from ln base are those of the real base, not of its rounded frequencies. */
static void from_a_base(void **state)
{
    (void)state;
    enum { H = 64 };
    rw_wheel w;
    assert_int_equal(rw_wheel_init(&w, H, 1 << 20, NULL), ROPEWALK_OK);
    const double x = 13.25;
    rw_wheel_set_base(&w, x);
    for (int64_t m = 0; m < 1 << 20; m += 104729) {
        rw_dd sum = {0, 0}, s, c;
        for (int n = 0; n < H; n++) { /* 13.25 n / 64 is a double: e^-that to 2^-95 */
            const rw_dd f = rw_exp_dd(rw_dd_of(-x * n / H));
            const double low = (double)m * f.lo;
            rw_sincos_product((double)m, f.hi, &s, &c);
            sum = rw_dd_add(sum, c);
            sum = rw_dd_sub(sum, rw_dd_mul_d(s, low));
            sum = rw_dd_sub(sum, rw_dd_mul_d(c, 0.5 * low * low));
        }
        double error, out[RW_WHEEL_BLOCK];
        const rw_dd got = rw_wheel_sum(&w, m, &error);
        assert_true(fabs(rw_dd_sub(got, sum).hi) <= error);
        rw_wheel_block(&w, m / 64 * 64, out);
        assert_true(fabs(out[m % 64] - sum.hi) <= w.error);
    }
    rw_wheel_set_base(&w, 0); /* base 1: h cos m */
    double error;
    assert_true(fabs(rw_wheel_sum(&w, 2, &error).hi - 64 * cos(2)) < 1e-13);
    rw_wheel_clear(&w);
}

static void bad_input(void **state)
{
    (void)state;
    rw_wheel w;
    ropewalk_error err = {0};
    assert_int_equal(rw_wheel_init(&w, 0, 10, &err), ROPEWALK_E_ARGUMENT);
    assert_int_equal(rw_wheel_init(&w, 2049, 10, &err), ROPEWALK_E_ARGUMENT);
    assert_int_equal(rw_wheel_init(&w, 4, 0, &err), ROPEWALK_E_ARGUMENT);
    assert_int_equal(rw_wheel_init(&w, 4, (INT64_C(1) << 31) + 1, &err),
                     ROPEWALK_E_ARGUMENT);
    const int64_t live = rw_alloc_live();
    for (int at = 0; at < 4; at++) {
        rw_alloc_fail_at(at, 0);
        assert_int_equal(rw_wheel_init(&w, 4, 10, &err), ROPEWALK_E_MEMORY);
        rw_alloc_fail_at(-1, 0);
        assert_int_equal(rw_alloc_live(), live);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(given_frequencies),
        cmocka_unit_test(from_a_base),
        cmocka_unit_test(bad_input),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
