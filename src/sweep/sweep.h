/* sweep.h - a grid of frequency tables, coefficients and contexts: every event counted and
 * predicted, cell by cell.
 *
 * A cell is one draw of coefficients under one table; all contexts and data types of it are counted
 * in one pass. Cells are work in the sense of base/work.h: kept in a checkpoint, shared out over
 * threads and processes, the same bytes however that was done. */
#ifndef RW_SWEEP_SWEEP_H
#define RW_SWEEP_SWEEP_H
#include "base/work.h"
#include "kernel/kernel.h"
#include "position/rotation.h"
#include "position/synthetic.h"
#include "result/sweep_result.h"

/* One frequency table of the plan. */
typedef struct rw_sweep_table {
    rw_sweep_table_info info;
    rw_rotation rotation; /* owned by who made it */
} rw_sweep_table;

/* Vectors of a file: draw d is query q[d] with the keys k[d][0] and k[d][1]. */
typedef struct rw_sweep_given {
    const char *source;
    uint32_t head_dim, n_draw;
    const double *q, *k; /* [n_draw][head_dim], [n_draw][2][head_dim], finite */
} rw_sweep_given;

typedef struct rw_sweep_plan {
    const rw_sweep_table
        *table; /* n_grid points, grouped so that a curve's bases follow one
                                    another ascending (grid.h), then those of models */
    uint32_t n_table, n_grid;
    uint32_t n_base;             /* tables of a curve; 0 or 1: there are no curves */
    const rw_sweep_model *model; /* points beside the curves */
    uint32_t n_model;
    const rw_family *family; /* ignored beside `given` */
    uint32_t n_family, n_draw;
    const rw_sweep_given *given; /* or NULL; tables then have its head_dim */
    const int64_t *context;      /* strictly ascending, each 1 .. 2^31 */
    uint32_t n_context;
    uint32_t dtypes, events;
    double zeta;
    uint64_t seed;
    rw_sweep_loss loss;
    double threshold;
    int n_thread;
    const rw_kernels *kernels;
    const ropewalk_team *team; /* whose rank 0 alone gets the result, or NULL */
    rw_journal *journal;       /* opened with rw_sweep_key(), or NULL */
    int (*progress)(void *ctx, const char *stage, int64_t done, int64_t total);
    void *progress_ctx;
} rw_sweep_plan;

/** Of everything that decides a count or a prediction: the key of a checkpoint. */
ropewalk_status rw_sweep_key(const rw_sweep_plan *plan, uint64_t *key,
                             ropewalk_error *err);

/** Count and predict. *out is empty on failure, and on ranks that do not lead; release it with
 *  rw_sweep_clear(). E_MEMORY, naming what would help, before anything large is allocated. */
ropewalk_status rw_sweep_run(const rw_sweep_plan *plan, rw_sweep *out,
                             ropewalk_error *err);

/** tradeoff.c: fill summaries and curves from values. */
ropewalk_status rw_sweep_summarise(rw_sweep *s, uint32_t n_base, ropewalk_error *err);
#endif
