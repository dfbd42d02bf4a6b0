/* test_json.c - hardened parsing, typed getters, and what the writer may print. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/json.h"
#include "base/random.h"

static ropewalk_status parse_n(const char *s, size_t n, json_t **doc, ropewalk_error *err)
{
    *err = (ropewalk_error){0};
    return rw_json_parse(s, n, "test", doc, err);
}

static void refused(const char *s, size_t n)
{
    json_t *doc = NULL;
    ropewalk_error err;
    if (parse_n(s, n, &doc, &err) != ROPEWALK_E_FORMAT) fail_msg("accepted: %s", s);
    assert_null(doc);
    assert_memory_equal(err.message, "test: ", 6);
    assert_true(err.offset <= n);
}

static void malformed(void **state)
{
    (void)state;
    static const char *const bad[] = {"",
                                      " ",
                                      "{",
                                      "}",
                                      "[1,]",
                                      "{\"a\":1,}",
                                      "{a:1}",
                                      "{'a':1}",
                                      "[01]",
                                      "[1.]",
                                      "[.5]",
                                      "[+1]",
                                      "[NaN]",
                                      "[Infinity]",
                                      "[-Infinity]",
                                      "[1e999]",
                                      "[\"\\x\"]",
                                      "[\"\n\"]",
                                      "{\"a\":1,\"a\":2}",
                                      "{\"a\":{\"b\":1,\"b\":1}}",
                                      "[1] 2",
                                      "[\"\xff\"]",
                                      "[\"\xc0\x80\"]",
                                      "[\"\xed\xa0\x80\"]",
                                      "[\"\\ud800\"]",
                                      "{\"a\\u0000b\":1}",
                                      "[99999999999999999999]"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        refused(bad[i], strlen(bad[i]));
    refused("{\"a\0b\":1}", 9);
    refused("[1]\0", 4);
    json_t *doc;
    ropewalk_error err;
    static const char *const good[] = {"{}", "[]", " [1] ", "{\"a\":{\"a\":1}}",
                                       "[\"\\u00e9\"]"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        assert_int_equal(parse_n(good[i], strlen(good[i]), &doc, &err), ROPEWALK_OK);
        json_decref(doc);
    }
}

static void depth(void **state)
{
    (void)state;
    static const char *const open[] = {"[", "{\"a\":"}, *const close[] = {"]", "}"};
    for (int kind = 0; kind < 2; kind++)
        for (int levels = 63; levels <= 66; levels++) {
            char text[600] = "";
            for (int i = 0; i < levels; i++)
                strcat(text, open[kind]);
            if (kind) strcat(text, "1");
            for (int i = 0; i < levels; i++)
                strcat(text, close[kind]);
            json_t *doc;
            ropewalk_error err;
            const ropewalk_status status = parse_n(text, strlen(text), &doc, &err);
            assert_int_equal(status, levels <= 64 ? ROPEWALK_OK : ROPEWALK_E_FORMAT);
            if (levels > 64) assert_non_null(strstr(err.message, "64"));
            json_decref(doc);
        }
    /* brackets inside strings are no levels, escaped quotes do not end them */
    char flat[400] = "[\"\\\"";
    for (int i = 0; i < 200; i++)
        strcat(flat, "[");
    strcat(flat, "\"]");
    json_t *doc;
    ropewalk_error err;
    assert_int_equal(parse_n(flat, strlen(flat), &doc, &err), ROPEWALK_OK);
    json_decref(doc);
}

static void no_memory(void **state)
{
    (void)state;
    const int64_t live = rw_alloc_live();
    rw_text t;
    rw_text_init(&t);
    json_t *doc = json_pack("{s:[i,i,i]}", "key", 1, 2, 3);
    rw_alloc_fail_at(0, 1);
    rw_json_write(doc, 2, &t);
    rw_alloc_fail_at(-1, 0);
    assert_true(t.failed);
    rw_text_clear(&t);
    json_decref(doc);
    assert_int_equal(rw_alloc_live(), live);
}

static void written(json_t *v, const char *expected)
{
    rw_text t;
    rw_text_init(&t);
    assert_non_null(v);
    rw_json_write(v, 0, &t);
    assert_string_equal(t.data, expected);
    rw_text_clear(&t);
    json_decref(v);
}

static void numbers(void **state)
{
    (void)state;
    written(rw_json_f64((double)NAN), "null");
    written(rw_json_f64((double)INFINITY), "null");
    written(rw_json_f64_9(-(double)INFINITY), "null");
    written(rw_json_f64_12((double)NAN), "null");
    written(rw_json_f64(0.0), "0.0");
    written(rw_json_f64(-0.0), "-0.0");
    written(rw_json_f64(1.0), "1.0");
    written(rw_json_f64(0.1), "0.1");
    written(rw_json_f64(1e300), "1e+300");
    written(rw_json_f64_9(0.12345678949), "0.123456789");
    written(rw_json_f64_9(2.0 / 3.0), "0.666666667");
    written(rw_json_f64_12(2.0 / 3.0), "0.666666666667");
    written(json_integer(INT64_MAX), "9223372036854775807");
    written(json_integer(INT64_MIN), "-9223372036854775808");
    for (uint64_t i = 0; i < 5000; i++) {
        const uint64_t bits = rw_random_u64(21, 2, i);
        double v;
        memcpy(&v, &bits, sizeof v);
        json_t *doc = json_array();
        json_array_append_new(doc, rw_json_f64(v));
        rw_text t;
        rw_text_init(&t);
        rw_json_write(doc, 0, &t);
        json_t *back;
        ropewalk_error err;
        assert_int_equal(parse_n(t.data, t.len, &back, &err), ROPEWALK_OK);
        const json_t *item = json_array_get(back, 0);
        if (isfinite(v)) {
            const double again = json_real_value(item); /* a real, never an integer */
            assert_true(json_is_real(item));
            assert_memory_equal(&v, &again, sizeof v);
        } else {
            assert_true(json_is_null(item));
        }
        json_decref(back);
        json_decref(doc);
        rw_text_clear(&t);
    }
}

static void strings(void **state)
{
    (void)state;
    static const struct {
        const char *in, *out;
    } table[] = {
        {"plain", "\"plain\""},
        {"q\" b\\ n\n t\t z\x01", "\"q\\\" b\\\\ n\\n t\\u0009 z\\u0001\""},
        {"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80",
         "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\""},
        {"\x7f\xc2\x9b\xe2\x80\xae\xe2\x80\xa8", "\"\\u007f\\u009b\\u202e\\u2028\""},
        {"a\xffz", "\"a\xef\xbf\xbdz\""},             /* no such byte */
        {"\xc3", "\"\xef\xbf\xbd\""},                 /* cut off */
        {"\xe2\x82", "\"\xef\xbf\xbd\xef\xbf\xbd\""}, /* cut off, two bytes */
        {"\xc0\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\""}, /* overlong */
        {"\xed\xa0\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""}, /* surrogate */
        {"\xf4\x90\x80\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""}};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        written(rw_json_str(table[i].in), table[i].out);
    written(rw_json_str(NULL), "null");
    for (uint64_t i = 0; i < 3000; i++) { /* any bytes give a document that parses */
        char s[24];
        const size_t n = (size_t)rw_random_below(22, 1, i, 23);
        for (size_t j = 0; j < n; j++)
            s[j] = (char)(1 + rw_random_below(22, 2 + j, i, 255));
        s[n] = '\0';
        json_t *doc = json_array();
        json_array_append_new(doc, rw_json_str(s));
        rw_text t;
        rw_text_init(&t);
        rw_json_write(doc, 0, &t);
        json_t *back;
        ropewalk_error err;
        assert_int_equal(parse_n(t.data, t.len, &back, &err), ROPEWALK_OK);
        assert_true(json_equal(doc, back));
        json_decref(back);
        json_decref(doc);
        rw_text_clear(&t);
    }
}

static void layout(void **state)
{
    (void)state;
    json_t *doc = json_pack("{s:i, s:[i,i], s:[{s:i}], s:{s:n}}", "z", 1, "a", 1, 2,
                            "list", "x", 3, "o", "k");
    rw_text t;
    rw_text_init(&t);
    rw_json_write(doc, 2, &t);
    assert_string_equal(
        t.data, "{\n  \"z\": 1,\n  \"a\": [1, 2],\n  \"list\": [\n    {\"x\": 3}\n  ],\n"
                "  \"o\": {\"k\": null}\n}\n");
    rw_text_clear(&t);
    written(doc, "{\"z\":1,\"a\":[1,2],\"list\":[{\"x\":3}],\"o\":{\"k\":null}}");
}

static void getters(void **state)
{
    (void)state;
    json_t *o = json_pack("{s:s, s:f, s:i, s:[], s:n, s:b}", "s", "text", "f", 1.5, "i",
                          7, "a", "n", "b", 1);
    ropewalk_error err = {0};
    const char *s;
    double f;
    int64_t i;
    const json_t *a;
    assert_int_equal(rw_json_get_str(o, "s", &s, &err), ROPEWALK_OK);
    assert_string_equal(s, "text");
    assert_int_equal(rw_json_get_f64(o, "f", &f, &err), ROPEWALK_OK);
    assert_true(f == 1.5);
    assert_int_equal(rw_json_get_f64(o, "i", &f, &err), ROPEWALK_OK);
    assert_true(f == 7);
    assert_int_equal(rw_json_get_int(o, "i", 7, 7, &i, &err), ROPEWALK_OK);
    assert_int_equal(i, 7);
    assert_int_equal(rw_json_get_array(o, "a", &a, &err), ROPEWALK_OK);
    assert_non_null(a);
    static const char *const wrong[] = {"none", "n", "b"};
    for (size_t k = 0; k < 3; k++) {
        assert_int_equal(rw_json_get_str(o, wrong[k], &s, &err), ROPEWALK_E_FORMAT);
        assert_null(s);
        assert_non_null(strstr(err.message, wrong[k]));
        assert_int_equal(rw_json_get_f64(o, wrong[k], &f, &err), ROPEWALK_E_FORMAT);
        assert_true(isnan(f));
        assert_int_equal(rw_json_get_int(o, wrong[k], 0, 9, &i, &err), ROPEWALK_E_FORMAT);
        assert_int_equal(rw_json_get_array(o, wrong[k], &a, &err), ROPEWALK_E_FORMAT);
        assert_null(a);
    }
    assert_int_equal(rw_json_get_int(o, "f", 0, 9, &i, &err), ROPEWALK_E_FORMAT);
    assert_int_equal(rw_json_get_int(o, "i", 8, 9, &i, &err), ROPEWALK_E_FORMAT);
    assert_string_equal(err.message, "key \"i\" is 7, outside 8..9");
    assert_int_equal(rw_json_get_int(o, "i", 0, 6, &i, &err), ROPEWALK_E_FORMAT);
    json_decref(o);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(malformed), cmocka_unit_test(depth),
        cmocka_unit_test(no_memory), cmocka_unit_test(numbers),
        cmocka_unit_test(strings),   cmocka_unit_test(layout),
        cmocka_unit_test(getters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
