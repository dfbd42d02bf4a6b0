/* windows.h - the pairs of windows that are compared at the contexts of a plan, and which of them
 * are counted from one dealing out of the scores.
 *
 * Buckets are sized for the largest window; far smaller ones would find hardly a score in each. So
 * windows are taken in batches whose ends lie within a factor of 64: in a doubling list the
 * smaller batches together cost a sixty-third of the first. */
#ifndef RW_MEASURE_WINDOWS_H
#define RW_MEASURE_WINDOWS_H
#include "measure/buckets.h"

typedef enum rw_window_kind {
    RW_HALVES, /* near [0, M/2), far [M/2, M) */
    RW_LOCAL,  /* near [1, 129), far [M/2, M) */
    RW_BEYOND, /* near (M, 2M], far (2M, 3M] */
    RW_WHOLE   /* near [0, M) alone */
} rw_window_kind;

typedef struct rw_window {
    rw_window_kind kind;
    size_t context;                                   /* its number in the plan */
    int64_t near_first, near_end, far_first, far_end; /* half open */
} rw_window;

typedef struct rw_windows {
    rw_window *window; /* the farthest first */
    size_t n_window;
} rw_windows;

enum { RW_MAX_BATCH = RW_MOST_WINDOWS };

/* Windows first .. last - 1 and their edges. */
typedef struct rw_batch {
    size_t first, last;
    rw_edges edges;
} rw_batch;

/** @param kinds  bit 1 << rw_window_kind; windows that end beyond n_distance are left out */
ropewalk_status rw_windows_init(rw_windows *w, const int64_t *context, size_t n_context,
                                int64_t n_distance, uint32_t kinds, ropewalk_error *err);
void rw_windows_clear(rw_windows *w);
/** The batch that begins with window `first`. */
void rw_windows_batch(const rw_windows *w, size_t first, rw_batch *batch);
/** What any batch needs at most. */
void rw_windows_room(const rw_windows *w, int64_t *n, size_t *n_edge);
#endif
