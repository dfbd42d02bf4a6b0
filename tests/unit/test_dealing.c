/* test_dealing.c - every place in its list, in the order in which they were dealt, in as many chunks as were promised. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/alloc.h"
#include "base/random.h"
#include "measure/dealing.h"

enum { MANY = 100000 };

static uint32_t list[MANY];
static int32_t place[MANY];

/* n places to n_list lists: at random, or all but a few to one. */
static void draw(size_t n, size_t n_list, bool crowded)
{
    for (size_t i = 0; i < n; i++) {
        const uint64_t to = rw_random_below(7, n_list, i, n_list);
        list[i] = (uint32_t)(crowded && i % 97 ? n_list / 2 : to);
        place[i] = (int32_t)i;
    }
}

/* As chains, and by an index of them. */
static void check_lists_as(const rw_dealing *d, size_t n, size_t n_list, bool by_index)
{
    static uint32_t chunk[MANY / RW_CHUNK + RW_MOST_LISTS], begin[RW_MOST_LISTS];
    size_t sum = 0;
    if (by_index) rw_dealing_index(d, n_list, chunk, begin);
    for (size_t l = 0; l < n_list; l++) {
        rw_list_reader r = rw_list_read(d, l, by_index ? chunk + begin[l] : NULL);
        uint32_t found = 0;
        int32_t last = -1;
        while (r.left) {
            size_t some;
            const int32_t *at = rw_list_next(&r, &some);
            for (size_t i = 0; i < some; i++) {
                assert_true(at[i] > last && (size_t)at[i] < n);
                last = at[i];
                assert_int_equal(list[last], l);
            }
            found += (uint32_t)some;
        }
        assert_int_equal(found, d->n[l]);
        assert_int_equal(rw_dealing_lists(d, l).n[0], found);
        sum += found;
    }
    assert_int_equal(sum, n);
}

static void check_lists(const rw_dealing *d, size_t n, size_t n_list)
{
    check_lists_as(d, n, n_list, false);
    check_lists_as(d, n, n_list, true);
}

static void dealt(void **state)
{
    (void)state;
    static const size_t sizes[] = {0, 1, 63, 64, 65, 128, 4096, MANY},
                        lists[] = {1, 2, 3, 1000, RW_MOST_LISTS};
    rw_dealing d = {.place = NULL};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        for (size_t j = 0; j < sizeof lists / sizeof *lists; j++)
            for (int crowded = 0; crowded < 2; crowded++) {
                const size_t n = sizes[i], n_list = lists[j], half = n / 2;
                uint32_t counts[RW_MOST_LISTS], before[RW_MOST_LISTS] = {0};
                draw(n, n_list, crowded);
                assert_true(rw_dealing_begin(&d, (int64_t)n, n_list));
                rw_dealing_add(&d, list, place, half);
                for (size_t k = 0; k < half; k++)
                    before[list[k]]++;
                rw_dealing_lengths(&d, n_list, counts);
                assert_memory_equal(counts, before, n_list * sizeof *counts);
                rw_dealing_add(&d, list + half, place + half, n - half);
                rw_dealing_end(&d, n_list);
                assert_true(d.n_chunk <= n / RW_CHUNK + n_list);
                check_lists(&d, n, n_list);
            }
    rw_dealing_clear(&d);
    assert_int_equal(rw_alloc_live(), 0);
}

static void lists_for_places(void **state)
{
    (void)state;
    assert_int_equal(rw_dealing_bits(0), 0);
    assert_int_equal(rw_dealing_bits(1), 0);
    for (int64_t n = 33, last = 0; n < (int64_t)1 << 31; n += n / 3) {
        const int bits = rw_dealing_bits(n);
        assert_true(bits >= last && bits >= 1 && bits <= RW_LIST_BITS);
        assert_true(bits == RW_LIST_BITS || n >> bits <= 32);
        last = bits;
    }
}

static void memory_runs_out(void **state)
{
    (void)state;
    int failures = 0;
    for (int64_t at = 0;; at++) {
        rw_dealing d = {.place = NULL};
        rw_alloc_fail_at(at, 0);
        const bool ok = rw_dealing_begin(&d, MANY, 100);
        rw_alloc_fail_at(-1, 0);
        rw_dealing_clear(&d);
        if (ok) break;
        failures++;
    }
    assert_int_equal(failures, 3);
    assert_true(rw_dealing_bytes(MANY, 100) >= 4 * (uint64_t)MANY);
    assert_int_equal(rw_alloc_live(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dealt),
        cmocka_unit_test(lists_for_places),
        cmocka_unit_test(memory_runs_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
