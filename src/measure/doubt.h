/* doubt.h - the few scores whose cells do not decide: their distances looked up again and put into
 * the order of their scores, by the doubles and, closer than the error bound, by double-double. */
#ifndef RW_MEASURE_DOUBT_H
#define RW_MEASURE_DOUBT_H
#include <stdatomic.h>

#include "measure/buckets.h"

/* A distance found in a range of cells. */
typedef struct rw_found {
    double t;
    uint64_t cell;
    uint32_t m;
} rw_found;

/* Items [first, last): those of one range. */
typedef struct rw_run {
    size_t first, last;
} rw_run;

typedef struct rw_doubt {
    rw_cell_range *range; /* that were added; once collected, ascending and apart */
    rw_run *group;        /* the items of each */
    size_t n_group, cap_range, cap_group;
    rw_found *item; /* of all groups, ascending */
    size_t n_item, cap_item;
    rw_run *undecided; /* runs of items whose order is not known */
    size_t n_undecided, cap_undecided;
    const atomic_int *stop; /* nonzero: give up; NULL: never */
} rw_doubt;

/** Asked before each score that is evaluated exactly: crowded ones can be many. */
static inline bool rw_doubt_stopped(const rw_doubt *d)
{
    return d->stop && atomic_load_explicit(d->stop, memory_order_relaxed);
}

void rw_doubt_reset(rw_doubt *d);
void rw_doubt_clear(rw_doubt *d);
/** Examine cells low .. high together, and with any others that overlap or touch them. The functions here
 *  return false when there is no memory, or when they were stopped. */
bool rw_doubt_add(rw_doubt *d, uint64_t low, uint64_t high);
/** Find the distances below `limit` in all groups, in the order of their doubles. */
bool rw_doubt_collect(rw_doubt *d, const rw_buckets *b, int64_t limit);
/** Put them in the order of the scores that the doubles stand for. */
bool rw_doubt_decide(rw_doubt *d, const rw_series *s);
#endif
