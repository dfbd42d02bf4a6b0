/* test_status.c - statuses as text, and what a message may hold. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/status.h"

static void every_status_has_its_text(void **state)
{
    (void)state;
    for (int i = 0; i <= ROPEWALK_E_INTERRUPTED; i++) {
        const char *text = rw_status_text((ropewalk_status)i);
        assert_string_not_equal(text, "unknown status");
        assert_true(text[0] >= 'a' && text[0] <= 'z');
        for (int j = 0; j < i; j++)
            assert_string_not_equal(text, rw_status_text((ropewalk_status)j));
    }
    assert_string_equal(rw_status_text((ropewalk_status)99), "unknown status");
}

static void fail_fills_and_returns(void **state)
{
    (void)state;
    ropewalk_error err = {0};
    assert_int_equal(rw_fail(&err, ROPEWALK_E_FORMAT, 17, "value %d of %s", 3, "x"),
                     ROPEWALK_E_FORMAT);
    assert_int_equal(err.status, ROPEWALK_E_FORMAT);
    assert_int_equal(err.offset, 17);
    assert_string_equal(err.message, "value 3 of x");
    assert_int_equal(rw_fail(NULL, ROPEWALK_E_IO, 0, "nobody listens"), ROPEWALK_E_IO);
    assert_int_equal(rw_fail_memory(&err, "a table"), ROPEWALK_E_MEMORY);
    assert_string_equal(err.message, "no memory for a table");
    assert_int_equal(err.offset, 0);
    assert_int_equal(rw_fail_memory(NULL, "a table"), ROPEWALK_E_MEMORY);
}

static void context_goes_in_front(void **state)
{
    (void)state;
    ropewalk_error err = {0};
    (void)rw_fail(&err, ROPEWALK_E_FORMAT, 40, "length is 0");
    assert_int_equal(rw_fail_context(&err, ROPEWALK_E_FORMAT, "layer %u", 7u),
                     ROPEWALK_E_FORMAT);
    assert_string_equal(err.message, "layer 7: length is 0");
    assert_int_equal(err.offset, 40); /* the byte stays known */
    (void)rw_fail_context(&err, ROPEWALK_E_FORMAT, "file.gguf");
    assert_string_equal(err.message, "file.gguf: layer 7: length is 0");
    assert_int_equal(rw_fail_context(NULL, ROPEWALK_E_IO, "x"), ROPEWALK_E_IO);
}

static void one_line_whatever_the_bytes(void **state)
{
    (void)state;
    ropewalk_error err = {0};
    (void)rw_fail(&err, ROPEWALK_E_FORMAT, 0, "name \"%s\"", "a\nb\tc\x1b[31m\x7f");
    assert_string_equal(err.message, "name \"a?b?c?[31m?\"");
    (void)rw_fail_context(&err, ROPEWALK_E_FORMAT, "p\nq");
    assert_string_equal(err.message, "p?q: name \"a?b?c?[31m?\"");
    (void)rw_fail(&err, ROPEWALK_E_FORMAT, 0, "%s", "M\xc3\xbcller"); /* UTF-8 is kept */
    assert_string_equal(err.message, "M\xc3\xbcller");
}

static void long_messages_are_cut(void **state)
{
    (void)state;
    struct {
        ropewalk_error err;
        char guard[8];
    } box;
    char many[2000];
    memset(many, 'x', sizeof many - 1);
    many[sizeof many - 1] = '\0';
    memset(&box, 'G', sizeof box);
    (void)rw_fail(&box.err, ROPEWALK_E_FORMAT, 0, "%s", many);
    assert_int_equal(strlen(box.err.message), sizeof box.err.message - 1);
    (void)rw_fail_context(&box.err, ROPEWALK_E_FORMAT, "front");
    assert_int_equal(strlen(box.err.message), sizeof box.err.message - 1);
    assert_memory_equal(box.err.message, "front: xxx", 10);
    (void)rw_fail_context(&box.err, ROPEWALK_E_FORMAT, "%s",
                          many); /* no room for the rest */
    assert_int_equal(strlen(box.err.message), sizeof box.err.message - 1);
    assert_memory_equal(box.guard, "GGGGGGGG", 8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_status_has_its_text),
        cmocka_unit_test(fail_fills_and_returns),
        cmocka_unit_test(context_goes_in_front),
        cmocka_unit_test(one_line_whatever_the_bytes),
        cmocka_unit_test(long_messages_are_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
