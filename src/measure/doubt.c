/* doubt.c - exactness, only where it matters. */
#include "measure/doubt.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "measure/lookup.h"

void rw_doubt_reset(rw_doubt *d)
{
    d->n_group = d->n_item = d->n_undecided = 0;
}

void rw_doubt_clear(rw_doubt *d)
{
    rw_free(d->range);
    rw_free(d->group);
    rw_free(d->item);
    rw_free(d->undecided);
    *d = (rw_doubt){.range = NULL};
}

/* Room for one more element. */
static bool grow(void **list, size_t n, size_t *cap, size_t size)
{
    if (n < *cap) return true;
    const size_t more = *cap ? 2 * *cap : 256;
    void *list2 = rw_realloc(*list, more, size);
    if (!list2) return false;
    *list = list2;
    *cap = more;
    return true;
}

bool rw_doubt_add(rw_doubt *d, uint64_t low, uint64_t high)
{
    void *list = d->range;
    if (!grow(&list, d->n_group, &d->cap_range, sizeof *d->range)) return false;
    d->range = list;
    d->range[d->n_group++] = (rw_cell_range){.low = low, .high = high};
    return true;
}

static int by_low(const void *a, const void *b)
{
    const rw_cell_range *x = a, *y = b;
    return x->low < y->low ? -1 : x->low > y->low;
}

static void join_ranges(rw_doubt *d)
{
    if (d->n_group) qsort(d->range, d->n_group, sizeof *d->range, by_low);
    size_t kept = 0;
    for (size_t i = 0; i < d->n_group; i++) {
        rw_cell_range *last = kept ? &d->range[kept - 1] : NULL;
        if (last && d->range[i].low <= last->high + 1) {
            if (d->range[i].high > last->high) last->high = d->range[i].high;
        } else {
            d->range[kept++] = d->range[i];
        }
    }
    d->n_group = kept;
}

static int by_score(const void *a, const void *b)
{
    const rw_found *x = a, *y = b;
    if (x->t < y->t) return -1;
    if (x->t > y->t) return 1;
    return x->m < y->m ? -1 : x->m > y->m; /* a total order, for reproducibility */
}

typedef struct finding {
    rw_doubt *d;
    const double *t;
} finding;

static bool found(void *ctx, uint32_t m, uint64_t cell)
{
    const finding *f = ctx;
    rw_doubt *d = f->d;
    void *list = d->item;
    if (!grow(&list, d->n_item, &d->cap_item, sizeof *d->item)) return false;
    d->item = list;
    d->item[d->n_item++] = (rw_found){f->t[m], cell, m};
    return true;
}

bool rw_doubt_collect(rw_doubt *d, const rw_buckets *b, int64_t limit)
{
    join_ranges(d);
    d->n_item = d->n_undecided = 0;
    if (d->n_group > d->cap_group) {
        rw_run *more = rw_realloc(d->group, d->n_group, sizeof *more);
        if (!more) return false;
        d->group = more;
        d->cap_group = d->n_group;
    }
    finding f = {d, b->t};
    if (!rw_lookup(b, d->range, d->n_group, limit, found, &f)) return false;
    if (d->n_item) qsort(d->item, d->n_item, sizeof *d->item, by_score);
    size_t at = 0;
    for (size_t g = 0; g < d->n_group; g++) {
        d->group[g].first = at;
        while (at < d->n_item && d->item[at].cell <= d->range[g].high)
            at++;
        d->group[g].last = at;
    }
    return true;
}

/* A distance whose score must be known exactly. */
typedef struct exact_item {
    rw_dd t;
    double error;
    uint64_t cell;
    uint32_t m;
} exact_item;

static int by_exact(const void *a, const void *b)
{
    const exact_item *x = a, *y = b;
    const rw_dd d = rw_dd_sub(x->t, y->t);
    if (d.hi < 0.0) return -1;
    if (d.hi > 0.0) return 1;
    return x->m < y->m ? -1 : x->m > y->m;
}

/* Items [first, last) are closer than doubles can tell: order them exactly. */
static bool decide_run(rw_doubt *d, const rw_series *s, size_t first, size_t last)
{
    const size_t n = last - first;
    exact_item *run = rw_array(n, sizeof *run);
    if (!run) return false;
    for (size_t i = 0; i < n; i++) {
        if (rw_doubt_stopped(d)) {
            rw_free(run);
            return false;
        }
        run[i].m = d->item[first + i].m;
        run[i].cell = d->item[first + i].cell;
        run[i].t = rw_series_exact(s, run[i].m, &run[i].error);
    }
    qsort(run, n, sizeof *run, by_exact);
    bool ok = true;
    size_t begin = 0; /* of the items not known to lie apart */
    for (size_t i = 0; i < n && ok; i++) {
        d->item[first + i] = (rw_found){s->t[run[i].m], run[i].cell, run[i].m};
        if (i + 1 < n && !(rw_dd_sub(run[i + 1].t, run[i].t).hi > 2.0 * run[i].error))
            continue;
        if (i > begin) {
            void *list = d->undecided;
            ok = grow(&list, d->n_undecided, &d->cap_undecided, sizeof *d->undecided);
            d->undecided = list;
            if (ok)
                d->undecided[d->n_undecided++] = (rw_run){first + begin, first + i + 1};
        }
        begin = i + 1;
    }
    rw_free(run);
    return ok;
}

bool rw_doubt_decide(rw_doubt *d, const rw_series *s)
{
    const double doubt = 2.0 * s->t_error;
    for (size_t g = 0; g < d->n_group; g++)
        for (size_t i = d->group[g].first, end; i < d->group[g].last; i = end) {
            end = i + 1;
            while (end < d->group[g].last &&
                   !(d->item[end].t - d->item[end - 1].t > doubt))
                end++;
            if (end > i + 1 && !decide_run(d, s, i, end)) return false;
        }
    return true;
}
