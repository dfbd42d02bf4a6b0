/* test_base64.c - the test vectors of RFC 4648, section 10, and bytes above 127. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/base64.h"

static void gives(const char *bytes, size_t n, const char *want)
{
    rw_text t;
    rw_text_init(&t);
    rw_text_append(&t, "");
    rw_text_base64(&t, bytes, n);
    assert_string_equal(t.data, want);
    rw_text_clear(&t);
}

static void vectors_of_the_rfc(void **state)
{
    (void)state;
    static const char *const want[] = {"",         "Zg==",     "Zm8=",    "Zm9v",
                                       "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy"};
    for (size_t n = 0; n <= 6; n++)
        gives("foobar", n, want[n]);
}

static void every_digit(void **state)
{
    (void)state;
    gives("\xff\xfe\xfb\xef\xbe", 5, "//77774=");
    gives("\0\x10\x83", 3, "ABCD");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(vectors_of_the_rfc),
                                       cmocka_unit_test(every_digit)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
