/* event_position_inversion.c - far above near: the same key, moved from one window of distances
 * to a farther one, scores higher (E1).
 *
 * All windows of a batch are counted bucket by bucket; buckets in doubt, hardly ever one, are
 * taken out of the counts again and counted in the order of their scores. */
#include "measure/event.h"

/* The windows of one batch that are counted here, and what buckets contribute to each by their cells. */
typedef struct counting {
    const rw_window *window[RW_MAX_BATCH];
    uint64_t count[RW_MAX_BATCH];
    size_t n;
} counting;

static uint32_t labels_between(const rw_edges *edges, int64_t first, int64_t end)
{
    uint32_t labels = 0;
    for (size_t e = 0; e + 1 < edges->n; e++)
        if (edges->at[e] >= first && edges->at[e] < end) labels |= (uint32_t)1 << e;
    return labels;
}

/* Buckets low .. low + n - 1; returns how many of b->bucket_list are in doubt. */
static size_t by_cells(const rw_buckets *b, counting *c, size_t low, size_t n)
{
    rw_sides side[RW_MAX_BATCH];
    for (size_t i = 0; i < c->n; i++) {
        const rw_window *w = c->window[i];
        side[i] =
            (rw_sides){.near_first = rw_buckets_row(b, w->near_first) + low,
                       .near_end = rw_buckets_row(b, w->near_end) + low,
                       .far_first = rw_buckets_row(b, w->far_first) + low,
                       .far_end = rw_buckets_row(b, w->far_end) + low,
                       .near = labels_between(&b->edges, w->near_first, w->near_end),
                       .far = labels_between(&b->edges, w->far_first, w->far_end)};
    }
    return b->kernels->above(b->place, n, b->row + low,
                             b->row + (b->edges.n - 1) * b->n_bucket + low, side, c->n,
                             c->count, b->bucket_list);
}

static bool is_near(const rw_window *w, uint32_t m)
{
    return m >= w->near_first && m < w->near_end;
}

static bool is_far(const rw_window *w, uint32_t m)
{
    return m >= w->far_first && m < w->far_end;
}

/* The same of a group by the order of its scores. */
static uint64_t by_order(const rw_doubt *d, const rw_doubt_group *g, const rw_window *w)
{
    uint64_t near = 0, count = 0;
    for (size_t i = g->first; i < g->last; i++) {
        near += is_near(w, d->item[i].m);
        count += is_far(w, d->item[i].m) ? near : 0;
    }
    return count;
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

bool rw_count_position_inversion(rw_buckets *b, rw_doubt *d, const rw_series *s,
                                 const rw_window *window, size_t n_window,
                                 rw_single *single)
{
    bool ok = true;
    counting all = {.n = 0}, some;
    for (size_t i = 0; i < n_window; i++)
        if (window[i].kind != RW_WHOLE) all.window[all.n++] = &window[i];
    some = all;
    rw_doubt_reset(d);
    const size_t n_doubtful = by_cells(b, &all, 0, b->n_bucket);
    for (size_t j = 0; j < n_doubtful && ok; j++)
        ok = rw_doubt_add(d, b->bucket_list[j], b->bucket_list[j]);
    for (size_t i = 0; i < b->n_close && ok; i++)
        ok = rw_doubt_add(d, (uint32_t)b->close[i], (uint32_t)b->close[i] + 1);
    if (ok && d->n_group)
        ok = rw_doubt_collect(d, b, b->edges.at[b->edges.n - 1]) && rw_doubt_decide(d, s);
    for (size_t g = 0; g < d->n_group && ok; g++) {
        const rw_doubt_group *in = &d->group[g];
        (void)by_cells(b, &some, in->low, in->high - in->low + 1);
        for (size_t i = 0; i < all.n; i++)
            all.count[i] += by_order(d, in, all.window[i]) - some.count[i];
    }
    for (size_t i = 0; i < all.n && ok; i++) {
        const rw_window *w = all.window[i];
        *count_of(single, w) = (rw_count){
            .count = (int64_t)all.count[i],
            .total = (w->near_end - w->near_first) * (w->far_end - w->far_first),
            .unresolved = d->n_group ? undecided_pairs(d, w) : 0};
    }
    return ok;
}
