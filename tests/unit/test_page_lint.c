/* test_page_lint.c - the page of lint: every finding with its rule, severity, evidence and fix. */
#include "unit/page_fixture.h"

#include "report/report.h"

static void shows_every_finding(void **state)
{
    (void)state;
    json_t *doc = page_fixture("report_lint.json");
    rw_text page;
    ropewalk_error err;
    size_t i;
    const json_t *item;
    assert_int_equal(page_of(rw_lint_page, doc, &page, &err), ROPEWALK_OK);
    json_array_foreach (json_object_get(doc, "findings"), i, item) {
        page_has_text(&page, item, "message");
        page_has_text(&page, item, "rule");
        page_has_text(&page, item, "fix");
    }
    assert_true(i > 5);
    assert_int_equal(page_count(page.data, "<span class=\"badge t-"), i);
    page_has(&page, "3 files: 1 error");
    assert_true(strstr(page.data, "badge t-finding\">error") <
                strstr(page.data, "badge t-caution\">warn")); /* whatever their files */
    assert_null(strstr(page.data, "<b>Evidence.</b> <code></code>"));
    page_has(&page, "<b>Recorded bugs.</b> <a rel=noreferrer href=\"https://");
    page_has(&page, "worst_pair: 17");
    assert_null(strstr(page.data, "href=\"http:"));
    rw_text_clear(&page);
    json_t *first = json_array_get(json_object_get(doc, "findings"), 0);
    json_object_set_new(
        first, "links",
        json_pack("[s,s,s]", "javascript:alert(1)", "http://x", "https://a\"><b>"));
    assert_int_equal(page_of(rw_lint_page, doc, &page, &err), ROPEWALK_OK);
    assert_null(strstr(page.data, "javascript:alert"));
    assert_null(strstr(page.data, "http://x\""));
    page_has(&page, "href=\"https://a&quot;&gt;&lt;b&gt;\"");
    rw_text_clear(&page);
    json_object_set_new(doc, "findings", json_array());
    assert_int_equal(page_of(rw_lint_page, doc, &page, &err), ROPEWALK_OK);
    page_has(&page, "Nothing was found.");
    rw_text_clear(&page);
    json_decref(doc);
}

static void survives(void **state)
{
    (void)state;
    json_t *doc = page_fixture("report_lint.json");
    assert_true(page_survives_damage(rw_lint_page, doc) > 5);
    page_survives_failed_allocations(rw_lint_page, doc);
    json_decref(doc);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shows_every_finding),
        cmocka_unit_test(survives),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
