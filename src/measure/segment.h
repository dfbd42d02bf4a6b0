/* segment.h - pairs of distances by the order of their scores, between all segments of a window at
 * once: what every count of position inversions is a sum of.
 *
 * Scores become 26-bit cells with the number of their segment beside them, 32 bits in all, which
 * are radix-sorted, long windows band by band so that each sort stays in the cache; one walk
 * along them adds up a whole matrix of counts. Distances are not
 * carried along: where a cell holds distances of two segments, or a score lies so close to the
 * edge of its cell that the error bound reaches across, the few distances are looked up again,
 * ordered by their doubles and, closer than the bound, by double-double (docs/numerics.md N15). */
#ifndef RW_MEASURE_SEGMENT_H
#define RW_MEASURE_SEGMENT_H
#include "measure/order.h"

enum { RW_MAX_SEGMENT = RW_KERNEL_SEGMENT };

typedef struct rw_segments {
    size_t n;
    int64_t
        edge[RW_MAX_SEGMENT + 1]; /* segment i is [edge[i], edge[i + 1]); edge[0] is 0 */
} rw_segments;

/* above[f][n]: pairs (m in segment f, m' in segment n) with S(m) > S(m'); f > n. */
typedef struct rw_segment_counts {
    uint64_t above[RW_MAX_SEGMENT][RW_MAX_SEGMENT];
    uint64_t undecided[RW_MAX_SEGMENT][RW_MAX_SEGMENT];
} rw_segment_counts;

typedef struct rw_segment_sort {
    uint32_t *cell, *other; /* [n] each */
    uint32_t *first;        /* counters of two passes */
    size_t *band;           /* [n_band + 1]: where each begins */
    size_t n_band;
    struct rw_segment_group *group;
    size_t n_group, cap_group;
    struct rw_segment_item *item;
    size_t n_item, cap_item;
    uint32_t *filter; /* of the groups' cells, filter_mask + 1 bits */
    uint32_t filter_mask;
} rw_segment_sort;

/** Room for n distances: 8 n bytes, 128 KiB at most besides. @param n_band  0: as many as serve. */
ropewalk_status rw_segment_sort_init(rw_segment_sort *w, int64_t n, size_t n_band,
                                     ropewalk_error *err);
void rw_segment_sort_clear(rw_segment_sort *w);
/** Add an edge, keeping them ascending and without repeats; false when there are too many. */
bool rw_segments_add(rw_segments *segments, int64_t edge);
/** Count over [0, edge[n]). *done is false, and nothing is counted, where the scores are too close
 *  together for cells: rw_order_sort() is for those. */
ropewalk_status rw_segment_count(rw_segment_sort *w, const rw_series *s,
                                 const rw_segments *segments, rw_segment_counts *out,
                                 bool *done, ropewalk_error *err);
#endif
