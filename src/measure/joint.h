/* joint.h - several heads together: aliasing in all of them at once (A7), and how well a linear
 * read-out of their scores separates near from far (A8). */
#ifndef RW_MEASURE_JOINT_H
#define RW_MEASURE_JOINT_H
#include "measure/group.h"

/** Pairs of distances below M at which every one of n_set rounded series has equal values.
 *  @param keys  [n_head][stride] rounded keys; `set` picks n_set of them. Exact: distances are
 *               partitioned head by head, no hash is trusted.
 *  @param label scratch of M */
ropewalk_status rw_joint_aliasing(const int32_t *keys, size_t stride, const uint32_t *set,
                                  size_t n_set, int64_t M, uint32_t *label,
                                  int64_t *pairs, ropewalk_error *err);

typedef struct rw_readout {
    double best_head; /* max over heads of |near mean - far mean| / standard deviation */
    double
        all_heads; /* sqrt(g' V^-1 g), V the pooled covariance of the halves; NaN if singular */
} rw_readout;

/** score: [n_head][stride], the first M of each row used. Double precision, in order. */
ropewalk_status rw_readout_separation(const double *score, size_t stride, size_t n_head,
                                      int64_t M, rw_readout *out, ropewalk_error *err);
#endif
