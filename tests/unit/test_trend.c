/* test_trend.c - verdicts from series whose answer is plain to see. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>

#include "paper/trend.h"

static rw_outcome outcome(const double *y, size_t n, int sign)
{
    return rw_trend_of(y, 1, n, sign).outcome;
}

static void one_draw(void **state)
{
    (void)state;
    const double rising[] = {1, 2, 3, 4, 5}, level[] = {1, 2, 2, 3, 4},
                 jitter[] = {1, 2, 1.9, 4, 5}, valley[] = {9, 7, 1, 2, 3, 4},
                 falling[] = {5, 4, 3, 2, 1}, still[] = {2, 2, 2},
                 saw[] = {1, 3, 1, 3, 1, 3};
    assert_int_equal(outcome(rising, 5, +1), RW_OUTCOME_EXACTLY);
    assert_int_equal(outcome(rising, 5, -1), RW_OUTCOME_NOT_REPRODUCED);
    assert_int_equal(outcome(falling, 5, -1), RW_OUTCOME_EXACTLY);
    assert_int_equal(outcome(level, 5, +1), RW_OUTCOME_APPROXIMATELY);
    assert_int_equal(outcome(jitter, 5, +1), RW_OUTCOME_APPROXIMATELY);
    assert_int_equal(outcome(still, 3, +1), RW_OUTCOME_NOT_REPRODUCED);
    assert_int_equal(outcome(saw, 6, +1), RW_OUTCOME_NOT_REPRODUCED);
    const rw_trend t = rw_trend_of(valley, 1, 6, +1);
    assert_int_equal(t.outcome, RW_OUTCOME_LIMIT);
    assert_int_equal(t.turn, 2);
    assert_int_equal(t.n_against, 2);
    assert_int_equal(t.n_with, 3);
    assert_int_equal(t.n_ordered + t.n_disordered, 15);
    /* two points right of the turn are too few to say that it holds from there on */
    const double late[] = {9, 7, 5, 3, 1, 2};
    assert_int_equal(outcome(late, 6, +1), RW_OUTCOME_NOT_REPRODUCED);
}

static void noise_is_level(void **state)
{
    (void)state;
    /* draws differ much, their steps little: paired differences see the trend */
    double y[4][3], noisy[4][3];
    for (int d = 0; d < 4; d++)
        for (int i = 0; i < 3; i++) {
            y[d][i] = 100 * d + i + 0.01 * (d * i % 2);
            noisy[d][i] = (d % 2 ? 1 : -1) * (i % 2 ? 5.0 : -5.0) + 0.1 * i;
        }
    assert_int_equal(rw_trend_of(*y, 4, 3, +1).outcome, RW_OUTCOME_EXACTLY);
    const rw_trend t = rw_trend_of(*noisy, 4, 3, +1);
    assert_int_equal(t.n_flat, 2);
}

static void means(void **state)
{
    (void)state;
    const double y[] = {1, 10, 3, 20};
    double half;
    assert_true(fabs(rw_draw_mean(y, 2, 2, 0, &half) - 2) < 1e-12);
    assert_true(fabs(half - 1.96) < 1e-12); /* standard deviation sqrt 2 over sqrt 2 */
    assert_true(fabs(rw_draw_mean(y, 2, 2, 1, NULL) - 15) < 1e-12);
    (void)rw_draw_mean(y, 1, 2, 0, &half);
    assert_true(half == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(one_draw),
                                       cmocka_unit_test(noise_is_level),
                                       cmocka_unit_test(means)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
