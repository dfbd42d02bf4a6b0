/* test_predict.c - inversions from moments: the formulas, their nulls, and theory.md's table. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>

#include "base/random.h"
#include "theory/predict.h"

enum { MAX_PAIR = 64 };

static double freq[MAX_PAIR], re[3][MAX_PAIR], im[3][MAX_PAIR];
static rw_coefficient z[3];

static void fill(uint32_t n_pair, double theta)
{
    for (uint64_t k = 0; k < 3; k++) {
        z[k] = (rw_coefficient){
            .n_pair = n_pair, .constant = 0.1 * (double)k, .re = re[k], .im = im[k]};
        for (uint32_t n = 0; n < n_pair; n++) {
            freq[n] = pow(theta, -(double)n / n_pair);
            re[k][n] = k == 0 ? 1 : rw_random_normal(1, k, n);
            im[k][n] = k == 0 ? 0 : rw_random_normal(2, k, n);
            z[k].amplitude_sum += hypot(re[k][n], im[k][n]);
        }
    }
}

static double phi(double x)
{
    return 0.5 * erfc(-x / 1.4142135623730951);
}

/* Mean and variance of S_a - S_b over [first, end), directly. */
static void brute(int a, int b, int64_t first, int64_t end, double *mean,
                  double *variance)
{
    long double sum = 0, square = 0;
    const long double n = (long double)(end - first);
    for (int pass = 0; pass < 2; pass++)
        for (int64_t m = first; m < end; m++) {
            long double s = (long double)(z[a].constant - (b < 0 ? 0 : z[b].constant));
            for (uint32_t i = 0; i < z[a].n_pair; i++) {
                const long double t = (long double)m * (long double)freq[i];
                s += (long double)(re[a][i] - (b < 0 ? 0 : re[b][i])) * cosl(t) -
                     (long double)(im[a][i] - (b < 0 ? 0 : im[b][i])) * sinl(t);
            }
            if (pass == 0)
                sum += s / n;
            else
                square += (s - sum) * (s - sum) / n;
        }
    *mean = (double)sum;
    *variance = (double)square;
}

static void known_value(rw_estimate e, double value, double tolerance)
{
    assert_int_equal(e.state, RW_ESTIMATE_KNOWN);
    assert_int_equal(e.kind, RW_ESTIMATE_NORMAL);
    if (!(fabs(e.value - value) <= tolerance))
        fail_msg("%.17g, expected %.17g", e.value, value);
}

static void no_answer(rw_estimate e)
{
    assert_int_equal(e.state, RW_ESTIMATE_UNDEFINED);
    assert_true(isnan(e.value));
}

/* theory.md section 5: phase-aligned key, d = 128. */
static void reference_table(void **state)
{
    (void)state;
    static const double theta[3] = {1e4, 5e5, 1e7};
    static const int64_t M[5] = {600, 1024, 4600, 8192, 32768};
    static const double expected[3][5] = {{.1183, .1232, .1513, .1677, .4019},
                                          {.1311, .1573, .1610, .1792, .1902},
                                          {.1407, .1503, .1728, .1848, .2025}};
    for (int b = 0; b < 3; b++)
        for (int i = 0; i < 5; i++) {
            rw_moment_form near, far;
            fill(64, theta[b]);
            assert_int_equal(rw_moment_form_init(&near, freq, 64, 0, M[i] / 2, NULL),
                             ROPEWALK_OK);
            assert_int_equal(rw_moment_form_init(&far, freq, 64, M[i] / 2, M[i], NULL),
                             ROPEWALK_OK);
            known_value(rw_predict_position_inversion(&near, &far, &z[0]), expected[b][i],
                        5.1e-5);
            rw_moment_form_clear(&near);
            rw_moment_form_clear(&far);
        }
}

static void formulas(void **state)
{
    (void)state;
    fill(8, 1e3);
    const int64_t M = 901;
    rw_moment_form near, far, all;
    assert_int_equal(rw_moment_form_init(&near, freq, 8, 0, M / 2, NULL), ROPEWALK_OK);
    assert_int_equal(rw_moment_form_init(&far, freq, 8, M / 2, M, NULL), ROPEWALK_OK);
    assert_int_equal(rw_moment_form_init(&all, freq, 8, 0, M, NULL), ROPEWALK_OK);
    double m1, v1, m2, v2;
    for (int k = 0; k < 3; k++) {
        brute(k, -1, 0, M / 2, &m1, &v1);
        brute(k, -1, M / 2, M, &m2, &v2);
        known_value(rw_predict_position_inversion(&near, &far, &z[k]),
                    phi(-(m1 - m2) / sqrt(v1 + v2)), 1e-11);
    }
    for (int a = 0; a < 3; a++)
        for (int b = 0; b < 3; b++) {
            int swapped = 9;
            const rw_estimate e =
                rw_predict_token_inversion(&all, &z[a], &z[b], &swapped);
            if (a == b) {
                no_answer(e);
                continue;
            }
            double start = z[a].constant - z[b].constant;
            for (int n = 0; n < 8; n++)
                start += re[a][n] - re[b][n];
            assert_int_equal(swapped, start < 0);
            brute(a, b, 0, M, &m1, &v1);
            known_value(e, phi((start < 0 ? m1 : -m1) / sqrt(v1)), 1e-11);
        }
    rw_moment_form_clear(&near);
    rw_moment_form_clear(&far);
    rw_moment_form_clear(&all);
}

static void nulls(void **state)
{
    (void)state;
    fill(8, 1e3);
    rw_moment_form one, two, all;
    int swapped;
    assert_int_equal(rw_moment_form_init(&one, freq, 8, 0, 1, NULL), ROPEWALK_OK);
    assert_int_equal(rw_moment_form_init(&two, freq, 8, 1, 2, NULL), ROPEWALK_OK);
    assert_int_equal(rw_moment_form_init(&all, freq, 8, 0, 100, NULL), ROPEWALK_OK);
    no_answer(rw_predict_position_inversion(&one, &two,
                                            &z[1])); /* single distances: no variance */
    no_answer(rw_predict_token_inversion(&one, &z[0], &z[1], &swapped));
    for (int n = 0; n < 8; n++) { /* tied at distance 0, different later */
        re[2][n] = re[1][n];
        im[2][n] = -im[1][n];
    }
    z[2].constant = z[1].constant;
    no_answer(rw_predict_token_inversion(&all, &z[1], &z[2], &swapped));
    for (int n = 0; n < 8; n++)
        re[0][n] = im[0][n] = 0;
    z[0].amplitude_sum = 0;
    no_answer(rw_predict_position_inversion(&all, &all, &z[0])); /* the zero vector */
    rw_moment_form_clear(&one);
    rw_moment_form_clear(&two);
    rw_moment_form_clear(&all);
}

static void near_aliasing(void **state)
{
    (void)state;
    /* the difference of two normals has twice the variance: P(|d| < t) = 2 Phi(t/(s sqrt 2)) - 1 */
    static const double sigma[] = {0.01, 0.5, 3};
    for (int i = 0; i < 3; i++)
        known_value(rw_predict_near_aliasing(sigma[i] * sigma[i], 4, 0.1),
                    2 * phi(0.1 / (sigma[i] * 1.4142135623730951)) - 1, 1e-14);
    known_value(rw_predict_near_aliasing(1.01e-12, 1, 1), 1, 0);
    no_answer(rw_predict_near_aliasing(1e-12, 1, 1));
    no_answer(rw_predict_near_aliasing(0, 0, 1));
    no_answer(rw_predict_near_aliasing((double)NAN, 1, 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reference_table),
        cmocka_unit_test(formulas),
        cmocka_unit_test(nulls),
        cmocka_unit_test(near_aliasing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
