/* test_predictor.c - which window each prediction is made on, and which is left out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>

#include "base/alloc.h"
#include "base/random.h"
#include "theory/predictor.h"

enum { PAIRS = 6 };

static double freq[PAIRS], re[2][PAIRS], im[2][PAIRS];
static rw_coefficient z[2];
static const rw_rotation rot = {
    .rotary_dim = 2 * PAIRS, .attn_factor = 1, .inv_freq = freq};
static const int64_t contexts[] = {1, 2, 3, 257, 258, 1000};
enum { N_CONTEXT = sizeof contexts / sizeof *contexts };

static int fill(void **state)
{
    (void)state;
    for (uint64_t k = 0; k < 2; k++) {
        z[k] = (rw_coefficient){
            .n_pair = PAIRS, .constant = (double)k, .re = re[k], .im = im[k]};
        for (uint64_t n = 0; n < PAIRS; n++) {
            freq[n] = pow(100, -(double)n / (double)PAIRS);
            re[k][n] = rw_random_normal(1, k, n);
            im[k][n] = rw_random_normal(2, k, n);
            z[k].amplitude_sum += hypot(re[k][n], im[k][n]);
        }
    }
    return 0;
}

static void same(rw_estimate got, rw_estimate want)
{
    assert_int_equal(got.state, want.state);
    assert_int_equal(got.kind, want.kind);
    assert_true(isnan(want.value) ? isnan(got.value)
                                  : fabs(got.value - want.value) < 1e-12);
}

static rw_estimate inversion(int64_t n0, int64_t n1, int64_t f0, int64_t f1)
{
    rw_estimate e = {(double)NAN, RW_ESTIMATE_NORMAL, RW_ESTIMATE_UNDEFINED};
    if (n1 <= n0 || f1 <= f0) return e;
    rw_moment_form near, far;
    assert_int_equal(rw_moment_form_init(&near, freq, PAIRS, n0, n1, NULL), ROPEWALK_OK);
    assert_int_equal(rw_moment_form_init(&far, freq, PAIRS, f0, f1, NULL), ROPEWALK_OK);
    e = rw_predict_position_inversion(&near, &far, &z[0]);
    rw_moment_form_clear(&near);
    rw_moment_form_clear(&far);
    return e;
}

static void moments(int64_t first, int64_t end, double mean, double variance)
{
    if (end <= first) {
        assert_true(isnan(mean) && isnan(variance));
        return;
    }
    rw_moment_form form;
    assert_int_equal(rw_moment_form_init(&form, freq, PAIRS, first, end, NULL),
                     ROPEWALK_OK);
    assert_true(fabs(mean - rw_moment_mean(&form, &z[0])) < 1e-13);
    assert_true(fabs(variance - rw_moment_covariance(&form, &z[0], &z[0])) < 1e-12);
    assert_true(variance >= 0);
    rw_moment_form_clear(&form);
}

static void singles(void **state)
{
    (void)state;
    for (int64_t limit = 1000; limit <= 3001; limit += 2001) {
        rw_predictor p;
        const uint32_t dtypes = 1u << RW_BF16 | 1u << RW_E4M3;
        assert_int_equal(
            rw_predictor_init(&p, &rot, contexts, N_CONTEXT, dtypes, 0.1, limit, NULL),
            ROPEWALK_OK);
        for (size_t i = 0; i < N_CONTEXT; i++) {
            const int64_t M = contexts[i], half = M / 2;
            rw_single_prediction s;
            rw_predict_single(&p, i, &z[0], &s);
            same(s.inversion, inversion(0, half, half, M));
            same(s.inversion_local,
                 half >= 129 ? inversion(1, 129, half, M) : inversion(0, 0, 0, 0));
            same(s.inversion_beyond,
                 3 * M + 1 <= limit ? inversion(M + 1, 2 * M + 1, 2 * M + 1, 3 * M + 1)
                                    : inversion(0, 0, 0, 0));
            moments(0, M, s.mean, s.variance);
            moments(0, half, s.near_mean, s.near_variance);
            moments(half, M, s.far_mean, s.far_variance);
            for (rw_dtype d = RW_BF16; d < RW_N_DTYPE; d++) {
                const rw_alias_estimate e = rw_predict_position_aliasing(
                    s.mean, s.variance, z[0].amplitude_sum, d, M);
                const rw_estimate none = {(double)NAN, RW_ESTIMATE_NORMAL,
                                          RW_ESTIMATE_UNDEFINED};
                same(s.alias_pairs[d], dtypes >> d & 1 ? e.pairs : none);
                same(s.alias_distances[d], dtypes >> d & 1 ? e.distances : none);
            }
            same(s.near_aliasing,
                 rw_predict_near_aliasing(s.variance, z[0].amplitude_sum, 0.1));
        }
        /* the windows exist where they should: not all answers are none */
        rw_single_prediction s;
        rw_predict_single(&p, 5, &z[0], &s);
        assert_int_equal(s.inversion.state, RW_ESTIMATE_KNOWN);
        assert_int_equal(s.inversion_local.state, RW_ESTIMATE_KNOWN);
        assert_int_equal(s.inversion_beyond.state,
                         limit > 3000 ? RW_ESTIMATE_KNOWN : RW_ESTIMATE_UNDEFINED);
        assert_int_equal(s.alias_pairs[RW_BF16].state, RW_ESTIMATE_KNOWN);
        rw_predictor_clear(&p);
        rw_predictor_clear(&p);
    }
}

static void doubles(void **state)
{
    (void)state;
    rw_predictor p;
    assert_int_equal(
        rw_predictor_init(&p, &rot, contexts, N_CONTEXT, 1u << RW_BF16, 0.0, 1000, NULL),
        ROPEWALK_OK);
    rw_double_prediction d;
    for (size_t i = 0; i < N_CONTEXT; i++) {
        rw_moment_form all;
        int swapped;
        assert_int_equal(rw_moment_form_init(&all, freq, PAIRS, 0, contexts[i], NULL),
                         ROPEWALK_OK);
        rw_predict_double(&p, i, &z[0], &z[1], &d);
        same(d.inversion, rw_predict_token_inversion(&all, &z[0], &z[1], &swapped));
        assert_int_equal(d.swapped, swapped);
        assert_int_equal(d.aliasing[RW_F16].state, RW_ESTIMATE_UNDEFINED); /* not asked */
        rw_moment_form_clear(&all);
    }
    assert_int_equal(d.aliasing[RW_BF16].state, RW_ESTIMATE_KNOWN);
    assert_true(d.aliasing[RW_BF16].value > 0 && d.aliasing[RW_BF16].value < 1);
    rw_predict_double(&p, 5, &z[0], &z[0], &d); /* identical keys alias everywhere */
    assert_true(d.aliasing[RW_BF16].value == 1 &&
                d.aliasing[RW_BF16].kind == RW_ESTIMATE_EXACT);
    assert_int_equal(d.inversion.state, RW_ESTIMATE_UNDEFINED);
    rw_single_prediction s;
    rw_predict_single(&p, 5, &z[0], &s);
    assert_int_equal(s.near_aliasing.state,
                     RW_ESTIMATE_UNDEFINED); /* threshold 0: not asked */
    rw_predictor_clear(&p);
}

static void no_memory(void **state)
{
    (void)state;
    const int64_t live = rw_alloc_live();
    int at = 0;
    for (;; at++) {
        rw_predictor p;
        ropewalk_error err = {0};
        rw_alloc_fail_at(at, 0);
        const ropewalk_status status =
            rw_predictor_init(&p, &rot, contexts, N_CONTEXT, 1, 0.1, 3001, &err);
        rw_alloc_fail_at(-1, 0);
        if (!status) {
            rw_predictor_clear(&p);
            break;
        }
        assert_int_equal(status, ROPEWALK_E_MEMORY);
        assert_null(p.form);
        assert_int_equal(rw_alloc_live(), live);
    }
    assert_int_equal(rw_alloc_live(), live);
    assert_true(at > 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(singles),
        cmocka_unit_test(doubles),
        cmocka_unit_test(no_memory),
    };
    return cmocka_run_group_tests(tests, fill, NULL);
}
