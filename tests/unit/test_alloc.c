/* test_alloc.c - checked sizes, counted blocks, failures on request. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/alloc.h"

static void sizes(void **state)
{
    (void)state;
    const int64_t before = rw_alloc_live();
    void *p[] = {rw_malloc(0), rw_calloc(0, 8), rw_array(0, 8), rw_realloc(NULL, 0, 8),
                 rw_malloc(1), rw_calloc(3, 5), rw_array(3, 5), rw_realloc(NULL, 3, 5)};
    const size_t n = sizeof p / sizeof *p;
    for (size_t i = 0; i < n; i++) {
        assert_non_null(p[i]);
        for (size_t j = 0; j < i; j++)
            assert_ptr_not_equal(p[i], p[j]);
    }
    assert_int_equal(rw_alloc_live(), before + (int64_t)n);
    for (size_t i = 0; i < n; i++)
        rw_free(p[i]);
    rw_free(NULL);
    assert_int_equal(rw_alloc_live(), before);
}

static void products_that_wrap_are_refused(void **state)
{
    (void)state;
    static const size_t bad[][2] = {{SIZE_MAX, 2},
                                    {SIZE_MAX / 2, 3},
                                    {SIZE_MAX / 8 + 1, 8},
                                    {(size_t)1 << 32, (size_t)1 << 32},
                                    {(size_t)PTRDIFF_MAX / 8 + 1, 8},
                                    {1, SIZE_MAX},
                                    {SIZE_MAX, 1},
                                    {(size_t)PTRDIFF_MAX / 3 + 1, 3}};
    const int64_t before = rw_alloc_live();
    char *old = rw_strdup("kept");
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_null(rw_calloc(bad[i][0], bad[i][1]));
        assert_null(rw_array(bad[i][0], bad[i][1]));
        assert_null(rw_realloc(old, bad[i][0], bad[i][1]));
        assert_null(rw_malloc(bad[i][0] * bad[i][1] | (size_t)1 << 63));
        assert_string_equal(old, "kept"); /* a failed realloc leaves the block */
    }
    assert_null(rw_array((size_t)PTRDIFF_MAX - 63, 1)); /* no room to round up to 64 */
    rw_free(old);
    assert_int_equal(rw_alloc_live(), before);
}

static void contents(void **state)
{
    (void)state;
    unsigned char *zero = rw_calloc(257, 3);
    for (size_t i = 0; i < 257 * 3; i++)
        assert_int_equal(zero[i], 0);
    for (size_t i = 0; i < 257 * 3; i++)
        zero[i] = (unsigned char)(i * 7);
    unsigned char *more = rw_realloc(zero, 100000, 1);
    assert_non_null(more);
    for (size_t i = 0; i < 257 * 3; i++)
        assert_int_equal(more[i], (unsigned char)(i * 7));
    rw_free(more);
    for (size_t n = 0; n < 200; n++) { /* all of the block is ours: a sanitizer watches */
        unsigned char *a = rw_array(n, 1);
        assert_int_equal((uintptr_t)a % 64, 0);
        memset(a, 0xff, n);
        rw_free(a);
    }
    char *s = rw_strndup("abcdef", 3), *whole = rw_strdup(""), *cut = rw_strndup("", 0);
    assert_string_equal(s, "abc");
    assert_string_equal(whole, "");
    assert_string_equal(cut, "");
    rw_free(s);
    rw_free(whole);
    rw_free(cut);
}

static void failures_on_request(void **state)
{
    (void)state;
    const int64_t before = rw_alloc_live();
    for (int sticky = 0; sticky < 2; sticky++)
        for (int64_t at = 0; at < 8; at++) {
            rw_alloc_fail_at(at, sticky);
            for (int64_t i = 0; i < 8; i++) {
                char *p = i % 4 == 0   ? rw_malloc(4)
                          : i % 4 == 1 ? rw_calloc(4, 1)
                          : i % 4 == 2 ? rw_array(4, 1)
                                       : rw_strdup("four");
                if (sticky ? i >= at : i == at)
                    assert_null(p);
                else
                    assert_non_null(p);
                rw_free(p);
            }
            assert_int_equal(rw_alloc_count(), 8);
        }
    rw_alloc_fail_at(1, 0);
    char *p = rw_malloc(4);
    memcpy(p, "abc", 4);
    assert_null(rw_realloc(p, 8, 1));
    assert_string_equal(p, "abc");
    rw_alloc_fail_at(-1, 0);
    assert_int_equal(rw_alloc_count(), 0);
    rw_free(p);
    assert_int_equal(rw_alloc_live(), before);
    assert_true(rw_memory_total() > (uint64_t)16 << 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes),
        cmocka_unit_test(products_that_wrap_are_refused),
        cmocka_unit_test(contents),
        cmocka_unit_test(failures_on_request),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
