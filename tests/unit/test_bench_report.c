/* test_bench_report.c - a benchmark's document and text: rates from durations, what is extrapolated
 * said to be, and without times nothing but counts. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/alloc.h"
#include "report/bench_report.h"
#include <cmocka.h>

static rw_bench example(void)
{
    rw_bench b = {.quick = true,
                  .n_thread = 2,
                  .n_processor = 4,
                  .isa = "avx2",
                  .context = 1000,
                  .load_before = 0.25,
                  .load_after = (double)NAN,
                  .n_peak = 2,
                  .n_stage = 3,
                  .n_geometry = 2};
    b.peak[0] = (rw_bench_peak){
        "fma_float64", "flop", "avx2", 1, 1e9, {.best = 0.5, .median = 1.0, .n = 3}};
    b.peak[1] = (rw_bench_peak){
        "fma_float64", "flop", "avx2", 2, 2e9, {.best = 0.5, .median = 1.0, .n = 3}};
    b.stage[0] = (rw_bench_stage){.stage = "score_sweep",
                                  .isa = "avx2",
                                  .n_thread = 1,
                                  .n_pair = 8,
                                  .context = 1000,
                                  .n_score = 1000,
                                  .time = {2e-6, 4e-6, 1e-6, 3},
                                  .flops = 32000.0,
                                  .peak = 2e10,
                                  .check = 5};
    b.stage[1] = b.stage[0];
    b.stage[1].stage = "threads";
    b.stage[1].flops = 0.0;
    b.stage[2] = b.stage[1];
    b.stage[2].isa = "ref";
    b.stage[2].n_thread = 2;
    b.stage[2].time.best = 1e-6;
    b.geometry[0] = (rw_bench_geometry){.name = "whole",
                                        .title = "A whole one",
                                        .n_layer = 1,
                                        .n_head = 2,
                                        .n_query = 1,
                                        .n_key = 5,
                                        .n_thread = 2,
                                        .n_group = 2,
                                        .n_group_run = 2,
                                        .n_score_run = 1000,
                                        .setup = 0.5,
                                        .time = {1.0, 1.0, 2.0, 1},
                                        .n_context = 1,
                                        .total = {{1000, 7, 8, 9}}};
    b.geometry[1] = b.geometry[0];
    b.geometry[1].name = "part";
    b.geometry[1].title = "A part";
    b.geometry[1].n_group = 200;
    return b;
}

static double number(const json_t *o, const char *key)
{
    const json_t *value = json_object_get(o, key);
    assert_true(json_is_number(value));
    return json_number_value(value);
}

static const json_t *item(const json_t *doc, const char *list, size_t i)
{
    return json_array_get(json_object_get(doc, list), i);
}

static void rates(void **state)
{
    (void)state;
    const rw_bench b = example();
    json_t *doc = rw_bench_json(&b, false);
    assert_non_null(doc);
    const json_t *machine = json_object_get(doc, "machine");
    assert_true(json_is_null(json_object_get(machine, "load_after")));
    const json_t *peak = item(machine, "peaks", 1);
    assert_true(number(peak, "best_per_s") == 4e9 && number(peak, "median_per_s") == 2e9);
    const json_t *sweep = item(doc, "stages", 0), *threads = item(doc, "stages", 1);
    assert_true(fabs(number(sweep, "ns_best") - 2.0) < 1e-12);
    assert_true(fabs(number(sweep, "ns_median") - 4.0) < 1e-12);
    assert_true(fabs(number(sweep, "ns_processor") - 1.0) < 1e-12);
    assert_true(fabs(number(sweep, "peak_share") - 0.8) < 1e-12);
    assert_true(json_is_null(json_object_get(threads, "peak_share")));
    const json_t *whole = item(doc, "geometries", 0), *part = item(doc, "geometries", 1);
    assert_true(number(whole, "seconds") == 1.5);
    assert_true(number(whole, "ns_a_score") == 1e6);
    assert_true(json_is_null(json_object_get(whole, "seconds_extrapolated")));
    assert_true(number(part, "seconds") == 1.5);
    assert_true(number(part, "seconds_extrapolated") == 100.5);
    assert_true(number(item(part, "counts", 0), "unresolved") == 9.0);
    json_decref(doc);
}

static void no_times(void **state)
{
    (void)state;
    rw_bench b = example();
    json_t *first = rw_bench_json(&b, true);
    b.load_before = 3.0;
    b.n_processor = 1;
    b.n_peak = 1;
    b.stage[0].time.best = b.stage[1].time.median = b.stage[1].time.processor = 9.0;
    b.n_stage = 2; /* the other instruction set does not run there */
    b.geometry[0].setup = b.geometry[1].time.best = 9.0;
    b.geometry[0].n_thread = 1;
    b.geometry[0].bytes_a_thread = 1;
    json_t *second = rw_bench_json(&b, true);
    assert_true(json_equal(first, second));
    b.geometry[0].total[0].inversions++;
    json_t *third = rw_bench_json(&b, true);
    assert_false(json_equal(first, third));
    json_decref(first);
    json_decref(second);
    json_decref(third);
}

static void text(void **state)
{
    (void)state;
    rw_bench b = example();
    rw_text out;
    rw_text_init(&out);
    rw_bench_text(&b, &out);
    assert_false(out.failed);
    assert_non_null(strstr(out.data, "80.0%"));
    assert_non_null(strstr(
        out.data,
        "2 threads: 2.00 times one; multiply-adds alone gain 2.00, so 100 % of that"));
    const char *part = strstr(out.data, "A part"),
               *whole = strstr(out.data, "A whole one");
    assert_true(part > whole);
    assert_non_null(strstr(part, "EXTRAPOLATED, not measured: 100.5 s for all"));
    assert_true(strstr(whole, "EXTRAPOLATED") > part); /* not of the whole one */
    assert_null(strstr(out.data, "not idle"));
    b.load_before = 1.0;
    rw_text_clear(&out);
    rw_bench_text(&b, &out);
    assert_non_null(strstr(out.data, "not idle, figures are pessimistic"));
    rw_text_clear(&out);
    b.n_stage = b.n_peak = b.n_geometry = 0;
    rw_bench_text(&b, &out);
    assert_null(strstr(out.data, "yardstick"));
    assert_null(strstr(out.data, "stage"));
    rw_text_clear(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rates),
        cmocka_unit_test(no_times),
        cmocka_unit_test(text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
