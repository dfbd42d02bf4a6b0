/* test_segment.c - counts between segments: equal to the certified order's and to a plain double
 * loop, with ties on purpose, on every instruction set. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/random.h"
#include "measure/event.h"

enum { MAX_PAIR = 16, MAX_N = 8192 };

typedef struct fixture {
    double freq[MAX_PAIR], re[MAX_PAIR], im[MAX_PAIR], t[MAX_N];
    rw_rotation rot;
    rw_coefficient z;
    rw_scoretable table;
    rw_series s;
    rw_segment_sort sort;
    rw_order order;
} fixture;

static fixture f;

static void open_fixture(uint32_t n_pair, const rw_kernels *kernels, size_t n_band)
{
    double scratch[2 * MAX_PAIR], *rows[1];
    ropewalk_error err = {0};
    f.rot = (rw_rotation){.rotary_dim = 2 * n_pair, .attn_factor = 1, .inv_freq = f.freq};
    f.z = (rw_coefficient){.n_pair = n_pair, .constant = 1, .re = f.re, .im = f.im};
    for (uint32_t n = 0; n < n_pair; n++)
        f.z.amplitude_sum += hypot(f.re[n], f.im[n]) * (1 + 1e-15);
    assert_int_equal(rw_scoretable_init(&f.table, kernels, &f.rot, MAX_N, &err), 0);
    rw_series_init(&f.s, &f.table, &f.z, f.t);
    rw_series_fill(&f.s, 1, scratch, rows);
    assert_int_equal(rw_segment_sort_init(&f.sort, MAX_N, n_band, &err), 0);
    assert_int_equal(rw_order_init(&f.order, MAX_N, &err), 0);
}

static void close_fixture(void)
{
    rw_segment_sort_clear(&f.sort);
    rw_order_clear(&f.order);
    rw_scoretable_clear(&f.table);
    assert_int_equal(rw_alloc_live(), 0);
}

/* The pairs of segment g below segment h along the certified order; undecided ones apart. */
static void by_order(const rw_segments *seg, rw_segment_counts *out)
{
    static unsigned char of[MAX_N];
    ropewalk_error err = {0};
    uint64_t seen[RW_MAX_SEGMENT] = {0};
    memset(out, 0, sizeof *out);
    for (size_t i = 0; i < seg->n; i++)
        for (int64_t m = seg->edge[i]; m < seg->edge[i + 1]; m++)
            of[m] = (unsigned char)i;
    assert_int_equal(rw_order_sort(&f.order, &f.s, seg->edge[seg->n], 1, &err), 0);
    for (int64_t i = 0; i < f.order.n; i++) {
        const unsigned h = of[f.order.distance[i]];
        for (size_t g = 0; g < seg->n; g++)
            out->above[h][g] += seen[g];
        seen[h]++;
    }
    for (size_t r = 0; r < f.order.n_undecided; r++)
        for (int64_t i = f.order.undecided[r].first; i < f.order.undecided[r].last; i++)
            for (int64_t j = f.order.undecided[r].first; j < i; j++) {
                const unsigned a = of[f.order.undecided_distance[i]],
                               b = of[f.order.undecided_distance[j]];
                out->undecided[a > b ? a : b][a > b ? b : a]++;
            }
}

/* `expect` 0: no matter; 1: some pairs must be undecided. */
static void check(const rw_segments *seg, int expect)
{
    static rw_segment_counts got, want;
    ropewalk_error err = {0};
    bool done;
    assert_int_equal(rw_segment_count(&f.sort, &f.s, seg, &got, &done, &err), 0);
    assert_true(done);
    by_order(seg, &want);
    uint64_t undecided = 0;
    for (size_t h = 0; h < seg->n; h++)
        for (size_t g = 0; g < h; g++) {
            if (got.above[h][g] != want.above[h][g])
                fail_msg("%s: segment %zu over %zu: %llu, the order has %llu",
                         f.table.kernels->name, h, g, (unsigned long long)got.above[h][g],
                         (unsigned long long)want.above[h][g]);
            assert_int_equal(got.undecided[h][g], want.undecided[h][g]);
            assert_int_equal(got.above[h][g] + got.above[g][h],
                             (seg->edge[h + 1] - seg->edge[h]) *
                                 (seg->edge[g + 1] - seg->edge[g]));
            undecided += got.undecided[h][g];
        }
    if (expect) assert_true(undecided > 0);
}

static void draw(uint32_t n_pair, uint64_t seed, double slowest)
{
    for (uint32_t n = 0; n < n_pair; n++) {
        f.freq[n] = pow(slowest, (double)n / n_pair);
        f.re[n] = rw_random_normal(seed, 1, n);
        f.im[n] = rw_random_normal(seed, 2, n);
    }
}

static void edges(rw_segments *seg, uint64_t seed, size_t n, int64_t last)
{
    *seg = (rw_segments){0};
    assert_true(rw_segments_add(seg, last));
    for (uint64_t i = 1; seg->n < n; i++)
        assert_true(rw_segments_add(
            seg, 1 + (int64_t)rw_random_below(seed, 3, i, (uint64_t)last)));
}

static void equals_the_order(void **state)
{
    (void)state;
    int runs;
    const rw_kernels *k;
    for (size_t i = 0; (k = rw_kernels_list(i, &runs)); i++)
        for (uint64_t seed = 1; runs && seed < 25; seed++) {
            memset(&f, 0, sizeof f);
            const uint32_t n_pair = 1 + (uint32_t)(seed % MAX_PAIR);
            draw(n_pair, seed, 1e-4);
            open_fixture(n_pair, k, seed % 3 ? (size_t)1 << seed % 7 : 0);
            rw_segments seg;
            const size_t n = seed % 5 ? 1 + seed : seed == 5 ? RW_MAX_SEGMENT : 1;
            edges(&seg, seed, n, (int64_t)(MAX_N - 97 * (seed - 1)));
            check(&seg, 0);
            close_fixture();
        }
}

/* One pair that turns in 7, 64, 1000 distances (as nearly as a double can): scores repeat. */
static void repeating_scores(void **state)
{
    (void)state;
    static const double period[] = {2, 7, 64, 1000};
    int runs;
    const rw_kernels *k;
    for (size_t i = 0; (k = rw_kernels_list(i, &runs)); i++)
        for (size_t p = 0; runs && p < sizeof period / sizeof *period; p++) {
            memset(&f, 0, sizeof f);
            f.freq[0] = 6.283185307179586 / period[p];
            f.re[0] = 1.5;
            f.im[0] = p % 2 ? 0.25 : 0.0;
            open_fixture(1, k, p);
            rw_segments seg;
            edges(&seg, 4 + p, 6, 600);
            check(&seg, 0);
            close_fixture();
        }
}

/* Two pairs of one frequency that cancel but for a last bit, and scores exactly alike. */
static void ties_stay_undecided(void **state)
{
    (void)state;
    memset(&f, 0, sizeof f);
    f.freq[0] = f.freq[1] = 0.5;
    f.freq[2] = 0x1p-70; /* too slow to matter: S(m) is S(0) to 2^-130 */
    f.re[0] = 1;
    f.re[1] = -1;
    f.re[2] = 0x1p-30;
    open_fixture(3, rw_kernels_pick(NULL), 0);
    rw_segments seg;
    ropewalk_error err = {0};
    static rw_segment_counts got;
    bool done = true;
    edges(&seg, 4, 3, 300);
    assert_int_equal(rw_segment_count(&f.sort, &f.s, &seg, &got, &done, &err), 0);
    assert_false(done); /* nothing but rounding noise: left to the order */
    close_fixture();
}

static void edges_of_a_plan(void **state)
{
    (void)state;
    static const int64_t context[] = {1, 2, 1024, 4096};
    rw_measure_plan plan = {.context = context, .n_context = 4, .n_distance = 4096};
    rw_segments seg;
    assert_true(rw_position_segments(&plan, &seg));
    static const int64_t want[] = {0,   1,    2,    3,    4,    5,    7,   129,
                                   512, 1024, 1025, 2048, 2049, 3073, 4096};
    assert_int_equal(seg.n + 1, sizeof want / sizeof *want);
    for (size_t i = 0; i <= seg.n; i++)
        assert_int_equal(seg.edge[i], want[i]);
    seg = (rw_segments){0};
    for (int64_t i = 1; i <= RW_MAX_SEGMENT; i++)
        assert_true(rw_segments_add(&seg, 1000 - 3 * i));
    assert_true(rw_segments_add(&seg, 1000 - 9));
    assert_false(rw_segments_add(&seg, 5));
    assert_int_equal(seg.n, RW_MAX_SEGMENT);
    for (size_t i = 0; i < seg.n; i++)
        assert_true(seg.edge[i] < seg.edge[i + 1]);
}

static void memory_runs_out(void **state)
{
    (void)state;
    int failures = 0;
    for (uint64_t nth = 0; nth < 100; nth++) {
        memset(&f, 0, sizeof f);
        draw(1, 1, 0.5);
        f.freq[0] = 6.283185307179586 / 64; /* every cell is shared */
        open_fixture(1, rw_kernels_pick(NULL), 2);
        rw_segments seg;
        edges(&seg, 4, 3, 4000);
        static rw_segment_counts got;
        bool done;
        ropewalk_error err = {0};
        rw_alloc_fail_at((int64_t)nth, 0);
        const ropewalk_status status =
            rw_segment_count(&f.sort, &f.s, &seg, &got, &done, &err);
        rw_alloc_fail_at(-1, 0);
        close_fixture();
        if (status == ROPEWALK_OK) break;
        assert_int_equal(status, ROPEWALK_E_MEMORY);
        failures++;
    }
    assert_true(failures > 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equals_the_order),    cmocka_unit_test(repeating_scores),
        cmocka_unit_test(ties_stay_undecided), cmocka_unit_test(edges_of_a_plan),
        cmocka_unit_test(memory_runs_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
