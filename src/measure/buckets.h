/* buckets.h - the scores of a window in order, without sorting them as a whole: dealt out to equal
 * stretches of their range, then sorted inside each, side by side.
 *
 * A score is a cell number of up to 42 bits (kernel.h). Its upper bits name the bucket, of which there are at
 * most a thousand; the lower ones, and the label of the stretch of distances it is from, are its
 * place. Crowded buckets are dealt out again by the next bits. Cells two apart are in the order of
 * their scores for certain (docs/numerics.md N15); where neighbours are closer, that is told. */
#ifndef RW_MEASURE_BUCKETS_H
#define RW_MEASURE_BUCKETS_H
#include "measure/dealing.h"
#include "measure/scoretable.h"

enum {
    RW_MAX_EDGE = RW_MOST_LABELS + 1,
    RW_DEALINGS = 5,
    RW_CELL_STRIP = 256, /* scores whose cells are asked for together, from an edge on */
    RW_SECTION = 8192    /* distances, about: how finely many scores can be looked up */
};

/* Where windows begin and end: ascending distances, the first 0, the last the end of all. */
typedef struct rw_edges {
    size_t n;
    int64_t at[RW_MAX_EDGE];
} rw_edges;

/* Cells low .. high. */
typedef struct rw_cell_range {
    uint64_t low, high;
} rw_cell_range;

typedef struct rw_buckets {
    const rw_kernels *kernels;
    const double *t; /* the scores dealt out */
    rw_edges edges;
    rw_cell_map by; /* as dealt out at first: without labels where there are sections */
    int label_bits; /* of places that are sorted */
    size_t n_bucket;
    uint32_t *row; /* [edges.n][n_bucket]: how many scores a bucket has below each edge */
    /* Where more scores are dealt out than are sorted at once, and their order is not kept: distances at which
     * sections begin, ascending, the last the end of all, and how many scores each bucket has below them. */
    int64_t *section_at;
    uint32_t *section; /* [n_section][n_bucket] */
    size_t n_section;
    uint32_t *chunk, *first_chunk; /* index of their lists (dealing.h) */
    int32_t *sorted; /* places in order, bucket after bucket, where they were asked for */
    size_t n_sorted, n_label; /* of the labels below n_label */
    int32_t *cell; /* of the scores of one window, in order: numbers in their buckets */
    size_t *
        begin; /* [n_bucket + 3]: where each bucket's begin; there is none beyond the last */
    rw_cell_range *close; /* ascending; cells in which neighbours' order is not certain */
    size_t n_close, cap_close;
    rw_dealing dealing[RW_DEALINGS];
    rw_ends *ends;      /* [RW_MOST_LISTS] */
    uint32_t *list;     /* [RW_MOST_LISTS] */
    uint64_t last_cell; /* the highest so far, while lists are put in order */
    bool any;           /* there is one */
} rw_buckets;

/** Add an edge, keeping them ascending and without repeats; false when there are too many. */
bool rw_edges_add(rw_edges *edges, int64_t edge);

/** Bytes of room for n scores and n_edge edges, with or without what is kept of their order. */
uint64_t rw_buckets_bytes(int64_t n, size_t n_edge, bool keep);
ropewalk_status rw_buckets_init(rw_buckets *b, int64_t n, size_t n_edge, bool keep,
                                ropewalk_error *err);
void rw_buckets_clear(rw_buckets *b);

/** Deal out t[0 .. last edge), which lie in [least, most] and whose errors are at most t_error. Where scores
 *  are too close together for cells, all have one. */
ropewalk_status rw_buckets_fill(rw_buckets *b, const rw_kernels *kernels, const double *t,
                                const rw_edges *edges, double t_error, double least,
                                double most, ropewalk_error *err);
/** Put all in order, once after each filling: counts of windows whose sides are labels, the i-th that of the
 *  stretch from the i-th edge on, and b->close; b->sorted where there is room for it. Scores of one cell are taken
 *  in the order of their labels. False when there is no memory. */
bool rw_buckets_order(rw_buckets *b, rw_sides *window, size_t n_window);
/** Keep only the scores below an edge: the windows that follow are faster selected. */
void rw_buckets_forget(rw_buckets *b, int64_t from);
/** b->cell and b->begin of the scores from one edge to another, of what was put in order and kept. */
void rw_buckets_select(rw_buckets *b, int64_t from, int64_t to);
/** The row of an edge that was given. */
const uint32_t *rw_buckets_row(const rw_buckets *b, int64_t edge);
/** The cell of a place in a bucket, as it was dealt out. */
uint64_t rw_buckets_cell(const rw_buckets *b, size_t bucket, int32_t place);
#endif
