/* test_diff_text.c - a comparison for people: columns, marks, hostile names, short memory. */
#include "unit/diff_fixture.h"

#include "report/diff_report.h"

static rw_model_diff d;
static rw_text t;

static void print(void)
{
    rw_text_clear(&t);
    rw_text_init(&t);
    rw_diff_text(&d, &t);
    assert_false(t.failed);
}

static void has(const char *part)
{
    if (!strstr(t.data, part)) fail_msg("no \"%s\" in:\n%s", part, t.data);
}

static void columns(void **state)
{
    (void)state;
    assert_int_equal(fix_pair(&d, RW_DIFF_DESCRIPTIONS), 0);
    assert_int_equal(rw_diff_judge(&d, NULL), 0);
    print();
    has("These two run different rotations");
    has("layers 0, 2, 4\n");
    has("layers 1, 3, 5\n");
    has("\n* frequencies                 reference  ");
    has("\n* phase error at 131072       -          ");
    has("\n* phase error in the window   -          ");
    has("\n  pairs                       half       half\n");
    has("error RW008");
    assert_null(strstr(t.data, " \n")); /* no line ends in blanks */
    rw_model_diff_clear(&d);
}

static void hostile_names(void **state)
{
    (void)state;
    assert_int_equal(fix_pair(&d, RW_DIFF_ENGINES), 0);
    (void)snprintf(d.table[0].side[0].info.source, 11, "a\033[31m\nb");
    assert_int_equal(rw_diff_judge(&d, NULL), 0);
    print();
    assert_null(strchr(t.data, '\033'));
    has("a?[31m?b");
    rw_model_diff_clear(&d);
}

static void notes_and_absences(void **state)
{
    (void)state;
    assert_int_equal(fix_pair(&d, RW_DIFF_ENGINES), 0);
    rw_diff_side *side = &d.table[0].side[1];
    side->note = rw_calloc(3, sizeof *side->note);
    assert_non_null(side->note);
    side->note[0] =
        (rw_diff_note){"yarn truncate", "rounds the ramp outwards", "ops.cpp"};
    side->note[1] = (rw_diff_note){"dynamic", "is not run", "x"};
    side->note[2] = (rw_diff_note){"angles", "are float32", NULL};
    side->n_note = 3;
    rw_diff_side *none = fix_side(&d.table[0], "vllm", false);
    none->absent = rw_strdup("not described");
    assert_int_equal(rw_diff_judge(&d, NULL), 0);
    print();
    has("yarn truncate: rounds the ramp outwards (ops.cpp)");
    has("angles: are float32 (believed, not read)");
    assert_null(strstr(t.data, "is not run")); /* nothing is dynamic here */
    has("vllm         not described\n");
    has("; 1 not compared\n");
    rw_model_diff_clear(&d);
}

static void failed_allocations(void **state)
{
    (void)state;
    assert_int_equal(fix_pair(&d, RW_DIFF_ENGINES), 0);
    assert_int_equal(rw_diff_judge(&d, NULL), 0);
    for (int64_t at = 0;; at++) {
        rw_text_clear(&t);
        rw_text_init(&t);
        rw_alloc_fail_at(at, 0);
        rw_diff_text(&d, &t);
        rw_alloc_fail_at(-1, 0);
        if (!t.failed) break;
    }
    rw_text_clear(&t);
    rw_model_diff_clear(&d);
    assert_int_equal(rw_alloc_live(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns),
        cmocka_unit_test(hostile_names),
        cmocka_unit_test(notes_and_absences),
        cmocka_unit_test(failed_allocations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
