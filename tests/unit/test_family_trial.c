/* test_family_trial.c - trials count what `measure` counts: the reference values of docs/theory.md. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>

#include "base/alloc.h"
#include "paper/family_trial.h"

static const int64_t context[] = {600, 1024};

static rw_trial aligned(uint64_t draw)
{
    return (rw_trial){.rope_theta = 5e5,
                      .head_dim = 128,
                      .family = RW_FAMILY_ALIGNED,
                      .draw = draw,
                      .n_key = 2,
                      .context = context,
                      .n_context = 2,
                      .dtypes = 1u << RW_BF16,
                      .events = RW_ALL_EVENTS};
}

static void known_counts(void **state)
{
    (void)state;
    const int64_t live = rw_alloc_live();
    const rw_paper paper = {.n_thread = 2, .seed = 1, .kernels = rw_kernels_pick(NULL)};
    rw_trial t[3] = {aligned(0), aligned(1), aligned(0)};
    ropewalk_error err;
    assert_int_equal(rw_trials_run(&paper, t, 3, &err), ROPEWALK_OK);
    for (int i = 0; i < 3; i++) { /* the aligned key is the same in every draw */
        assert_int_equal(rw_trial_single(&t[i], 0, 0)->inversion.count, 9477);
        assert_int_equal(rw_trial_single(&t[i], 0, 0)->inversion.total, 90000);
        assert_int_equal(rw_trial_single(&t[i], 0, 1)->inversion.count, 37110);
        assert_true(fabs(rw_rate_of(&rw_trial_single(&t[i], 0, 1)->inversion) - .1416) <
                    5e-5);
        assert_true(fabs(rw_trial_single_prediction(&t[i], 0, 1)->inversion.value -
                         .1573) < 5e-5);
    }
    assert_int_equal(rw_trial_single(&t[0], 1, 1)->inversion.count,
                     rw_trial_single(&t[2], 1, 1)->inversion.count);
    assert_int_not_equal(rw_trial_single(&t[0], 1, 1)->inversion.count,
                         rw_trial_single(&t[1], 1, 1)->inversion.count);
    assert_int_equal(rw_trial_double(&t[0], 1)->inversion.total, 1024);
    rw_trials_clear(t, 3);
    assert_int_equal(rw_alloc_live(), live);
}

static void every_allocation(void **state)
{
    (void)state;
    const rw_paper paper = {.n_thread = 1, .seed = 1, .kernels = rw_kernels_pick(NULL)};
    const int64_t live = rw_alloc_live();
    ropewalk_error err;
    int failures = 0;
    for (int64_t i = 0; i < 400; i++) {
        rw_trial t[1] = {aligned(0)};
        rw_alloc_fail_at(i, 0);
        const ropewalk_status status = rw_trials_run(&paper, t, 1, &err);
        rw_alloc_fail_at(-1, 0);
        if (!status) {
            rw_trials_clear(t, 1);
            break;
        }
        assert_int_equal(status, ROPEWALK_E_MEMORY);
        assert_null(t[0].result.single);
        assert_int_equal(rw_alloc_live(), live);
        failures++;
    }
    assert_true(failures > 10 && failures < 400);
    assert_int_equal(rw_alloc_live(), live);
}

static void rates(void **state)
{
    (void)state;
    const rw_count none = {0}, some = {.count = 1, .total = 4};
    const rw_alias_count alias = {.pairs = 3, .distances = 2, .total = 8}, empty = {0};
    assert_true(isnan(rw_rate_of(&none)));
    assert_true(rw_rate_of(&some) == 0.25);
    assert_true(rw_alias_rate_of(&alias, false) == 0.375);
    assert_true(rw_alias_rate_of(&alias, true) == 0.25);
    assert_true(isnan(rw_alias_rate_of(&empty, true)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(known_counts),
                                       cmocka_unit_test(every_allocation),
                                       cmocka_unit_test(rates)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
