/* event_position_inversion.c - far above near: the same key, moved from one window of distances
 * to a farther one, scores higher (E1).
 *
 * All windows of a batch are counted bucket by bucket; buckets in doubt, hardly ever one, are
 * taken out of the counts again and counted in the order of their scores. */
#include "measure/event.h"

/* What a window's buckets low .. high contribute by their cells. */
static uint64_t by_cells(const rw_buckets *b, const rw_window *w, size_t low, size_t n,
                         size_t *n_doubtful)
{
    const uint32_t *const edge[4] = {
        rw_buckets_row(b, w->near_first) + low, rw_buckets_row(b, w->near_end) + low,
        rw_buckets_row(b, w->far_first) + low, rw_buckets_row(b, w->far_end) + low};
    uint64_t count = 0;
    *n_doubtful = b->kernels->above(b->place, n, edge, &count, b->bucket_list);
    return count;
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
    size_t n_doubtful;
    bool ok = true;
    rw_doubt_reset(d);
    for (size_t i = 0; i < n_window; i++) {
        const rw_window *w = &window[i];
        if (w->kind == RW_WHOLE) continue;
        rw_count *c = count_of(single, w);
        c->total = (w->near_end - w->near_first) * (w->far_end - w->far_first);
        c->count = (int64_t)by_cells(b, w, 0, b->n_bucket, &n_doubtful);
        for (size_t j = 0; j < n_doubtful && ok; j++)
            ok = rw_doubt_add(d, b->bucket_list[j], b->bucket_list[j]);
    }
    for (size_t i = 0; i < b->n_close && ok; i++)
        ok = rw_doubt_add(d, (uint32_t)b->close[i], (uint32_t)b->close[i] + 1);
    if (!ok || !d->n_group) return ok;
    if (!rw_doubt_collect(d, b, b->edges.at[b->edges.n - 1]) || !rw_doubt_decide(d, s))
        return false;
    for (size_t i = 0; i < n_window; i++) {
        const rw_window *w = &window[i];
        if (w->kind == RW_WHOLE) continue;
        rw_count *c = count_of(single, w);
        for (size_t g = 0; g < d->n_group; g++) {
            const rw_doubt_group *in = &d->group[g];
            c->count -=
                (int64_t)by_cells(b, w, in->low, in->high - in->low + 1, &n_doubtful);
            c->count += (int64_t)by_order(d, in, w);
        }
        c->unresolved = undecided_pairs(d, w);
    }
    return true;
}
