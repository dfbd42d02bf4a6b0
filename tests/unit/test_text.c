/* test_text.c - growing buffers, shortest decimals, strict parsing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/random.h"
#include "base/text.h"

static void appending(void **state)
{
    (void)state;
    rw_text t;
    rw_text_init(&t);
    assert_null(t.data);
    rw_text_append(&t, "");
    assert_string_equal(t.data, ""); /* terminated once something was appended */
    char expected[4096] = "";
    for (int i = 0; i < 300; i++) { /* through several growths */
        char piece[16];
        (void)snprintf(piece, sizeof piece, "<%d>", i);
        strcat(expected, piece);
        if (i % 2)
            rw_text_append(&t, piece);
        else
            rw_text_printf(&t, "<%d>", i);
        assert_int_equal(t.len, strlen(expected));
        assert_string_equal(t.data, expected);
    }
    rw_text_append_n(&t, "a\0b", 3);
    assert_memory_equal(t.data + t.len - 3, "a\0b", 4);
    assert_false(t.failed);
    rw_text_clear(&t);
    assert_null(t.data);
    assert_int_equal(t.len, 0);
}

/* Exactly at every size around a growth: the terminator always has its byte. */
static void growth_edges(void **state)
{
    (void)state;
    char many[1100];
    memset(many, 'y', sizeof many);
    for (size_t n = 250; n < 262; n++)
        for (size_t more = 0; more < 8; more++) {
            rw_text t;
            rw_text_init(&t);
            rw_text_append_n(&t, many, n);
            rw_text_append_n(&t, many, more);
            assert_int_equal(strlen(t.data), n + more);
            rw_text_printf(&t, "%.*s", (int)(512 - n - more), many);
            assert_int_equal(strlen(t.data), 512);
            rw_text_clear(&t);
        }
}

static void failure_latches(void **state)
{
    (void)state;
    const int64_t live = rw_alloc_live();
    rw_text t;
    rw_text_init(&t);
    rw_text_append(&t, "first");
    char many[600];
    memset(many, 'z', sizeof many);
    rw_alloc_fail_at(0, 0);
    rw_text_append_n(&t, many, sizeof many);
    rw_alloc_fail_at(-1, 0);
    assert_true(t.failed);
    assert_string_equal(t.data, "first");
    rw_text_append(&t, "x"); /* would fit, but the document has a hole already */
    rw_text_printf(&t, "%d", 1);
    assert_string_equal(t.data, "first");
    rw_text_clear(&t);
    assert_false(t.failed);
    assert_int_equal(rw_alloc_live(), live);
}

static void shortest_decimals(void **state)
{
    (void)state;
    static const struct {
        double value;
        const char *text;
    } table[] = {{0.1, "0.1"},
                 {0.0, "0"},
                 {-0.0, "-0"},
                 {1.0, "1"},
                 {1e15, "1e+15"},
                 {123456, "123456"},
                 {0.1 + 0.2, "0.30000000000000004"},
                 {5e-324, "4.94065645841247e-324"},
                 {1.7976931348623157e308, "1.7976931348623157e+308"},
                 {1.0 / 3, "0.3333333333333333"}};
    char out[32];
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        rw_format_double(out, table[i].value);
        assert_string_equal(out, table[i].text);
    }
    for (uint64_t i = 0; i < 20000; i++) { /* any bit pattern that is a number */
        const uint64_t bits = rw_random_u64(20, 1, i);
        double v, back;
        memcpy(&v, &bits, sizeof v);
        if (!isfinite(v)) continue;
        rw_format_double(out, v);
        assert_true(strlen(out) < 32);
        assert_true(rw_parse_double(out, &back));
        assert_memory_equal(&v, &back, sizeof v);
    }
    for (int i = -5000; i < 5000; i++) { /* two decimals stay two decimals */
        char plain[32];
        (void)snprintf(plain, sizeof plain, "%.2f", i / 100.0);
        rw_format_double(out, atof(plain));
        assert_true(strlen(out) <= strlen(plain));
    }
}

static void doubles(void **state)
{
    (void)state;
    static const char *const good[] = {"0", "-1", "1e3", ".5", "5.", "1e-400", "-0"};
    static const double value[] = {0, -1, 1000, 0.5, 5, 0, 0};
    static const char *const bad[] = {"",       " 1",  "1 ",  "+1",   "1,5", "1e999",
                                      "-1e999", "nan", "inf", "-inf", "1x",  "e5",
                                      "--1",    "\t1", "1\n", "0 0",  "."};
    double v;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        v = 77;
        assert_true(rw_parse_double(good[i], &v));
        assert_true(v == value[i]);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        v = 77;
        if (rw_parse_double(bad[i], &v)) fail_msg("\"%s\" was accepted", bad[i]);
        assert_true(v == 77);
    }
}

static void integers(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool suffix;
        long long value;
    } good[] = {{"0", false, 0},
                {"-12", false, -12},
                {"8k", true, 8192},
                {"1M", true, 1048576},
                {"-2K", true, -2048},
                {"3m", true, 3145728},
                {"9223372036854775807", true, INT64_MAX},
                {"-9223372036854775808", true, INT64_MIN},
                {"9007199254740991k", true, 9007199254740991ll * 1024}};
    static const struct {
        const char *text;
        bool suffix;
    } bad[] = {{"", true},
               {"k", true},
               {"8k", false},
               {"8kk", true},
               {"8 k", true},
               {"+8", true},
               {" 8", true},
               {"8.0", true},
               {"0x8", true},
               {"8g", true},
               {"9223372036854775808", true},
               {"-9223372036854775809", true},
               {"9007199254740992k", true},
               {"8796093022208m", true}};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        long long v = 77;
        assert_true(rw_parse_int(good[i].text, good[i].suffix, &v));
        assert_int_equal(v, good[i].value);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        long long v = 77;
        if (rw_parse_int(bad[i].text, bad[i].suffix, &v))
            fail_msg("\"%s\" was accepted", bad[i].text);
        assert_int_equal(v, 77);
    }
}

static void wrapped_and_plain(void **state)
{
    (void)state;
    rw_text t;
    rw_text_init(&t);
    rw_text_append(&t, "> ");
    rw_text_wrap(&t, "one two  three unbreakable four", 2, 9);
    assert_string_equal(t.data, "> one two\n  three\n  unbreakable\n  four\n");
    rw_text_clear(&t);
    rw_text_wrap(&t, "", 0, 9);
    assert_string_equal(t.data, "\n");
    rw_text_clear(&t);
    rw_text_plain(&t, "a\033[1m\nb\x7f\xc3\xa9");
    assert_string_equal(t.data, "a?[1m?b?\xc3\xa9");
    rw_text_clear(&t);
    rw_text_wrap(&t, "a\033[2J b\nc", 0, 80);
    assert_string_equal(t.data, "a?[2J b?c\n");
    rw_text_clear(&t);
}

/* What would steer a terminal, end a line or turn its direction, and what is no UTF-8. */
static void plain(void **state)
{
    (void)state;
    static const char *const table[][2] = {
        {"", ""},
        {"\xc2\x9b"
         "2J\xc2\x80\xc2\x9f\xc2\xa0",
         "?2J??\xc2\xa0"}, /* C1, and behind it */
        {"\xe2\x80\xae"
         "x\xe2\x81\xa6\xd8\x9c",
         "?x??"},                                                   /* RLO, LRI, ALM */
        {"\xe2\x80\xa8\xe2\x80\xa9\xe2\x80\xa7", "??\xe2\x80\xa7"}, /* separators */
        {"\xff"
         "a\xc3",
         "?a?"},
        {"\xe2\x82", "??"},
        {"\xf0\x9f\x98\x80 \xd7\x90",
         "\xf0\x9f\x98\x80 \xd7\x90"}, /* other letters stay */
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        char copy[32];
        rw_text t;
        rw_text_init(&t);
        rw_text_append(&t, "");
        rw_text_plain(&t, table[i][0]);
        assert_string_equal(t.data, table[i][1]);
        rw_text_clear(&t);
        (void)snprintf(copy, sizeof copy, "%s", table[i][0]);
        rw_plain(copy);
        assert_string_equal(copy, table[i][1]);
    }
}

static void runs(void **state)
{
    (void)state;
    rw_text t;
    rw_text_init(&t);
    const struct {
        const char *said;
        size_t n;
        uint32_t list[24];
    } cases[] = {
        {"7", 1, {7}},
        {"0-2", 3, {0, 1, 2}},
        {"0, 2, 4", 3, {0, 2, 4}},
        {"0, 2, ..., 6", 4, {0, 2, 4, 6}},
        {"0-1, 3-4, ..., 9-10", 8, {0, 1, 3, 4, 6, 7, 9, 10}},
        {"0, 5, 11, ..., 23, 25-26", 7, {0, 5, 11, 17, 23, 25, 26}},
        {"0-1, 4", 3, {0, 1, 4}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        rw_text_append(&t, "");
        rw_text_runs(&t, cases[i].list, cases[i].n);
        assert_string_equal(t.data, cases[i].said);
        rw_text_clear(&t);
    }
    rw_text_runs(&t, NULL, 0);
    assert_null(t.data);
    uint32_t odd[40]; /* 0, 2, 5, 7, 10, ...: never in step */
    for (uint32_t i = 0; i < 40; i++)
        odd[i] = i / 2 * 5 + i % 2 * 2;
    rw_text_runs(&t, odd, 32);
    assert_null(strstr(t.data, "..."));
    rw_text_clear(&t);
    rw_text_runs(&t, odd, 40);
    assert_non_null(strstr(t.data, ", 75, 77, ... (40 in all)"));
    rw_text_clear(&t);
}

static void cells_of_csv(void **state)
{
    (void)state;
    static const char *const cells[][2] = {{"a,b", "\"a,b\""},     {"", "\"\""},
                                           {"x\"y", "\"x\"\"y\""}, {"=1+1", "\"'=1+1\""},
                                           {"@a", "\"'@a\""},      {"a=1", "\"a=1\""}};
    for (size_t i = 0; i < sizeof cells / sizeof *cells; i++) {
        rw_text t;
        rw_text_init(&t);
        rw_text_csv(&t, cells[i][0]);
        assert_string_equal(t.data, cells[i][1]);
        rw_text_clear(&t);
    }
}

static void lower(void **state)
{
    (void)state;
    for (int c = -128; c < 128; c++) {
        const int wanted = c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c;
        assert_int_equal(rw_lower((char)c), (char)wanted);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(runs),
        cmocka_unit_test(cells_of_csv),
        cmocka_unit_test(lower),
        cmocka_unit_test(wrapped_and_plain),
        cmocka_unit_test(plain),
        cmocka_unit_test(appending),
        cmocka_unit_test(growth_edges),
        cmocka_unit_test(failure_latches),
        cmocka_unit_test(shortest_decimals),
        cmocka_unit_test(doubles),
        cmocka_unit_test(integers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
