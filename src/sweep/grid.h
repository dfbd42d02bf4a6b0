/* grid.h - from lists of head dimensions, scalings and bases to the tables of a plan. */
#ifndef RW_SWEEP_GRID_H
#define RW_SWEEP_GRID_H
#include "sweep/sweep.h"

typedef struct rw_sweep_axes {
    const uint32_t *head_dim; /* each list ascending and without repeats */
    uint32_t n_head_dim;
    const double *rope_theta;
    uint32_t n_rope_theta;
    const char *const *scaling; /* mechanisms; parameters go to those that have them */
    uint32_t n_scaling;
    const ropewalk_rope
        *rope;          /* the parameters; its rope_theta and scaling are not used */
    int64_t rotary_dim; /* -1: the whole head_dim */
    rw_pairs pairs;
    double score_scale; /* NaN: 1 / sqrt(head_dim) */
    int64_t context; /* the longest: what tables that grow with the length are made for */
} rw_sweep_axes;

/** How many tables: a double, since a grid may be absurd. */
double rw_sweep_axes_count(const rw_sweep_axes *axes);
/** The table at the place i of the order head_dim, scaling, base (the fastest). `out` is empty on
 *  failure; release its rotation. E_ARGUMENT or E_FORMAT naming the point. */
ropewalk_status rw_sweep_axes_table(const rw_sweep_axes *axes, uint32_t i,
                                    rw_sweep_table *out, ropewalk_error *err);
/** All of them, with room for `n_more` behind. Release with rw_sweep_tables_free(). E_ARGUMENT
 *  also when a parameter is given that none of the scalings has. */
ropewalk_status rw_sweep_axes_tables(const rw_sweep_axes *axes, uint32_t n_more,
                                     rw_sweep_table **out, uint32_t *n,
                                     ropewalk_error *err);
void rw_sweep_tables_free(rw_sweep_table *table, uint32_t n);
#endif
