/* event_near_aliasing.c - pairs of distances whose scores differ by less than a threshold, exactly
 * that not counted (E8): near aliasing, free of number formats. */
#include <math.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "measure/event.h"

/* An item's score in double-double, evaluated when it is first asked for, and the items above it of which
 * the doubles do not say whether they are near. */
typedef struct exact_score {
    rw_dd t;
    double error; /* 0: not yet */
    size_t first, end;
} exact_score;

static exact_score exactly(const rw_doubt *d, const rw_series *s, exact_score *known,
                           size_t i)
{
    if (!(known[i].error > 0.0))
        known[i].t = rw_series_exact(s, d->item[i].m, &known[i].error);
    return known[i];
}

/* The first item from `from` on that is at least `apart` above t. */
static size_t first_above(const rw_doubt *d, size_t from, size_t end, double t,
                          double apart)
{
    while (from < end && d->item[from].t - t < apart)
        from++;
    return from;
}

/* First item whose bucket is at least `bucket`. */
static size_t first_in(const rw_doubt *d, uint64_t bucket)
{
    size_t from = 0, to = d->n_item;
    while (from < to) {
        const size_t mid = from + (to - from) / 2;
        if (d->item[mid].bucket < bucket)
            from = mid + 1;
        else
            to = mid;
    }
    return from;
}

/* By how much two scores, the first the higher one, are farther apart than the threshold. */
static double beyond(rw_dd high, rw_dd low, double threshold)
{
    return rw_dd_add_d(rw_dd_sub(high, low), -threshold).hi;
}

/* A stretch of items some of whose pairs with others above are open. */
typedef struct open_pairs {
    size_t first, last; /* the lower ones */
    size_t low, high;   /* the upper ones */
    size_t n_lower;
    uint64_t n;
} open_pairs;

static bool pair_by_pair(const rw_doubt *d, const rw_series *s, exact_score *known,
                         const open_pairs *open, double threshold, rw_count *c)
{
    for (size_t i = open->first; i < open->last; i++)
        for (size_t j = known[i].first; j < known[i].end; j++) {
            if (rw_doubt_stopped(d)) return false;
            const exact_score x = exactly(d, s, known, i), y = exactly(d, s, known, j);
            const rw_dd apart = rw_dd_sub(x.t, y.t);
            const double off =
                rw_dd_add_d(apart.hi < 0.0 ? rw_dd_neg(apart) : apart, -threshold).hi;
            c->count += off < -(x.error + y.error);
            c->unresolved += fabs(off) <= x.error + y.error;
        }
    return true;
}

static int by_size(const void *a, const void *b)
{
    const rw_dd *x = a, *y = b;
    if (x->hi != y->hi) return x->hi < y->hi ? -1 : 1;
    return x->lo < y->lo ? -1 : x->lo > y->lo;
}

/* The same where they are many: the exact scores of both sides in order, walked along once. Of the upper
 * items between open->low and an item's first open one, all near, the walk counts every one again. */
static bool along_the_order(const rw_doubt *d, const rw_series *s, exact_score *known,
                            const open_pairs *open, double threshold, rw_count *c)
{
    const size_t n_upper = open->high - open->low;
    rw_dd *lower = rw_array(open->n_lower + n_upper, sizeof *lower),
          *upper = lower + open->n_lower;
    double doubt = 0.0; /* the same for all scores of a key */
    size_t n = 0;
    bool ok = lower != NULL;
    for (size_t i = open->first; i < open->last && ok; i++) {
        if (known[i].first == known[i].end) continue;
        ok = !rw_doubt_stopped(d);
        const exact_score x = exactly(d, s, known, i);
        doubt = x.error > doubt ? x.error : doubt;
        lower[n++] = x.t;
        c->count -= (int64_t)(known[i].first - open->low);
    }
    for (size_t j = 0; j < n_upper && ok; j++) {
        ok = !rw_doubt_stopped(d);
        upper[j] = exactly(d, s, known, open->low + j).t;
    }
    if (ok) {
        qsort(lower, n, sizeof *lower, by_size);
        qsort(upper, n_upper, sizeof *upper, by_size);
    }
    for (size_t i = 0, near = 0, open_end = 0; i < n && ok; i++) {
        while (near < n_upper && beyond(upper[near], lower[i], threshold) < -2.0 * doubt)
            near++;
        open_end = near > open_end ? near : open_end;
        while (open_end < n_upper &&
               beyond(upper[open_end], lower[i], threshold) <= 2.0 * doubt)
            open_end++;
        c->count += (int64_t)near;
        c->unresolved += (int64_t)(open_end - near);
    }
    rw_free(lower);
    return ok;
}

/* The pairs of bucket `at` that were left out: with the two buckets that begin `across` further. */
static bool by_order(const rw_doubt *d, const rw_series *s, exact_score *known,
                     uint64_t at, uint64_t across, double threshold, rw_count *c)
{
    enum { MANY = 8 }; /* open pairs an item: beyond, sorting is worth its while */
    const double margin = 4.0 * s->t_error + threshold * 0x1p-50;
    const size_t begin = first_in(d, at + across), end = first_in(d, at + across + 2);
    open_pairs open = {first_in(d, at), first_in(d, at + 1), end, begin, 0, 0};
    size_t surely = begin,
           maybe = begin; /* where scores are not surely near; nor perhaps */
    for (size_t i = open.first; i < open.last; i++) {
        const double t = d->item[i].t;
        const size_t from = across ? begin : i + 1;
        surely =
            first_above(d, surely > from ? surely : from, end, t, threshold - margin);
        maybe =
            first_above(d, maybe > surely ? maybe : surely, end, t, threshold + margin);
        c->count += (int64_t)(surely - from);
        known[i].first = surely;
        known[i].end = maybe;
        if (surely == maybe) continue;
        open.low = surely < open.low ? surely : open.low;
        open.high = maybe > open.high ? maybe : open.high;
        open.n_lower++;
        open.n += maybe - surely;
    }
    if (open.n == 0) return true;
    const uint64_t few = MANY * (open.n_lower + (open.high - open.low));
    /* closer than scores are known, the upper one of a pair need not be the higher one */
    if (open.n <= few || threshold <= 16.0 * s->t_error)
        return pair_by_pair(d, s, known, &open, threshold, c);
    return along_the_order(d, s, known, &open, threshold, c);
}

/* The threshold in buckets and what is left in cells. */
static uint64_t in_buckets(const rw_buckets *b, double threshold, int32_t *rest)
{
    const double bucket = (double)((uint64_t)1 << b->by.low_bits),
                 cells = threshold * b->by.scale;
    *rest = 0;
    if (!(cells < bucket * ((double)b->n_bucket + 1.0))) return b->n_bucket + 1;
    const double whole = floor(cells / bucket);
    *rest = (int32_t)(cells - whole * bucket + 0.5);
    return (uint64_t)whole;
}

bool rw_count_near_aliasing(rw_buckets *b, rw_doubt *d, const rw_series *s,
                            int64_t context, double threshold, rw_count *c)
{
    uint64_t near = 0;
    int32_t rest;
    const uint64_t across = in_buckets(b, threshold, &rest);
    *c = (rw_count){.total = context * (context - 1) / 2};
    const size_t n_doubtful = b->kernels->within(
        b->place, b->n_bucket, rw_buckets_row(b, 0), rw_buckets_row(b, context),
        b->by.low_bits, across, rest, &near, b->bucket_list);
    c->count = (int64_t)near;
    if (n_doubtful == 0) return true;
    rw_doubt_reset(d);
    const uint64_t most = b->n_bucket - 1;
    for (size_t i = 0; i < n_doubtful; i++) {
        const uint64_t at = b->bucket_list[i], low = at + across;
        if (!rw_doubt_add(d, (uint32_t)at, (uint32_t)at)) return false;
        if (low <= most &&
            !rw_doubt_add(d, (uint32_t)low, (uint32_t)(low < most ? low + 1 : low)))
            return false;
    }
    if (!rw_doubt_collect(d, b, context)) return false;
    exact_score *known = rw_calloc(d->n_item, sizeof *known);
    bool ok = known != NULL;
    for (size_t i = 0; i < n_doubtful && ok; i++)
        ok = by_order(d, s, known, b->bucket_list[i], across, threshold, c);
    rw_free(known);
    return ok;
}
