/* given_run.h - measure and predict given queries and keys at a list of contexts. */
#ifndef RW_AUDIT_GIVEN_RUN_H
#define RW_AUDIT_GIVEN_RUN_H
#include <stdbool.h>

#include "base/pool.h"
#include "kernel/kernel.h"
#include "position/rotation.h"
#include "result/given.h"

typedef struct rw_given_input {
    const double *q, *k; /* [n_q][head_dim], [n_k][head_dim], finite */
    uint32_t n_q, n_k, head_dim;
    const rw_rotation *rotation;
    double rope_theta; /* for the record; NaN when unknown */
    double score_scale;
    const int64_t *context; /* strictly ascending, each 1 .. 2^31 */
    uint32_t n_context;
    uint32_t dtypes, events;
    double zeta, near_alias;
    bool within; /* leave out the windows beyond M, whatever the context */
    int n_thread;
    const rw_kernels *kernels;
    rw_pool_progress progress;
    void *progress_ctx;
    const ropewalk_team *team; /* NULL: this process alone */
} rw_given_input;

/** Work is split by query. *out is empty on failure, and in a team where it is not rank 0's;
 *  release it with rw_given_clear(). */
ropewalk_status rw_given_run(const rw_given_input *in, rw_given *out,
                             ropewalk_error *err);
#endif
