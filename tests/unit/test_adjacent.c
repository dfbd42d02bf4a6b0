/* test_adjacent.c - steps of a score: exact moments against sums, the folded normal against an integral. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>

#include "base/alloc.h"
#include "base/random.h"
#include "theory/adjacent.h"

enum { H = 32 };

static double freq[H], re[H], im[H];

static rw_coefficient draw(uint64_t seed, double base)
{
    rw_coefficient z = {.n_pair = H, .constant = 3, .re = re, .im = im};
    for (uint64_t n = 0; n < H; n++) {
        freq[n] = pow(base, -(double)n / H);
        re[n] = rw_random_normal(seed, 0, n);
        im[n] = rw_random_normal(seed, 1, n);
        z.energy += re[n] * re[n] + im[n] * im[n];
        z.amplitude_sum += hypot(re[n], im[n]);
    }
    return z;
}

static long double score(int64_t m)
{
    long double s = 3;
    for (int n = 0; n < H; n++)
        s += (long double)re[n] * cosl((long double)m * (long double)freq[n]) -
             (long double)im[n] * sinl((long double)m * (long double)freq[n]);
    return s;
}

static void against_sums(void **state)
{
    (void)state;
    static const double bases[] = {1e1, 1e4, 5e5, 1e12};
    for (uint64_t i = 0; i < 4; i++)
        for (int64_t M = 3; M < 4000; M *= 11) {
            const rw_coefficient z = draw(i, bases[i]);
            const long double u = (long double)sqrt(z.energy);
            long double mean = 0, square = 0, size = 0, few = 0;
            for (int64_t m = 0; m + 1 < M; m++) {
                const long double x = (score(m + 1) - score(m)) / u;
                mean += x, square += x * x, size += fabsl(x), few += fabsl(x) < 0.2L;
            }
            const double n = (double)(M - 1);
            rw_moment_form form;
            rw_adjacent_prediction p;
            assert_int_equal(rw_moment_form_init(&form, freq, H, 0, M - 1, NULL),
                             ROPEWALK_OK);
            assert_int_equal(rw_predict_adjacent(&form, freq, &z, 0.2, &p, NULL),
                             ROPEWALK_OK);
            assert_int_equal(p.mean.kind, RW_ESTIMATE_EXACT);
            assert_int_equal(p.score.kind, RW_ESTIMATE_NORMAL);
            assert_true(fabs(p.mean.value - (double)mean / n) < 1e-12);
            assert_true(fabs(p.rms.value - sqrt((double)square / n)) < 1e-11);
            if (M > 300) { /* many distances, many pairs: near the counted ones */
                assert_true(fabs(p.score.value / ((double)size / n) - 1) < 0.1);
                assert_true(fabs(p.insensitivity.value - (double)few / n) < 0.05);
            }
            /* the mean of |X| by Simpson's rule, X normal with these moments */
            const double mu = p.mean.value,
                         sigma = sqrt(p.rms.value * p.rms.value - mu * mu);
            double folded = 0, inside = 0;
            for (int k = 0; k <= 40000; k++) {
                const double t = -10 + k / 2000.0, w = k == 0 || k == 40000 ? 1
                                                       : k % 2              ? 4
                                                                            : 2;
                const double f = w * exp(-0.5 * t * t) / 6000 / sqrt(6.283185307179586);
                folded += f * fabs(mu + sigma * t);
                inside += f * (fabs(mu + sigma * t) < 0.2);
            }
            assert_true(fabs(p.score.value - folded) < 1e-6);
            assert_true(fabs(p.insensitivity.value - inside) < 2e-3);
            rw_moment_form_clear(&form);
        }
}

static void nulls(void **state)
{
    (void)state;
    rw_moment_form form, one;
    rw_adjacent_prediction p;
    rw_coefficient z = draw(9, 1e4);
    assert_int_equal(rw_moment_form_init(&form, freq, H, 0, 100, NULL), ROPEWALK_OK);
    assert_int_equal(rw_moment_form_init(&one, freq, H, 0, 1, NULL), ROPEWALK_OK);
    /* one step: exact moments, no distribution */
    assert_int_equal(rw_predict_adjacent(&one, freq, &z, 0.01, &p, NULL), ROPEWALK_OK);
    assert_true(fabs(p.rms.value - fabs(p.mean.value)) < 1e-12);
    assert_int_equal(p.score.state, RW_ESTIMATE_UNDEFINED);
    assert_true(isnan(p.score.value) && isnan(p.insensitivity.value));
    ropewalk_error err = {0};
    rw_alloc_fail_at(0, 0);
    assert_int_equal(rw_predict_adjacent(&form, freq, &z, 0.01, &p, &err),
                     ROPEWALK_E_MEMORY);
    rw_alloc_fail_at(-1, 0);
    z.energy = z.amplitude_sum = 0;
    for (int n = 0; n < H; n++)
        re[n] = im[n] = 0;
    assert_int_equal(rw_predict_adjacent(&form, freq, &z, 0.01, &p, NULL), ROPEWALK_OK);
    assert_int_equal(p.mean.state, RW_ESTIMATE_UNDEFINED);
    assert_int_equal(p.score.state, RW_ESTIMATE_UNDEFINED);
    rw_moment_form none = {0}; /* a context of 0 or 1: no step */
    z = draw(9, 1e4);
    assert_int_equal(rw_predict_adjacent(&none, freq, &z, 0.01, &p, NULL), ROPEWALK_OK);
    assert_int_equal(p.rms.state, RW_ESTIMATE_UNDEFINED);
    rw_moment_form_clear(&form);
    rw_moment_form_clear(&one);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(against_sums),
        cmocka_unit_test(nulls),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
