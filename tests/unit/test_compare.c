/* test_compare.c - two audits side by side: what is judged, what is not, and documents that are
 * damaged. */
#include <math.h>

#include "unit/page_fixture.h"

#include "report/compare_report.h"
#include "report/markup.h"

static json_t *fixture(void)
{
    return page_fixture("audit_small.json");
}

static const char *const names[] = {"the first document", "the second document"};

static json_t *compared(const json_t *a, const json_t *b)
{
    json_t *body;
    ropewalk_error err = {0};
    const ropewalk_status status = rw_compare_json(a, b, names, &body, &err);
    if (status) fail_msg("%s", err.message);
    return body;
}

/* The row of an event at a context. */
static const json_t *row_of(const json_t *body, const char *event, int context)
{
    size_t i;
    const json_t *row;
    json_array_foreach (json_object_get(body, "heads"), i, row)
        if (strcmp(json_string_value(json_object_get(row, "event")), event) == 0 &&
            json_integer_value(json_object_get(row, "context")) == context)
            return row;
    fail_msg("no row for %s at %d", event, context);
    return NULL;
}

static json_t *cell_of(json_t *doc, size_t head, size_t context)
{
    json_t *at = json_array_get(json_object_get(doc, "heads"), head);
    at = json_array_get(json_object_get(at, "contexts"), context);
    return json_object_get(json_object_get(at, "random"), "position_inversion");
}

static void nothing_moved_against_itself(void **state)
{
    (void)state;
    json_t *a = fixture(), *body = compared(a, a);
    size_t i;
    const json_t *row;
    assert_true(json_array_size(json_object_get(body, "heads")) > 3);
    json_array_foreach (json_object_get(body, "heads"), i, row)
        assert_int_equal(json_integer_value(json_object_get(row, "n_moved")), 0);
    json_array_foreach (json_object_get(body, "medians"), i, row)
        assert_false(json_is_true(json_object_get(row, "moved")));
    assert_int_equal(json_array_size(json_object_get(body, "settings")), 0);
    json_decref(body);
    json_decref(a);
}

/* Differences just above and just below the two half-widths added in squares. */
static void a_head_moves_beyond_its_noise(void **state)
{
    (void)state;
    for (int above = 0; above < 2; above++) {
        json_t *a = fixture(), *b = json_deep_copy(a);
        json_t *cells[2] = {cell_of(a, 0, 1), cell_of(b, 0, 1)};
        const double noise = sqrt(0.03 * 0.03 + 0.04 * 0.04); /* 0.05 */
        const double value[2] = {0.4, 0.4 + noise + (above ? 1e-6 : -1e-6)};
        for (int i = 0; i < 2; i++) {
            const double half = i ? 0.04 : 0.03;
            json_object_set_new(cells[i], "measured", json_real(value[i]));
            json_object_set_new(
                cells[i], "ci95",
                json_pack("[f, f]", value[i] - half, fmin(1, value[i] + half)));
        }
        json_t *body = compared(a, b);
        const json_t *row = row_of(body, "random.position_inversion", 2048);
        assert_int_equal(json_integer_value(json_object_get(row, "n_moved")), above);
        const json_t *first = json_array_get(json_object_get(row, "largest"), 0);
        if (above)
            assert_int_equal(json_integer_value(json_object_get(first, "layer")), 0);
        rw_text t;
        rw_text_init(&t);
        rw_compare_text(body, &t);
        assert_non_null(strstr(t.data, above ? "1 of 4 heads" : "0 of 4 heads"));
        rw_text_clear(&t);
        json_decref(body);
        json_decref(a);
        json_decref(b);
    }
}

static void without_an_interval_nothing_is_judged(void **state)
{
    (void)state;
    json_t *a = fixture(), *b = json_deep_copy(a);
    json_object_set_new(cell_of(b, 0, 1), "ci95", json_null());
    json_t *body = compared(a, b);
    const json_t *row = row_of(body, "random.position_inversion", 2048);
    assert_int_equal(json_integer_value(json_object_get(row, "n_head")), 3);
    json_decref(body);
    json_object_clear(b);
    json_object_set_new(b, "kind", json_string("audit"));
    json_object_set_new(b, "schema_version", json_string("1.0"));
    body = compared(a, b);
    assert_int_equal(json_array_size(json_object_get(body, "heads")), 0);
    json_decref(body);
    ropewalk_error err = {0};
    json_object_set_new(b, "kind", json_string("sweep"));
    assert_int_equal(rw_compare_json(a, b, names, &body, &err), ROPEWALK_E_FORMAT);
    assert_non_null(strstr(err.message, "the second document"));
    assert_null(body);
    json_decref(a);
    json_decref(b);
}

/* Whatever a member becomes, the page is whole and holds no markup of the document's. */
static void any_document_as_a_page(void **state)
{
    (void)state;
    json_t *a = fixture(), *body = compared(a, a);
    const char *const worst = "<img src=x onerror=alert(1)></script>\xe2\x80\xae";
    const char *key;
    json_t *value;
    void *next;
    json_object_foreach_safe (body, next, key, value) {
        for (int kind = 0; kind < 4; kind++) {
            json_t *copy = json_deep_copy(body);
            json_object_set_new(
                copy, key,
                kind == 0   ? json_string(worst)
                : kind == 1 ? json_real(-1e300)
                : kind == 2 ? json_pack("[[s], s, {s:s}]", worst, worst, "heads", worst)
                            : json_pack("{s:s, s:s}", "name", worst, "source", worst));
            rw_text page;
            ropewalk_error err = {0};
            rw_text_init(&page);
            assert_int_equal(rw_compare_page(copy, &page, &err), ROPEWALK_OK);
            assert_non_null(strstr(page.data, "</html>"));
            assert_null(strstr(page.data, "<img"));
            assert_null(strstr(page.data, "\xe2\x80\xae"));
            rw_text_clear(&page);
            json_decref(copy);
        }
    }
    json_decref(body);
    json_decref(a);
}

static void survives_failed_allocations(void **state)
{
    (void)state;
    json_t *a = fixture();
    const int64_t live = rw_alloc_live();
    bool finished = false;
    for (int64_t n = 0; !finished && n < 200000; n += 1 + n / 40) {
        json_t *body = NULL;
        ropewalk_error err = {0};
        rw_alloc_fail_at(n, 1);
        const ropewalk_status status = rw_compare_json(a, a, names, &body, &err);
        finished = rw_alloc_count() <= n;
        rw_alloc_fail_at(-1, 0);
        assert_int_equal(status, finished ? ROPEWALK_OK : ROPEWALK_E_MEMORY);
        json_decref(body);
        assert_int_equal(rw_alloc_live(), live);
    }
    assert_true(finished);
    json_decref(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_moved_against_itself),
        cmocka_unit_test(a_head_moves_beyond_its_noise),
        cmocka_unit_test(without_an_interval_nothing_is_judged),
        cmocka_unit_test(any_document_as_a_page),
        cmocka_unit_test(survives_failed_allocations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
