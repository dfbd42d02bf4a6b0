/* test_model_diff.c - comparisons as plain data: names, and clearing what is half built. */
#include "unit/diff_fixture.h"

static void names(void **state)
{
    (void)state;
    assert_string_equal(rw_diff_kind_name(RW_DIFF_DESCRIPTIONS), "descriptions");
    assert_string_equal(rw_diff_kind_name(RW_DIFF_CONVERTED), "converted");
    assert_string_equal(rw_diff_kind_name(RW_DIFF_ENGINES), "engines");
    assert_string_equal(rw_diff_kind_name(RW_DIFF_EXECUTED), "executed");
}

/* Of a head that rotates in part, the rest is scaled by s alone. */
static void scores(void **state)
{
    (void)state;
    static rw_model_diff d;
    double freq[FIX_DIM / 2];
    for (uint32_t head_dim = FIX_DIM; head_dim <= 2 * FIX_DIM; head_dim += FIX_DIM) {
        rw_model_diff_init(&d);
        rw_diff_table *t = rw_diff_add_table(&d, RW_DIFF_DESCRIPTIONS);
        rw_diff_side *a = fix_side(t, "A", false), *b = fix_side(t, "B", true);
        fix_yarn(freq, 150000, 32, 4096, 1);
        assert_int_equal(fix_model(&a->info, "yarn", freq), 0);
        assert_int_equal(fix_model(&b->info, "yarn", freq), 0);
        b->info.rotations[0].attn_factor = 2.0;
        b->info.rotations[0].softmax_scale /= 4.0;
        for (uint32_t i = 0; i < FIX_LAYER; i++)
            a->info.layers[i].head_dim = b->info.layers[i].head_dim = head_dim;
        assert_int_equal(rw_diff_align(&d, t, NULL), 0);
        assert_int_equal(rw_diff_scores(t, 1, &t->list[0]), head_dim != FIX_DIM);
        rw_model_diff_clear(&d);
    }
    assert_int_equal(rw_alloc_live(), 0);
}

static void too_many_tables(void **state)
{
    (void)state;
    static rw_model_diff d;
    rw_model_diff_init(&d);
    for (int i = 0; i < RW_MAX_DIFF_TABLE; i++)
        assert_non_null(rw_diff_add_table(&d, RW_DIFF_ENGINES));
    assert_null(rw_diff_add_table(&d, RW_DIFF_ENGINES));
    rw_model_diff_clear(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names),
        cmocka_unit_test(scores),
        cmocka_unit_test(too_many_tables),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
