/* doubt.h - the few buckets whose cells do not decide: their distances looked up again and put into
 * the order of their scores, by the doubles and, closer than the error bound, by double-double. */
#ifndef RW_MEASURE_DOUBT_H
#define RW_MEASURE_DOUBT_H
#include <stdatomic.h>

#include "measure/buckets.h"

/* A distance found in a bucket. */
typedef struct rw_found {
    double t;
    uint32_t m, bucket;
} rw_found;

/* Neighbouring buckets that are examined together: low .. high, items [first, last). */
typedef struct rw_doubt_group {
    uint32_t low, high;
    size_t first, last;
} rw_doubt_group;

typedef struct rw_run {
    size_t first, last;
} rw_run;

typedef struct rw_doubt {
    rw_doubt_group *group;
    size_t n_group, cap_group;
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
/** Examine buckets low .. high together, and with any others that overlap them. The functions here
 *  return false when there is no memory, or when they were stopped. */
bool rw_doubt_add(rw_doubt *d, uint32_t low, uint32_t high);
/** Find the distances below `limit` in all groups, in the order of their doubles. */
bool rw_doubt_collect(rw_doubt *d, const rw_buckets *b, int64_t limit);
/** Put them in the order of the scores that the doubles stand for. */
bool rw_doubt_decide(rw_doubt *d, const rw_series *s);
#endif
