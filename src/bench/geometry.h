/* geometry.h - whole models' worth of work on synthetic vectors: every head, every context, position
 * inversion and position aliasing in bf16. */
#ifndef RW_BENCH_GEOMETRY_H
#define RW_BENCH_GEOMETRY_H
#include "base/pool.h"
#include "kernel/kernel.h"
#include "measure/group.h"
#include "position/mechanism.h"
#include "result/bench_result.h"

/* A model as far as work goes. A group is one query and its keys. */
typedef struct rw_geometry {
    const char *name, *title;
    uint32_t n_layer, n_head, n_query, n_key, head_dim;
    double rope_theta;
    const char *mechanism;
    rw_setting setting[4];
    size_t n_setting;
    int64_t least_context, context; /* doubling, the last one always */
    int64_t quick_group;            /* groups of a quick run */
    int whole;                      /* part of a run that names no geometry */
    int repeat;                     /* 0: once; else at most RW_MAX_REPEAT */
} rw_geometry;

/** i-th, NULL past the end. */
const rw_geometry *rw_geometry_at(size_t i);
/** Names by commas, "all", or "none"; NULL: the whole models. One flag a geometry. */
ropewalk_status rw_geometry_choose(const char *names, int chosen[RW_BENCH_MAX_GEOMETRY],
                                   ropewalk_error *err);
/** Its contexts, ascending; at most RW_BENCH_MAX_CONTEXT. */
size_t rw_geometry_contexts(const rw_geometry *g, int64_t *context);
ropewalk_status rw_geometry_rotation(const rw_geometry *g, rw_rotation *rot,
                                     ropewalk_error *err);
/** The vectors of a group, standard normal: q [head_dim], k [n_key][head_dim]. */
void rw_geometry_vectors(const rw_geometry *g, uint64_t seed, int64_t group, double *q,
                         double *k);
/** q and k as coefficients: z [n_key], their terms in room [2 n_key head_dim]. */
ropewalk_status rw_geometry_coefficients(const rw_geometry *g, const rw_rotation *rot,
                                         const double *q, const double *k, double *room,
                                         rw_coefficient *z, ropewalk_error *err);

/** Count `n_group` groups (0: all of them). Totals do not depend on threads or kernels. */
ropewalk_status rw_geometry_run(const rw_geometry *g, const rw_kernels *kernels,
                                int n_thread, uint64_t seed, int64_t n_group,
                                rw_pool_progress progress, void *progress_ctx,
                                rw_bench_geometry *out, ropewalk_error *err);
#endif
