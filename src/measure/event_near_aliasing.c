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

/* By how much two scores, the first the higher one, are farther apart than the threshold. */
static double beyond(rw_dd high, rw_dd low, double threshold)
{
    return rw_dd_add_d(rw_dd_sub(high, low), -threshold).hi;
}

static bool pair_by_pair(const rw_doubt *d, const rw_series *s, exact_score *known,
                         double threshold, rw_count *c)
{
    for (size_t i = 0; i < d->n_item; i++)
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

/* The same where they are many: the exact scores of all items in order, walked along once. That counts the pairs
 * that were settled, too, once more. */
static bool along_the_order(const rw_doubt *d, const rw_series *s, double threshold,
                            int64_t settled, rw_count *c)
{
    const size_t n = d->n_item;
    rw_dd *t = rw_array(n, sizeof *t);
    double doubt = 0.0; /* the same for all scores of a key */
    bool ok = t != NULL;
    for (size_t i = 0; i < n && ok; i++) {
        ok = !rw_doubt_stopped(d);
        t[i] = rw_series_exact(s, d->item[i].m, &doubt);
    }
    if (ok) qsort(t, n, sizeof *t, by_size);
    for (size_t i = 0, near = 0, open = 0; i < n && ok; i++) {
        near = near > i ? near : i + 1;
        while (near < n && beyond(t[near], t[i], threshold) < -2.0 * doubt)
            near++;
        open = open > near ? open : near;
        while (open < n && beyond(t[open], t[i], threshold) <= 2.0 * doubt)
            open++;
        c->count += (int64_t)(near - i - 1);
        c->unresolved += (int64_t)(open - near);
    }
    c->count -= settled;
    rw_free(t);
    return ok;
}

/* Items whose cells are nearer to the threshold than cells tell: what their scores say. All ends ascend with the
 * lower item's score. */
static bool by_order(const rw_doubt *d, const rw_series *s, exact_score *known,
                     uint64_t apart, double threshold, rw_count *c)
{
    enum { MANY = 8 }; /* open pairs an item: beyond, sorting is worth its while */
    const double margin = 4.0 * s->t_error + threshold * 0x1p-50;
    size_t first = 0, end = 0, surely = 0, maybe = 0;
    int64_t settled = 0;
    uint64_t open = 0;
    for (size_t i = 0; i < d->n_item; i++) {
        const rw_found *at = &d->item[i];
        while (first < d->n_item &&
               (first <= i || d->item[first].cell + 1 < at->cell + apart))
            first++;
        end = end > first ? end : first;
        while (end < d->n_item && d->item[end].cell <= at->cell + apart + 1)
            end++;
        surely = first_above(d, surely > first ? surely : first, end, at->t,
                             threshold - margin);
        maybe = first_above(d, maybe > surely ? maybe : surely, end, at->t,
                            threshold + margin);
        c->count += (int64_t)(surely - first);
        settled += (int64_t)(surely - i - 1);
        open += maybe - surely;
        known[i].first = surely;
        known[i].end = maybe;
    }
    return open <= MANY * d->n_item ? pair_by_pair(d, s, known, threshold, c)
                                    : along_the_order(d, s, threshold, settled, c);
}

/* The threshold in cells, and the first and the last bucket above a score's own that may have some that are neither
 * surely near nor surely apart: two of them, or three. */
typedef struct distance {
    uint64_t apart;
    size_t first, last;
} distance;

static distance in_cells(const rw_buckets *b, double threshold)
{
    const double cells = threshold * b->by.scale,
                 all = (double)((uint64_t)(b->n_bucket + 1) << b->by.low_bits);
    distance x = {.apart = cells < all ? (uint64_t)(cells + 0.5) : (uint64_t)all};
    x.first = x.apart ? (x.apart - 1) >> b->by.low_bits : 0;
    x.last = (x.apart >> b->by.low_bits) + 1;
    return x;
}

/* The cells of bucket i, each of whose pairs may be in doubt, and those they are in doubt with. */
static bool doubt_bucket(const rw_buckets *b, rw_doubt *d, size_t i, const distance *x)
{
    const uint64_t base = (uint64_t)i << b->by.low_bits;
    size_t bucket = i + x->first,
           at = b->begin[bucket < b->n_bucket ? bucket : b->n_bucket];
    for (size_t j = b->begin[i]; j < b->begin[i + 1]; j++) {
        const uint64_t cell = base + (uint64_t)b->cell[j], there = cell + x->apart;
        for (; at < b->begin[b->n_bucket]; at++) {
            while (at >= b->begin[bucket + 1])
                bucket++;
            const uint64_t other =
                ((uint64_t)bucket << b->by.low_bits) + (uint64_t)b->cell[at];
            if (other + 1 < there || at <= j) continue;
            if (other <= there + 1 &&
                !(rw_doubt_add(d, cell, cell) &&
                  rw_doubt_add(d, there ? there - 1 : 0, there + 1)))
                return false;
            break;
        }
    }
    return true;
}

/* Pairs that are surely near, bucket by bucket; buckets in which some are in doubt. */
static bool by_cells(const rw_buckets *b, rw_doubt *d, const distance *x, uint64_t *count)
{
    const size_t last = b->n_bucket;
    for (size_t i = 0; i < last; i++) {
        const size_t n = b->begin[i + 1] - b->begin[i], far = i + x->first;
        const uint64_t inside =
            (uint64_t)n * (n + 1) / 2; /* each with itself, and twice too often */
        if (n == 0) continue;
        if (far >= last) { /* all that are above */
            *count += n * (b->begin[last] - b->begin[i]) - inside;
            continue;
        }
        int doubtful = x->apart < 2; /* then nothing is sure */
        if (!doubtful) *count += n * (b->begin[far] - b->begin[i]) - inside;
        for (size_t k = x->first; k <= x->last && i + k < last && x->apart >= 2; k++)
            doubtful |= b->kernels->within(
                b->cell + b->begin[i], n, b->cell + b->begin[i + k],
                b->begin[i + k + 1] - b->begin[i + k],
                (int32_t)((int64_t)x->apart - ((int64_t)k << b->by.low_bits)), count);
        if (doubtful && !doubt_bucket(b, d, i, x)) return false;
    }
    return true;
}

bool rw_count_near_aliasing(rw_buckets *b, rw_doubt *d, const rw_series *s,
                            int64_t context, double threshold, rw_count *c)
{
    uint64_t near = 0;
    const distance x = in_cells(b, threshold);
    rw_doubt_reset(d);
    rw_buckets_select(b, 0, context);
    bool ok = by_cells(b, d, &x, &near);
    *c = (rw_count){.count = (int64_t)near, .total = context * (context - 1) / 2};
    if (!ok || d->n_group == 0) return ok;
    if (!rw_doubt_collect(d, b, context)) return false;
    exact_score *known = rw_calloc(d->n_item + 1, sizeof *known);
    ok = known && by_order(d, s, known, x.apart, threshold, c);
    rw_free(known);
    return ok;
}
