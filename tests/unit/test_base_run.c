/* test_base_run.c - bounds on the base beside tables: once for equal questions, unable when not asked. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>

#include "audit/theory_run.h"
#include "base/alloc.h"

static double freq[16], still[16];
static rw_rotation plain = {32, RW_PAIRS_HALF_SPLIT, 1, freq},
                   partial = {32, RW_PAIRS_HALF_SPLIT, 1, still};
static const int64_t contexts[] = {64, 256};
static const rw_family family = RW_FAMILY_ALIGNED;
static int n_call;

static int count_calls(void *ctx, const char *stage, int64_t done, int64_t total)
{
    (void)ctx, (void)done, (void)total;
    n_call += stage[0] == 'b';
    return 0;
}

static int stop(void *ctx, const char *stage, int64_t done, int64_t total)
{
    (void)ctx, (void)done, (void)total;
    return stage[0] == 'b';
}

static rw_theory_input input(const rw_theory_table_input *tables)
{
    rw_inv_freq_unscaled(1e4, 32, freq);
    for (int n = 0; n < 8; n++)
        still[n] = freq[n];
    return (rw_theory_input){.table = tables,
                             .n_table = 3,
                             .context = contexts,
                             .n_context = 2,
                             .dtypes = 1u << RW_BF16,
                             .zeta = 0.1,
                             .near_alias = 0.1,
                             .family = &family,
                             .n_family = 1,
                             .n_draw = 1,
                             .seed = 1,
                             .bases = true,
                             .n_thread = 2,
                             .kernels = rw_kernels_pick(NULL),
                             .progress = count_calls};
}

static const rw_answer *first(const rw_theory *t, uint32_t table, uint32_t context)
{
    return &t->table[table].context[context].value[RW_Q_BASE_FIRST - RW_Q_PAIRS_TURNED];
}

static void equal_questions_are_asked_once(void **state)
{
    (void)state;
    const rw_theory_table_input tables[] = {{.name = "a",
                                             .rotation = &plain,
                                             .head_dim = 32,
                                             .rope_theta = 1e4,
                                             .score_scale = 1},
                                            {.name = "b",
                                             .rotation = &plain,
                                             .head_dim = 32,
                                             .window = 64,
                                             .rope_theta = 1e4,
                                             .score_scale = 1},
                                            {.name = "c",
                                             .rotation = &partial,
                                             .head_dim = 32,
                                             .rope_theta = 1e4,
                                             .score_scale = 1}};
    rw_theory theory;
    rw_theory_input in = input(tables);
    assert_int_equal(rw_theory_run(&in, &theory, NULL), ROPEWALK_OK);
    n_call = 0;
    assert_int_equal(rw_theory_search_bases(&theory, 1, &in, NULL), ROPEWALK_OK);
    assert_true(n_call > 0);
    for (uint32_t c = 0; c < 2; c++) {
        const rw_answer *a = first(&theory, 0, c);
        assert_int_equal(a[0].state, RW_ESTIMATE_KNOWN);
        assert_true(a[0].value > 1.0);
        for (int i = 1; i < 3; i++)
            assert_true(a[i].value >= a[0].value || a[i].state != RW_ESTIMATE_KNOWN);
        assert_true(isnan(first(&theory, 2, c)->value)); /* pairs that never turn */
    }
    assert_true(first(&theory, 0, 1)->value > first(&theory, 0, 0)->value);
    for (uint32_t c = 0; c < 2; c++) /* a window of 64: the answer at 64, not another */
        assert_memory_equal(&first(&theory, 1, c)->value, &first(&theory, 0, 0)->value,
                            sizeof(double));
    const int asked = n_call;
    assert_int_equal(rw_theory_search_bases(&theory, 1, &in, NULL), ROPEWALK_OK);
    assert_true(n_call - asked > 0);
    in.bases = false;
    assert_int_equal(rw_theory_search_bases(&theory, 1, &in, NULL), ROPEWALK_OK);
    assert_int_equal(first(&theory, 0, 0)->state, RW_ESTIMATE_UNABLE);
    in.bases = true;
    in.progress = stop;
    assert_int_equal(rw_theory_search_bases(&theory, 1, &in, NULL),
                     ROPEWALK_E_INTERRUPTED);
    rw_theory_clear(&theory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(equal_questions_are_asked_once)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
