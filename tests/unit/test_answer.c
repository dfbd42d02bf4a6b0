/* test_answer.c - header lines as servers send them, and as they should not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "net/answer.h"

static bool take(rw_answer *a, const char *line)
{
    return rw_answer_line(a, line, strlen(line));
}

static void usual(void **state)
{
    (void)state;
    rw_answer a;
    rw_answer_init(&a);
    assert_true(take(&a, "HTTP/1.1 100 Continue\r\n"));
    assert_true(take(&a, "Content-Length: 7\r\n"));
    assert_true(take(&a, "\r\n"));
    assert_true(take(&a, "HTTP/2 206\r\n"));
    assert_false(a.length_known);
    assert_int_equal(a.code, 206);
    assert_true(take(&a, "content-range:  bytes 5-9/1000 \r\n"));
    assert_true(take(&a, "Content-Type: Application/JSON ; charset=utf-8\r\n"));
    assert_true(take(&a, "Content-Encoding: identity\r\n"));
    assert_true(take(&a, "ETag: \"ab\x01\"\r\n"));
    assert_true(take(&a, "Content-Length: 5\r\n"));
    assert_true(take(&a, "Retry-After: 12\r\n"));
    assert_true(take(&a, "no colon here\r\n"));
    assert_true(a.range_given && !a.range_bad && !a.range_none && a.total_known);
    assert_int_equal(a.first, 5);
    assert_int_equal(a.last, 9);
    assert_int_equal(a.total, 1000);
    assert_string_equal(a.type, "application/json");
    assert_string_equal(a.encoding, "");
    assert_string_equal(a.etag, "\"ab?\"");
    assert_true(a.length_known);
    assert_int_equal(a.length, 5);
    assert_int_equal(a.retry_after, 12);
    assert_string_equal(rw_answer_meaning(404), "there is no such file");
    assert_string_equal(rw_answer_meaning(299), "");
}

static void ranges(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "bytes",         "bytes 0-9",
        "bytes 0-9/",    "bytes 9-0/10",
        "bytes 0-10/10", "bytes -1-9/10",
        "bytes 0-9/-5",  "bytes 0-9/1e3",
        "items 0-9/10",  "bytes 0-9/10 junk",
        "bytes */*",     "bytes 0-9/99999999999999999999",
        "bytes a-b/c",   "bytes 0-18446744073709551616/18446744073709551617"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        rw_answer a;
        rw_answer_init(&a);
        char line[128] = "Content-Range: ";
        strncat(line, bad[i], 100);
        assert_true(take(&a, line));
        if (!a.range_given || !a.range_bad) fail_msg("accepted: %s", bad[i]);
    }
    rw_answer a;
    rw_answer_init(&a);
    assert_true(take(&a, "Content-Range: bytes 0-9/*"));
    assert_true(!a.range_bad && !a.total_known);
    rw_answer_init(&a);
    assert_true(take(&a, "Content-Range: bytes */0"));
    assert_true(!a.range_bad && a.range_none && a.total_known && a.total == 0);
    rw_answer_init(&a);
    assert_true(take(&a, "Content-Range: bytes 0-9/10"));
    assert_true(take(&a, "Content-Range: bytes 0-9/10"));
    assert_false(a.range_bad);
    assert_true(take(&a, "Content-Range: bytes 0-8/10"));
    assert_true(a.range_bad);
}

static void odd(void **state)
{
    (void)state;
    rw_answer a;
    rw_answer_init(&a);
    assert_true(take(&a, "Content-Length: -1"));
    assert_false(a.length_known);
    assert_true(take(&a, "Content-Length: 99999999999999999999"));
    assert_true(!a.length_known && a.length_bad);
    assert_true(take(&a, "Content-Encoding: GZip"));
    assert_string_equal(a.encoding, "gzip");
    assert_true(take(&a, ":"));
    assert_true(take(&a, ""));
    assert_true(take(&a, "HTTP/1.1"));
    assert_int_equal(a.code, 0);
}

/* Just below the limit, and just above. */
static void bounded(void **state)
{
    (void)state;
    static char line[RW_MAX_HEAD_BYTES + 1];
    memset(line, 'x', sizeof line);
    rw_answer a;
    rw_answer_init(&a);
    assert_true(rw_answer_line(&a, line, RW_MAX_HEAD_BYTES));
    assert_false(rw_answer_line(&a, line, 1));
    rw_answer_init(&a);
    assert_false(rw_answer_line(&a, line, RW_MAX_HEAD_BYTES + 1));
    rw_answer_init(&a); /* new status lines do not start the count anew */
    bool good = true;
    for (int i = 0; i < RW_MAX_HEAD_BYTES / 14 + 1; i++)
        good = take(&a, "HTTP/1.1 100\r\n");
    assert_false(good);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(usual),
        cmocka_unit_test(ranges),
        cmocka_unit_test(odd),
        cmocka_unit_test(bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
