/* test_figure.c - pictures: points where their values say, gaps, names apart, safe text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "paper/figure.h"

static rw_figure simple(const rw_figure_series *series, size_t n)
{
    return (rw_figure){.title = "a < b",
                       .x = {"x (log)", RW_SCALE_TOKENS, 1, 1024},
                       .y = {"y", RW_SCALE_LINEAR, 0, 1},
                       .series = series,
                       .n_series = n,
                       .reference = 0.5,
                       .reference_label = "half"};
}

static void points_and_gaps(void **state)
{
    (void)state;
    const double x[] = {1, 32, 64, 1024}, y[] = {0, 0.5, (double)NAN, 1};
    const rw_figure_series series = {"one", x, y, 4, RW_STROKE_MARKED, 0};
    const rw_figure figure = simple(&series, 1);
    rw_text t;
    rw_text_init(&t);
    rw_figure_draw(&figure, &t);
    assert_false(t.failed);
    assert_non_null(strstr(t.data, "a &lt; b"));
    /* 66 to 530 across, 328 to 62 up: half way both ways, then a gap, then a lone corner */
    assert_non_null(strstr(t.data, "M66 328L298 195M530 62\""));
    assert_non_null(strstr(t.data, "translate(298 195)"));
    assert_null(strstr(t.data, "nan"));
    assert_non_null(strstr(t.data, ">1K<"));
    assert_non_null(strstr(t.data, "half"));
    assert_string_equal(t.data + t.len - 7, "</svg>\n");
    rw_text_clear(&t);
}

/* Vertical places of the names of eight series that all end at one point. */
static void names_apart(void **state)
{
    (void)state;
    const double x[] = {1, 1024}, y[] = {0.2, 0.01};
    rw_figure_series series[8];
    char name[8][16];
    for (int i = 0; i < 8; i++) {
        (void)snprintf(name[i], sizeof name[i], "name%d", i);
        series[i] = (rw_figure_series){name[i], x, y, 2, RW_STROKE_DASHED, i % 6};
    }
    const rw_figure figure = simple(series, 8);
    rw_text t;
    rw_text_init(&t);
    rw_figure_draw(&figure, &t);
    double at[8];
    for (int i = 0; i < 8; i++) {
        const char *found = strstr(t.data, name[i]);
        assert_non_null(found);
        while (strncmp(found, " y=\"", 4) != 0)
            found--;
        at[i] = strtod(found + 4, NULL);
        assert_true(at[i] < 380 - 40);
        for (int k = 0; k < i; k++)
            assert_true(fabs(at[i] - at[k]) > 15.9);
    }
    rw_text_clear(&t);
}

static void map(void **state)
{
    (void)state;
    const double value[] = {0, 0.5, 1, (double)NAN};
    const rw_figure_map m = {.title = "map",
                             .x_label = "head",
                             .y_label = "layer",
                             .value_label = "rate",
                             .n_row = 2,
                             .n_column = 2,
                             .value = value,
                             .lo = 0,
                             .middle = 0.5,
                             .hi = 1};
    rw_text t;
    rw_text_init(&t);
    rw_figure_map_draw(&m, &t);
    assert_non_null(strstr(t.data, "fill=\"#005ca8\"><title>layer 0, head 0: 0.000"));
    assert_non_null(strstr(t.data, "fill=\"#f0eee8\"><title>layer 0, head 1: 0.500"));
    assert_non_null(strstr(t.data, "fill=\"#c24e00\"><title>layer 1, head 0: 1.000"));
    assert_non_null(strstr(t.data, "class=\"none\"/>"));
    rw_text_clear(&t);
}

static void no_memory(void **state)
{
    (void)state;
    const double x[] = {1, 1024}, y[] = {0.2, 0.9};
    const rw_figure_series series = {"one", x, y, 2, RW_STROKE_MARKED, 0};
    const rw_figure figure = simple(&series, 1);
    rw_text t;
    rw_text_init(&t);
    rw_alloc_fail_at(0, 1);
    rw_figure_draw(&figure, &t);
    rw_alloc_fail_at(-1, 0);
    assert_true(t.failed);
    rw_text_clear(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(points_and_gaps), cmocka_unit_test(names_apart),
        cmocka_unit_test(map), cmocka_unit_test(no_memory)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
