/* test_hfconfig.c - the text of a config.json: Python's NaN, limits, and what is no config. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "format/hfconfig.h"

static json_t *parse_good(const char *text)
{
    json_t *root;
    ropewalk_error err = {0};
    if (rw_hfconfig_parse(text, strlen(text), "config.json", &root, &err))
        fail_msg("%s: %s", text, err.message);
    return root;
}

static void refused(const char *text, size_t n, const char *words, ropewalk_error *err)
{
    json_t *root;
    assert_int_equal(rw_hfconfig_parse(text, n, "config.json", &root, err),
                     ROPEWALK_E_FORMAT);
    assert_null(root);
    if (!strstr(err->message, words)) fail_msg("%.80s: %s", text, err->message);
    assert_non_null(strstr(err->message, "config.json"));
    assert_int_equal(rw_alloc_live(), 0);
}

static void bare_tokens(void **state)
{
    (void)state;
    json_t *root = parse_good("{\"a\": NaN, \"b\": [Infinity,-Infinity], \"NaN\": "
                              "\"a NaN \\\" Infinity\", \"c\": \"NaN\"}");
    assert_true(rw_hfconfig_not_finite(json_object_get(root, "a")));
    const json_t *list = json_object_get(root, "b");
    assert_true(rw_hfconfig_not_finite(json_array_get(list, 0)));
    assert_true(rw_hfconfig_not_finite(json_array_get(list, 1)));
    assert_string_equal(json_string_value(json_object_get(root, "NaN")),
                        "a NaN \" Infinity");
    assert_string_equal(json_string_value(json_object_get(root, "c")), "NaN");
    assert_false(rw_hfconfig_not_finite(json_object_get(root, "c")));
    assert_false(rw_hfconfig_not_finite(NULL));
    assert_string_equal(rw_hfconfig_kind(json_object_get(root, "a")), "NaN or infinite");
    assert_string_equal(rw_hfconfig_kind(json_object_get(root, "c")), "a string");
    assert_string_equal(rw_hfconfig_kind(list), "a list");
    assert_string_equal(rw_hfconfig_kind(root), "an object");
    assert_string_equal(rw_hfconfig_kind(NULL), "absent");
    json_decref(root);
    ropewalk_error err = {0};
    refused("{\"a\":NaNNaN}", 12, "malformed", &err);
    refused("{\"a\":nullNaN}", 13, "malformed", &err);
    refused("{NaN:1}", 7, "malformed", &err);
}

/* A rewritten token is as long as it was: positions are those of the file. */
static void positions(void **state)
{
    (void)state;
    ropewalk_error plain = {0}, replaced = {0};
    refused("{\"a\": -1.23e+01, \"b\": x}", 24, "malformed", &plain);
    refused("{\"a\": -Infinity, \"b\": x}", 24, "malformed", &replaced);
    assert_true(plain.offset > 20);
    assert_int_equal(plain.offset, replaced.offset);
}

static void every_number_is_a_real(void **state)
{
    (void)state;
    json_t *root = parse_good("{\"a\": 1000000000000000019884624838656, \"b\": 7}");
    assert_true(json_is_real(json_object_get(root, "a")));
    assert_true(json_is_real(json_object_get(root, "b")));
    json_decref(root);
}

static void no_config(void **state)
{
    (void)state;
    ropewalk_error err = {0};
    refused("", 0, "it is empty", &err);
    refused("  \n", 3, "it is empty", &err);
    refused("<!DOCTYPE html>", 15, "HTML", &err);
    refused("version https://git-lfs.github.com/spec/v1\n", 43, "Git LFS", &err);
    refused("PK\003\004", 4, "zip", &err);
    refused("[1,2]", 5, "begins with '{'", &err);
    refused("\xef\xbb\xbf{}", 5, "begins with '{'", &err);
    refused("{\"a\":1} x", 9, "malformed", &err);
    refused("{\"a\":1,}", 8, "malformed", &err);
    refused("{\"a\":1,\"a\":1}", 13, "duplicate", &err);
    refused("{\"a\":\"\xff\xfe\"}", 9, "malformed", &err);
    refused("{\"\\ud800\":1}", 12, "malformed", &err);
    refused("{\"a\\u0000b\":1}", 14, "malformed", &err);
    refused("{\"a\":1e400}", 11, "malformed at byte", &err);
    refused("{\"a\":-1e400}", 12, "malformed at byte", &err);
    refused("{\"a\":1}\0", 8, "malformed", &err);
    refused("{\"a\":\"", 6, "malformed", &err);
    refused("{\"a\":\"\\", 7, "malformed", &err);
}

/* Much of one thing costs a scan of the text, and an error. */
static void limits(void **state)
{
    (void)state;
    enum { N = (17 << 20) };
    char *text = malloc(N);
    assert_non_null(text);
    ropewalk_error err = {0};
    memset(text, ' ', N);
    text[0] = '{';
    refused(text, N, "more than the limit", &err);
    memset(text, '[', N);
    memcpy(text, "{\"a\":", 5);
    refused(text, 1000, "deeper than", &err);
    refused(text, 1 << 20, "at byte", &err); /* of the 100001st */
    assert_true(err.offset > 100000);
    for (size_t i = 5; i < N; i++)
        text[i] = i % 2 ? '1' : ',';
    text[5] = '[';
    refused(text, 4 << 20, "more than 400000 values", &err);
    memset(text, 'k', N); /* a key of megabytes */
    memcpy(text, "{\"", 2);
    memcpy(text + (8 << 20), "\":1}", 4);
    json_t *root;
    assert_int_equal(rw_hfconfig_parse(text, (8 << 20) + 4, "config.json", &root, &err),
                     ROPEWALK_OK);
    json_decref(root);
    free(text);
    assert_int_equal(rw_alloc_live(), 0);
}

static void no_memory(void **state)
{
    (void)state;
    json_t *root;
    ropewalk_error err = {0};
    rw_alloc_fail_at(0, 0);
    assert_int_equal(rw_hfconfig_parse("{}", 2, "config.json", &root, &err),
                     ROPEWALK_E_MEMORY);
    rw_alloc_fail_at(-1, 0);
    assert_null(root);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bare_tokens),
        cmocka_unit_test(positions),
        cmocka_unit_test(every_number_is_a_real),
        cmocka_unit_test(no_config),
        cmocka_unit_test(limits),
        cmocka_unit_test(no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
