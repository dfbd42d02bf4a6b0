/* buckets.h - the scores of a window dealt out to equal stretches of their range, in the order of
 * distance within each: what counts of pairs of scores are made from without sorting.
 *
 * A score is a cell number of up to 43 bits (kernel.h). Its upper bits name the bucket, of which
 * there is one for every 12 to 24 scores; the lower ones, kept as `place`, are compared inside
 * it. Cells two apart are in the order of their scores for certain (docs/numerics.md N15). Windows
 * begin and end at given edges, and where the scores from each edge on begin in each bucket is
 * known, so any window's share of a bucket is one stretch of `place`. */
#ifndef RW_MEASURE_BUCKETS_H
#define RW_MEASURE_BUCKETS_H
#include "measure/scoretable.h"

enum { RW_MAX_EDGE = RW_MOST_LABELS + 1 };

/* Where windows begin and end: ascending distances, the first 0, the last the end of all. */
typedef struct rw_edges {
    size_t n;
    int64_t at[RW_MAX_EDGE];
} rw_edges;

typedef struct rw_buckets {
    const rw_kernels *kernels;
    const double *t; /* the scores dealt out */
    rw_edges edges;
    rw_cell_map by;
    size_t n_bucket;
    int32_t *place;
    uint32_t *row; /* [edges.n][n_bucket]: where each edge's scores begin in `place` */
    uint32_t *bucket_list; /* [n_bucket] for callers to list buckets in */
    uint32_t *spare; /* room besides: one band while it is dealt out, then for callers */
    size_t cap_spare;
    uint64_t *
        close; /* pairs of a score below and one above an edge between buckets, too close to
                        it to be in order for certain: the lower bucket of each */
    size_t n_close, cap_close;
} rw_buckets;

/** Add an edge, keeping them ascending and without repeats; false when there are too many. */
bool rw_edges_add(rw_edges *edges, int64_t edge);

/** Bytes of room for n scores and n_edge edges. */
uint64_t rw_buckets_bytes(int64_t n, size_t n_edge);
ropewalk_status rw_buckets_init(rw_buckets *b, int64_t n, size_t n_edge,
                                ropewalk_error *err);
void rw_buckets_clear(rw_buckets *b);

/** Deal out t[0 .. last edge), whose errors are at most t_error. With `distance` > 0 that
 *  difference of scores is brought to the middle between whole buckets, where it can be. Where
 *  scores are too close together for cells, all are in one bucket, and in doubt. */
ropewalk_status rw_buckets_fill(rw_buckets *b, const rw_kernels *kernels, const double *t,
                                const rw_edges *edges, double t_error, double distance,
                                ropewalk_error *err);
/** The row of an edge that was given. */
const uint32_t *rw_buckets_row(const rw_buckets *b, int64_t edge);
/** Room for n numbers of 32 bits, aligned for any type; NULL when there is no memory. */
uint32_t *rw_buckets_spare(rw_buckets *b, size_t n);
/** The scores that lie in buckets marked 1 in `wanted`, below `limit`; calls `found` for each in
 *  the order of distance until it returns false, and returns whether it never did. */
bool rw_buckets_each(const rw_buckets *b, const unsigned char *wanted, int64_t limit,
                     bool (*found)(void *ctx, uint32_t m, uint32_t bucket), void *ctx);
#endif
