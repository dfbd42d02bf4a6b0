/* test_buckets.c - every score stands in its bucket, all are put in order however crowded they are, and counts
 * of pairs between windows are those of a merge sort but for what b->close tells, on every instruction set. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <malloc.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/random.h"
#include "measure/lookup.h"

enum { MANY = 800001 };

static double t[MANY], sorted[MANY], merged[MANY];

/* A score as the reference knows it: its cell, the stretch that it is from, its distance. */
typedef struct item {
    uint64_t cell;
    double t;
    uint32_t m, label;
} item;

static item all[MANY], inside[MANY];

static void ends_of(int64_t n, double *least, double *most)
{
    *least = *most = t[0];
    for (int64_t i = 1; i < n; i++) {
        *least = t[i] < *least ? t[i] : *least;
        *most = t[i] > *most ? t[i] : *most;
    }
}

/* n_edge edges of n scores, one of them the middle where there are three. */
static rw_edges edges_of(int64_t n, size_t n_edge)
{
    rw_edges edges = {.n = 0};
    assert_true(rw_edges_add(&edges, 0) && rw_edges_add(&edges, n));
    if (n_edge > 2) assert_true(rw_edges_add(&edges, n / 2));
    for (int64_t i = 1; edges.n < n_edge && i < (int64_t)n_edge; i++)
        assert_true(rw_edges_add(&edges, n * i / (int64_t)n_edge));
    return edges;
}

static void fill(rw_buckets *b, const rw_kernels *k, int64_t n, size_t n_edge,
                 double t_error, bool keep)
{
    double least, most;
    ropewalk_error err = {0};
    const rw_edges edges = edges_of(n, n_edge);
    ends_of(n, &least, &most);
    assert_int_equal(rw_buckets_init(b, n, edges.n, keep, &err), ROPEWALK_OK);
    assert_int_equal(rw_buckets_fill(b, k, t, &edges, t_error, least, most, &err),
                     ROPEWALK_OK);
}

static void edges_in_order(void **state)
{
    (void)state;
    rw_edges e = {.n = 0};
    for (int64_t i = 0; i < RW_MAX_EDGE; i++)
        assert_true(rw_edges_add(&e, (i * 37) % RW_MAX_EDGE * 10));
    assert_int_equal(e.n, RW_MAX_EDGE);
    assert_true(rw_edges_add(&e, INT64_C(10) * (RW_MAX_EDGE - 1)));
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

enum {
    NORMAL,
    COSINE,
    SKEW,
    ONE_FAR,     /* all but one in a few cells */
    EQUAL_BUT_2, /* two values */
    EIGHT,       /* eight values */
    CLUSTER_3,   /* half of all within 1e-3 of the range */
    CLUSTER_6,
    CLUSTER_9,
    CLUSTER_12,
    NESTED, /* crowded again at every depth */
    HALVES, /* the second half far above the first */
    KINDS
};

/* As good as normal, and drawn quickly. */
static double bell(uint64_t kind, uint64_t i)
{
    double sum = -2.0;
    for (uint64_t j = 0; j < 4; j++)
        sum += rw_random_unit(5, 4 * kind + j, i);
    return 1.7320508075688772 * sum;
}

static double draw_one(int kind, uint64_t i, int64_t n)
{
    const double u = bell((uint64_t)kind, i), v = rw_random_unit(6, (uint64_t)kind, i);
    switch (kind) {
    case COSINE: return 3.0 + cos(0.001 * (double)i) + 1e-4 * u;
    case SKEW: return exp(2.0 * u);
    case ONE_FAR: return i ? 1e-7 * u : 1.0;
    case EQUAL_BUT_2: return i % 3 ? 1.0 : -1.0;
    case EIGHT: return (double)rw_random_below(7, 1, i, 8);
    case CLUSTER_3: return i % 2 ? 0.3 + 1e-3 * v : v;
    case CLUSTER_6: return i % 2 ? 0.3 + 1e-6 * v : v;
    case CLUSTER_9: return i % 2 ? 0.3 + 1e-9 * v : v;
    case CLUSTER_12: return i % 2 ? 0.3 + 1e-12 * v : v;
    case NESTED: return i % 64 ? 0.7 * pow(10.0, -12.0 * v) : 1.0 - v;
    case HALVES: return (i < (uint64_t)n / 2 ? 0.0 : 1e4) + u;
    default: return u;
    }
}

static void draw(int kind, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        t[i] = draw_one(kind, (uint64_t)i, n);
}

typedef struct seen {
    const rw_buckets *b;
    item *into;
    size_t n, most;
} seen;

/* Where labels come later, distances are looked up list by list. */
static bool has_sections(const rw_buckets *b)
{
    return b->n_section > 0;
}

static bool look(void *ctx, uint32_t m, uint64_t cell)
{
    seen *s = ctx;
    const rw_edges *e = &s->b->edges;
    uint32_t label = 0;
    if (s->n && !has_sections(s->b)) assert_true(m > s->into[s->n - 1].m);
    while (e->at[label + 1] <= (int64_t)m)
        label++;
    s->into[s->n++] = (item){cell, t[m], m, label};
    return s->n < s->most;
}

static int by_distance(const void *a, const void *b)
{
    const item *x = a, *y = b;
    return x->m < y->m ? -1 : x->m > y->m;
}

static uint64_t last_cell(const rw_buckets *b)
{
    return ((uint64_t)b->n_bucket << b->by.low_bits) - 1;
}

/* All scores with their cells, in the order of distance; cells by their definition. */
static void find_all(const rw_buckets *b, int64_t n)
{
    seen s = {.b = b, .into = all, .most = SIZE_MAX};
    const rw_cell_range whole = {0, last_cell(b)};
    assert_true(rw_lookup(b, &whole, 1, n, look, &s));
    assert_int_equal(s.n, n);
    if (has_sections(b)) qsort(all, s.n, sizeof *all, by_distance);
    for (size_t i = 0; i < s.n; i++) {
        assert_int_equal(all[i].m, i);
        const long double want =
            ((long double)t[i] - (long double)b->by.least) * (long double)b->by.scale +
            RW_CELL_ORIGIN;
        assert_true(fabsl((long double)all[i].cell - want) <= 0.5625L);
    }
}

static int by_cell(const void *a, const void *b)
{
    const item *x = a, *y = b;
    if (x->cell != y->cell) return x->cell < y->cell ? -1 : 1;
    return x->m < y->m ? -1 : x->m > y->m;
}

/* Near ones after far ones of the same score: pairs of equals are none. */
static int by_score(const void *a, const void *b)
{
    const item *x = a, *y = b;
    if (x->t < y->t) return -1;
    if (x->t > y->t) return 1;
    return x->m > y->m ? -1 : x->m < y->m;
}

static uint64_t pairs_in_order(const item *x, size_t n, int64_t half)
{
    uint64_t near = 0, count = 0;
    for (size_t i = 0; i < n; i++) {
        count += (int64_t)x[i].m >= half ? near : 0;
        near += (int64_t)x[i].m < half;
    }
    return count;
}

/* Rows say how many scores of each bucket lie before each edge. */
static void check_rows(const rw_buckets *b, int64_t n)
{
    uint32_t *want = rw_calloc(b->n_bucket, sizeof *want);
    for (size_t e = 0; e < b->edges.n; e++) {
        const int64_t from = e ? b->edges.at[e - 1] : 0, to = b->edges.at[e];
        for (int64_t m = from; m < to; m++)
            want[all[m].cell >> b->by.low_bits]++;
        assert_memory_equal(rw_buckets_row(b, to), want, b->n_bucket * sizeof *want);
    }
    assert_int_equal(b->edges.at[b->edges.n - 1], n);
    rw_free(want);
}

/* b->close is every run of cells at most one apart; all[] is in order. */
static void check_close(const rw_buckets *b, size_t n)
{
    size_t range = 0;
    for (size_t i = 0, end; i < n; i = end) {
        for (end = i + 1; end < n && all[end].cell - all[end - 1].cell <= 1;)
            end++;
        if (end == i + 1) continue;
        assert_true(range < b->n_close);
        assert_true(b->close[range].low == all[i].cell);
        assert_true(b->close[range].high == all[end - 1].cell);
        range++;
    }
    assert_int_equal(range, b->n_close);
}

static void check_sorted(const rw_buckets *b, size_t n)
{
    assert_int_equal(b->n_sorted, n);
    for (size_t i = 0; i < n; i++) {
        const size_t bucket = all[i].cell >> b->by.low_bits;
        assert_true(rw_buckets_cell(b, bucket, b->sorted[i]) == all[i].cell);
        assert_int_equal((uint32_t)b->sorted[i] & ((1u << b->by.label_bits) - 1),
                         all[i].label);
    }
}

/* The cells of every window from one edge to another. */
static void check_selected(rw_buckets *b, size_t n)
{
    for (size_t from = 0; from < b->edges.n; from++)
        for (size_t to = from; to < b->edges.n; to++) {
            size_t at = 0, bucket = 0;
            rw_buckets_select(b, b->edges.at[from], b->edges.at[to]);
            assert_int_equal(b->begin[0], 0);
            for (size_t i = 0; i < n; i++) {
                if (all[i].label < from || all[i].label >= to) continue;
                const size_t in = all[i].cell >> b->by.low_bits;
                for (; bucket < in; bucket++)
                    assert_int_equal(b->begin[bucket + 1], at);
                assert_true(((uint64_t)in << b->by.low_bits) + (uint64_t)b->cell[at] ==
                            all[i].cell);
                at++;
            }
            for (; bucket < b->n_bucket + 2; bucket++)
                assert_int_equal(b->begin[bucket + 1], at);
            assert_int_equal(b->edges.at[to] - b->edges.at[from], at);
        }
}

/* Windows below an edge are the same when what is above was forgotten, from the last edge to the first. */
static void check_forgotten(rw_buckets *b, int64_t n)
{
    static int32_t cell[20011 * 2];
    for (size_t last = b->edges.n; last-- > 0;) {
        const int64_t end = b->edges.at[last], from = b->edges.at[last / 2];
        const size_t n_cell = (size_t)(end - from);
        rw_buckets_select(b, from, end);
        memcpy(cell, b->cell, n_cell * sizeof *cell);
        const size_t in_first = b->begin[1];
        rw_buckets_forget(b, end);
        assert_int_equal(b->n_sorted, end);
        rw_buckets_forget(b, n); /* no more than that */
        assert_int_equal(b->n_sorted, end);
        rw_buckets_select(b, from, end);
        assert_memory_equal(b->cell, cell, n_cell * sizeof *cell);
        assert_int_equal(b->begin[1], in_first);
        assert_int_equal(b->begin[b->n_bucket], n_cell);
    }
}

/* What the order of scores adds in close ranges to that of cells: the whole truth. */
static uint64_t corrected(const rw_buckets *b, uint64_t above, int64_t half, size_t n)
{
    for (size_t r = 0, i = 0; r < b->n_close; r++) {
        size_t n_in = 0;
        while (i < n && all[i].cell < b->close[r].low)
            i++;
        for (; i < n && all[i].cell <= b->close[r].high; i++)
            inside[n_in++] = all[i];
        above -= pairs_in_order(inside, n_in, half);
        qsort(inside, n_in, sizeof *inside, by_score);
        above += pairs_in_order(inside, n_in, half);
    }
    return above;
}

static uint32_t labels_below(const rw_buckets *b, int64_t edge)
{
    uint32_t labels = 0;
    for (uint32_t e = 0; e + 1 < b->edges.n; e++)
        labels |= (uint32_t)(b->edges.at[e] < edge) << e;
    return labels;
}

static void check(const rw_kernels *k, int64_t n, size_t n_edge, double t_error,
                  uint64_t want, bool keep)
{
    rw_buckets b;
    rw_sides side[3];
    fill(&b, k, n, n_edge, t_error, keep);
    assert_true(has_sections(&b) == (!keep && n > 1 << 19));
    assert_true((b.by.label_bits == 0) == has_sections(&b));
    find_all(&b, n);
    check_rows(&b, n);
    qsort(all, (size_t)n, sizeof *all, by_cell);
    const int64_t half = n_edge > 2 ? n / 2 : n;
    const uint32_t near = labels_below(&b, half), far = labels_below(&b, n) & ~near;
    for (int again = 0; again < 2; again++) { /* counting twice is as good as once */
        side[0] = (rw_sides){.near = near, .far = far};
        side[1] = (rw_sides){.near = far, .far = near};
        side[2] = (rw_sides){.near = near, .far = far, .seen = 3, .above = 1};
        assert_true(rw_buckets_order(&b, side, 3));
        assert_int_equal(side[0].seen, half);
        assert_int_equal(side[1].seen, n - half);
        assert_int_equal(side[2].seen, half + 3);
        const uint64_t n_far = (uint64_t)(n - half);
        assert_true(side[2].above == side[0].above + 3 * n_far + 1);
        assert_true(side[0].above + side[1].above == (uint64_t)half * n_far);
        assert_true(side[0].above == pairs_in_order(all, (size_t)n, half));
        check_close(&b, (size_t)n);
        assert_true(corrected(&b, side[0].above, half, (size_t)n) == want);
        if (keep) check_sorted(&b, (size_t)n);
    }
    if (keep && n < 40000) {
        check_selected(&b, (size_t)n);
        check_forgotten(&b, n);
        assert_true(rw_buckets_order(&b, NULL, 0)); /* and all are there again */
        check_sorted(&b, (size_t)n);
    }
    rw_buckets_clear(&b);
}

/* Without room for the order, counts and close ranges are the same. */
static void check_not_kept(const rw_kernels *k, int64_t n, size_t n_edge, double t_error)
{
    rw_buckets b[2];
    rw_sides side[2];
    for (int i = 0; i < 2; i++) {
        fill(&b[i], k, n, n_edge, t_error, i);
        assert_true(!b[i].sorted == !i);
        const uint32_t near = labels_below(&b[i], n / 2);
        side[i] = (rw_sides){.near = near, .far = labels_below(&b[i], n) & ~near};
        assert_true(rw_buckets_order(&b[i], &side[i], 1));
    }
    assert_true(side[0].above == side[1].above && side[0].seen == side[1].seen);
    assert_int_equal(b[0].n_close, b[1].n_close);
    for (size_t i = 0; i < b[0].n_close; i++)
        assert_true(b[0].close[i].low == b[1].close[i].low &&
                    b[0].close[i].high == b[1].close[i].high);
    rw_buckets_clear(&b[0]);
    rw_buckets_clear(&b[1]);
}

/* Cells from the finest to so few that lists cannot be dealt out any further. */
static const double errors[] = {1e-18, 1e-9, 1e-5, 3e-4};

static void dealt_out(void **state)
{
    (void)state;
    static const int64_t sizes[] = {1,   2,    3,    31,   32,   33,    63,    64,   65,
                                    511, 1000, 1024, 4095, 4097, 20011, 32768, 32769};
    static const size_t n_edge[] = {2, 3, 4, 5, 9, 16, 17, 32};
    const rw_kernels *k;
    int runs;
    size_t turn = 0;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        for (int kind = 0; kind < KINDS; kind++, turn++) {
            const int64_t n = sizes[i];
            const size_t edges = n < 100 ? n > 2 ? 3 : 2 : n_edge[turn % 8];
            draw(kind, n);
            const uint64_t want = edges > 2 ? pairs_below(n / 2, n) : 0;
            for (size_t set = 0; (k = rw_kernels_list(set, &runs)); set++) {
                if (!runs || (n > 5000 && set != turn % 4 && set != 0)) continue;
                const double t_error = errors[(turn / 4 + set) % 4];
                check(k, n, edges, t_error, want, true);
                check_not_kept(k, n, edges, t_error);
            }
        }
    assert_int_equal(rw_alloc_live(), 0);
}

static void dealt_out_many(void **state)
{
    (void)state;
    static const int64_t sizes[] = {MANY, 1 << 19, (1 << 18) + 1, (1 << 17) - 1};
    for (int kind = 0; kind < KINDS; kind++) {
        const int64_t n = kind == NORMAL || kind == NESTED ? MANY : sizes[kind % 4];
        draw(kind, n);
        check(rw_kernels_pick(NULL), n, 4, 1e-18, pairs_below(n / 2, n), true);
    }
    assert_int_equal(rw_alloc_live(), 0);
}

/* So many that places get their labels when they are dealt out again, with cells of all widths. */
static void labelled_later(void **state)
{
    (void)state;
    static const size_t n_edge[] = {3, 4, 9, 16, 17, 32};
    const rw_kernels *k;
    int runs;
    for (size_t kind = 0; kind < KINDS; kind++) {
        const int64_t n = (1 << 19) + 1 + 1000 * (int64_t)kind;
        draw((int)kind, n);
        const uint64_t want = pairs_below(n / 2, n);
        for (size_t set = 0; (k = rw_kernels_list(set, &runs)); set++)
            if (runs && set == kind % 4)
                check(k, n, n_edge[kind % 6], kind < 6 ? 1e-18 : errors[kind % 4], want,
                      false);
    }
    draw(NORMAL, MANY);
    const uint64_t want = pairs_below(MANY / 2, MANY);
    for (size_t e = 1; e < 4; e++)
        check(rw_kernels_pick(NULL), MANY, 32, errors[e], want, false);
    assert_int_equal(rw_alloc_live(), 0);
}

/* Few ranges and many, as told apart by each kind of search; what is found, in order; stops when told to. */
static void check_found(const rw_buckets *b, int64_t n, const rw_cell_range *range,
                        size_t n_range, int64_t limit)
{
    seen s = {.b = b, .into = inside, .most = SIZE_MAX};
    assert_true(rw_lookup(b, range, n_range, limit, look, &s));
    if (has_sections(b)) qsort(inside, s.n, sizeof *inside, by_distance);
    size_t want = 0;
    for (int64_t m = 0; m < n && m < limit; m++) {
        size_t r = 0, end = n_range; /* the first that ends at the cell or beyond */
        while (r < end) {
            const size_t mid = (r + end) / 2;
            if (range[mid].high < all[m].cell)
                r = mid + 1;
            else
                end = mid;
        }
        if (r == n_range || all[m].cell < range[r].low) continue;
        assert_true(want < s.n);
        assert_int_equal(inside[want].m, m);
        assert_true(inside[want].cell == all[m].cell);
        want++;
    }
    assert_int_equal(s.n, want);
    if (want < 2) return;
    s = (seen){.b = b, .into = inside, .most = want - 1};
    assert_false(rw_lookup(b, range, n_range, limit, look, &s));
    assert_int_equal(s.n, want - 1);
}

static void check_all_found(int64_t n_score, const rw_kernels *k, size_t n_error)
{
    enum { MOST = 300 };
    static rw_cell_range range[MOST];
    static const int kinds[] = {NORMAL, ONE_FAR, EIGHT, NESTED};
    const uint64_t N = (uint64_t)n_score;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        for (size_t e = 0; e < n_error; e++) {
            rw_buckets b;
            draw(kinds[i], n_score);
            fill(&b, k, n_score, 5, errors[e], false);
            find_all(&b, n_score);
            for (size_t n_range = 0; n_range <= MOST; n_range += n_range < 7 ? 1 : 97) {
                /* about scores' own cells, of one cell or more, ascending and not touching */
                size_t n = 0;
                const uint64_t step = (last_cell(&b) + 1) / (n_range + 1);
                for (uint64_t r = 0; r < n_range; r++) {
                    const uint64_t some = rw_random_below(9, 1, r, N);
                    const uint64_t low = r % 2 ? all[some].cell : r * step,
                                   wide = n_range % 2 ? step / 3 : step / 100000,
                                   high = low + (r % 3 ? r % 5 : wide);
                    range[n++] =
                        (rw_cell_range){low, high < last_cell(&b) ? high : last_cell(&b)};
                }
                for (size_t r = 1; r < n; r++) /* sort, then drop what touches */
                    for (size_t j = r; j && range[j].low < range[j - 1].low; j--) {
                        const rw_cell_range swap = range[j];
                        range[j] = range[j - 1];
                        range[j - 1] = swap;
                    }
                size_t kept = 0;
                for (size_t r = 0; r < n; r++)
                    if (!kept || range[r].low > range[kept - 1].high + 1)
                        range[kept++] = range[r];
                check_found(&b, n_score, range, kept,
                            n_range % 2 ? n_score : n_score / 2);
                check_found(&b, n_score, range, kept, n_range % 2 ? 300 : n_score + 5);
            }
            rw_buckets_clear(&b);
        }
}

static void found_again(void **state)
{
    (void)state;
    check_all_found(20011, rw_kernels_pick(NULL), 4);
}

/* By sections: few ranges, and too many, or too wide, for that. */
static void found_by_lists(void **state)
{
    (void)state;
    const rw_kernels *k;
    int runs;
    for (size_t set = 0; (k = rw_kernels_list(set, &runs)); set++)
        if (runs && set % 2 == 0)
            check_all_found((1 << 19) + 1000 * (int64_t)set + 1, k, 1);
}

/* Scores closer than their errors, equal ones, and ranges whose scale is no number. */
static void no_cells(void **state)
{
    (void)state;
    static const double spread[] = {0.0, 1e-15, 1e-301, 5e-324};
    for (size_t i = 0; i < sizeof spread / sizeof *spread; i++)
        for (int64_t n = 100; n < 2000; n += 1234) {
            for (int64_t m = 0; m < n; m++)
                t[m] = (i < 2) + spread[i] * (double)(m % 10);
            rw_buckets b;
            fill(&b, rw_kernels_pick(NULL), n, 3, i == 1 ? 1e-15 : 0.0, true);
            assert_true(b.n_bucket == 1 && !(b.by.scale > 0.0));
            assert_int_equal(rw_buckets_row(&b, n)[0], n);
            rw_sides side = {.near = 1, .far = 2};
            assert_true(rw_buckets_order(&b, &side, 1));
            assert_int_equal(side.above, n / 2 * (n / 2));
            assert_int_equal(b.n_close, 1); /* nothing is known of any */
            find_all(&b, n);
            for (int64_t m = 0; m < n; m++)
                assert_true(all[m].cell == b.close[0].low &&
                            all[m].cell == b.close[0].high);
            rw_buckets_clear(&b);
        }
}

/* Two scores a cell apart, on either side of an edge between buckets. */
static void close_to_an_edge(void **state)
{
    (void)state;
    draw(0, 1000);
    rw_buckets b;
    fill(&b, rw_kernels_pick(NULL), 1000, 4, 0.0, false);
    assert_true(rw_buckets_order(&b, NULL, 0));
    assert_int_equal(b.n_close, 0);
    const double bucket = (double)((uint64_t)1 << b.by.low_bits) / b.by.scale,
                 cell = 1.0 / b.by.scale,
                 edge = b.by.least + 16.0 * bucket - (double)RW_CELL_ORIGIN * cell;
    rw_buckets_clear(&b);
    t[7] = edge + 0.2 * cell;
    fill(&b, rw_kernels_pick(NULL), 1000, 4, 0.0, false);
    assert_true(rw_buckets_order(&b, NULL, 0));
    assert_int_equal(b.n_close, 0); /* one side alone is no matter */
    rw_buckets_clear(&b);
    for (int apart = 1; apart < 3; apart++) {
        t[700] = edge + (0.2 - apart) * cell;
        fill(&b, rw_kernels_pick(NULL), 1000, 4, 0.0, false);
        assert_true(rw_buckets_order(&b, NULL, 0));
        assert_int_equal(b.n_close, apart == 1);
        if (apart == 1) {
            assert_true(b.close[0].low == ((uint64_t)16 << b.by.low_bits) - 1);
            assert_true(b.close[0].high == (uint64_t)16 << b.by.low_bits);
        }
        rw_buckets_clear(&b);
    }
}

/* The same between lists that a crowded bucket was dealt out to, at every depth, and from its last list to the
 * next bucket: cells two apart, but for one pair. */
static void close_to_an_edge_inside(void **state)
{
    (void)state;
    enum { N = 40000, CROWD = 30000, N_BUCKET = 1024 };
    for (int shift = 0; shift < 29; shift++) {
        rw_buckets b;
        for (int64_t i = 0; i < N; i++)
            t[i] = (double)i / (N - 1);
        fill(&b, rw_kernels_pick(NULL), N, 2, 0.0, false);
        assert_int_equal(b.n_bucket, N_BUCKET);
        const int low_bits = b.by.low_bits;
        const double cell = 1.0 / b.by.scale;
        rw_buckets_clear(&b);
        if (shift > low_bits) break;
        /* around a cell that has `shift` zero bits in bucket 512, or begins bucket 513 */
        const uint64_t at =
            ((uint64_t)512 << low_bits) +
            (shift == low_bits
                 ? (uint64_t)1 << low_bits
                 : ((uint64_t)5 << low_bits) / 8 / ((uint64_t)1 << shift) << shift);
        for (int64_t i = 0; i < CROWD; i++) {
            const int64_t far = (i - CROWD / 2) * 2 + (i < CROWD / 2);
            const int64_t moved = shift % 2 && i < CROWD / 2 ? far - 1 : far;
            const double number = (double)((int64_t)at + moved - RW_CELL_ORIGIN);
            t[1 + i * 7919 % CROWD] = b.by.least + number * cell; /* least is 0 */
        }
        t[0] = 0.0;
        t[N - 1] = 1.0;
        fill(&b, rw_kernels_pick(NULL), N, 2, 0.0, true);
        assert_true(rw_buckets_order(&b, NULL, 0));
        find_all(&b, N);
        qsort(all, N, sizeof *all, by_cell);
        check_close(&b, N);
        check_sorted(&b, N);
        const size_t want = shift % 2 == 0;
        size_t here = 0;
        for (size_t i = 0; i < b.n_close; i++)
            here += b.close[i].low == at - 1 && b.close[i].high == at;
        assert_int_equal(here, want);
        rw_buckets_clear(&b);
    }
}

/* Cells two apart are in the order of scores that are as wrong as their errors allow. */
static void two_apart(void **state)
{
    (void)state;
    enum { N = 5000 };
    for (int e = 1; e < 3; e++) {
        rw_buckets b;
        draw(NORMAL, N);
        fill(&b, rw_kernels_pick(NULL), N, 2, errors[e], false);
        assert_true(errors[e] * b.by.scale <= 0.125);
        if (b.by.low_bits < RW_PLACE_BITS - b.by.label_bits)
            assert_true(errors[e] * b.by.scale > 0.06); /* no coarser than need be */
        find_all(&b, N);
        qsort(all, N, sizeof *all, by_cell);
        for (size_t i = 1; i < N; i++)
            if (all[i].cell - all[i - 1].cell >= 2)
                assert_true(all[i].t - all[i - 1].t > 2 * errors[e]);
        rw_buckets_clear(&b);
    }
}

static void memory_runs_out(void **state)
{
    (void)state;
    static const int kinds[] = {NORMAL, NESTED, CLUSTER_12};
    const rw_edges edges = edges_of(MANY, 2);
    ropewalk_error err = {0};
    for (size_t i = 0; i < 2 * sizeof kinds / sizeof *kinds; i++) {
        const int kind = kinds[i / 2];
        const bool keep = i % 2 == 0;
        double least, most;
        int failures = 0;
        draw(kind, MANY);
        ends_of(MANY, &least, &most);
        for (int64_t at = 0;; at++) {
            rw_buckets b;
            rw_alloc_fail_at(at, 0);
            ropewalk_status status = rw_buckets_init(&b, MANY, edges.n, keep, &err);
            if (!status)
                status = rw_buckets_fill(&b, rw_kernels_pick(NULL), t, &edges, 0.0, least,
                                         most, &err);
            const bool filled = !status;
            const bool ok = filled && rw_buckets_order(&b, NULL, 0);
            rw_alloc_fail_at(-1, 0);
            if (filled && !ok) { /* the next filling is as good as the first */
                assert_int_equal(rw_buckets_fill(&b, rw_kernels_pick(NULL), t, &edges,
                                                 0.0, least, most, &err),
                                 ROPEWALK_OK);
                assert_true(rw_buckets_order(&b, NULL, 0));
                assert_int_equal(b.n_sorted, MANY);
            }
            rw_buckets_clear(&b);
            if (ok) break;
            if (!filled) assert_int_equal(status, ROPEWALK_E_MEMORY);
            failures++;
        }
        assert_true(failures >= (kind == NORMAL ? 9 : 15));
        rw_buckets b;
        fill(&b, rw_kernels_pick(NULL), keep ? 1000 : MANY, 3, 0.0, false);
        rw_cell_range many[64];
        for (uint64_t j = 0; j < 64; j++) /* of all that there is */
            many[j] = (rw_cell_range){(last_cell(&b) + 1) / 64 * j,
                                      (last_cell(&b) + 1) / 64 * (j + 1) - 2};
        seen s = {.b = &b, .into = inside, .most = SIZE_MAX};
        /* visits where there are sections, and where they are too many, a coarse map and a fine one */
        for (int64_t at = 0; at < (keep ? 2 : kind == NORMAL ? 3 : 1); at++) {
            rw_alloc_fail_at(at, 0);
            assert_false(rw_lookup(&b, many, 64, 1000, look, &s));
            rw_alloc_fail_at(-1, 0);
            assert_int_equal(s.n, 0);
        }
        rw_buckets_clear(&b);
    }
    assert_int_equal(rw_alloc_live(), 0);
}

/* Bytes that a bucket's blocks have, by what the C library says of them. */
static uint64_t taken(const rw_buckets *b)
{
    const void *block[12 + 3 * RW_DEALINGS] = {
        b->row,  b->sorted,  b->cell,       b->begin, b->close,      b->ends,
        b->list, b->section, b->section_at, b->chunk, b->first_chunk};
    uint64_t sum = 0;
    for (size_t i = 0; i < RW_DEALINGS; i++) {
        block[12 + 3 * i] = b->dealing[i].place;
        block[13 + 3 * i] = b->dealing[i].next;
        block[14 + 3 * i] = b->dealing[i].first;
    }
    for (size_t i = 0; i < sizeof block / sizeof *block; i++)
        sum += malloc_usable_size((void *)(uintptr_t)block[i]);
    return sum;
}

/* What is said to be taken at most is: of scores that do not crowd; of others as much as group.h says. */
static void bytes(void **state)
{
    (void)state;
    static const int64_t sizes[] = {1, 33, 1000, 32769, 262145, MANY};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        for (int kind = 0; kind < KINDS; kind++)
            for (int keep = 0; keep < 2; keep++) {
                const int64_t n = sizes[i];
                rw_buckets b;
                draw(kind, n);
                fill(&b, rw_kernels_pick(NULL), n, n < 3 ? 2 : 4, 1e-16, keep);
                assert_true(rw_buckets_order(&b, NULL, 0));
                const uint64_t got = taken(&b), slack = UINT64_C(40) * 64,
                               most = rw_buckets_bytes(n, b.edges.n, keep) + slack;
                const bool plain = kind == NORMAL || kind == COSINE;
                if (got > most + (plain ? 0 : 80 * (uint64_t)n))
                    fail_msg("%llu bytes instead of %llu: kind %d, n %lld",
                             (unsigned long long)got, (unsigned long long)most, kind,
                             (long long)n);
                if (n == MANY && kind == NORMAL) assert_true(got > most / 2);
                rw_buckets_clear(&b);
            }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(edges_in_order),
        cmocka_unit_test(dealt_out),
        cmocka_unit_test(dealt_out_many),
        cmocka_unit_test(labelled_later),
        cmocka_unit_test(found_again),
        cmocka_unit_test(found_by_lists),
        cmocka_unit_test(no_cells),
        cmocka_unit_test(close_to_an_edge),
        cmocka_unit_test(close_to_an_edge_inside),
        cmocka_unit_test(two_apart),
        cmocka_unit_test(memory_runs_out),
        cmocka_unit_test(bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
