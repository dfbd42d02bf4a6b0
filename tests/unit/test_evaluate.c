/* test_evaluate.c - every quantity without a score: what exists, what has no answer, and where. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "theory/evaluate.h"

static double plain[64], slowed[64], zeros[4] = {1, 0.1, 0, 0};
static rw_rotation unscaled = {.rotary_dim = 128, .attn_factor = 1, .inv_freq = plain};
static rw_rotation scaled = {.rotary_dim = 128, .attn_factor = 1, .inv_freq = slowed};
static rw_rotation partly = {.rotary_dim = 8, .attn_factor = 1, .inv_freq = zeros};
static rw_rotation none = {.rotary_dim = 0, .attn_factor = 1};

static int fill(void **state)
{
    (void)state;
    rw_inv_freq_unscaled(5e5, 128, plain);
    for (int n = 0; n < 64; n++)
        slowed[n] = plain[n] / 4;
    return 0;
}

static rw_evaluator evaluator(const rw_rotation *rotation, double base, int64_t context)
{
    rw_evaluator e;
    assert_int_equal(rw_evaluator_init(&e, rotation, base, 32, context, 1u << RW_BF16,
                                       0.01, 0.1, NULL),
                     ROPEWALK_OK);
    return e;
}

static bool known(rw_estimate e)
{
    assert_int_equal(isnan(e.value) == 0, e.state == RW_ESTIMATE_KNOWN);
    return e.state == RW_ESTIMATE_KNOWN;
}

static void an_unscaled_table_has_every_answer(void **state)
{
    (void)state;
    rw_estimate value[RW_N_QUANTITY];
    rw_evaluator e = evaluator(&unscaled, 5e5, 131072);
    assert_int_equal(rw_evaluate_table(&e, value, NULL), ROPEWALK_OK);
    for (int v = 0; v < RW_N_TABLE_VALUE; v++)
        assert_true(known(value[v]));
    assert_true(value[RW_Q_PAIRS].value == 64.0);
    rw_evaluate_context(&e, value);
    for (int v = 0; v < RW_N_CONTEXT_VALUE; v++) /* bases are searched elsewhere */
        assert_int_equal(known(value[v]), v < RW_Q_BASE_FIRST - RW_Q_PAIRS_TURNED);
    assert_true(value[0].value == 49.0); /* turns: floor(48.5) + 1 */
    rw_evaluate_format(&e, RW_BF16, value);
    assert_true(known(value[0]) && known(value[1]));
    rw_evaluator_clear(&e);
}

static void a_scaled_table_has_no_rates(void **state)
{
    (void)state;
    rw_estimate value[RW_N_QUANTITY];
    rw_evaluator e = evaluator(&scaled, 5e5, 131072);
    assert_int_equal(rw_evaluate_table(&e, value, NULL), ROPEWALK_OK);
    assert_true(known(value[RW_Q_M_MAX]) && known(value[RW_Q_RESPONSE]));
    assert_false(known(value[RW_Q_M_MAX_SCALE]) || known(value[RW_Q_GAMMA]));
    rw_evaluate_context(&e, value);
    assert_true(known(value[0]) &&
                known(value[RW_Q_HIGH_BAND_PAIRS - RW_Q_PAIRS_TURNED]));
    assert_false(known(value[RW_Q_SPLIT_INDEX - RW_Q_PAIRS_TURNED]));
    assert_false(known(value[RW_Q_POSITION_INVERSION_RATE - RW_Q_PAIRS_TURNED]));
    rw_evaluate_format(&e, RW_BF16, value);
    assert_false(known(value[0]));
    rw_evaluator_clear(&e);
}

static void what_does_not_turn_is_no_pair(void **state)
{
    (void)state;
    rw_estimate value[RW_N_QUANTITY];
    rw_evaluator e = evaluator(&partly, 10, 100);
    assert_int_equal(rw_evaluate_table(&e, value, NULL), ROPEWALK_OK);
    assert_true(value[RW_Q_PAIRS].value == 2.0);
    assert_true(fabs(value[RW_Q_LONGEST_WAVELENGTH].value - 62.83185307179586) < 1e-12);
    rw_evaluator_clear(&e);
    e = evaluator(&none, (double)NAN, 100);
    assert_int_equal(rw_evaluate_table(&e, value, NULL), ROPEWALK_OK);
    for (int v = 1; v < RW_N_TABLE_VALUE; v++)
        assert_false(known(value[v]));
    rw_evaluate_context(&e, value);
    for (int v = 0; v < RW_N_CONTEXT_VALUE; v++)
        assert_false(known(value[v]));
    rw_evaluator_clear(&e);
}

/* Every estimate is known or NaN, at every context, however small or large. */
static void scores_at_any_context(void **state)
{
    (void)state;
    static const int64_t contexts[] = {1, 2, 3, 100, 1000000000, INT64_C(1) << 31};
    double re[64], im[64] = {0}, other[64], zero[64] = {0};
    for (int n = 0; n < 64; n++) {
        re[n] = 1.0;
        other[n] = 0.5 + 0.01 * n;
    }
    const rw_coefficient aligned = {64, 0, re, im, 64, 64, 1.0 / 64, 64};
    const rw_coefficient second = {64, 0, other, im, 60, 45, 0.05, 50};
    const rw_coefficient nothing = {64, 0, zero, zero, 0, 0, 0, 0};
    for (size_t c = 0; c < sizeof contexts / sizeof *contexts; c++) {
        rw_score_estimates out;
        rw_evaluator e = evaluator(&unscaled, 5e5, contexts[c]);
        assert_int_equal(rw_evaluate_score(&e, &aligned, &second, true, &out, NULL),
                         ROPEWALK_OK);
        for (int v = 0; v < RW_N_SCORE_VALUE; v++)
            (void)known(out.value[v]);
        assert_true(known(out.value[0]) && known(out.value[1]));
        assert_int_equal(known(out.value[RW_Q_POSITION_INVERSION - RW_Q_MEAN]),
                         contexts[c] > 2);
        /* counted alone: never from here */
        assert_false(known(out.value[RW_Q_POSITION_INVERSION_ERROR - RW_Q_MEAN]));
        if (contexts[c] == 1) assert_true(out.value[1].value == 0.0);
        assert_int_equal(rw_evaluate_score(&e, &nothing, NULL, true, &out, NULL),
                         ROPEWALK_OK);
        for (int v = 0; v < RW_N_SCORE_VALUE; v++)
            assert_false(known(out.value[v]));
        for (int d = 0; d < RW_N_DTYPE; d++)
            for (int v = 0; v < RW_N_DTYPE_VALUE; v++)
                assert_false(known(out.by_dtype[d][v]));
        rw_evaluator_clear(&e);
    }
}

static void memory_runs_out(void **state)
{
    (void)state;
    rw_evaluator e;
    const int64_t live = rw_alloc_live();
    for (int64_t n = 0;; n++) {
        rw_alloc_fail_at(n, 0);
        const ropewalk_status status =
            rw_evaluator_init(&e, &partly, 10, 0, 50, 1, 0.01, 0.1, NULL);
        rw_alloc_fail_at(-1, 0);
        if (!status) break;
        assert_int_equal(status, ROPEWALK_E_MEMORY);
        assert_int_equal(rw_alloc_live(), live);
    }
    rw_evaluator_clear(&e);
    assert_int_equal(rw_alloc_live(), live);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_unscaled_table_has_every_answer),
        cmocka_unit_test(a_scaled_table_has_no_rates),
        cmocka_unit_test(what_does_not_turn_is_no_pair),
        cmocka_unit_test(scores_at_any_context), cmocka_unit_test(memory_runs_out)};
    return cmocka_run_group_tests(tests, fill, NULL);
}
