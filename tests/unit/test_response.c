/* test_response.c - the forms of a window against direct sums over its distances. */
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
#include "theory/response.h"
#include "theory/symmetric.h"

enum { MAX_PAIR = 24, MAX_CONTEXT = 3000 };

static long double score[MAX_CONTEXT];
static double worst[5];

static long double moments(int64_t first, int64_t end, long double *variance)
{
    long double mean = 0, sum = 0;
    for (int64_t m = first; m < end; m++)
        mean += score[m] / (long double)(end - first);
    for (int64_t m = first; m < end; m++)
        sum += (score[m] - mean) * (score[m] - mean) / (long double)(end - first);
    *variance = sum;
    return mean;
}

static void compare(int which, double got, long double truth, double allowed)
{
    const double share = fabs((double)((long double)got - truth)) / allowed;
    if (!(share <= 1.0)) fail_msg("form %d: %g of what it may be off by", which, share);
    worst[which] = fmax(worst[which], share);
}

static void check(const double *freq, uint32_t h, int64_t M, uint64_t seed)
{
    double x[2 * MAX_PAIR], power = 0.0, sum = 0.0;
    for (size_t i = 0; i < 2 * h; i++) {
        x[i] = rw_random_normal(seed, 0, i);
        power += x[i] * x[i];
    }
    for (size_t i = 0; i < h; i++)
        sum += hypot(x[i], x[h + i]);
    for (int64_t m = 0; m < M; m++) {
        score[m] = 0;
        for (uint32_t n = 0; n < h; n++) {
            const long double t = (long double)m * (long double)freq[n];
            score[m] += (long double)x[n] * cosl(t) - (long double)x[h + n] * sinl(t);
        }
    }
    long double near, far, whole, steps = 0;
    const long double gap = moments(0, M / 2, &near) - moments(M / 2, M, &far);
    const long double mean = moments(0, M, &whole);
    for (int64_t m = 0; m + 1 < M; m++)
        steps +=
            (score[m + 1] - score[m]) * (score[m + 1] - score[m]) / (long double)(M - 1);

    rw_response r;
    assert_int_equal(rw_response_init(&r, freq, h, M, NULL), ROPEWALK_OK);
    const double length = sqrt(power);
    compare(0, rw_dot(r.gap, x, r.n), gap, r.vector_error * length);
    compare(1, rw_dot(r.mean, x, r.n), mean, r.vector_error * length);
    compare(2, rw_symmetric_form(r.spread, r.n, x), near + far, r.matrix_error * power);
    compare(3, rw_symmetric_form(r.covariance, r.n, x), whole, r.matrix_error * power);
    compare(4, rw_symmetric_form(r.step, r.n, x), steps, r.step_error * power);
    for (size_t i = 0; i < r.n; i++)
        for (size_t j = 0; j < i; j++)
            assert_true(r.step[i * r.n + j] == r.step[j * r.n + i]);

    const rw_coefficient z = {
        .n_pair = h, .constant = 3.0, .re = x, .im = x + h, .amplitude_sum = sum};
    rw_head_place place;
    rw_response_place(&r, &z, &place);
    assert_true(fabs(place.step - (double)sqrtl(steps) / length) < 1e-12);
    const double separation = (double)(gap / sqrtl(near + far));
    if (M >= 16) {
        assert_true(fabs(place.separation - separation) < 1e-9 * (1 + fabs(separation)));
        assert_true(fabs(place.token_separation - (double)(mean / sqrtl(whole))) < 1e-9);
    } else if (M == 2) {
        assert_true(isnan(place.separation)); /* no spread */
    }
    for (size_t i = 0; i < 2 * h;
         i++) /* neither size nor sign of zero changes the place */
        x[i] = ldexp(x[i], -300);
    rw_head_place small;
    rw_response_place(&r, &z, &small);
    assert_true(small.step == place.step);
    rw_response_clear(&r);
}

static void against_sums(void **state)
{
    (void)state;
    double freq[MAX_PAIR];
    static const int64_t contexts[] = {2, 3, 16, 127, 1000, MAX_CONTEXT};
    static const double bases[] = {100.0, 1e4, 5e5};
    for (uint64_t seed = 0; seed < 12; seed++)
        for (size_t c = 0; c < 6; c++) {
            const uint32_t h = seed < 2 ? 1 : (uint32_t)(2 * seed);
            for (uint32_t n = 0; n < h; n++)
                freq[n] = pow(bases[seed % 3], -(double)n / h);
            if (seed == 3) freq[1] = freq[0]; /* equal frequencies */
            if (seed == 4) freq[0] = 3.0, freq[1] = 6.2831;
            if (seed == 5) freq[0] = 1e-12;
            check(freq, h, contexts[c], seed);
        }
    for (int i = 0; i < 5; i++)
        printf("form %d: at most %.3f of its bound\n", i, worst[i]);
}

/* One pair with w = pi: S = Re z (-1)^m, a step of 2 |Re z| always. */
static void by_hand(void **state)
{
    (void)state;
    const double freq[1] = {3.141592653589793};
    double re[1] = {0.6}, im[1] = {0.8};
    const rw_coefficient z = {.n_pair = 1, .re = re, .im = im, .amplitude_sum = 1.0};
    rw_response r;
    rw_head_place place;
    assert_int_equal(rw_response_init(&r, freq, 1, 10, NULL), ROPEWALK_OK);
    rw_response_place(&r, &z, &place);
    assert_true(fabs(place.step - 1.2) < 1e-13);
    /* near + - + - +, far - + - + -: gap 0.4 * 0.6, each variance 0.96 * 0.36 */
    assert_true(fabs(place.separation - 0.24 / sqrt(2 * 0.96 * 0.36)) < 1e-12);
    assert_true(fabs(place.token_separation) < 1e-13);
    re[0] = im[0] = 0.0;
    rw_response_place(&r, &z, &place);
    assert_true(isnan(place.step) && isnan(place.separation) &&
                isnan(place.token_separation));
    rw_response_clear(&r);
    ropewalk_error err = {0};
    assert_int_equal(rw_response_init(&r, freq, 0, 10, &err), ROPEWALK_E_ARGUMENT);
    assert_int_equal(rw_response_init(&r, freq, 1, 1, &err), ROPEWALK_E_ARGUMENT);
    assert_non_null(strstr(err.message, "context of at least 2"));
    assert_null(r.gap);
}

static void no_memory(void **state)
{
    (void)state;
    const int64_t live = rw_alloc_live();
    const double freq[2] = {1.0, 0.01};
    for (int64_t at = 0; at < 100; at++) {
        rw_response r;
        rw_alloc_fail_at(at, 0);
        const ropewalk_status status = rw_response_init(&r, freq, 2, 50, NULL);
        rw_alloc_fail_at(-1, 0);
        if (status == ROPEWALK_OK) {
            rw_response_clear(&r);
            assert_int_equal(rw_alloc_live(), live);
            assert_true(at >= 5);
            return;
        }
        assert_int_equal(status, ROPEWALK_E_MEMORY);
        assert_null(r.step);
        assert_int_equal(rw_alloc_live(), live);
    }
    fail();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(against_sums),
        cmocka_unit_test(by_hand),
        cmocka_unit_test(no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
