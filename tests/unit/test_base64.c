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

static void read_back(void **state)
{
    (void)state;
    unsigned char bytes[256], back[256];
    for (size_t i = 0; i < 256; i++)
        bytes[i] = (unsigned char)(i * 37 + 11);
    for (size_t n = 0; n <= 256; n++) {
        rw_text t;
        rw_text_init(&t);
        rw_text_append(&t, "");
        rw_text_base64(&t, bytes, n);
        assert_true(rw_base64_read(t.data, back, n));
        assert_memory_equal(back, bytes, n);
        assert_false(rw_base64_read(t.data, back, n + 1 <= 256 ? n + 1 : n - 1));
        if (n) assert_false(rw_base64_read(t.data, back, n - 1));
        rw_text_clear(&t);
    }
    static const char *const bad[] = {"Zm9",      "Zm9v=",           "Zm9vYg=",
                                      "Zm9vYh==", "Zm9v Yg==",       "Zg=a",
                                      "====",     "\xff\xff\xff\xff"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        for (size_t n = 1; n < 8; n++)
            assert_false(rw_base64_read(bad[i], back, n));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(vectors_of_the_rfc),
                                       cmocka_unit_test(every_digit),
                                       cmocka_unit_test(read_back)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
