/* test_buckets.c - every score stands in its bucket, in the order of distance, and counts of pairs
 * between windows are those of a merge sort, on every instruction set, with and without bands. */
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
#include "measure/buckets.h"

enum { MANY = 800001 };

static double t[MANY], sorted[MANY], merged[MANY];

static void fill(rw_buckets *b, const rw_kernels *k, int64_t n, double t_error,
                 double distance)
{
    ropewalk_error err = {0};
    rw_edges edges = {.n = 0};
    assert_true(rw_edges_add(&edges, 0) && rw_edges_add(&edges, n));
    if (n > 2) assert_true(rw_edges_add(&edges, n / 3) && rw_edges_add(&edges, n / 2));
    assert_int_equal(rw_buckets_init(b, n, edges.n, &err), ROPEWALK_OK);
    assert_int_equal(rw_buckets_fill(b, k, t, &edges, t_error, distance, &err),
                     ROPEWALK_OK);
}

static void edges_in_order(void **state)
{
    (void)state;
    rw_edges e = {.n = 0};
    for (int64_t i = 0; i < RW_MAX_EDGE; i++)
        assert_true(rw_edges_add(&e, (i * 37) % RW_MAX_EDGE * 10));
    assert_int_equal(e.n, RW_MAX_EDGE);
    assert_true(rw_edges_add(&e, 10 * (RW_MAX_EDGE - 1)));
    assert_false(rw_edges_add(&e, 5));
    for (size_t i = 0; i < e.n; i++)
        assert_int_equal(e.at[i], 10 * (int64_t)i);
}

/* Ranks by merging: pairs (i, j), i before `half` and j not, with x[i] < x[j]. */
static uint64_t pairs_below(int64_t half, int64_t n)
{
    memcpy(sorted, t, (size_t)n * sizeof *t);
    for (int part = 0; part < 2; part++) { /* merge sort from below */
        double *x = sorted + (part ? half : 0);
        const int64_t len = part ? n - half : half;
        for (int64_t width = 1; width < len; width *= 2) {
            for (int64_t at = 0; at < len; at += 2 * width) {
                const int64_t mid = at + width < len ? at + width : len,
                              end = at + 2 * width < len ? at + 2 * width : len;
                for (int64_t i = at, a = at, c = mid; i < end; i++)
                    merged[i] = c == end || (a < mid && x[a] <= x[c]) ? x[a++] : x[c++];
            }
            memcpy(x, merged, (size_t)len * sizeof *x);
        }
    }
    uint64_t count = 0;
    for (int64_t i = 0, j = half; j < n; j++) {
        while (i < half && sorted[i] < sorted[j])
            i++;
        count += (uint64_t)i;
    }
    return count;
}

static void draw(int kind, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        const double u = rw_random_normal(5, (uint64_t)kind, (uint64_t)i);
        t[i] = kind == 0   ? u
               : kind == 1 ? 3.0 + cos(0.001 * (double)i) + 1e-4 * u
               : kind == 2 ? exp(2.0 * u)
                           : (i ? 1e-7 * u : 1.0); /* all but one in a few cells */
    }
}

/* Sure counts and the pairs of buckets in doubt enclose the truth. */
static void check(const rw_kernels *k, int kind, int64_t n, uint64_t want)
{
    rw_buckets b;
    fill(&b, k, n, 1e-16, 0.0);
    const uint32_t *first = rw_buckets_row(&b, 0), *end = rw_buckets_row(&b, n),
                   *half = n > 2 ? rw_buckets_row(&b, n / 2) : end;
    assert_int_equal(first[0], 0);
    assert_int_equal(end[b.n_bucket - 1], n);
    uint32_t before = 0;
    for (size_t j = 0; j < b.n_bucket; j++) {
        assert_int_equal(first[j], j ? end[j - 1] : 0);
        assert_true(half[j] >= first[j] && half[j] <= end[j]);
        before += half[j] - first[j];
    }
    assert_int_equal(before, n > 2 ? n / 2 : n);
    const uint32_t near = n > 2 ? 3 : 1, far = n > 2 ? 4 : 0; /* edges 0, n/3, n/2, n */
    const rw_sides side = {first, half, half, end, near, far};
    uint64_t low = 0, open = 0;
    const size_t n_doubtful =
        b.kernels->above(b.place, b.n_bucket, first, end, &side, 1, &low, b.bucket_list);
    for (size_t j = 0; j < n_doubtful; j++) {
        const uint32_t at = b.bucket_list[j];
        open += (uint64_t)(half[at] - first[at]) * (end[at] - half[at]);
    }
    assert_true(low <= want + b.n_close && want <= low + open + b.n_close);
    if (kind == 0 && n <= 20011) assert_true(n_doubtful <= 2);
    if (kind == 0 && n == MANY) assert_true(n_doubtful < 40);
    rw_buckets_clear(&b);
}

static void dealt_out(void **state)
{
    (void)state;
    static const int64_t sizes[] = {1, 2, 3, 31, 33, 1000, 20011, MANY};
    const rw_kernels *k;
    int runs;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        for (int kind = 0; kind < (sizes[i] == MANY ? 1 : 4); kind++) {
            const int64_t n = sizes[i];
            draw(kind, n);
            const uint64_t want = n > 2 ? pairs_below(n / 2, n) : 0;
            for (size_t set = 0; (k = rw_kernels_list(set, &runs)); set++)
                if (runs) check(k, kind, n, want);
        }
    assert_int_equal(rw_alloc_live(), 0);
}

typedef struct seen {
    const rw_buckets *b;
    int64_t n, last;
} seen;

static bool look(void *ctx, uint32_t m, uint32_t bucket)
{
    seen *s = ctx;
    assert_true((int64_t)m > s->last && bucket % 3 == 1);
    s->last = m;
    s->n++;
    return s->n < 5000;
}

static void found_again(void **state)
{
    (void)state;
    draw(0, 20011);
    rw_buckets b;
    fill(&b, rw_kernels_pick(NULL), 20011, 1e-16, 0.1);
    unsigned char *wanted = rw_calloc(b.n_bucket, 1);
    int64_t want = 0;
    const uint32_t *first = rw_buckets_row(&b, 0), *half = rw_buckets_row(&b, 10005);
    for (size_t j = 1; j < b.n_bucket; j += 3) {
        wanted[j] = 1;
        want += half[j] - first[j];
    }
    seen s = {.b = &b, .last = -1};
    assert_true(rw_buckets_each(&b, wanted, 10005, look, &s));
    assert_int_equal(s.n, want);
    s.n = 4990;
    s.last = -1;
    assert_false(rw_buckets_each(&b, wanted, 20011, look, &s));
    rw_free(wanted);
    /* the distance asked for lies in the middle between whole buckets */
    const double across = 0.1 * b.by.scale / (double)((uint64_t)1 << b.by.low_bits);
    assert_true(across > 1 && fabs(across - floor(across) - 0.5) < 1e-6);
    rw_buckets_clear(&b);
}

/* Scores closer than their errors, equal ones, and ranges whose scale is no number. */
static void no_cells(void **state)
{
    (void)state;
    static const double spread[] = {0.0, 1e-15, 1e-301, 5e-324};
    for (size_t i = 0; i < sizeof spread / sizeof *spread; i++) {
        for (int64_t m = 0; m < 100; m++)
            t[m] = (i < 2) + spread[i] * (double)(m % 10);
        rw_buckets b;
        fill(&b, rw_kernels_pick(NULL), 100, i == 1 ? 1e-15 : 0.0, 0.1);
        assert_true(b.n_bucket == 1 && !(b.by.scale > 0.0));
        assert_int_equal(rw_buckets_row(&b, 100)[0], 100);
        rw_buckets_clear(&b);
    }
}

/* Two scores a cell apart, on either side of an edge between buckets. */
static void close_to_an_edge(void **state)
{
    (void)state;
    draw(0, 1000);
    rw_buckets b;
    fill(&b, rw_kernels_pick(NULL), 1000, 0.0, 0.0);
    assert_int_equal(b.n_close, 0);
    const double bucket = (double)((uint64_t)1 << b.by.low_bits) / b.by.scale,
                 cell = 1.0 / b.by.scale,
                 edge = b.by.least + 16.0 * bucket - (double)RW_CELL_ORIGIN * cell;
    rw_buckets_clear(&b);
    t[7] = edge + 0.2 * cell;
    fill(&b, rw_kernels_pick(NULL), 1000, 0.0, 0.0);
    assert_int_equal(b.n_close, 0); /* one side alone is no matter */
    rw_buckets_clear(&b);
    t[700] = edge - 0.8 * cell;
    fill(&b, rw_kernels_pick(NULL), 1000, 0.0, 0.0);
    assert_int_equal(b.n_close, 1);
    assert_int_equal(b.close[0], 15);
    rw_buckets_clear(&b);
}

static void memory_runs_out(void **state)
{
    (void)state;
    draw(0, MANY);
    ropewalk_error err = {0};
    rw_edges edges = {.n = 0};
    assert_true(rw_edges_add(&edges, 0) && rw_edges_add(&edges, MANY));
    int failures = 0;
    for (int64_t at = 0;; at++) {
        rw_buckets b;
        rw_alloc_fail_at(at, 0);
        ropewalk_status status = rw_buckets_init(&b, MANY, edges.n, &err);
        if (!status)
            status =
                rw_buckets_fill(&b, rw_kernels_pick(NULL), t, &edges, 0.0, 0.0, &err);
        rw_alloc_fail_at(-1, 0);
        rw_buckets_clear(&b);
        if (!status) break;
        assert_int_equal(status, ROPEWALK_E_MEMORY);
        failures++;
    }
    assert_true(failures >= 5);
    assert_true(rw_buckets_bytes(MANY, 2) < 7 * (uint64_t)MANY + (4u << 20));
    assert_int_equal(rw_alloc_live(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(edges_in_order),   cmocka_unit_test(dealt_out),
        cmocka_unit_test(found_again),      cmocka_unit_test(no_cells),
        cmocka_unit_test(close_to_an_edge), cmocka_unit_test(memory_runs_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
