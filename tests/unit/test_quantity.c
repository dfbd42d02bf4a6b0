/* test_quantity.c - every quantity has a name of its own, a statement, and stands in its scope. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "result/quantity.h"
#include "result/theory_result.h"

static void all_are_described(void **state)
{
    (void)state;
    for (int q = 0; q < RW_N_QUANTITY; q++) {
        const rw_quantity_info *info = rw_quantity_get((rw_quantity)q);
        assert_non_null(info->name);
        assert_true(info->label[0] && info->statement[0]);
        assert_non_null(info->assumption);
        /* what is not an identity says what it assumes */
        if (info->kind != RW_ESTIMATE_EXACT) assert_true(info->assumption[0]);
        assert_int_equal(info->n_key > 0, info->scope >= RW_SCOPE_SCORE);
        for (int other = 0; other < q; other++)
            assert_string_not_equal(info->name,
                                    rw_quantity_get((rw_quantity)other)->name);
    }
}

static void scopes_follow_each_other(void **state)
{
    (void)state;
    for (int q = 1; q < RW_N_QUANTITY; q++)
        assert_true(rw_quantity_get((rw_quantity)(q - 1))->scope <=
                    rw_quantity_get((rw_quantity)q)->scope);
    assert_int_equal(rw_quantity_first(RW_SCOPE_TABLE), 0);
    assert_int_equal(rw_quantity_first(RW_SCOPE_CONTEXT), RW_N_TABLE_VALUE);
    const int format = RW_N_TABLE_VALUE + RW_N_CONTEXT_VALUE,
              score = format + RW_N_FORMAT_VALUE;
    assert_int_equal(rw_quantity_first(RW_SCOPE_FORMAT), format);
    assert_int_equal(rw_quantity_first(RW_SCOPE_SCORE), score);
    assert_int_equal(rw_quantity_first(RW_SCOPE_DTYPE), score + RW_N_SCORE_VALUE);
    assert_int_equal(rw_quantity_first(RW_N_SCOPE), RW_N_QUANTITY);
}

static void kinds_and_states_have_words(void **state)
{
    (void)state;
    assert_string_equal(rw_estimate_kind_name(RW_ESTIMATE_EXACT), "exact");
    assert_string_equal(rw_estimate_kind_name(RW_ESTIMATE_NORMAL), "normal");
    assert_string_equal(rw_estimate_kind_name(RW_ESTIMATE_BOUND), "bound");
    assert_string_equal(rw_estimate_kind_name(RW_ESTIMATE_ASYMPTOTIC), "asymptotic");
    assert_string_equal(rw_estimate_state_name(RW_ESTIMATE_KNOWN), "known");
    assert_string_equal(rw_estimate_state_name(RW_ESTIMATE_UNDEFINED), "undefined");
    assert_string_equal(rw_estimate_state_name(RW_ESTIMATE_UNABLE), "unable");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(all_are_described),
                                       cmocka_unit_test(scopes_follow_each_other),
                                       cmocka_unit_test(kinds_and_states_have_words)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
