/* test_ignore.c - ignore files: what passes over what, every bad line named, failing allocations. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/alloc.h"
#include "lint/ignore.h"

static ropewalk_status parse(const char *text, rw_ignore *ig, ropewalk_error *err)
{
    return rw_ignore_parse(text, strlen(text), "ig", ig, err);
}

static ropewalk_status one(rw_findings *f, ropewalk_error *err)
{
    rw_finding *finding;
    rw_findings_init(f);
    return rw_finding_add(f, "RW004", RW_WARN, "m/a.json", NULL, &finding, err, "x");
}

static void patterns(void **state)
{
    (void)state;
    static const struct {
        const char *pattern;
        int passes;
    } cases[] = {{"*", 1},      {"a.json", 1}, {"m/a.json", 1}, {"m/*", 1},
                 {"*.json", 1}, {"?.json", 1}, {"*/a.json", 1}, {"b.json", 0},
                 {"n/*", 0},    {"a", 0},      {"a.jso", 0},    {"a.json?", 0},
                 {"**a*n", 1},  {"*a*b*", 0},  {"m", 0},        {"?", 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ropewalk_error err = {0};
        rw_ignore ig;
        rw_findings f;
        char line[64] = "RW004 ";
        strcat(strcat(line, cases[i].pattern), " # why");
        assert_int_equal(parse(line, &ig, &err), ROPEWALK_OK);
        assert_int_equal(one(&f, &err), ROPEWALK_OK);
        assert_int_equal(rw_ignore_apply(&ig, "m/a.json", &f, &err), ROPEWALK_OK);
        assert_int_equal(f.list[0].ignored != NULL, cases[i].passes);
        assert_int_equal(ig.list[0].used, cases[i].passes);
        if (f.list[0].ignored) assert_string_equal(f.list[0].ignored, "why");
        rw_findings_clear(&f);
        rw_ignore_clear(&ig);
    }
    assert_int_equal(rw_alloc_live(), 0);
}

static void lines(void **state)
{
    (void)state;
    ropewalk_error err = {0};
    rw_ignore ig;
    assert_int_equal(
        parse("# head\n\n \t\r\nrw004\t*.gguf  #  two words \r\nRW004 x #y", &ig, &err),
        ROPEWALK_OK);
    assert_int_equal(ig.n, 2);
    assert_string_equal(ig.list[0].rule, "RW004");
    assert_string_equal(ig.list[0].pattern, "*.gguf");
    assert_string_equal(ig.list[0].reason, "two words");
    assert_int_equal(ig.list[0].line, 4);
    assert_int_equal(ig.list[1].line, 5);
    rw_ignore_clear(&ig);
    assert_int_equal(parse("", &ig, &err), ROPEWALK_OK);
    assert_int_equal(ig.n, 0);
}

static void bad_lines(void **state)
{
    (void)state;
    static const struct {
        const char *text, *says;
    } cases[] = {
        {"\nRW004 *\n", "ig, line 2: RW004 is passed over without a reason"},
        {"RW004 * #\n", "without a reason"},
        {"RW004 * #  \r\n", "without a reason"},
        {"RW004 # why\n", "a path pattern, or *, must stand after RW004"},
        {"RW004\n", "a path pattern"},
        {"RW004 a b # why\n", "must stand after the pattern"},
        {"RW999 * # why\n", "line 1: \"RW999\" is no rule"},
        {"RW0044444 * # why\n", "\"RW0044444\" is no rule"},
        {"* * # why\n", "\"*\" is no rule"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ropewalk_error err = {0};
        rw_ignore ig;
        assert_int_equal(parse(cases[i].text, &ig, &err), ROPEWALK_E_FORMAT);
        assert_int_equal(ig.n, 0);
        if (!strstr(err.message, cases[i].says)) fail_msg("%s", err.message);
    }
    ropewalk_error err = {0};
    rw_ignore ig;
    assert_int_equal(rw_ignore_parse("RW004 \0 # y", 11, "ig", &ig, &err),
                     ROPEWALK_E_FORMAT);
    char longest[5000];
    memset(longest, 'x', sizeof longest);
    assert_int_equal(rw_ignore_parse(longest, sizeof longest, "ig", &ig, &err),
                     ROPEWALK_E_FORMAT);
    assert_int_equal(rw_alloc_live(), 0);
}

static void every_allocation_can_fail(void **state)
{
    (void)state;
    for (int64_t n = 0;; n++) {
        ropewalk_error err = {0};
        rw_ignore ig = {0};
        rw_findings f;
        assert_int_equal(one(&f, &err), ROPEWALK_OK);
        rw_alloc_fail_at(n, 0);
        ropewalk_status status = parse("RW004 a # b\nRW004 * # c\n", &ig, &err);
        if (!status) status = rw_ignore_apply(&ig, "m/a.json", &f, &err);
        rw_alloc_fail_at(-1, 0);
        rw_ignore_clear(&ig);
        rw_findings_clear(&f);
        assert_int_equal(rw_alloc_live(), 0);
        if (!status) break;
        assert_int_equal(status, ROPEWALK_E_MEMORY);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(patterns),
        cmocka_unit_test(lines),
        cmocka_unit_test(bad_lines),
        cmocka_unit_test(every_allocation_can_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
