/* segment.c - cells sorted, doubtful ones resolved, one walk. */
#include "measure/segment.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

enum {
    PASS_BITS = RW_CELL_BITS / 2,
    PASS_SIZE = 1 << PASS_BITS,
    BAND_SIZE = 1 << 16, /* scores a band, about: two copies fit a core's cache */
    ONE_BAND = 1 << 18,  /* up to here one band does as well */
    MAX_BAND = 1 << 14,
    STRIP = 1024
};

/* Neighbouring cells [low, high], counted through all bands, that must be ordered by more than
 * their number. */
struct rw_segment_group {
    uint64_t low, high;
    size_t first, last; /* where they stand among the sorted, [first, last) */
};

struct rw_segment_item {
    double t;
    uint32_t m, group;
};

ropewalk_status rw_segment_sort_init(rw_segment_sort *w, int64_t n, size_t n_band,
                                     ropewalk_error *err)
{
    *w = (rw_segment_sort){.n_band = n_band ? n_band : 1};
    while (!n_band && n > ONE_BAND && n / (int64_t)w->n_band > BAND_SIZE &&
           w->n_band < MAX_BAND)
        w->n_band *= 2;
    w->filter_mask = (w->n_band > 1 ? 1u << 20 : 1u << 16) - 1;
    w->cell = rw_array((size_t)n + 1, sizeof *w->cell);
    w->other = rw_array((size_t)n + 1, sizeof *w->other);
    w->first = rw_array((size_t)2 * PASS_SIZE, sizeof *w->first);
    w->band = rw_array(w->n_band + 1, sizeof *w->band);
    w->filter = rw_array((w->filter_mask + 1) / 32, sizeof *w->filter);
    if (w->cell && w->other && w->first && w->band && w->filter) return ROPEWALK_OK;
    rw_segment_sort_clear(w);
    return rw_fail_memory(err, "sorting the scores");
}

void rw_segment_sort_clear(rw_segment_sort *w)
{
    rw_free(w->cell);
    rw_free(w->other);
    rw_free(w->first);
    rw_free(w->band);
    rw_free(w->filter);
    rw_free(w->group);
    rw_free(w->item);
    *w = (rw_segment_sort){0};
}

bool rw_segments_add(rw_segments *s, int64_t edge)
{
    size_t at = 0;
    while (at <= s->n && s->edge[at] < edge)
        at++;
    if (at <= s->n && s->edge[at] == edge) return true;
    if (s->n == RW_MAX_SEGMENT) return false;
    memmove(s->edge + at + 1, s->edge + at, (s->n + 1 - at) * sizeof *s->edge);
    s->edge[at] = edge;
    s->n++;
    return true;
}

static uint32_t segment_of(const rw_segments *s, int64_t m)
{
    uint32_t i = 0;
    while (m >= s->edge[i + 1])
        i++;
    return i;
}

/* Scores as numbers of cells. */
typedef struct scaling {
    double least, scale, margin;
} scaling;

static uint64_t cell_of(const scaling *by, double t)
{
    return (uint64_t)((t - by->least) * by->scale);
}

/* Every score's cell, band by band, by distance within a band. Returns whether any lies near the
 * edge of its cell. */
static int fill_cells(rw_segment_sort *w, const rw_series *s, const rw_segments *segments,
                      const scaling *by)
{
    const rw_kernels *kernels = s->table->kernels;
    uint32_t cell[STRIP], band[STRIP];
    int close = 0;
    memset(w->band, 0, (w->n_band + 1) * sizeof *w->band);
    if (w->n_band == 1) {
        for (uint32_t i = 0; i < segments->n; i++) {
            const size_t from = (size_t)segments->edge[i];
            close |=
                kernels->cells(s->t + from, (size_t)segments->edge[i + 1] - from,
                               by->least, by->scale, by->margin, i, w->cell + from, NULL);
        }
        w->band[1] = (size_t)segments->edge[segments->n];
        return close;
    }
    /* twice: count, then place; band[b + 1] is first a count, then where b's next goes */
    for (int placing = 0; placing < 2; placing++) {
        for (uint32_t i = 0; i < segments->n; i++)
            for (size_t from = (size_t)segments->edge[i],
                        end = (size_t)segments->edge[i + 1];
                 from < end; from += STRIP) {
                const size_t n = end - from < STRIP ? end - from : STRIP;
                close |= kernels->cells(s->t + from, n, by->least, by->scale, by->margin,
                                        i, cell, band);
                for (size_t j = 0; !placing && j < n; j++)
                    w->band[band[j] + 1]++;
                for (size_t j = 0; placing && j < n; j++)
                    w->cell[w->band[band[j] + 1]++] = cell[j];
            }
        size_t below = 0;
        for (size_t b = 0; !placing && b < w->n_band; b++) {
            const size_t here = w->band[b + 1];
            w->band[b + 1] = below;
            below += here;
        }
    }
    return close;
}

/* One band by cell. The sort is stable, so within a cell the segments ascend. */
static void sort_band(rw_segment_sort *w, size_t first, size_t end)
{
    uint32_t *low = w->first, *high = w->first + PASS_SIZE, *from = w->cell + first,
             *to = w->other + first;
    const size_t n = end - first;
    memset(w->first, 0, (size_t)2 * PASS_SIZE * sizeof *w->first);
    for (size_t i = 0; i < n; i++) {
        low[from[i] >> RW_SEGMENT_BITS & (PASS_SIZE - 1)]++;
        high[from[i] >> (RW_SEGMENT_BITS + PASS_BITS)]++;
    }
    uint32_t below_low = 0, below_high = 0;
    for (size_t b = 0; b < PASS_SIZE; b++) {
        const uint32_t n_low = low[b], n_high = high[b];
        low[b] = below_low;
        high[b] = below_high;
        below_low += n_low;
        below_high += n_high;
    }
    for (size_t i = 0; i < n; i++)
        to[low[from[i] >> RW_SEGMENT_BITS & (PASS_SIZE - 1)]++] = from[i];
    for (size_t i = 0; i < n; i++)
        from[high[to[i] >> (RW_SEGMENT_BITS + PASS_BITS)]++] = to[i];
}

static int add_group(rw_segment_sort *w, uint64_t low, uint64_t high)
{
    if (w->n_group == w->cap_group) {
        const size_t cap = w->cap_group ? 2 * w->cap_group : 1024;
        struct rw_segment_group *more = rw_realloc(w->group, cap, sizeof *more);
        if (!more) return 0;
        w->group = more;
        w->cap_group = cap;
    }
    w->group[w->n_group++] = (struct rw_segment_group){.low = low, .high = high};
    return 1;
}

static int by_low(const void *a, const void *b)
{
    const struct rw_segment_group *x = a, *y = b;
    return x->low < y->low ? -1 : x->low > y->low;
}

static int by_value(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

/* Edges between two cells that scores of both lie close to: their order is not decided by the
 * cells. */
static int add_close(rw_segment_sort *w, const double *t, size_t n, const scaling *by)
{
    size_t n_close = 0, cap = 0;
    uint64_t *close = NULL;
    for (size_t i = 0; i < n; i++) {
        const double v = (t[i] - by->least) * by->scale, whole = floor(v),
                     rest = v - whole;
        if (!(rest < by->margin) && !(rest > 1.0 - by->margin)) continue;
        if (n_close == cap) {
            cap = cap ? 2 * cap : 64;
            uint64_t *more = rw_realloc(close, cap, sizeof *more);
            if (!more) {
                rw_free(close);
                return 0;
            }
            close = more;
        }
        /* an edge's number twice: even just below it, odd just above */
        close[n_close++] =
            rest < by->margin ? 2 * (uint64_t)whole + 1 : 2 * (uint64_t)whole + 2;
    }
    if (n_close) qsort(close, n_close, sizeof *close, by_value);
    int ok = 1;
    for (size_t i = 0; i + 1 < n_close && ok; i++)
        if (close[i] % 2 == 0 && close[i + 1] == close[i] + 1)
            ok = add_group(w, close[i] / 2 - 1, close[i] / 2);
    rw_free(close);
    return ok;
}

/* First position whose cell, counted through all bands, is at least `c`. */
static size_t position(const rw_segment_sort *w, uint64_t c)
{
    const uint64_t band = c >> RW_CELL_BITS;
    if (band >= w->n_band) return w->band[w->n_band];
    const uint32_t cell = (uint32_t)(c & ((1u << RW_CELL_BITS) - 1));
    size_t from = w->band[band], to = w->band[band + 1];
    while (from < to) {
        const size_t mid = from + (to - from) / 2;
        if (w->cell[mid] >> RW_SEGMENT_BITS < cell)
            from = mid + 1;
        else
            to = mid;
    }
    return from;
}

/* Sort the groups and join those that touch. */
static void join_groups(rw_segment_sort *w)
{
    qsort(w->group, w->n_group, sizeof *w->group, by_low);
    size_t kept = 0;
    for (size_t i = 0; i < w->n_group; i++) {
        struct rw_segment_group *last = kept ? &w->group[kept - 1] : NULL;
        if (last && w->group[i].low <= last->high) {
            if (w->group[i].high > last->high) last->high = w->group[i].high;
        } else {
            w->group[kept++] = w->group[i];
        }
    }
    w->n_group = kept;
    for (size_t i = 0; i < kept; i++) {
        struct rw_segment_group *g = &w->group[i];
        g->first = position(w, g->low);
        g->last = position(w, g->high + 1);
    }
}

static int add_item(rw_segment_sort *w, double t, uint32_t m, uint32_t group)
{
    if (w->n_item == w->cap_item) {
        const size_t cap = w->cap_item ? 2 * w->cap_item : 4096;
        struct rw_segment_item *more = rw_realloc(w->item, cap, sizeof *more);
        if (!more) return 0;
        w->item = more;
        w->cap_item = cap;
    }
    w->item[w->n_item++] = (struct rw_segment_item){t, m, group};
    return 1;
}

/* The distances in the groups, looked up among all scores. */
static int collect(rw_segment_sort *w, const rw_series *s, size_t n, const scaling *by)
{
    memset(w->filter, 0, (w->filter_mask + 1) / 8);
    for (size_t g = 0; g < w->n_group; g++)
        for (uint64_t c = w->group[g].low; c <= w->group[g].high; c++) {
            const uint32_t bit = (uint32_t)c & w->filter_mask;
            w->filter[bit / 32] |= 1u << bit % 32;
        }
    const size_t n_found = s->table->kernels->find(s->t, n, by->least, by->scale,
                                                   w->filter, w->filter_mask, w->other);
    w->n_item = 0;
    for (size_t i = 0; i < n_found; i++) {
        const uint32_t m = w->other[i];
        const uint64_t c = cell_of(by, s->t[m]);
        size_t from = 0, to = w->n_group; /* first group whose high reaches c */
        while (from < to) {
            const size_t mid = from + (to - from) / 2;
            if (w->group[mid].high < c)
                from = mid + 1;
            else
                to = mid;
        }
        if (from < w->n_group && w->group[from].low <= c &&
            !add_item(w, s->t[m], m, (uint32_t)from))
            return 0;
    }
    return 1;
}

static int by_group(const void *a, const void *b)
{
    const struct rw_segment_item *x = a, *y = b;
    if (x->group != y->group) return x->group < y->group ? -1 : 1;
    if (x->t < y->t) return -1;
    if (x->t > y->t) return 1;
    return x->m < y->m ? -1 : x->m > y->m;
}

/* Items [first, last) are closer than doubles can tell. */
static int resolve(rw_segment_sort *w, const rw_series *s, const rw_segments *segments,
                   size_t first, size_t last, rw_segment_counts *out)
{
    const size_t n = last - first;
    rw_exact_item *run = rw_array(n, sizeof *run);
    if (!run) return 0;
    for (size_t i = 0; i < n; i++)
        run[i].m = w->item[first + i].m;
    rw_exact_sort(s, run, n);
    for (size_t i = 0; i < n; i++)
        w->item[first + i].m = run[i].m;
    for (size_t i = 0; i < n;) {
        const size_t end = rw_exact_undecided(run, i, n);
        for (size_t j = i; j < end; j++)
            for (size_t k = i; k < j; k++) {
                const uint32_t a = segment_of(segments, run[j].m),
                               b = segment_of(segments, run[k].m);
                out->undecided[a > b ? a : b][a > b ? b : a]++;
            }
        i = end;
    }
    rw_free(run);
    return 1;
}

/* Put the segments of every group into the order of the scores. */
static int order_groups(rw_segment_sort *w, const rw_series *s,
                        const rw_segments *segments, rw_segment_counts *out)
{
    const double doubt = 2.0 * s->t_error;
    qsort(w->item, w->n_item, sizeof *w->item, by_group);
    for (size_t i = 0; i < w->n_item;) {
        size_t end = i + 1;
        while (end < w->n_item && w->item[end].group == w->item[i].group &&
               !(w->item[end].t - w->item[end - 1].t > doubt))
            end++;
        if (end > i + 1 && !resolve(w, s, segments, i, end, out)) return 0;
        i = end;
    }
    size_t at = 0;
    for (size_t i = 0; i < w->n_item; i++) {
        if (i == 0 || w->item[i].group != w->item[i - 1].group)
            at = w->group[w->item[i].group].first;
        w->cell[at++] = segment_of(segments, w->item[i].m);
    }
    return 1;
}

ropewalk_status rw_segment_count(rw_segment_sort *w, const rw_series *s,
                                 const rw_segments *segments, rw_segment_counts *out,
                                 bool *done, ropewalk_error *err)
{
    const rw_kernels *kernels = s->table->kernels;
    const size_t n = (size_t)segments->edge[segments->n];
    double least, most;
    memset(out, 0, sizeof *out);
    *done = false;
    if (n == 0) return ROPEWALK_OK;
    kernels->range(s->t, n, &least, &most);
    const double n_cell = (double)w->n_band * (1 << RW_CELL_BITS), range = most - least;
    const double scale = range > 0.0 ? (n_cell - 1024.0) / range : 0.0;
    /* v differs from its truth by the score's error and two roundings of numbers below n_cell;
     * two scores of neighbouring cells are in doubt only if both are this close to the edge */
    const double margin = 2.0 * (s->t_error * scale + n_cell * 0x1p-51);
    if (!(scale > 0.0) || !isfinite(scale) || !(margin < 0.25)) return ROPEWALK_OK;

    const scaling by = {least, scale, margin};
    const int close = fill_cells(w, s, segments, &by);
    int ok = 1;
    w->n_group = 0;
    for (size_t b = 0; b < w->n_band && ok; b++) {
        const size_t first = w->band[b], end = w->band[b + 1];
        sort_band(w, first, end);
        const size_t n_shared = kernels->shared(w->cell + first, end - first, w->other);
        for (size_t i = 0; i < n_shared && ok; i++) {
            const uint64_t c = (uint64_t)b << RW_CELL_BITS |
                               w->cell[first + w->other[i]] >> RW_SEGMENT_BITS;
            if (!w->n_group || w->group[w->n_group - 1].low != c) ok = add_group(w, c, c);
        }
    }
    if (close && ok) ok = add_close(w, s->t, n, &by);
    if (ok && w->n_group) {
        join_groups(w);
        ok = collect(w, s, n, &by) && order_groups(w, s, segments, out);
    }
    if (!ok) return rw_fail_memory(err, "exact comparisons");
    kernels->walk(w->cell, n, segments->n, out->above);
    *done = true;
    return ROPEWALK_OK;
}
