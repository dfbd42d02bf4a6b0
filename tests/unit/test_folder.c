/* test_folder.c - names of a folder's files. */
#define _POSIX_C_SOURCE 200809L
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "folder_build.h"
#include "format/folder.h"
#include "format/limits.h"

static const char *const folder = "test_folder.tmp";

static void names(void **state)
{
    (void)state;
    start_folder(folder);
    put_text(folder, "b.st", "x");
    put_text(folder, "a.st", "x");
    put_text(folder, ".c.st", "x");
    put_text(folder, ".st", "x");
    put_text(folder, "d.txt", "x");
    rw_folder list;
    ropewalk_error err = {0};
    assert_true(rw_is_folder(folder));
    assert_int_equal(rw_folder_list(folder, ".st", &list, &err), ROPEWALK_OK);
    assert_int_equal(list.n, 2);
    assert_string_equal(list.names[0], "a.st");
    assert_string_equal(list.names[1], "b.st");
    rw_folder_clear(&list);
    for (int at = 0; at < 4; at++) {
        rw_alloc_fail_at(at, 0);
        const ropewalk_status status = rw_folder_list(folder, ".st", &list, &err);
        rw_alloc_fail_at(-1, 0);
        assert_int_equal(status, ROPEWALK_E_MEMORY);
        assert_null(list.names);
    }
    end_folder(folder);
    assert_int_equal(rw_alloc_live(), 0);
}

static void no_folder(void **state)
{
    (void)state;
    rw_folder list;
    ropewalk_error err = {0};
    assert_false(rw_is_folder("test_folder_missing.tmp"));
    assert_int_equal(rw_folder_list("test_folder_missing.tmp", ".st", &list, &err),
                     ROPEWALK_E_IO);
    assert_non_null(strstr(err.message, "test_folder_missing.tmp"));
    assert_int_equal(rw_alloc_live(), 0);
}

static void too_many(void **state)
{
    (void)state;
    start_folder(folder);
    for (unsigned i = 0; i <= RW_MAX_SHARD; i++) {
        char name[32];
        (void)snprintf(name, sizeof name, "%u.st", i);
        put_text(folder, name, "");
    }
    rw_folder list;
    ropewalk_error err = {0};
    assert_int_equal(rw_folder_list(folder, ".st", &list, &err), ROPEWALK_E_FORMAT);
    assert_non_null(strstr(err.message, "more than 4096"));
    end_folder(folder);
    assert_int_equal(rw_alloc_live(), 0);
}

static void paths(void **state)
{
    (void)state;
    char *a = rw_folder_path("x", "y"), *b = rw_folder_path("x/", "y");
    assert_string_equal(a, "x/y");
    assert_string_equal(b, "x/y");
    rw_free(a);
    rw_free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names),
        cmocka_unit_test(no_folder),
        cmocka_unit_test(too_many),
        cmocka_unit_test(paths),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
