/* test_diff_json.c - the document of a comparison: keys, nulls, and short memory. */
#include "unit/diff_fixture.h"

#include "report/diff_report.h"

static rw_model_diff d;

static const json_t *at(const json_t *o, const char *path)
{
    char word[64];
    while (*path && o) {
        const size_t n = strcspn(path, "/");
        (void)snprintf(word, sizeof word, "%.*s", (int)n, path);
        o = json_is_array(o) ? json_array_get(o, (size_t)strtol(word, NULL, 10))
                             : json_object_get(o, word);
        path += path[n] ? n + 1 : n;
    }
    return o;
}

static void a_pair(void **state)
{
    (void)state;
    assert_int_equal(fix_pair(&d, RW_DIFF_DESCRIPTIONS), 0);
    d.table[0].side[1].info.rotations[0].interleaved = 1;
    assert_int_equal(rw_diff_judge(&d, NULL), 0);
    const rw_diff_cell *cell = &d.table[0].list[0].cell[1];
    json_t *o = rw_diff_json(&d);
    assert_non_null(o);
    assert_int_equal(json_array_size(at(o, "rotations")), 2);
    assert_int_equal(json_array_size(at(o, "rotations/0/layers")), 3);
    assert_true(json_number_value(at(o, "rotations/0/max_relative_frequency_error")) ==
                cell->contrast.frequency_error);
    assert_int_equal(json_integer_value(at(o, "rotations/0/worst_pair")),
                     cell->contrast.worst_pair);
    assert_true(json_number_value(at(o, "rotations/0/phase_error_rad/131072")) ==
                cell->phase_rad[2]);
    assert_true(json_number_value(at(o, "rotations/0/phase_error_rad_within_window")) ==
                cell->contrast.phase_rate * 128);
    assert_true(json_is_null(at(o, "rotations/1/phase_error_rad_within_window")));
    assert_true(json_is_null(at(o, "rotations/0/a/angle_error_rad/4096")));
    assert_string_equal(json_string_value(at(o, "rotations/0/differs/0")), "inv_freq");
    assert_true(json_number_value(at(o, "rotations/0/b/score_factor")) == 0.25);
    assert_string_equal(json_string_value(at(o, "tables/0/sides/0/label")), "A");
    assert_int_equal(json_array_size(at(o, "tables/0/sides/1/rotations/0/inv_freq")), 8);
    assert_string_equal(json_string_value(at(o, "findings/0/rule")), "RW008");
    json_decref(o);
    rw_model_diff_clear(&d);
}

static void without_bound(void **state)
{
    (void)state;
    assert_int_equal(fix_pair(&d, RW_DIFF_DESCRIPTIONS), 0);
    d.table[0].list[0].cell[1].contrast.frequency_error = (double)INFINITY;
    json_t *o = rw_diff_json(&d);
    assert_true(json_is_null(at(o, "rotations/0/max_relative_frequency_error")));
    assert_true(json_is_integer(at(o, "rotations/0/worst_pair")));
    json_decref(o);
    rw_model_diff_clear(&d);
}

static void every_name(void **state)
{
    (void)state;
    for (int i = 0; i < RW_N_DIFFERS; i++)
        for (int k = 0; k < i; k++)
            assert_string_not_equal(rw_differs_name((rw_differs)i),
                                    rw_differs_name((rw_differs)k));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pair),
        cmocka_unit_test(without_bound),
        cmocka_unit_test(every_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
