/* sweep_vectors.h - real queries and keys for a sweep: which ones, and how they were turned. */
#ifndef RW_API_SWEEP_VECTORS_H
#define RW_API_SWEEP_VECTORS_H
#include "sweep/sweep.h"

typedef struct rw_sweep_vectors {
    rw_sweep_given given;
    double *q, *k; /* what `given` points to */
    uint32_t n_draw;
    rw_rotation own; /* as the file says it was; without inv_freq when it does not */
    double own_theta, score_scale;
    char name[48];      /* of the model; "own rotation" when the file does not say */
    int64_t advertised; /* context; 0: unknown */
} rw_sweep_vectors;

/** Draws of a query and two of its keys. Of plain vectors any two keys; of one head of a capture
 *  keys captured before the query, neither the first row nor special tokens. All there are when
 *  they are no more than n_draw, else a sample by the seed.
 *  @param layer, head  of a capture; -1 each: plain vectors */
ropewalk_status rw_sweep_vectors_read(const char *path, int layer, int head,
                                      uint32_t n_draw, uint64_t seed,
                                      rw_sweep_vectors *out, ropewalk_error *err);
void rw_sweep_vectors_clear(rw_sweep_vectors *v);
#endif
