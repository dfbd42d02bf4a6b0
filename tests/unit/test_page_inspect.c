/* test_page_inspect.c - the page of a description: wavelengths and number formats as the document has
 * them. */
#include "unit/page_fixture.h"

#include "report/report.h"

static void shows_formats_and_wavelengths(void **state)
{
    (void)state;
    json_t *doc = page_fixture("report_inspect.json");
    rw_text page;
    ropewalk_error err;
    size_t i, k;
    const json_t *item, *at;
    assert_int_equal(page_of(rw_inspect_page, doc, &page, &err), ROPEWALK_OK);
    const size_t n_pair = json_array_size(json_object_get(
        json_array_get(json_object_get(doc, "rotations"), 0), "inv_freq"));
    assert_int_equal(page_count(page.data, "<path data-row="), n_pair);
    page_has(&page, "advertised 128K");
    page_has(&page, "original 4K");
    json_array_foreach (json_object_get(doc, "precision"), i, item) {
        page_has_text(&page, item, "about");
        json_array_foreach (json_object_get(item, "contexts"), k, at) {
            char number[40];
            const double error = json_number_value(json_object_get(at, "error"));
            (void)snprintf(number, sizeof number, "%.12g", error);
            if (error > 0) page_has(&page, number);
        }
    }
    rw_text_clear(&page);
    json_object_del(doc, "precision");
    assert_int_equal(page_of(rw_inspect_page, doc, &page, &err), ROPEWALK_OK);
    page_has(&page, "inspect --precision all");
    rw_text_clear(&page);
    json_decref(doc);
}

static void survives(void **state)
{
    (void)state;
    json_t *doc = page_fixture("report_inspect.json");
    assert_true(page_survives_damage(rw_inspect_page, doc) > 5);
    page_survives_failed_allocations(rw_inspect_page, doc);
    json_decref(doc);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shows_formats_and_wavelengths),
        cmocka_unit_test(survives),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
