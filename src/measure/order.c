/* order.c - radix sort, then exactness only where it matters. */
#include "measure/order.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

ropewalk_status rw_order_init(rw_order *o, int64_t n, ropewalk_error *err)
{
    *o = (rw_order){0};
    const size_t room = (size_t)n + 1;
    o->distance = rw_array(room, sizeof *o->distance);
    o->score = rw_array(room, sizeof *o->score);
    o->packed = rw_array(2 * room, sizeof *o->packed);
    if (o->distance && o->score && o->packed) return ROPEWALK_OK;
    rw_order_clear(o);
    return rw_fail_memory(err, "sorting the scores");
}

void rw_order_clear(rw_order *o)
{
    rw_free(o->distance);
    rw_free(o->score);
    rw_free(o->packed);
    rw_free(o->undecided);
    rw_free(o->undecided_distance);
    *o = (rw_order){0};
}

/* Sort by the upper 32 bits: three passes of 11, 11 and 10 bits. */
static uint64_t *radix_sort(uint64_t *from, uint64_t *to, size_t n)
{
    enum { BITS = 11, SIZE = 1 << BITS };
    static const int shifts[3] = {32, 43, 54};
    size_t count[3][SIZE];
    memset(count, 0, sizeof count);
    for (size_t i = 0; i < n; i++)
        for (int pass = 0; pass < 3; pass++)
            count[pass][from[i] >> shifts[pass] & (SIZE - 1)]++;
    for (int pass = 0; pass < 3; pass++) {
        size_t sum = 0;
        for (size_t b = 0; b < SIZE; b++) {
            const size_t c = count[pass][b];
            count[pass][b] = sum;
            sum += c;
        }
        for (size_t i = 0; i < n; i++)
            to[count[pass][from[i] >> shifts[pass] & (SIZE - 1)]++] = from[i];
        uint64_t *swap = from;
        from = to;
        to = swap;
    }
    return from;
}

typedef struct item {
    double t;
    uint32_t m;
} item;

static int by_score(const void *a, const void *b)
{
    const item *x = a, *y = b;
    if (x->t < y->t) return -1;
    if (x->t > y->t) return 1;
    return x->m < y->m ? -1 : x->m > y->m; /* a total order, for reproducibility */
}

/* Entries [first, last) share a cell: order them by their doubles. */
static int sort_run(rw_order *o, const double *t, int64_t first, int64_t last)
{
    const size_t n = (size_t)(last - first);
    item small[32], *run = n <= 32 ? small : rw_array(n, sizeof *run);
    if (!run) return 0;
    for (size_t i = 0; i < n; i++)
        run[i] =
            (item){t[o->distance[first + (int64_t)i]], o->distance[first + (int64_t)i]};
    qsort(run, n, sizeof *run, by_score);
    for (size_t i = 0; i < n; i++) {
        o->distance[first + (int64_t)i] = run[i].m;
        o->score[first + (int64_t)i] = run[i].t;
    }
    if (run != small) rw_free(run);
    return 1;
}

static int by_exact(const void *a, const void *b)
{
    const rw_exact_item *x = a, *y = b;
    const rw_dd d = rw_dd_sub(x->t, y->t);
    if (d.hi < 0.0) return -1;
    if (d.hi > 0.0) return 1;
    return x->m < y->m ? -1 : x->m > y->m;
}

void rw_exact_sort(const rw_series *s, rw_exact_item *list, size_t n)
{
    for (size_t i = 0; i < n; i++)
        list[i].t = rw_series_exact(s, list[i].m, &list[i].error);
    qsort(list, n, sizeof *list, by_exact);
}

size_t rw_exact_undecided(const rw_exact_item *list, size_t first, size_t n)
{
    size_t i = first;
    while (i + 1 < n && !(rw_dd_sub(list[i + 1].t, list[i].t).hi > 2.0 * list[i].error))
        i++;
    return i + 1;
}

static int note_undecided(rw_order *o, int64_t first, int64_t last)
{
    if (o->n_undecided == o->cap_undecided) {
        const size_t cap = o->cap_undecided ? 2 * o->cap_undecided : 16;
        struct rw_undecided *runs = rw_realloc(o->undecided, cap, sizeof *runs);
        if (!runs) return 0;
        o->undecided = runs;
        o->cap_undecided = cap;
    }
    const size_t more = (size_t)(last - first);
    if (o->n_undecided_distance + more > o->cap_undecided_distance) {
        const size_t cap = 2 * (o->n_undecided_distance + more);
        uint32_t *m = rw_realloc(o->undecided_distance, cap, sizeof *m);
        if (!m) return 0;
        o->undecided_distance = m;
        o->cap_undecided_distance = cap;
    }
    const int64_t at = (int64_t)o->n_undecided_distance;
    for (int64_t i = first; i < last; i++)
        o->undecided_distance[o->n_undecided_distance++] = o->distance[i];
    o->undecided[o->n_undecided++] = (struct rw_undecided){at, at + last - first};
    return 1;
}

/* Entries [first, last) are closer than doubles can tell: order them exactly. */
static int resolve_run(rw_order *o, const rw_series *s, int64_t first, int64_t last)
{
    const size_t n = (size_t)(last - first);
    rw_exact_item *run = rw_array(n, sizeof *run);
    if (!run) return 0;
    for (size_t i = 0; i < n; i++)
        run[i].m = o->distance[first + (int64_t)i];
    o->n_exact += (int64_t)n;
    rw_exact_sort(s, run, n);
    for (size_t i = 0; i < n; i++) {
        o->distance[first + (int64_t)i] = run[i].m;
        o->score[first + (int64_t)i] = s->t[run[i].m];
    }
    int ok = 1;
    for (size_t i = 0; ok && i < n;) {
        const size_t end = rw_exact_undecided(run, i, n);
        if (end > i + 1) ok = note_undecided(o, first + (int64_t)i, first + (int64_t)end);
        i = end;
    }
    rw_free(run);
    return ok;
}

ropewalk_status rw_order_sort(rw_order *o, const rw_series *s, int64_t n, int exact,
                              ropewalk_error *err)
{
    o->n = n;
    o->n_undecided = o->n_undecided_distance = 0;
    o->n_exact = 0;
    if (n == 0) return ROPEWALK_OK;
    const double *t = s->t;
    double least = t[0], most = t[0];
    for (int64_t i = 1; i < n; i++) {
        least = t[i] < least ? t[i] : least;
        most = t[i] > most ? t[i] : most;
    }
    /* 2^32 - 2^10 cells: rounding in pack() cannot carry past the top */
    const double range = most - least;
    const double scale =
        range > 0.0 && isfinite(4294966272.0 / range) ? 4294966272.0 / range : 0.0;
    s->table->kernels->pack(t, (size_t)n, least, scale, o->packed);
    const uint64_t *sorted = radix_sort(o->packed, o->packed + n, (size_t)n);
    for (int64_t i = 0; i < n; i++) {
        o->distance[i] = (uint32_t)sorted[i];
        o->score[i] = t[(uint32_t)sorted[i]];
    }
    for (int64_t i = 0; i < n;) {
        int64_t j = i + 1;
        while (j < n && sorted[j] >> 32 == sorted[i] >> 32)
            j++;
        if (j > i + 1 && !sort_run(o, t, i, j))
            return rw_fail_memory(err, "sorting the scores");
        i = j;
    }
    if (!exact || rw_coefficient_is_constant(s->z)) return ROPEWALK_OK;
    const double doubt = 2.0 * s->t_error;
    for (int64_t i = 0; i + 1 < n;) {
        int64_t j = i;
        while (j + 1 < n && !(o->score[j + 1] - o->score[j] > doubt))
            j++;
        if (j > i && !resolve_run(o, s, i, j + 1))
            return rw_fail_memory(err, "exact comparisons");
        i = j + 1;
    }
    return ROPEWALK_OK;
}
