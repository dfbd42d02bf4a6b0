/* shared_tables.h - what is made once of a frequency table, and shared by all its cells. */
#ifndef RW_SWEEP_SHARED_TABLES_H
#define RW_SWEEP_SHARED_TABLES_H
#include <pthread.h>

#include "measure/scoretable.h"
#include "sweep/sweep.h"
#include "theory/adjacent.h"
#include "theory/predictor.h"

/* The tables of one rotation. */
typedef struct rw_made {
    int64_t table; /* which; -1: empty */
    int n_user;
    bool ready;
    rw_scoretable scores;
    rw_predictor predictor;
    rw_moment_form *steps; /* [n_context] of [0, M-1); end 0 where there is none */
    uint32_t n_step;
    double *freq; /* active frequencies, for steps */
} rw_made;

/* As many as there are workers: each holds at most one, so that one is always to be had. Cells come
 * in the order of tables, so few are in use at a time. */
typedef struct rw_tables {
    const rw_sweep_plan *plan;
    int64_t n_distance;
    rw_made *made;
    int n_made;
    pthread_mutex_t lock;
    pthread_cond_t changed;
} rw_tables;

/** Bytes one rw_made takes at most. */
uint64_t rw_tables_bytes(uint32_t n_pair, int64_t n_distance, uint32_t n_context);
ropewalk_status rw_tables_init(rw_tables *t, const rw_sweep_plan *plan,
                               int64_t n_distance, ropewalk_error *err);
void rw_tables_clear(rw_tables *t);
/** The tables of plan->table[table], made if nobody has them; give them back with release(). */
ropewalk_status rw_tables_acquire(rw_tables *t, int64_t table, rw_made **out,
                                  ropewalk_error *err);
void rw_tables_release(rw_tables *t, rw_made *made);
#endif
