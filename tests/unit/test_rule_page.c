/* test_rule_page.c - pages in the little Markdown that they use. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "report/rule_page.h"

static const char page[] =
    "# RW999: a title\n\n"
    "Severity: **warn**.\n\n"
    "## What it checks\n\nThat `factor` is\nright, see "
    "[this](https://a.example/x).\n\nMore.\n\n"
    "## Recorded bugs\n\n- <https://b.example/1>: one\n- [two](https://b.example/2)\n\n"
    "## Limits\n\n    \"code\": `kept`\n<https://c.example>\n";

static void plain(void **state)
{
    (void)state;
    rw_text t;
    rw_text_init(&t);
    rw_rule_page_plain(page, &t);
    assert_non_null(strstr(t.data, "RW999: a title\n==============\n"));
    assert_non_null(strstr(t.data, "Severity: warn.\n"));
    assert_non_null(strstr(t.data, "right, see this (https://a.example/x).\n"));
    assert_non_null(strstr(t.data, "    \"code\": `kept`\nhttps://c.example\n"));
    rw_text_clear(&t);
    rw_rule_page_plain("`[half](open <http", &t); /* no mark is closed */
    assert_string_equal(t.data, "[half](open <http\n");
    rw_text_clear(&t);
}

static void about(void **state)
{
    (void)state;
    rw_text t;
    rw_text_init(&t);
    rw_rule_page_about(page, &t);
    assert_string_equal(t.data, "That factor is right, see this (https://a.example/x).");
    rw_text_clear(&t);
    rw_rule_page_about("# nothing\n", &t);
    assert_string_equal(t.data, "");
    rw_text_clear(&t);
}

static void links(void **state)
{
    (void)state;
    size_t n;
    const char *link = rw_rule_page_link(page, &n);
    assert_int_equal(strncmp(link, "https://b.example/1>", n + 1), 0);
    link = rw_rule_page_link(link, &n);
    assert_int_equal(strncmp(link, "https://b.example/2)", n + 1), 0);
    assert_null(rw_rule_page_link(link, &n));
    assert_null(rw_rule_page_link("# none\nhttps://d.example\n", &n));
    assert_null(rw_rule_page_link("", &n));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain),
        cmocka_unit_test(about),
        cmocka_unit_test(links),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
