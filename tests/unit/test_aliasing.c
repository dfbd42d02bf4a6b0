/* test_aliasing.c - tallies by the naive count, whatever pieces the keys come in: every type, contexts inside pieces, keys
 * beyond the largest, all of them too, few and many numbers, and the tally left as it was. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/random.h"
#include "measure/event.h"

enum { N = 20000 };

static const int64_t contexts[] = {1, 2, 3, 700, 1000, 1001, 15360, 20000};
enum { N_CONTEXT = sizeof contexts / sizeof *contexts };

static int32_t keys[N];
static rw_single whole[N_CONTEXT], pieces[N_CONTEXT];

/* Keys around `middle`, `spread` either way, not past overflow. */
static void fill(rw_dtype dtype, uint64_t seed, int32_t middle, int32_t spread)
{
    const int32_t end = rw_dtype_get(dtype)->max_key + 1;
    for (uint64_t m = 0; m < N; m++) {
        const int32_t k =
            middle - spread +
            (int32_t)rw_random_below(seed, 0, m, 2 * (uint64_t)(uint32_t)spread + 1);
        keys[m] = k > end ? end : k < -end ? -end : k;
    }
}

static int ascending(const void *a, const void *b)
{
    const int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
    return x < y ? -1 : x > y;
}

static rw_alias_count naive(rw_dtype dtype, int64_t M)
{
    static int32_t sorted[N];
    rw_alias_count c = {.total = M * (M - 1) / 2};
    const int32_t max = rw_dtype_get(dtype)->max_key;
    for (int64_t m = 0; m < M; m++) {
        sorted[m] = rw_key_stored(dtype, keys[m]);
        c.overflow += keys[m] > max || keys[m] < -max;
    }
    qsort(sorted, (size_t)M, sizeof *sorted, ascending);
    for (int64_t from = 0, to; from < M; from = to) {
        for (to = from; to < M && sorted[to] == sorted[from];)
            to++;
        c.pairs += (to - from) * (to - from - 1) / 2;
        c.distances += to - from > 1 ? to - from : 0;
    }
    return c;
}

static void check(rw_dtype dtype, rw_tally *tally, uint64_t seed)
{
    const rw_measure_plan plan = {
        .context = contexts, .n_context = N_CONTEXT, .n_distance = N};
    const rw_kernels *kernels = rw_kernels_pick(NULL);
    memset(whole, 0, sizeof whole);
    memset(pieces, 0, sizeof pieces);
    rw_count_position_aliasing(kernels, keys, dtype, &plan, tally, whole);
    rw_aliasing a;
    rw_aliasing_begin(&a, kernels, dtype, &plan, tally, pieces);
    for (int64_t m = 0, n, i = 0; m < N; m += n, i++) {
        n = 1 + (int64_t)rw_random_below(seed, 1, (uint64_t)i, i % 5 ? 3000 : 3);
        n = n < N - m ? n : N - m;
        rw_aliasing_add(&a, keys + m, n);
    }
    rw_aliasing_end(&a);
    for (int i = 0; i < N_CONTEXT; i++) {
        const rw_alias_count want = naive(dtype, contexts[i]);
        assert_memory_equal(&whole[i].aliasing[dtype], &want, sizeof want);
        assert_memory_equal(&pieces[i].aliasing[dtype], &want, sizeof want);
    }
    for (size_t i = 0; !tally->key && i < RW_TALLY_TABLES * tally->n_slot; i++)
        assert_int_equal(tally->count[i], 0);
}

static void in_tables(void **state)
{
    (void)state;
    rw_tally tally;
    const uint64_t n_key = 2 * ((uint64_t)rw_dtype_get(RW_BF16)->max_key + 1) + 1;
    assert_int_equal(rw_tally_init_direct(&tally, n_key, NULL), ROPEWALK_OK);
    for (int d = 0; d < RW_N_DTYPE; d++) {
        if (d == RW_F32) continue;
        const int32_t max = rw_dtype_get((rw_dtype)d)->max_key;
        enum { N_FILL = 9 };
        const int32_t middle[N_FILL] = {0,    0, max / 2, -max / 2, max,
                                        -max, 0, max + 1, -max - 1},
                      spread[N_FILL] = {max / 9, 3,       max / 90, max / 3, max / 9,
                                        2,       max + 1, 0,        0};
        for (int i = 0; i < N_FILL; i++) {
            fill((rw_dtype)d, 10 * (uint64_t)d + (uint64_t)i, middle[i], spread[i]);
            check((rw_dtype)d, &tally, (uint64_t)i);
        }
    }
    rw_tally_clear(&tally);
}

static void hashed(void **state)
{
    (void)state;
    rw_tally tally;
    assert_int_equal(rw_tally_init_hashed(&tally, N, NULL), ROPEWALK_OK);
    const int32_t max = rw_dtype_get(RW_F32)->max_key;
    for (uint64_t i = 0; i < 4; i++) {
        fill(RW_F32, i, i % 2 ? max : 12345678, i < 2 ? 2000 : 1000000);
        check(RW_F32, &tally, i);
    }
    rw_tally_clear(&tally);
}

/* Given up half-way, the next count starts from nothing. */
static void given_up(void **state)
{
    (void)state;
    rw_tally tally;
    const rw_measure_plan plan = {
        .context = contexts, .n_context = N_CONTEXT, .n_distance = N};
    assert_int_equal(rw_tally_init_direct(&tally, 70000, NULL), ROPEWALK_OK);
    fill(RW_BF16, 1, 16000, 900);
    rw_aliasing a;
    rw_aliasing_begin(&a, rw_kernels_pick(NULL), RW_BF16, &plan, &tally, whole);
    rw_aliasing_add(&a, keys, 1234);
    rw_aliasing_end(&a);
    check(RW_BF16, &tally, 1);
    rw_aliasing_begin(&a, rw_kernels_pick(NULL), RW_BF16, &plan, &tally, whole);
    rw_aliasing_end(&a);
    check(RW_BF16, &tally, 2);
    rw_tally_clear(&tally);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(in_tables),
        cmocka_unit_test(hashed),
        cmocka_unit_test(given_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
