/* test_page_theory.c - theory's page: what stands in the document stands in it, escaped. */
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
    assert_int_equal(rw_json_parse(text, strlen(text), "theory", &document, err),
                     ROPEWALK_OK);
    const ropewalk_status status = rw_theory_html(document, page, err);
    json_decref(document);
    return status;
}

static void every_scope_is_shown(void **state)
{
    (void)state;
    ropewalk_error err;
    rw_text page;
    assert_int_equal(
        render("{\"quantities\": {\"pairs\": {\"label\": \"pairs that turn\", "
               "\"statement\": \"D1\"}}, \"tables\": [{\"name\": \"first\", \"values\": "
               "{\"pairs\": {\"value\": 64, \"kind\": \"exact\", \"state\": \"known\"}}, "
               "\"contexts\": [{\"context\": 8192, \"effective_context\": 1024, "
               "\"values\": {\"turned\": {\"value\": 7}}, \"dtypes\": [{\"dtype\": "
               "\"bf16\", \"values\": {\"rate\": {\"value\": 8}}}], \"scores\": "
               "[{\"coefficients\": \"aligned\", \"values\": {\"mean\": {\"value\": "
               "0.25, \"p10\": 0.125, \"p90\": 0.5, \"measured\": 0.375}}, \"dtypes\": "
               "[{\"dtype\": \"f16\", \"values\": {\"alias\": {\"value\": null, "
               "\"state\": \"unable\"}}}]}, {\"coefficients\": \"given\", \"q\": 1, "
               "\"k1\": 2, \"k2\": 3, \"values\": {}}]}]}]}",
               &page, &err),
        ROPEWALK_OK);
    static const char *const wanted[] = {"<td class=l>pairs that turn<td>64",
                                         "D1",
                                         "8,192, of which these layers see 1,024",
                                         "<td class=l>turned<td>7",
                                         "bf16",
                                         "aligned",
                                         "<th scope=col>Counted",
                                         "0.125<td>0.5<td>0.375",
                                         ", unable",
                                         "Query 1, keys 2 and 3"};
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
        assert_non_null(strstr(page.data, wanted[i]));
    rw_text_clear(&page);
}

static void strings_are_escaped(void **state)
{
    (void)state;
    ropewalk_error err;
    rw_text page;
    assert_int_equal(
        render("{\"settings\": {\"source\": \"<b>\"}, \"tables\": [{\"name\": \"<i>\", "
               "\"values\": {\"<s>\": {\"kind\": \"<u>\", \"state\": \"<q>\"}}, "
               "\"contexts\": [1, {\"scores\": [{\"coefficients\": \"<em>\", \"values\": "
               "{\"x\": 1}, \"dtypes\": {\"a\": 1}}]}]}, 7]}",
               &page, &err),
        ROPEWALK_OK);
    static const char *const bad[] = {"<i>", "<s>", "<u>", "<q>", "<em>"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_null(strstr(page.data, bad[i]));
    assert_null(strstr(page.data, "<b>."));
    rw_text_clear(&page);
}

static void other_documents_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"{}", "{\"tables\": 1}", "[]"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        ropewalk_error err;
        rw_text page;
        assert_int_equal(render(bad[i], &page, &err), ROPEWALK_E_FORMAT);
        assert_true(page.len == 0);
        rw_text_clear(&page);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_scope_is_shown),
                                       cmocka_unit_test(strings_are_escaped),
                                       cmocka_unit_test(other_documents_are_refused)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
