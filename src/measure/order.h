/* order.h - all distances of a series in the certified order of their scores.
 *
 * Scores are packed to 32-bit cells with their distance and radix-sorted; cells that coincide
 * are sorted by the double; neighbours closer than twice the error bound are re-evaluated in
 * double-double and sorted by that. What is still undecided is listed. Every count of
 * inversions is then a walk along this one permutation. */
#ifndef RW_MEASURE_ORDER_H
#define RW_MEASURE_ORDER_H
#include "measure/scoretable.h"

typedef struct rw_order {
    int64_t n;
    uint32_t *distance; /* [n], ascending score */
    double *score;      /* [n], t[distance[i]]: not monotone inside re-evaluated groups */
    uint64_t *packed;   /* scratch [2 n] */
    /* runs [first, last) of `distance` whose order is undecided */
    struct rw_undecided {
        int64_t first, last;
    } * undecided;
    size_t n_undecided, cap_undecided;
    uint32_t
        *undecided_distance; /* the distances of those runs, kept when windows are cut */
    size_t n_undecided_distance, cap_undecided_distance;
    int64_t n_exact; /* double-double evaluations made, for the log */
} rw_order;

/* A distance whose score must be known exactly. */
typedef struct rw_exact_item {
    rw_dd t;
    double error;
    uint32_t m;
} rw_exact_item;

/** Evaluate n distances (`m` of each) in double-double and sort by that, ties by m. */
void rw_exact_sort(const rw_series *s, rw_exact_item *list, size_t n);
/** The end of the run from `first` in which each differs from the next by less than both errors:
 *  first + 1 when it is decided. */
size_t rw_exact_undecided(const rw_exact_item *list, size_t first, size_t n);

/** Room for n distances: 32 n bytes. */
ropewalk_status rw_order_init(rw_order *o, int64_t n, ropewalk_error *err);
void rw_order_clear(rw_order *o);
/** Sort the first n distances of s (n <= room). `exact` 0 skips certification: for statistics
 *  that are not counts. */
ropewalk_status rw_order_sort(rw_order *o, const rw_series *s, int64_t n, int exact,
                              ropewalk_error *err);
#endif
