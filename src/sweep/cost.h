/* cost.h - how long a sweep will take, from timing a small one. */
#ifndef RW_SWEEP_COST_H
#define RW_SWEEP_COST_H
#include "sweep/sweep.h"

/** Seconds for n_table tables (a double: the grid may be absurd) like plan->table[0] with the
 *  families, draws, contexts, events and threads of the plan, on this machine when it is idle.
 *  Takes a tenth of a second or so, and memory for 2^15 distances. */
ropewalk_status rw_sweep_estimate(const rw_sweep_plan *plan, double n_table,
                                  double *seconds, ropewalk_error *err);
#endif
