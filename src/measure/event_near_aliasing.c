/* event_near_aliasing.c - pairs of distances whose scores differ by less than a threshold, exactly
 * that not counted (E8): near aliasing, free of number formats. */
#include <math.h>

#include "base/alloc.h"
#include "measure/event.h"

/* An item's score in double-double, evaluated when it is first asked for. */
typedef struct exact_score {
    rw_dd t;
    double error; /* 0: not yet */
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

/* The pairs of bucket `at` that were left out: with the two buckets that begin `across` further. */
static void by_order(const rw_doubt *d, const rw_series *s, exact_score *known,
                     uint64_t at, uint64_t across, double threshold, rw_count *c)
{
    const double margin = 4.0 * s->t_error + threshold * 0x1p-50;
    const size_t first = first_in(d, at), last = first_in(d, at + 1),
                 begin = first_in(d, at + across), end = first_in(d, at + across + 2);
    size_t surely = begin,
           maybe = begin; /* where scores are not surely near; nor perhaps */
    for (size_t i = first; i < last; i++) {
        const double t = d->item[i].t;
        const size_t from = across ? begin : i + 1;
        surely =
            first_above(d, surely > from ? surely : from, end, t, threshold - margin);
        maybe =
            first_above(d, maybe > surely ? maybe : surely, end, t, threshold + margin);
        c->count += (int64_t)(surely - from);
        for (size_t j = surely; j < maybe; j++) {
            const exact_score x = exactly(d, s, known, i), y = exactly(d, s, known, j);
            const rw_dd apart = rw_dd_sub(x.t, y.t);
            const rw_dd beyond =
                rw_dd_add_d(apart.hi < 0.0 ? rw_dd_neg(apart) : apart, -threshold);
            c->count += beyond.hi < -(x.error + y.error);
            c->unresolved += fabs(beyond.hi) <= x.error + y.error;
        }
    }
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
    for (size_t i = 0; i < n_doubtful && known; i++)
        by_order(d, s, known, b->bucket_list[i], across, threshold, c);
    const bool ok = known != NULL;
    rw_free(known);
    return ok;
}
