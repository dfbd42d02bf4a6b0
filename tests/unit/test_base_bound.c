/* test_base_bound.c - first bases, windows and base_safe against sums taken one by one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>

#include "base/alloc.h"
#include "base/random.h"
#include "theory/base_bound.h"

/* The least B_m, 0 < m <= length, in long double. */
static long double least(uint32_t h, long double base, int64_t length)
{
    long double freq[128], lowest = h;
    for (uint32_t n = 0; n < h; n++)
        freq[n] = powl(base, -(long double)n / h);
    for (int64_t m = 1; m <= length; m++) {
        long double sum = 0;
        for (uint32_t n = 0; n < h; n++)
            sum += cosl((long double)m * freq[n]);
        if (sum < lowest) lowest = sum;
    }
    return lowest;
}

static int stop_at_once(void *ctx, int64_t done, int64_t total)
{
    (void)done;
    (void)total;
    ++*(int *)ctx;
    return 1;
}

static rw_base_search search(uint32_t h, int64_t length)
{
    return (rw_base_search){
        .n_pair = h, .length = length, .base_end = RW_BASE_END, .n_thread = 2};
}

/* Certified values for head_dim 128: base(L), its window's end, base_safe. */
static const struct {
    int64_t length;
    double base, window_end, safe;
} table[] = {
    {1024, 4293.437569, 4330.323314, 6018.280857},
    {2048, 11587.244303, 0, 22764.303791},
    {4096, 26952.339228, 0, 58789.504143},
    {8192, 83763.841015, 84469.690542, 394327.904377},
    {16384, 231643.646807, 0, 1321077.957270},
    {32768, 629978.262855, 630983.577793, 3325751.031430},
};

static void head_dim_128(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        const rw_base_search s = search(64, table[i].length);
        rw_base_first f;
        rw_base_safe safe;
        assert_int_equal(rw_base_first_find(&s, &f, NULL), ROPEWALK_OK);
        assert_int_equal(f.state, RW_ESTIMATE_KNOWN);
        assert_int_equal(f.gaps, 0);
        assert_true(f.low < f.high && f.high - f.low < 1e-10 * f.low);
        assert_true(fabs(f.low - table[i].base) < 1e-9 * f.low);
        assert_true(f.high <= f.window_begin && f.window_begin < f.window_end &&
                    f.window_end < f.window_fail);
        assert_true(f.window_begin - f.high < 1e-8 * f.high);
        if (table[i].window_end > 0)
            assert_true(fabs(f.window_end / table[i].window_end - 1) < 1e-9);
        assert_int_equal(rw_base_safe_find(&s, &safe, NULL), ROPEWALK_OK);
        assert_true(fabs(safe.low / table[i].safe - 1) < 1e-8);
        assert_true(safe.low < safe.high && safe.high - safe.low < 1e-8 * safe.low);
        if (table[i].length > 2048) continue;
        /* one by one: bases below fail, the window passes, and so on */
        for (uint64_t k = 0; k < 20; k++) {
            const double r = exp(-fabs(rw_random_normal(1, i, k)) * (k < 10 ? 1e-4 : 1));
            assert_true(least(64, (long double)(1 + (f.low - 1) * r), s.length) < 0);
        }
        assert_true(least(64, (long double)f.low * (1 - 1e-9L), s.length) < 0);
        assert_true(least(64, (long double)f.window_begin, s.length) > 0);
        assert_true(least(64, (long double)(0.5 * (f.window_begin + f.window_end)),
                          s.length) > 0);
        assert_true(least(64, (long double)f.window_end, s.length) > 0);
        assert_true(least(64, (long double)f.window_fail, s.length) < 0);
        assert_true(least(64, (long double)safe.low, s.length) < 0);
        assert_true(least(64, (long double)safe.high, s.length) > 0);
        assert_true(least(64, (long double)safe.high * 1.5L, s.length) > 0);
    }
}

/* Few pairs and short lengths: every base on a fine grid. */
static void small(void **state)
{
    (void)state;
    int n_none = 0;
    for (uint32_t h = 2; h <= 6; h += 2)
        for (int64_t length = 2; length <= 50; length = length * 5 / 3) {
            rw_base_search s = search(h, length);
            s.base_end = 2000;
            rw_base_first f;
            rw_base_safe safe;
            assert_int_equal(rw_base_first_find(&s, &f, NULL), ROPEWALK_OK);
            assert_int_equal(rw_base_safe_find(&s, &safe, NULL), ROPEWALK_OK);
            assert_int_equal(f.gaps, 0);
            const double end = f.state == RW_ESTIMATE_KNOWN ? f.low : s.base_end;
            for (double base = 1.0001; base < end * (1 - 1e-9); base *= 1.003)
                assert_true(least(h, (long double)base, length) < 0);
            assert_int_equal(safe.state == RW_ESTIMATE_KNOWN,
                             least(h, (long double)s.base_end, length) > 0);
            if (f.state != RW_ESTIMATE_KNOWN) {
                assert_true(isnan(f.high) && isnan(f.window_end));
                n_none++;
                continue;
            }
            for (double base = f.window_begin; base <= f.window_end; base *= 1.003)
                assert_true(least(h, (long double)base, length) > 0);
            if (safe.state == RW_ESTIMATE_KNOWN)
                for (double base = safe.high; base <= s.base_end; base *= 1.003)
                    assert_true(least(h, (long double)base, length) > 0);
        }
    assert_true(n_none > 0);
}

/* Bases at or just above 1; a single pair; lengths 0, 1, 2. */
static void extremes(void **state)
{
    (void)state;
    rw_base_first f;
    rw_base_safe safe;
    for (int64_t length = 0; length < 2; length++) { /* cos 0 and cos w > 0 for w <= 1 */
        const rw_base_search s = search(64, length);
        assert_int_equal(rw_base_first_find(&s, &f, NULL), ROPEWALK_OK);
        assert_true(f.low == 1 && f.high < 1 + 1e-10 && f.window_end > 9.9e7);
        assert_true(isnan(f.window_fail));
        assert_int_equal(rw_base_safe_find(&s, &safe, NULL), ROPEWALK_OK);
        assert_true(isnan(safe.low) && safe.high == 1);
    }
    const rw_base_search one = search(1, 2); /* w = 1 whatever the base: cos 2 < 0 */
    assert_int_equal(rw_base_first_find(&one, &f, NULL), ROPEWALK_OK);
    assert_int_equal(f.state, RW_ESTIMATE_UNDEFINED);
    assert_true(f.low > 9.9e7);
    assert_int_equal(rw_base_safe_find(&one, &safe, NULL), ROPEWALK_OK);
    assert_int_equal(safe.state, RW_ESTIMATE_UNDEFINED);
}

static void context_bounds(void **state)
{
    (void)state;
    double freq[64];
    for (int n = 0; n < 64; n++)
        freq[n] = pow(1e4, -n / 64.0);
    rw_estimate e;
    assert_int_equal(rw_context_bound(freq, 64, 100000, NULL, NULL, &e, NULL),
                     ROPEWALK_OK);
    assert_int_equal(e.state, RW_ESTIMATE_KNOWN);
    assert_int_equal(e.kind, RW_ESTIMATE_EXACT);
    int64_t m = 1;
    for (;; m++) { /* the definition */
        long double sum = 0;
        for (int n = 0; n < 64; n++)
            sum += cosl((long double)m * (long double)freq[n]);
        if (sum < 0) break;
    }
    assert_true((double)m == e.value);
    assert_int_equal(rw_context_bound(freq, 64, m - 1, NULL, NULL, &e, NULL),
                     ROPEWALK_OK);
    assert_int_equal(e.state, RW_ESTIMATE_UNDEFINED);
    assert_int_equal(rw_context_bound(freq, 64, m, NULL, NULL, &e, NULL), ROPEWALK_OK);
    assert_true((double)m == e.value);
    const double pi_half[2] = {1, -1}; /* 2 cos m: first below 0 at m = 2 */
    assert_int_equal(rw_context_bound(pi_half, 2, 100, NULL, NULL, &e, NULL),
                     ROPEWALK_OK);
    assert_true(e.value == 2);
    ropewalk_error err = {0};
    assert_int_equal(rw_context_bound(freq, 0, 100, NULL, NULL, &e, &err),
                     ROPEWALK_E_ARGUMENT);
    assert_int_equal(rw_context_bound(freq, 64, -1, NULL, NULL, &e, &err),
                     ROPEWALK_E_ARGUMENT);
    int asked = 0;
    const double slow[1] = {1e-9};
    assert_int_equal(rw_context_bound(slow, 1, 4000000, stop_at_once, &asked, &e, &err),
                     ROPEWALK_E_INTERRUPTED);
    assert_int_equal(asked, 1);
}

static void bad_input(void **state)
{
    (void)state;
    static const struct {
        uint32_t h;
        int64_t length;
        double end;
    } bad[] = {
        {0, 10, 1e8}, {2049, 10, 1e8}, {8, -1, 1e8},         {8, INT64_C(1) << 31, 1e8},
        {8, 10, 1},   {8, 10, -3},     {8, 10, (double)NAN}, {8, 10, 1e201}};
    rw_base_first f;
    rw_base_safe safe;
    ropewalk_error err = {0};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        const rw_base_search s = {
            .n_pair = bad[i].h, .length = bad[i].length, .base_end = bad[i].end};
        assert_int_equal(rw_base_first_find(&s, &f, &err), ROPEWALK_E_ARGUMENT);
        assert_true(isnan(f.low) && isnan(f.high));
        assert_int_equal(rw_base_safe_find(&s, &safe, &err), ROPEWALK_E_ARGUMENT);
    }
    int asked = 0;
    rw_base_search s = search(64, 65536);
    s.progress = stop_at_once;
    s.progress_ctx = &asked;
    assert_int_equal(rw_base_first_find(&s, &f, &err), ROPEWALK_E_INTERRUPTED);
    assert_true(isnan(f.low) && asked > 0);
    s.length = 32768;
    assert_int_equal(rw_base_safe_find(&s, &safe, &err), ROPEWALK_E_INTERRUPTED);
    s = search(2, 2);
    s.n_thread = 1;
    s.base_end = 3;
    const int64_t live = rw_alloc_live();
    for (int at = 0; at < 7; at++) {
        rw_alloc_fail_at(at, 0);
        assert_int_equal(rw_base_first_find(&s, &f, &err), ROPEWALK_E_MEMORY);
        rw_alloc_fail_at(at, 0);
        assert_int_equal(rw_base_safe_find(&s, &safe, &err), ROPEWALK_E_MEMORY);
        rw_alloc_fail_at(-1, 0);
        assert_int_equal(rw_alloc_live(), live);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(head_dim_128), cmocka_unit_test(small),
        cmocka_unit_test(extremes),     cmocka_unit_test(context_bounds),
        cmocka_unit_test(bad_input),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
