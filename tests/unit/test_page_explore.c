/* test_page_explore.c - the explanation: whole, under its policy, or nothing when memory is short. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/alloc.h"
#include "report/report.h"

static void it_is_whole_and_loads_nothing(void **state)
{
    (void)state;
    ropewalk_error err;
    rw_text page;
    rw_text_init(&page);
    assert_int_equal(rw_explore_html("1.2<3>", &page, &err), ROPEWALK_OK);
    static const char *const wanted[] = {
        "<!doctype html>",    "default-src 'none'", "'wasm-unsafe-eval'",
        "worker-src blob:",   "id=settings",        "id=limits",
        "data-answer=token_", "1.2&lt;3&gt;",       "</script>\n</body></html>\n"};
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
        assert_non_null(strstr(page.data, wanted[i]));
    const char *script = strstr(page.data, "<script>");
    assert_non_null(script);
    assert_null(
        strstr(script + 1, "<script>")); /* one, and its hash stands in the policy */
    rw_text_clear(&page);
}

static void short_memory_leaves_nothing(void **state)
{
    (void)state;
    ropewalk_error err;
    rw_text page;
    rw_text_init(&page);
    int64_t at = 0;
    for (;; at++) {
        rw_alloc_fail_at(at, 1);
        const ropewalk_status status = rw_explore_html("1", &page, &err);
        rw_alloc_fail_at(-1, 0);
        if (status == ROPEWALK_OK) break;
        assert_int_equal(status, ROPEWALK_E_MEMORY);
        assert_true(page.len == 0);
    }
    assert_true(at > 0);
    rw_text_clear(&page);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(it_is_whole_and_loads_nothing),
                                       cmocka_unit_test(short_memory_leaves_nothing)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
