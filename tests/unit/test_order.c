/* test_order.c - the certified order: against exact sorting, where doubles are equal, and exact ties. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>

#include "base/alloc.h"
#include "base/random.h"
#include "measure/order.h"

enum { MAX_PAIR = 16, MAX_N = 1024 };

typedef struct fixture {
    double freq[MAX_PAIR], re[MAX_PAIR], im[MAX_PAIR], t[MAX_N];
    rw_rotation rot;
    rw_coefficient z;
    rw_scoretable table;
    rw_series s;
    rw_order order;
} fixture;

static fixture f;

static void open_fixture(uint32_t n_pair)
{
    double scratch[2 * MAX_PAIR], *rows[1];
    ropewalk_error err = {0};
    f.rot = (rw_rotation){.rotary_dim = 2 * n_pair, .attn_factor = 1, .inv_freq = f.freq};
    f.z = (rw_coefficient){.n_pair = n_pair, .constant = 1, .re = f.re, .im = f.im};
    for (uint32_t n = 0; n < n_pair; n++)
        f.z.amplitude_sum += hypot(f.re[n], f.im[n]) * (1 + 1e-15);
    assert_int_equal(
        rw_scoretable_init(&f.table, rw_kernels_pick(NULL), &f.rot, MAX_N, &err),
        ROPEWALK_OK);
    assert_int_equal(rw_series_size(&f.table), MAX_N);
    rw_series_init(&f.s, &f.table, &f.z, f.t);
    rw_series_fill(&f.s, 1, scratch, rows);
    assert_int_equal(rw_order_init(&f.order, MAX_N, &err), ROPEWALK_OK);
}

static void close_fixture(void)
{
    rw_order_clear(&f.order);
    rw_scoretable_clear(&f.table);
}

/* Sort the first n: a permutation, ascending by the exact score except inside undecided runs. */
static void check_sort(int64_t n)
{
    ropewalk_error err = {0};
    assert_int_equal(rw_order_sort(&f.order, &f.s, n, 1, &err), ROPEWALK_OK);
    assert_int_equal(f.order.n, n);
    static unsigned char seen[MAX_N], tied[MAX_N];
    for (int64_t m = 0; m < n; m++)
        seen[m] = tied[m] = 0;
    for (size_t r = 0; r < f.order.n_undecided; r++) {
        assert_true(f.order.undecided[r].last - f.order.undecided[r].first >= 2);
        for (int64_t i = f.order.undecided[r].first; i < f.order.undecided[r].last; i++)
            tied[f.order.undecided_distance[i]]++;
    }
    rw_dd last = {0, 0};
    for (int64_t i = 0; i < n; i++) {
        const uint32_t m = f.order.distance[i];
        assert_true(m < n && !seen[m] && tied[m] <= 1);
        seen[m] = 1;
        assert_true(f.order.score[i] == f.t[m]);
        double error;
        const rw_dd now = rw_series_exact(&f.s, m, &error), gap = rw_dd_sub(now, last);
        last = now;
        if (i == 0) continue;
        if (!(tied[m] && tied[f.order.distance[i - 1]]))
            assert_true(gap.hi > 2 * error);
        else
            assert_true(gap.hi >= -2 * error);
    }
}

static void random_series(void **state)
{
    (void)state;
    static const int64_t sizes[] = {1, 2, 3, 33, 500, 513, MAX_N};
    for (uint64_t seed = 0; seed < 8; seed++) {
        const uint32_t n_pair = 1 + (uint32_t)(seed % MAX_PAIR);
        for (uint32_t n = 0; n < n_pair; n++) {
            f.freq[n] = pow(seed % 2 ? 1e4 : 5e5, -(double)n / n_pair);
            f.re[n] = rw_random_normal(seed, 1, n);
            f.im[n] = rw_random_normal(seed, 2, n);
        }
        open_fixture(n_pair);
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
            check_sort(sizes[i]);
            assert_int_equal(f.order.n_undecided, 0);
        }
        ropewalk_error err = {0};
        assert_int_equal(rw_order_sort(&f.order, &f.s, 0, 1, &err), ROPEWALK_OK);
        assert_int_equal(f.order.n, 0);
        close_fixture();
    }
}

/* cos(1e-10 m): all doubles are 1, the exact order is by distance, downwards. */
static void beyond_doubles(void **state)
{
    (void)state;
    f.freq[0] = 1e-10;
    f.re[0] = 1;
    f.im[0] = 0;
    open_fixture(1);
    check_sort(1000);
    assert_int_equal(f.order.n_undecided, 0);
    assert_int_equal(f.order.n_exact, 1000);
    for (uint32_t i = 0; i < 1000; i++)
        assert_int_equal(f.order.distance[i], 999 - i);
    close_fixture();
    /* two far clusters of scores that agree to 12 digits: cells hold hundreds of doubles */
    f.freq[0] = 3.141592653589793;
    f.freq[1] = 0.01;
    f.freq[2] = 1e-7;
    f.re[1] = f.im[1] = 1e-12;
    f.re[2] = f.im[2] = 1e-13;
    open_fixture(3);
    check_sort(1000);
    assert_int_equal(f.order.n_undecided, 0);
    for (int64_t i = 0; i < 1000; i++)
        assert_int_equal(f.order.distance[i] % 2, i < 500);
    close_fixture();
}

static void exact_ties(void **state)
{
    (void)state;
    /* equal frequencies that cancel: the score is the same everywhere, though no term is 0 */
    f.freq[0] = f.freq[1] = 0.3;
    f.re[0] = 0.7, f.im[0] = -0.2;
    f.re[1] = -0.7, f.im[1] = 0.2;
    open_fixture(2);
    check_sort(200);
    assert_int_equal(f.order.n_undecided, 1);
    assert_int_equal(f.order.n_undecided_distance, 200);
    close_fixture();
    /* with a third term they are apart again */
    f.freq[2] = 0.1;
    f.re[2] = f.im[2] = 1e-9;
    open_fixture(3);
    check_sort(200);
    assert_int_equal(f.order.n_undecided, 0);
    check_sort(2); /* a second sort forgets the first */
    close_fixture();
    /* too slow even for double-double: 2^-98 */
    f.freq[0] = 1e-20;
    f.re[0] = 1, f.im[0] = 0;
    open_fixture(1);
    check_sort(100);
    assert_int_equal(f.order.n_undecided_distance, 100);
    close_fixture();
    /* a term that alternates, and one too slow: two tied halves */
    f.freq[0] = 0x1.921fb54442d18p1;
    f.freq[1] = 1e-40;
    f.re[0] = 1e-3, f.im[0] = 0;
    f.re[1] = 1e10, f.im[1] = 0;
    open_fixture(2);
    check_sort(64);
    assert_int_equal(f.order.n_undecided, 2);
    assert_int_equal(f.order.n_undecided_distance, 64);
    close_fixture();
}

static void constant_series(void **state)
{
    (void)state;
    f.freq[0] = 0.3;
    f.re[0] = f.im[0] = 0;
    open_fixture(1);
    ropewalk_error err = {0};
    assert_int_equal(rw_order_sort(&f.order, &f.s, 100, 1, &err), ROPEWALK_OK);
    assert_int_equal(f.order.n_undecided, 0); /* known to be tied, not undecided */
    assert_int_equal(f.order.n_exact, 0);
    for (uint32_t i = 0; i < 100; i++)
        assert_int_equal(f.order.distance[i], i);
    close_fixture();
    f.freq[0] = 1e-10;
    f.re[0] = 1;
    open_fixture(1);
    assert_int_equal(rw_order_sort(&f.order, &f.s, 100, 0, &err),
                     ROPEWALK_OK); /* no certificate */
    assert_int_equal(f.order.n_exact, 0);
    for (int64_t i = 1; i < 100; i++)
        assert_true(f.order.score[i] >= f.order.score[i - 1]);
    close_fixture();
}

static void no_memory(void **state)
{
    (void)state;
    const int64_t live = rw_alloc_live();
    ropewalk_error err = {0};
    for (int at = 0; at < 3; at++) {
        rw_alloc_fail_at(at, 0);
        assert_int_equal(rw_order_init(&f.order, 10, &err), ROPEWALK_E_MEMORY);
        rw_alloc_fail_at(-1, 0);
        assert_int_equal(rw_alloc_live(), live);
    }
    f.freq[0] = 1e-20;
    f.re[0] = 1;
    open_fixture(1);
    int failed = 0;
    for (int at = 0;; at++) {
        rw_alloc_fail_at(at, 0);
        const ropewalk_status status = rw_order_sort(&f.order, &f.s, 100, 1, &err);
        rw_alloc_fail_at(-1, 0);
        if (!status) break;
        assert_int_equal(status, ROPEWALK_E_MEMORY);
        failed++;
    }
    assert_true(failed >= 2);
    assert_int_equal(f.order.n_undecided_distance, 100);
    close_fixture();
    assert_int_equal(rw_alloc_live(), live);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_series), cmocka_unit_test(beyond_doubles),
        cmocka_unit_test(exact_ties),    cmocka_unit_test(constant_series),
        cmocka_unit_test(no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
