/* cell.h - one draw of coefficients under one frequency table: counts, predictions, their bytes. */
#ifndef RW_SWEEP_CELL_H
#define RW_SWEEP_CELL_H
#include "base/pack.h"
#include "measure/group.h"
#include "sweep/shared_tables.h"

enum { RW_CELL_KEYS = 2 };

/* What one worker needs. */
typedef struct rw_cell_room {
    rw_workspace workspace;
    double *vectors; /* q, then two keys */
    double *terms;   /* of two coefficients */
    rw_single *single;
    rw_double *twin; /* [n_context] each */
} rw_cell_room;

typedef struct rw_cells {
    const rw_sweep_plan *plan;
    rw_sweep *out;
    rw_tables tables;
    rw_measure_plan measure;
    rw_scoretable shape; /* of the largest table, without entries: sizes the workspaces */
    rw_cell_room *room;  /* [n_thread] */
    atomic_int stop;
    char stage[48]; /* of progress */
} rw_cells;

/** *c is zero but for `stage`; *out holds tables, families, contexts and slots, and room for values.
 */
ropewalk_status rw_cells_init(rw_cells *c, const rw_sweep_plan *plan, rw_sweep *out,
                              ropewalk_error *err);
void rw_cells_clear(rw_cells *c);
/** Bytes of everything rw_cells_init() and the cells allocate. */
uint64_t rw_cells_bytes(const rw_sweep_plan *plan);

/** The values of cell `item`, as rw_pool_work and as bytes. ctx is a rw_cells. */
ropewalk_status rw_cell_run(void *ctx, int64_t item, int worker, ropewalk_error *err);
void rw_cell_pack(void *ctx, int64_t item, rw_packer *out);
ropewalk_status rw_cell_unpack(void *ctx, int64_t item, rw_unpacker *in,
                               ropewalk_error *err);
#endif
