/* test_address.c - which addresses are read, what is fetched for them, and what is shown. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/alloc.h"
#include "net/address.h"

static void recognised(void **state)
{
    (void)state;
    static const char *const yes[] = {"http://a", "HTTPS://a/b", "ftp://x", "file:///x",
                                      "s3+x://y"};
    static const char *const no[] = {"",     "a.gguf", "/tmp/a://b",  "http:/a",
                                     "://a", "1a://b", "model:llama", "C:\\x"};
    for (size_t i = 0; i < sizeof yes / sizeof *yes; i++)
        assert_true(rw_is_address(yes[i]));
    for (size_t i = 0; i < sizeof no / sizeof *no; i++)
        assert_false(rw_is_address(no[i]));
}

static void split(void **state)
{
    (void)state;
    rw_address a;
    assert_int_equal(rw_address_split("https://Host.Example/p?q#f", &a, NULL),
                     ROPEWALK_OK);
    assert_true(a.https);
    assert_string_equal(a.host, "host.example");
    assert_int_equal(a.port, 443);
    assert_string_equal(a.path, "/p?q#f");
    assert_int_equal(rw_address_split("HTTP://[::1]:8080", &a, NULL), ROPEWALK_OK);
    assert_false(a.https);
    assert_string_equal(a.host, "[::1]");
    assert_int_equal(a.port, 8080);
    assert_string_equal(a.path, "");
    assert_int_equal(rw_address_split("http://a/x@y", &a, NULL), ROPEWALK_OK);
}

static void refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "file:///etc/passwd",
        "ftp://a/b",
        "gopher://a",
        "http://",
        "http:///a",
        "http://user:secret@a/b",
        "https://secret@a/b",
        "https://a@secret",
        "http://a b/",
        "http://a/\n",
        "http://a\\@b/",
        "http://a:0/",
        "http://a:65536/",
        "http://a:/",
        "http://a:80x/",
        "http://[::1/",
        "http://[]/",
        "http://\xc3\xa9/",
        "http://a/{1}",
        "http://a:99999999999999999999/",
    };
    char longer[RW_MAX_ADDRESS + 2];
    ropewalk_error err;
    rw_address a;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        err.message[0] = '\0';
        if (rw_address_split(bad[i], &a, &err) != ROPEWALK_E_ARGUMENT)
            fail_msg("accepted: %s", bad[i]);
        assert_true(err.message[0]);
        assert_null(strstr(err.message, "secret"));
        assert_null(strchr(err.message, '\n'));
    }
    memset(longer, 'a', sizeof longer - 1);
    memcpy(longer, "http://", 7);
    longer[sizeof longer - 1] = '\0';
    assert_int_equal(rw_address_split(longer, &a, &err), ROPEWALK_E_ARGUMENT);
}

static void pages(void **state)
{
    (void)state;
    static const struct {
        const char *given, *fetched;
    } table[] = {
        {"https://huggingface.co/o/r/blob/main/d/f.gguf?x=1#L2",
         "https://huggingface.co/o/r/resolve/main/d/f.gguf?x=1"},
        {"https://huggingface.co/o/r/resolve/main/f.gguf",
         "https://huggingface.co/o/r/resolve/main/f.gguf"},
        {"https://huggingface.co/o/r",
         "https://huggingface.co/o/r/resolve/main/config.json"},
        {"https://huggingface.co/o/r/",
         "https://huggingface.co/o/r/resolve/main/config.json"},
        {"https://huggingface.co/o", "https://huggingface.co/o"},
        {"https://huggingface.co/o/r/tree/main", "https://huggingface.co/o/r/tree/main"},
        {"https://example.com/o/r/blob/main/f", "https://example.com/o/r/blob/main/f"},
        {"https://huggingface.co.example.com/o/r/blob/f",
         "https://huggingface.co.example.com/o/r/blob/f"},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        rw_address a;
        rw_text out;
        rw_text_init(&out);
        assert_int_equal(rw_address_split(table[i].given, &a, NULL), ROPEWALK_OK);
        rw_address_of_file(table[i].given, &a, &out);
        assert_string_equal(out.data, table[i].fetched);
        rw_text_clear(&out);
        rw_address_shown("http://a/b?key=secret#x", &out);
        assert_string_equal(out.data, "http://a/b");
        rw_text_clear(&out);
    }
    assert_int_equal(rw_alloc_live(), 0);
}

static void redirects(void **state)
{
    (void)state;
    rw_address plain, safe;
    assert_int_equal(rw_address_split("http://a/", &plain, NULL), ROPEWALK_OK);
    assert_int_equal(rw_address_split("https://a/", &safe, NULL), ROPEWALK_OK);
    assert_true(rw_address_may_lead_to(&plain, &plain));
    assert_true(rw_address_may_lead_to(&plain, &safe));
    assert_true(rw_address_may_lead_to(&safe, &safe));
    assert_false(rw_address_may_lead_to(&safe, &plain));
}

static void token(void **state)
{
    (void)state;
    static const char *const yes[] = {"https://huggingface.co/x",
                                      "https://HUGGINGFACE.co:443/x"};
    static const char *const no[] = {"http://huggingface.co/x",
                                     "https://huggingface.co:8443/x",
                                     "https://cdn-lfs.huggingface.co/",
                                     "https://huggingface.co.example.com/",
                                     "https://example.com/huggingface.co",
                                     "https://127.0.0.1/"};
    rw_address a;
    for (size_t i = 0; i < sizeof yes / sizeof *yes; i++) {
        assert_int_equal(rw_address_split(yes[i], &a, NULL), ROPEWALK_OK);
        assert_true(rw_address_may_know_token(&a));
    }
    for (size_t i = 0; i < sizeof no / sizeof *no; i++) {
        assert_int_equal(rw_address_split(no[i], &a, NULL), ROPEWALK_OK);
        assert_false(rw_address_may_know_token(&a));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(recognised), cmocka_unit_test(split),
        cmocka_unit_test(refused),    cmocka_unit_test(pages),
        cmocka_unit_test(redirects),  cmocka_unit_test(token),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
