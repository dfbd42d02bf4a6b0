/* test_tally.c - counters by key, hashed and direct, against a plain list. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "base/alloc.h"
#include "base/random.h"
#include "measure/tally.h"
#include <cmocka.h>

enum { N = 1500 };

typedef struct listed {
    uint64_t key;
    uint32_t count;
} listed;

static uint32_t *plain_at(listed *list, size_t *n, uint64_t key)
{
    for (size_t i = 0; i < *n; i++)
        if (list[i].key == key) return &list[i].count;
    list[*n] = (listed){key, 0};
    return &list[(*n)++].count;
}

static uint64_t key_of(int kind, uint64_t i)
{
    switch (kind) {
    case 0: return i; /* all different */
    case 1: return rw_random_below(1, 1, i, 50);
    case 2: return i << 32 | (i * 7 & 0xff); /* pairs of keys */
    case 3: return (i % 40) << 40;           /* same low bits */
    case 4: return UINT64_MAX - 1 - i % 300;
    default: return rw_random_u64(1, 2, i / 2);
    }
}

static void hashed(void **state)
{
    (void)state;
    for (int kind = 0; kind < 6; kind++) {
        rw_tally t;
        static listed list[N];
        ropewalk_error err = {0};
        assert_int_equal(rw_tally_init_hashed(&t, N, &err), ROPEWALK_OK);
        assert_true(t.n_slot >= 2 * N && (t.n_slot & (t.n_slot - 1)) == 0);
        for (int again = 0; again < 2; again++) {
            size_t n = 0;
            for (uint64_t i = 0; i < N; i++) {
                uint32_t *a = rw_tally_at(&t, key_of(kind, i));
                uint32_t *b = plain_at(list, &n, key_of(kind, i));
                assert_int_equal(*a, *b);
                ++*a;
                ++*b;
            }
            for (size_t i = 0; i < n; i++)
                assert_int_equal(*rw_tally_at(&t, list[i].key), list[i].count);
            rw_tally_reset(&t);
            assert_int_equal(*rw_tally_at(&t, list[0].key), 0);
            rw_tally_reset(&t);
        }
        rw_tally_clear(&t);
        assert_null(t.count);
    }
}

static void direct(void **state)
{
    (void)state;
    rw_tally t;
    assert_int_equal(rw_tally_init_direct(&t, 100, NULL), ROPEWALK_OK);
    for (uint64_t i = 0; i < 1000; i++)
        ++*rw_tally_at(&t, i % 100);
    for (uint64_t i = 0; i < 100; i++)
        assert_int_equal(*rw_tally_at(&t, i), 10);
    rw_tally_reset(&t);
    for (uint64_t i = 0; i < 100; i++)
        assert_int_equal(*rw_tally_at(&t, i), 0);
    rw_tally_clear(&t);
    rw_tally_clear(&t); /* twice is once */
}

static void no_memory(void **state)
{
    (void)state;
    const int64_t live = rw_alloc_live();
    rw_tally t;
    ropewalk_error err = {0};
    for (int at = 0; at < 3; at++) {
        rw_alloc_fail_at(at % 2, 0);
        assert_int_equal(
            at < 2 ? rw_tally_init_hashed(&t, 10, &err)
                   : (rw_alloc_fail_at(0, 0), rw_tally_init_direct(&t, 10, &err)),
            ROPEWALK_E_MEMORY);
        rw_alloc_fail_at(-1, 0);
        rw_tally_clear(&t); /* safe after a failed init */
        assert_int_equal(rw_alloc_live(), live);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hashed),
        cmocka_unit_test(direct),
        cmocka_unit_test(no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
