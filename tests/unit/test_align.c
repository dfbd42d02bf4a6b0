/* test_align.c - layers in classes, positions, phases, and what a capture does not say. */
#include "unit/diff_fixture.h"

static void classes_and_phases(void **state)
{
    (void)state;
    static rw_model_diff d;
    assert_int_equal(fix_pair(&d, RW_DIFF_DESCRIPTIONS), 0);
    const rw_diff_table *t = &d.table[0];
    assert_int_equal(t->n_class, 2);
    assert_int_equal(t->list[0].n_layer, 3);
    assert_int_equal(t->list[0].layer[1], 2);
    assert_int_equal(t->list[1].layer[2], 5);
    assert_int_equal(d.n_position, 3);
    const rw_diff_cell *c = &t->list[1].cell[1];
    assert_true(rw_diff_has(c, RW_DIFFERS_FREQUENCY));
    assert_false(rw_diff_has(c, RW_DIFFERS_PAIRS));
    /* independently: the two definitions, pair by pair */
    double a[FIX_DIM / 2], b[FIX_DIM / 2], worst = 0, phase = 0;
    uint32_t at = 0, n_far = 0;
    fix_yarn(a, 150000, 32, 4096, 0);
    fix_yarn(b, 150000, 32, 4096, 1);
    for (uint32_t n = 0; n < FIX_DIM / 2; n++) {
        const double error = fabs(b[n] - a[n]) / a[n];
        if (error > worst) {
            worst = error;
            at = n;
        }
        phase = fmax(phase, fabs(b[n] - a[n]) * 131072);
        n_far += fabs(b[n] - a[n]) * 131072 > 3.14159265358979;
    }
    assert_true(worst > 0.1);
    assert_true(c->contrast.frequency_error == worst);
    assert_int_equal(c->contrast.worst_pair, at);
    assert_true(fabs(c->phase_rad[2] / phase - 1) < 1e-14);
    assert_int_equal(c->beyond_half_turn[2], n_far);
    assert_true(isnan(c->angle_error_rad[0])); /* no profile was given */
    assert_true(isnan(t->list[1].cell[0].phase_rad[0]));
    rw_model_diff_clear(&d);
}

static void layouts_of_file_kinds(void **state)
{
    (void)state;
    static rw_model_diff d;
    double freq[FIX_DIM / 2];
    for (int gguf = 0; gguf < 2; gguf++) {
        rw_model_diff_init(&d);
        rw_diff_table *t = rw_diff_add_table(&d, RW_DIFF_DESCRIPTIONS);
        rw_diff_side *a = fix_side(t, "A", false), *b = fix_side(t, "B", gguf);
        fix_yarn(freq, 150000, 32, 4096, 1);
        assert_int_equal(fix_model(&a->info, "yarn", freq), 0);
        assert_int_equal(fix_model(&b->info, "yarn", freq), 0);
        b->info.rotations[0].interleaved = 1;
        assert_int_equal(rw_diff_align(&d, t, NULL), 0);
        assert_true(rw_contrast_has(&t->list[0].cell[1].contrast, RW_DIFFERS_PAIRS));
        assert_int_equal(rw_diff_has(&t->list[0].cell[1], RW_DIFFERS_PAIRS), !gguf);
        rw_model_diff_clear(&d);
    }
}

static void layers_of_one_side_alone(void **state)
{
    (void)state;
    static rw_model_diff d;
    double freq[FIX_DIM / 2];
    rw_model_diff_init(&d);
    rw_diff_table *t = rw_diff_add_table(&d, RW_DIFF_DESCRIPTIONS);
    rw_diff_side *a = fix_side(t, "A", false), *b = fix_side(t, "B", false),
                 *c = fix_side(t, "C", false);
    fix_yarn(freq, 150000, 32, 4096, 1);
    assert_int_equal(fix_model(&a->info, "yarn", freq), 0);
    assert_int_equal(fix_model(&b->info, "yarn", freq), 0);
    b->info.n_layer = 4;
    b->info.layers[3].rotation = -1;
    c->absent = rw_strdup("no such engine");
    assert_int_equal(rw_diff_align(&d, t, NULL), 0);
    assert_int_equal(t->n_class, 5); /* 0 2 | 1 | 3 | 4 | 5 */
    assert_true(rw_diff_has(&t->list[2].cell[1], RW_DIFFERS_NOPE));
    assert_true(rw_diff_has(&t->list[3].cell[1], RW_DIFFERS_LAYER));
    assert_int_equal(t->list[3].cell[1].layer, -1);
    assert_int_equal(t->list[0].cell[2].contrast.differs, 0);
    assert_null(rw_diff_rotation(c, &t->list[0].cell[2]));
    rw_model_diff_clear(&d);
}

static void captured_layers_only(void **state)
{
    (void)state;
    static rw_model_diff d;
    double freq[FIX_DIM / 2];
    rw_model_diff_init(&d);
    rw_diff_table *t = rw_diff_add_table(&d, RW_DIFF_EXECUTED);
    rw_diff_side *a = fix_side(t, "A", true), *b = fix_side(t, "executed", true);
    fix_yarn(freq, 150000, 32, 4096, 1);
    assert_int_equal(fix_model(&a->info, "yarn", freq), 0);
    assert_int_equal(fix_model(&b->info, "executed", freq), 0);
    b->info.n_layer = 2; /* layers 1 and 5 */
    b->info.layers[0] = b->info.layers[1];
    b->info.layers[1].layer = 5;
    b->info.layers[0].attention = b->info.layers[1].attention = RW_ATTENTION_SLIDING;
    b->info.layers[1].n_head_kv = 1;
    b->info.layers[1].window = 7;
    assert_int_equal(rw_diff_align(&d, t, NULL), 0);
    assert_int_equal(t->n_class, 2);
    assert_int_equal(t->list[0].layer[0], 1);
    assert_int_equal(t->list[1].layer[0], 5);
    assert_int_equal(t->list[0].cell[1].contrast.differs, 0);
    assert_int_equal(t->list[1].cell[1].contrast.differs, 1u << RW_DIFFERS_WINDOW);
    rw_model_diff_clear(&d);
}

static void too_many_kinds(void **state)
{
    (void)state;
    static rw_model_diff d;
    ropewalk_error err = {0};
    rw_model_diff_init(&d);
    rw_diff_table *t = rw_diff_add_table(&d, RW_DIFF_DESCRIPTIONS);
    rw_model_info *m = &fix_side(t, "A", false)->info;
    m->n_layer = 300;
    m->layers = rw_calloc(m->n_layer, sizeof *m->layers);
    assert_non_null(m->layers);
    for (uint32_t i = 0; i < m->n_layer; i++)
        m->layers[i] = (rw_layer_info){.layer = i, .rotation = -1, .n_head_q = i};
    assert_int_equal(rw_diff_align(&d, t, &err), ROPEWALK_E_UNSUPPORTED);
    assert_non_null(strstr(err.message, "256 kinds"));
    rw_model_diff_clear(&d);
}

static void positions(void **state)
{
    (void)state;
    static rw_model_diff d;
    static const int64_t given[] = {9, 5, 9, 7}, bad[] = {0},
                         many[] = {1,  2,  3,  4,  5,  6,  7,  8, 9,
                                   10, 11, 12, 13, 14, 15, 16, 17};
    ropewalk_error err = {0};
    rw_diff_use use = {.position = given, .n_position = 4};
    rw_model_diff_init(&d);
    assert_int_equal(rw_diff_positions(&d, &use, 4096, 4096, 0, &err), 0);
    assert_int_equal(d.n_position, 3);
    assert_int_equal(d.position[0], 5);
    assert_int_equal(d.position[2], 9);
    rw_model_diff_clear(&d);
    use = (rw_diff_use){.position = bad, .n_position = 1};
    assert_int_equal(rw_diff_positions(&d, &use, 0, 0, 0, &err), ROPEWALK_E_ARGUMENT);
    assert_non_null(strstr(err.message, "position 0"));
    use = (rw_diff_use){.position = many, .n_position = 17};
    assert_int_equal(rw_diff_positions(&d, &use, 0, 0, 0, &err), ROPEWALK_E_ARGUMENT);
    rw_model_diff_clear(&d);
    use = (rw_diff_use){0}; /* nobody says how long: the two short ones */
    assert_int_equal(rw_diff_positions(&d, &use, 0, 0, 0, &err), 0);
    assert_int_equal(d.n_position, 2);
    rw_model_diff_clear(&d);
}

static void failed_allocations(void **state)
{
    (void)state;
    static rw_model_diff d;
    const int64_t live = rw_alloc_live();
    int64_t at = 0;
    for (;; at++) {
        rw_alloc_fail_at(at, 0);
        const ropewalk_status status = fix_pair(&d, RW_DIFF_DESCRIPTIONS);
        rw_alloc_fail_at(-1, 0);
        rw_model_diff_clear(&d);
        assert_int_equal(rw_alloc_live(), live);
        if (!status) break;
        assert_int_equal(status, ROPEWALK_E_MEMORY);
    }
    assert_true(at > 8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(classes_and_phases),
        cmocka_unit_test(layouts_of_file_kinds),
        cmocka_unit_test(layers_of_one_side_alone),
        cmocka_unit_test(captured_layers_only),
        cmocka_unit_test(too_many_kinds),
        cmocka_unit_test(positions),
        cmocka_unit_test(failed_allocations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
