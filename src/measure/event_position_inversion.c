/* event_position_inversion.c - far above near: the same key, moved from one window of distances
 * to a farther one, scores higher (E1).
 *
 * All windows of a batch are counted along the order of cells; where that is not certain, hardly ever, by
 * the order of the scores themselves. */
#include <stdlib.h>

#include "measure/event.h"

static uint32_t labels_between(const rw_edges *edges, int64_t first, int64_t end)
{
    uint32_t labels = 0;
    for (size_t e = 0; e + 1 < edges->n; e++)
        if (edges->at[e] >= first && edges->at[e] < end) labels |= (uint32_t)1 << e;
    return labels;
}

static bool is_near(const rw_window *w, uint32_t m)
{
    return m >= w->near_first && m < w->near_end;
}

static bool is_far(const rw_window *w, uint32_t m)
{
    return m >= w->far_first && m < w->far_end;
}

/* The pairs of one group in the order that its items stand in. */
static uint64_t in_order(const rw_found *item, size_t n, const rw_window *w)
{
    uint64_t near = 0, count = 0;
    for (size_t i = 0; i < n; i++) {
        near += is_near(w, item[i].m);
        count += is_far(w, item[i].m) ? near : 0;
    }
    return count;
}

/* As cells have them: those of one by distance, as their labels ascend with it. */
static int by_cell(const void *a, const void *b)
{
    const rw_found *x = a, *y = b;
    if (x->cell != y->cell) return x->cell < y->cell ? -1 : 1;
    return x->m < y->m ? -1 : x->m > y->m;
}

static int64_t undecided_pairs(const rw_doubt *d, const rw_window *w)
{
    int64_t pairs = 0;
    for (size_t r = 0; r < d->n_undecided; r++) {
        int64_t near = 0, far = 0;
        for (size_t i = d->undecided[r].first; i < d->undecided[r].last; i++) {
            near += is_near(w, d->item[i].m);
            far += is_far(w, d->item[i].m);
        }
        pairs += near * far;
    }
    return pairs;
}

static rw_count *count_of(rw_single *single, const rw_window *w)
{
    rw_single *at = &single[w->context];
    return w->kind == RW_HALVES  ? &at->inversion
           : w->kind == RW_LOCAL ? &at->inversion_local
                                 : &at->inversion_beyond;
}

/* What the order of scores adds to that of cells. */
static void correct(rw_doubt *d, rw_sides *side, const rw_window *const *window, size_t n)
{
    for (size_t g = 0; g < d->n_group; g++) {
        rw_found *item = d->item + d->group[g].first;
        const size_t n_item = d->group[g].last - d->group[g].first;
        for (size_t i = 0; i < n; i++)
            side[i].above += in_order(item, n_item, window[i]);
        if (n_item) qsort(item, n_item, sizeof *item, by_cell);
        for (size_t i = 0; i < n; i++)
            side[i].above -= in_order(item, n_item, window[i]);
    }
}

static bool decide_close(rw_buckets *b, rw_doubt *d, const rw_series *s)
{
    bool ok = true;
    rw_doubt_reset(d);
    for (size_t i = 0; i < b->n_close && ok; i++)
        ok = rw_doubt_add(d, b->close[i].low, b->close[i].high);
    return ok &&
           (b->n_close == 0 || (rw_doubt_collect(d, b, b->edges.at[b->edges.n - 1]) &&
                                rw_doubt_decide(d, s)));
}

bool rw_count_position_inversion(rw_buckets *b, rw_doubt *d, const rw_series *s,
                                 const rw_window *window, size_t n_window,
                                 rw_single *single)
{
    const rw_window *of[RW_MAX_BATCH];
    rw_sides side[RW_MAX_BATCH];
    int64_t undecided[RW_MAX_BATCH];
    size_t n = 0;
    for (size_t i = 0; i < n_window; i++) {
        const rw_window *w = &window[i];
        if (w->kind == RW_WHOLE) continue;
        of[n] = w;
        side[n++] =
            (rw_sides){.near = labels_between(&b->edges, w->near_first, w->near_end),
                       .far = labels_between(&b->edges, w->far_first, w->far_end)};
    }
    if (!rw_buckets_order(b, side, n) || !decide_close(b, d, s)) return false;
    for (size_t i = 0; i < n; i++)
        undecided[i] = undecided_pairs(d, of[i]);
    correct(d, side, of, n);
    for (size_t i = 0; i < n; i++) {
        const rw_window *w = of[i];
        *count_of(single, w) = (rw_count){.count = (int64_t)side[i].above,
                                          .total = (w->near_end - w->near_first) *
                                                   (w->far_end - w->far_first),
                                          .unresolved = undecided[i]};
    }
    return true;
}
