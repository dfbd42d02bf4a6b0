/* cost.c - one cell at short contexts, timed and scaled to the grid. */
#define _POSIX_C_SOURCE 200809L
#include "sweep/cost.h"

#include <math.h>
#include <time.h>

#include "sweep/cell.h"

enum { SHORT = 1 << 14, MOST_CONTEXT = 8 };

static double now(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Seconds of `n_draw` cells of one table, its making included. */
static ropewalk_status time_cells(const rw_sweep_plan *plan, uint32_t n_draw,
                                  double *seconds, ropewalk_error *err)
{
    static const rw_family random_key = RW_FAMILY_GAUSSIAN;
    rw_sweep_plan small = *plan;
    rw_sweep out;
    small.n_table = small.n_grid = 1;
    small.n_model = 0;
    small.n_base = 0;
    small.n_draw = n_draw;
    small.family = &random_key; /* whose every draw is counted whole */
    small.n_family = 1;
    small.n_thread = 1;
    small.team = NULL;
    small.journal = NULL;
    small.progress = NULL;
    rw_sweep_given given;
    if (plan->given) {
        given = *plan->given;
        if (given.n_draw > n_draw) given.n_draw = n_draw;
        small.given = &given;
    }
    const double start = now();
    const ropewalk_status status = rw_sweep_run(&small, &out, err);
    *seconds = now() - start;
    if (!status) rw_sweep_clear(&out);
    return status;
}

ropewalk_status rw_sweep_estimate(const rw_sweep_plan *plan, double n_table,
                                  double *seconds, ropewalk_error *err)
{
    const int64_t longest = plan->context[plan->n_context - 1];
    int64_t shorter[MOST_CONTEXT];
    rw_sweep_plan small = *plan;
    small.context = shorter;
    small.n_context = 0;
    while (small.n_context + 1 < MOST_CONTEXT && small.n_context < plan->n_context &&
           plan->context[small.n_context] < SHORT) {
        shorter[small.n_context] = plan->context[small.n_context];
        small.n_context++;
    }
    if (longest >= SHORT || small.n_context == 0) shorter[small.n_context++] = SHORT;
    double one = 0.0, three = 0.0;
    ropewalk_status status = time_cells(&small, 1, &one, err);
    if (!status) status = time_cells(&small, 3, &three, err);
    if (status) return status;
    /* a window's counting grows a little faster than its length: sorting has a logarithm */
    const double length = (double)longest / (double)shorter[small.n_context - 1];
    const double growth = length * (1.0 + 0.05 * fmax(0.0, log2(length)));
    const double contexts = (double)plan->n_context / small.n_context;
    const double more = fmax(growth, contexts);
    const double cell = fmax(0.5 * (three - one), 0.1 * one);
    const double table = fmax(one - cell, 0.0);
    const double n_cell = n_table * (plan->given ? 1 : plan->n_family) *
                          (plan->given ? plan->given->n_draw : plan->n_draw);
    const int n_rank = plan->team ? plan->team->size : 1;
    *seconds = more * (n_table * table + n_cell * cell) / plan->n_thread / n_rank;
    return ROPEWALK_OK;
}
