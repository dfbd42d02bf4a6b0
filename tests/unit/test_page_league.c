/* test_page_league.c - the league's page: rows in order, hostile documents refused or escaped. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "report/report.h"

static ropewalk_status render(const char *text, rw_text *page, ropewalk_error *err)
{
    json_t *document;
    rw_text_init(page);
    assert_int_equal(rw_json_parse(text, strlen(text), "a league", &document, err),
                     ROPEWALK_OK);
    const ropewalk_status status = rw_league_html(document, page, err);
    json_decref(document);
    return status;
}

static void rows_stand_by_context(void **state)
{
    (void)state;
    ropewalk_error err;
    rw_text page;
    assert_int_equal(
        render(
            "{\"kind\": \"league\", \"settings\": {\"draws\": 2}, \"rows\": ["
            "{\"model\": \"small\", \"attention\": \"full\", \"effective_context\": 10},"
            "{\"model\": \"narrow\", \"attention\": \"sliding\", "
            "\"effective_context\": 99},"
            "{\"model\": \"large\", \"attention\": \"full\", \"effective_context\": 30,"
            " \"aligned\": {\"position_inversion\": {\"measured\": 0.25, "
            "\"predicted\": 0.5}}},"
            "{\"model\": \"unknown\", \"attention\": \"full\", "
            "\"effective_context\": null}]}",
            &page, &err),
        ROPEWALK_OK);
    const char *large = strstr(page.data, ">large"), *small = strstr(page.data, ">small"),
               *unknown = strstr(page.data, ">unknown"),
               *narrow = strstr(page.data, ">narrow");
    assert_true(large && small && unknown && narrow);
    assert_true(large < small && small < unknown && unknown < narrow);
    assert_non_null(strstr(page.data, "0.250 <u>0.500</u>"));
    rw_text_clear(&page);
}

static void strings_are_escaped(void **state)
{
    (void)state;
    ropewalk_error err;
    rw_text page;
    assert_int_equal(render("{\"tool\": {\"name\": \"<b>x\"}, \"settings\": {\"dtype\": "
                            "\"<i>\"}, \"rows\": [{\"model\": \"<script>alert(1)\", "
                            "\"mechanism\": {\"<u>\": [\"<s>\"]}}]}",
                            &page, &err),
                     ROPEWALK_OK);
    assert_null(strstr(page.data, "<script>alert"));
    assert_null(strstr(page.data, "<b>x"));
    assert_null(strstr(page.data, "<i>,"));
    assert_null(strstr(page.data, "<s>"));
    rw_text_clear(&page);
}

static void other_documents_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"{}", "{\"rows\": 1}", "{\"rows\": [1]}"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        ropewalk_error err;
        rw_text page;
        assert_int_equal(render(bad[i], &page, &err), ROPEWALK_E_FORMAT);
        assert_non_null(strstr(err.message, "rows"));
        assert_true(page.len == 0);
        rw_text_clear(&page);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(rows_stand_by_context),
                                       cmocka_unit_test(strings_are_escaped),
                                       cmocka_unit_test(other_documents_are_refused)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
