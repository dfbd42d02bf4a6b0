/* test_frontier_report.c - a frontier as JSON and as text: what has no answer is null or none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "report/frontier_report.h"

static double head[2] = {0.6, 0.8};
static rw_frontier_point points[RW_N_FRONTIER_TASK][2];
static rw_placed placed[2] = {
    {.q = 3, .k1 = 1, .place = {0.25, -1.5, 0.125}},
    {.q = 3, .k1 = 1, .k2 = 2, .margin = true, .place = {(double)NAN, (double)NAN, 0.0}}};
static rw_frontier_set sets[2];

static rw_frontier_list list_of(void)
{
    sets[0] = (rw_frontier_set){.context = 512,
                                .effective = 100,
                                .defined = true,
                                .n_placed = 2,
                                .placed = placed};
    sets[1] = (rw_frontier_set){.table = 1, .context = 1, .effective = 1};
    for (int task = 0; task < RW_N_FRONTIER_TASK; task++) {
        points[task][0] = (rw_frontier_point){
            .p = 0.5, .cantelli = 1, .bound = 0.75, .attained = 0.75, .head = head};
        points[task][1] = (rw_frontier_point){.p = 0.1,
                                              .c = 1.28,
                                              .cantelli = 0.375,
                                              .bound = 0.5,
                                              .attained = 0.25,
                                              .multiplier = {2, 3},
                                              .head = head};
        sets[0].frontier[task] = (rw_frontier){.task = (rw_frontier_task)task,
                                               .n_pair = 1,
                                               .context = 100,
                                               .greatest_step = 0.75,
                                               .separation_known = 2.0,
                                               .separation_limit = HUGE_VAL,
                                               .n_point = 2,
                                               .point = points[task]};
    }
    points[1][1].bound = points[1][1].attained = (double)NAN;
    points[1][1].head = NULL;
    return (rw_frontier_list){.n_set = 2, .set = sets};
}

static void json(void **state)
{
    (void)state;
    const rw_frontier_list list = list_of();
    json_t *all = rw_frontier_json(&list);
    assert_int_equal(json_array_size(all), 2);
    json_t *set = json_array_get(all, 0), *curves = json_object_get(set, "curves");
    assert_int_equal(json_array_size(curves), 3);
    json_t *curve = json_array_get(curves, 1);
    assert_string_equal(json_string_value(json_object_get(curve, "order")), "token");
    assert_true(json_is_null(json_object_get(curve, "separation_limit")));
    assert_true(json_real_value(json_object_get(curve, "separation_known")) == 2.0);
    json_t *p = json_array_get(json_object_get(curve, "points"), 1);
    assert_true(json_is_null(json_object_get(p, "bound")));
    assert_true(json_is_null(json_object_get(p, "attained")));
    assert_true(json_is_null(json_object_get(p, "head")));
    p = json_array_get(json_object_get(json_array_get(curves, 2), "points"), 1);
    assert_true(json_number_value(json_object_get(p, "bound")) == 0.5);
    assert_true(json_number_value(json_object_get(p, "inversion_at_most")) == 0.375);
    assert_true(json_number_value(json_array_get(json_object_get(p, "multipliers"), 1)) ==
                3);
    json_t *z = json_object_get(p, "head");
    assert_true(json_number_value(json_array_get(json_object_get(z, "im"), 0)) == 0.8);
    json_t *places = json_object_get(set, "placed");
    assert_true(json_is_null(json_object_get(json_array_get(places, 0), "k2")));
    assert_int_equal(json_integer_value(json_object_get(json_array_get(places, 1), "k2")),
                     2);
    assert_true(json_is_null(json_object_get(json_array_get(places, 1), "separation")));
    assert_int_equal(json_array_size(json_object_get(json_array_get(all, 1), "curves")),
                     0);
    json_decref(all);
}

static void text(void **state)
{
    (void)state;
    const rw_frontier_list list = list_of();
    rw_text out;
    rw_text_init(&out);
    rw_frontier_text(&list, 0, &out);
    assert_non_null(
        strstr(out.data, "frontier at context 512, of which these layers see 100"));
    assert_non_null(strstr(
        out.data, "0.1            1.280    0.375     0.5000       none     0.5000"));
    assert_non_null(strstr(out.data, "both to within 2e-01.\n"));
    assert_non_null(strstr(out.data, "query 3, key 1: separation 0.250, step 0.1250\n"));
    assert_non_null(
        strstr(out.data, "query 3, keys 1 - 2: token separation none, step 0.0e+00\n"));
    rw_text_clear(&out);
    rw_text_init(&out);
    points[2][1].attained = (double)NAN; /* a bound without a head */
    rw_frontier_text(&list, 0, &out);
    assert_non_null(strstr(out.data, "both to within 0e+00 but for 1.\n"));
    rw_text_clear(&out);
    rw_text_init(&out);
    rw_frontier_text(&list, 1, &out);
    assert_string_equal(out.data, "\n  frontier at context 1: none, no score changes\n");
    rw_text_clear(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(json), cmocka_unit_test(text)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
