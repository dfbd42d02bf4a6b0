/* theory_run.h - what theory says of frequency tables and scores, and counts beside it on request. */
#ifndef RW_AUDIT_THEORY_RUN_H
#define RW_AUDIT_THEORY_RUN_H
#include "base/pool.h"
#include "kernel/kernel.h"
#include "position/synthetic.h"
#include "result/theory_result.h"

typedef struct rw_theory_table_input {
    const char *name, *mechanism; /* mechanism NULL: unknown */
    const rw_rotation *rotation;  /* borrowed */
    uint32_t head_dim;
    uint32_t n_layer; /* of the model; 0: unknown */
    int64_t window;   /* 0: none */
    double rope_theta, score_scale;
} rw_theory_table_input;

typedef struct rw_theory_input {
    const rw_theory_table_input *table;
    uint32_t n_table;
    const int64_t *context; /* strictly ascending, each 1 .. 2^31 */
    uint32_t n_context, dtypes;
    double zeta, near_alias;
    /* either families, n_draw draws of a query and two keys each ... */
    const rw_family *family;
    uint32_t n_family, n_draw;
    uint64_t seed;
    /* ... or vectors of the head_dim of the one table: [n_q][head_dim], [n_k][head_dim] */
    const double *q, *k;
    uint32_t n_q, n_k;
    bool count; /* exact counts too, at effective contexts up to count_limit */
    int64_t count_limit;
    bool within; /* the windows beyond M are not counted: a third of the work */
    bool bases;  /* search for B's bounds on the base */
    int n_thread;
    const rw_kernels *kernels;
    /* nonzero asks to stop */
    int (*progress)(void *ctx, const char *stage, int64_t done, int64_t total);
    void *progress_ctx;
} rw_theory_input;

enum { RW_MAX_SCORE_SET = 100000 }; /* of given vectors */

/** *out is empty on failure; release it with rw_theory_clear(). E_ARGUMENT for more queries and
 *  keys than can be told, or a score that overflows. */
ropewalk_status rw_theory_run(const rw_theory_input *in, rw_theory *out,
                              ropewalk_error *err);

/** B's bounds on the base (T18, T19) for every table and context of n theories, each number of
 *  pairs and length searched once: seconds to half a minute of both processors each. */
ropewalk_status rw_theory_search_bases(rw_theory *list, uint32_t n,
                                       const rw_theory_input *settings,
                                       ropewalk_error *err);
#endif
