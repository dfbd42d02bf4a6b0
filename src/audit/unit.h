/* unit.h - layers that share a rotation, a score scale and a window share tables, plans and
 * predictions: a unit. */
#ifndef RW_AUDIT_UNIT_H
#define RW_AUDIT_UNIT_H
#include "audit/select.h"
#include "measure/group.h"
#include "measure/surrogate.h"
#include "result/audit_result.h"
#include "theory/predictor.h"

typedef struct rw_unit {
    rw_rotation rotation;
    double score_scale, rope_theta;
    int64_t window; /* 0: full */
    uint32_t head_dim;
    int64_t *effective; /* distinct min(context, window), ascending */
    uint32_t n_effective;
    uint32_t *effective_of; /* [n_context] index into effective */
    rw_scoretable table;
    rw_measure_plan plan;
    rw_predictor predictor;
    rw_surrogates surrogates;
    rw_workspace *workspace; /* [n_thread] */
    int n_thread;
    uint32_t *layer; /* indices of its layers in the capture */
    uint32_t n_layer;
} rw_unit;

typedef struct rw_unit_settings {
    const int64_t *context;
    uint32_t n_context, dtypes;
    double zeta, near_alias, score_scale; /* score_scale NaN: the model's own */
    uint32_t n_key, n_surrogate;          /* keys of one query at most */
    uint64_t seed;
    int n_thread;
    const rw_kernels *kernels;
    rw_pool_progress progress; /* while tables are made; may be NULL */
    void *progress_ctx;
} rw_unit_settings;

/** The rotation a captured layer executed; release it with rw_rotation_clear(). */
ropewalk_status rw_rotation_of_layer(const rw_qk_layer *layer, rw_rotation *out,
                                     ropewalk_error *err);

/** The units of a capture, layers without RoPE left out. Free each with rw_unit_clear(). */
ropewalk_status rw_units_make(const rw_qkfile *file, const rw_unit_settings *settings,
                              rw_unit **units, uint32_t *n_unit, ropewalk_error *err);
void rw_unit_clear(rw_unit *u);
/** Whether a further capture executes the same rotations on the same shapes.
 *  @param score_scale  as in the settings the units were made with */
int rw_units_match(const rw_unit *units, uint32_t n_unit, const rw_qkfile *file,
                   double score_scale);
#endif
