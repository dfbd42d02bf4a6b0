/* test_event_pairs.c - position inversions and near aliasing of given scores against all their pairs: scores about
 * the edges of cells, buckets and distances, and cells so coarse that nearly every pair is in doubt. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/random.h"
#include "measure/event.h"

enum { N = 1100, HALF = 700 };

static double t[N], ascending[N];

/* Their doubles are the scores: none is evaluated, as there is no key that they are of. */
static const rw_series series = {.t = t, .t_error = 0.0};

static const double errors[] = {0.0, 1e-9, 1e-6, 2e-5, 1e-3}; /* the last: no cells */
enum { N_ERROR = sizeof errors / sizeof *errors };

static int by_value(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static void fill(rw_buckets *b, const rw_kernels *k, double t_error,
                 const rw_edges *edges)
{
    ropewalk_error err = {0};
    double least, most;
    k->range(t, N, &least, &most);
    assert_int_equal(rw_buckets_init(b, N, edges->n, true, &err), ROPEWALK_OK);
    assert_int_equal(rw_buckets_fill(b, k, t, edges, t_error, least, most, &err),
                     ROPEWALK_OK);
}

/* Pairs below `context` that differ by less, and how far the nearest one is from being on the other side. */
static int64_t pairs_within(int64_t context, double threshold, double *nearest)
{
    int64_t count = 0;
    *nearest = INFINITY;
    memcpy(ascending, t, (size_t)context * sizeof *t);
    qsort(ascending, (size_t)context, sizeof *t, by_value);
    for (int64_t i = 0, j = 0; i < context; i++) {
        for (j = j > i ? j : i; j < context && ascending[j] - ascending[i] < threshold;)
            j++;
        count += j - i - (j > i);
        if (j > i)
            *nearest = fmin(*nearest, threshold - (ascending[j - 1] - ascending[i]));
        if (j < context && j > i)
            *nearest = fmin(*nearest, ascending[j] - ascending[i] - threshold);
    }
    return count;
}

/* Which thresholds are about the edges of cells and buckets, as numbers of cells. */
static double cells_apart(const rw_buckets *b, uint64_t i)
{
    static const double buckets[] = {0, 1, 2, 5, 0.5, 31.999, 62, 63, 64, 65};
    static const double cells[] = {-2, -1, 0, 1, 2, 3, 8};
    static const double parts[] = {-0.45, -0.1, 0.2, 0.49};
    return buckets[i / 28 % 10] * ldexp(1.0, b->by.low_bits) + cells[i / 4 % 7] +
           parts[i % 4];
}
enum { N_APART = 280 };

static size_t check_near(const rw_kernels *k, double t_error)
{
    const rw_edges edges = {.n = 3, .at = {0, HALF, N}};
    rw_buckets b;
    rw_doubt d = {.range = NULL};
    size_t n_checked = 0;
    fill(&b, k, t_error, &edges);
    assert_true(rw_buckets_order(&b, NULL, 0));
    for (uint64_t i = 0; i < N_APART && b.by.scale > 0.0; i++) {
        const double threshold = cells_apart(&b, i) / b.by.scale;
        const int64_t context = i % 3 ? N : HALF;
        double nearest;
        if (!(threshold > 0.0)) continue;
        const int64_t want = pairs_within(context, threshold, &nearest);
        if (nearest <= 2 * threshold * 0x1p-50) continue;
        rw_count got;
        assert_true(rw_count_near_aliasing(&b, &d, &series, context, threshold, &got));
        if (got.count != want)
            fail_msg("%s: %lld pairs instead of %lld nearer than %.17g, %.17g cells of "
                     "%d bits",
                     k->name, (long long)got.count, (long long)want, threshold,
                     threshold * b.by.scale, b.by.low_bits);
        assert_int_equal(got.unresolved, 0);
        assert_true(got.total == context * (context - 1) / 2);
        n_checked++;
    }
    rw_doubt_clear(&d);
    rw_buckets_clear(&b);
    return n_checked;
}

/* Windows of three contexts; undecided scores there are none. */
static void check_inversions(const rw_kernels *k, double t_error)
{
    static const int64_t context[] = {N / 3, 600, N};
    rw_windows list;
    rw_batch batch;
    rw_buckets b;
    rw_doubt d = {.range = NULL};
    rw_single got[3];
    ropewalk_error err = {0};
    assert_int_equal(rw_windows_init(&list, context, 3, N,
                                     1u << RW_HALVES | 1u << RW_LOCAL | 1u << RW_BEYOND,
                                     &err),
                     ROPEWALK_OK);
    rw_windows_batch(&list, 0, &batch);
    assert_int_equal(batch.last, list.n_window);
    fill(&b, k, t_error, &batch.edges);
    memset(got, 0, sizeof got);
    assert_true(
        rw_count_position_inversion(&b, &d, &series, list.window, list.n_window, got));
    for (size_t i = 0; i < list.n_window; i++) {
        const rw_window *w = &list.window[i];
        const rw_single *in = &got[w->context];
        const rw_count *c = w->kind == RW_HALVES  ? &in->inversion
                            : w->kind == RW_LOCAL ? &in->inversion_local
                                                  : &in->inversion_beyond;
        int64_t want = 0;
        for (int64_t near = w->near_first; near < w->near_end; near++)
            for (int64_t far = w->far_first; far < w->far_end; far++)
                want += t[far] > t[near];
        assert_int_equal(c->count, want);
        assert_int_equal(c->unresolved, 0);
        assert_int_equal(c->total,
                         (w->near_end - w->near_first) * (w->far_end - w->far_first));
    }
    rw_doubt_clear(&d);
    rw_buckets_clear(&b);
    rw_windows_clear(&list);
}

/* No two the same, since only their key could tell those apart. */
static void make_distinct(void)
{
    memcpy(ascending, t, sizeof t);
    qsort(ascending, N, sizeof *t, by_value);
    for (size_t i = 1; i < N; i++)
        if (!(ascending[i] > ascending[i - 1]))
            fail_msg("two scores are %.17g", ascending[i]);
}

static void on_every_set(void)
{
    const rw_kernels *k;
    int runs;
    size_t n_checked = 0;
    make_distinct();
    for (size_t set = 0; (k = rw_kernels_list(set, &runs)); set++)
        for (size_t e = 0; runs && e < N_ERROR; e++) {
            check_inversions(k, errors[e]);
            n_checked += check_near(k, errors[e]);
        }
    assert_true(n_checked > 100);
    assert_int_equal(rw_alloc_live(), 0);
}

static void plain(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < N; i++)
        t[i] = rw_random_normal(1, 1, i);
    on_every_set();
}

/* Half of them so close together that lists are dealt out again, and few cells. */
static void crowded(void **state)
{
    (void)state;
    static const double width[] = {1e-2, 1e-7, 1e-10, 1e-13};
    for (size_t w = 0; w < sizeof width / sizeof *width; w++) {
        for (uint64_t i = 0; i < N; i++)
            t[i] = rw_random_unit(2, w, i) * (i % 8 ? width[w] : 1.0);
        on_every_set();
    }
}

/* Scores in the first and the last cells of buckets, for each size of cells. */
static void about_edges(void **state)
{
    (void)state;
    const rw_kernels *k;
    int runs;
    for (size_t e = 0; e < N_ERROR; e++)
        for (size_t set = 0; (k = rw_kernels_list(set, &runs)); set++) {
            const rw_edges edges = {.n = 3, .at = {0, HALF, N}};
            rw_buckets b;
            if (!runs) continue;
            for (uint64_t i = 0; i < N; i++)
                t[i] = (double)i / (N - 1);
            fill(&b, k, errors[e], &edges);
            const rw_cell_map by = b.by;
            const uint64_t n_bucket = b.n_bucket;
            rw_buckets_clear(&b);
            if (!(by.scale > 0.0)) continue;
            for (uint64_t i = 1; i + 1 < N; i++) {
                const uint64_t bucket = 1 + rw_random_below(3, 1, i, n_bucket - 2),
                               off = rw_random_below(3, 2, i, 8);
                const double cell = ldexp((double)bucket, by.low_bits) + (double)off -
                                    4.0 + 0.8 * rw_random_unit(3, 3, i) - 0.4;
                t[i] = by.least + (cell - (double)RW_CELL_ORIGIN) / by.scale;
            }
            make_distinct();
            check_inversions(k, errors[e]);
            assert_true(check_near(k, errors[e]) > 100);
        }
    assert_int_equal(rw_alloc_live(), 0);
}

enum { CROWD = 1 << 15 };

/* One key of one pair, 1 + 0i. */
static void measure_crowd(double freq, double threshold, rw_single *out)
{
    static const int64_t context = CROWD;
    double w[1] = {freq}, re[1] = {1.0}, im[1] = {0.0};
    const rw_rotation rot = {.rotary_dim = 2, .attn_factor = 1, .inv_freq = w};
    const rw_coefficient z = {.n_pair = 1,
                              .re = re,
                              .im = im,
                              .amplitude_sum = 1.0,
                              .energy = 1.0,
                              .max_share = 1.0,
                              .n_eff = 1.0};
    const rw_measure_plan plan = {.context = &context,
                                  .n_context = 1,
                                  .n_distance = CROWD,
                                  .dtypes = 1u << RW_BF16,
                                  .events = 1u << RW_EVENT_POSITION_INVERSION,
                                  .near_alias = threshold};
    rw_scoretable table;
    rw_workspace ws;
    ropewalk_error err = {0};
    assert_int_equal(rw_scoretable_init(&table, rw_kernels_pick(NULL), &rot, CROWD, &err),
                     ROPEWALK_OK);
    assert_int_equal(rw_workspace_init(&ws, &table, &plan, 1, &err), ROPEWALK_OK);
    assert_int_equal(rw_group_measure(&ws, &z, 1, out, NULL, 0, NULL, &err), ROPEWALK_OK);
    rw_workspace_clear(&ws);
    rw_scoretable_clear(&table);
}

/* Pairs of distances of one parity whose squares differ by less than `limit`. */
static int64_t squares_within(double limit)
{
    int64_t count = 0;
    for (int64_t parity = 0; parity < 2; parity++)
        for (int64_t m = parity, end = parity; m < CROWD; m += 2) {
            while (end < CROWD && (double)(end * end - m * m) < limit)
                end += 2;
            count += (end - m) / 2 - 1;
        }
    return count;
}

/* cos m w, w = pi + d: -+(1 - (m d)^2 / 2), two crowds in each of which doubles tell nothing apart. */
static void two_crowds(void **state)
{
    (void)state;
    const double pi_high = 0x1.921fb54442d18p1, pi_low = 0x1.1a62633145c07p-53,
                 freq = pi_high * (1.0 + 0x1p-40), d = (freq - pi_high) - pi_low;
    const int64_t all = (int64_t)CROWD * (CROWD - 1) / 2;
    const struct {
        double threshold;
        int64_t want;
    } at[] = {{0.1, squares_within(INFINITY)},
              {2.0, all},
              {1e-15, squares_within(2e-15 / (d * d))},
              {1e-19, squares_within(2e-19 / (d * d))}};
    rw_single single;
    for (size_t i = 0; i < sizeof at / sizeof *at; i++) {
        measure_crowd(freq, at[i].threshold, &single);
        assert_int_equal(single.near_aliasing.count, at[i].want);
        assert_int_equal(single.near_aliasing.unresolved, 0);
    }
    assert_int_equal(rw_alloc_live(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain),
        cmocka_unit_test(crowded),
        cmocka_unit_test(about_edges),
        cmocka_unit_test(two_crowds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
