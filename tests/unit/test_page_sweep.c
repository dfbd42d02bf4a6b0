/* test_page_sweep.c - a sweep as document, text, CSV and page: what they say, and that neither foreign
 * strings nor damage nor a failed allocation breaks the page. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "report/report.h"
#include "report/sweep_report.h"
#include "sweep/grid.h"

/* Two bases, one context, a model beside them. */
static void make(rw_sweep *s)
{
    static const uint32_t dim = 16;
    static const double theta[] = {20, 1e4};
    static const char *const scaling[] = {"none"};
    static const int64_t context = 600;
    static const rw_family family[] = {RW_FAMILY_ALIGNED, RW_FAMILY_GAUSSIAN};
    const double not_given = (double)NAN;
    const ropewalk_rope rope = {not_given, NULL,      not_given, not_given, not_given,
                                not_given, not_given, not_given, not_given, not_given};
    const rw_sweep_axes axes = {.head_dim = &dim,
                                .n_head_dim = 1,
                                .rope_theta = theta,
                                .n_rope_theta = 2,
                                .scaling = scaling,
                                .n_scaling = 1,
                                .rope = &rope,
                                .rotary_dim = -1,
                                .score_scale = 1.0,
                                .context = context};
    const rw_sweep_model model = {"<b>model</b>", 1, 600};
    rw_sweep_table *table;
    uint32_t n;
    assert_int_equal(rw_sweep_axes_tables(&axes, 0, &table, &n, NULL), ROPEWALK_OK);
    const rw_sweep_plan plan = {.table = table,
                                .n_table = n,
                                .n_grid = n,
                                .n_base = 2,
                                .model = &model,
                                .n_model = 1,
                                .family = family,
                                .n_family = 2,
                                .n_draw = 4,
                                .context = &context,
                                .n_context = 1,
                                .dtypes = 1u << RW_BF16,
                                .events = RW_ALL_EVENTS,
                                .zeta = 0.01,
                                .threshold = 0.25,
                                .n_thread = 1,
                                .kernels = rw_kernels_pick(NULL)};
    assert_int_equal(rw_sweep_run(&plan, s, NULL), ROPEWALK_OK);
    rw_sweep_tables_free(table, n);
}

static json_t *document(const rw_sweep *s)
{
    return rw_sweep_json(s);
}

static ropewalk_status render(const json_t *doc, rw_text *page, ropewalk_error *err)
{
    rw_text_init(page);
    const ropewalk_status status = rw_sweep_html(doc, page, err);
    assert_true(status ? page->data == NULL && err->status == status : page->len > 1000);
    return status;
}

static void what_is_said(void **state)
{
    (void)state;
    rw_sweep s;
    rw_text text, csv, page;
    ropewalk_error err = {0};
    make(&s);
    rw_text_init(&text);
    rw_text_init(&csv);
    rw_sweep_text(&s, &text);
    rw_sweep_csv(&s, &csv);
    assert_non_null(strstr(text.data, "head_dim 16, scaling none, aligned coefficients"));
    assert_non_null(strstr(text.data, "min(p, 1 - p)"));
    assert_non_null(strstr(text.data, "<b>model</b> (none)")); /* plain text */
    size_t lines = 0;
    for (const char *at = csv.data; (at = strchr(at, '\n')); at++)
        lines++;
    assert_int_equal(lines, 1 + 2 * 2 * 7);
    json_t *doc = document(&s);
    const json_t *curve = json_array_get(json_object_get(doc, "tradeoff"), 0);
    assert_int_equal(json_array_size(json_object_get(curve, "points")), 2);
    assert_int_equal(json_array_size(json_object_get(curve, "models")), 1);
    assert_string_equal(json_string_value(json_object_get(curve, "position_failure_is")),
                        "p");
    assert_int_equal(render(doc, &page, &err), ROPEWALK_OK);
    assert_null(strstr(page.data, "<b>model"));
    assert_non_null(strstr(page.data, "&lt;b&gt;model"));
    assert_null(strstr(strstr(page.data, "<script") + 1, "<script")); /* ours alone */
    assert_non_null(strstr(page.data, "default-src 'none'"));
    assert_non_null(strstr(page.data,
                           "data-what=\"position failure\" data-colour=s1 "
                           "data-xs=\"20 10000\" data-ys=\"")); /* for the script */
    assert_non_null(
        strstr(page.data, "data-label=\"&lt;b&gt;model&lt;/b&gt;\"")); /* its base */
    rw_text_clear(&page);
    rw_text_clear(&text);
    rw_text_clear(&csv);
    json_decref(doc);
    rw_sweep_clear(&s);
}

/* Every value of the trade-off in turn replaced by something else. */
static void damaged(void **state)
{
    (void)state;
    rw_sweep s;
    rw_text page;
    ropewalk_error err = {0};
    make(&s);
    json_t *doc = document(&s);
    static const char *const lists[] = {"points", "models"};
    for (size_t i = 0; i < 2; i++) {
        json_t *curve = json_array_get(json_object_get(doc, "tradeoff"), 0);
        json_t *kept = json_incref(json_object_get(curve, lists[i]));
        json_t *const wrong[] = {json_null(), json_string("x"), json_pack("[i]", 1)};
        for (size_t w = 0; w < 3; w++) {
            json_object_set_new(curve, lists[i], wrong[w]);
            assert_int_equal(render(doc, &page, &err), ROPEWALK_E_FORMAT);
            assert_non_null(strstr(err.message, lists[i]));
        }
        json_object_set_new(curve, lists[i], kept);
    }
    size_t n, p;
    json_t *curve, *point;
    const char *key;
    json_t *value;
    void *next;
    json_array_foreach (json_object_get(doc, "tradeoff"), n, curve)
        json_array_foreach (json_object_get(curve, "points"), p, point)
            json_object_foreach_safe (point, next, key, value)
                json_object_set_new(point, key, json_string("</script>\x1b<i>"));
    assert_int_equal(render(doc, &page, &err), ROPEWALK_OK); /* no points: no lines */
    assert_null(strstr(page.data, "<i>"));
    rw_text_clear(&page);
    json_object_set_new(doc, "tradeoff", json_array());
    json_object_del(doc, "settings");
    assert_int_equal(render(doc, &page, &err), ROPEWALK_OK);
    assert_non_null(strstr(page.data, "no trade-off to draw"));
    rw_text_clear(&page);
    json_object_del(doc, "tradeoff");
    assert_int_equal(render(doc, &page, &err), ROPEWALK_E_FORMAT);
    json_decref(doc);
    rw_sweep_clear(&s);
}

static void every_failing_allocation(void **state)
{
    (void)state;
    rw_sweep s;
    make(&s);
    json_t *doc = document(&s);
    const int64_t live = rw_alloc_live();
    int at = 0;
    for (;; at++) {
        rw_text page, text, csv;
        ropewalk_error err = {0};
        rw_text_init(&text);
        rw_text_init(&csv);
        rw_alloc_fail_at(at, 1);
        rw_sweep_text(&s, &text);
        rw_sweep_csv(&s, &csv);
        const ropewalk_status status = render(doc, &page, &err);
        rw_alloc_fail_at(-1, 0);
        const int failed = text.failed || csv.failed || status;
        assert_true(!status || status == ROPEWALK_E_MEMORY);
        rw_text_clear(&text);
        rw_text_clear(&csv);
        rw_text_clear(&page);
        assert_int_equal(rw_alloc_live(), live);
        if (!failed) break;
    }
    assert_true(at > 10);
    json_decref(doc);
    rw_sweep_clear(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_said),
        cmocka_unit_test(damaged),
        cmocka_unit_test(every_failing_allocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
