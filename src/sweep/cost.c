/* cost.c - a few cells at two short lengths, timed and carried on to the grid's. */
#include "sweep/cost.h"

#include <math.h>

#include "base/clock.h"
#include "sweep/cell.h"

enum { SHORT = 1 << 13, LONG = 1 << 15, MORE_DRAWS = 4, MOST_CONTEXT = 8 };

/* Seconds of `n_draw` cells of one table, its making included: processor time, since what else runs
 * here now is not what will. */
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
    const double start = rw_clock_processor();
    const ropewalk_status status = rw_sweep_run(&small, &out, err);
    *seconds = rw_clock_processor() - start;
    if (!status) rw_sweep_clear(&out);
    return status;
}

/* What a table and a cell of it cost at contexts cut off at `longest`. */
static ropewalk_status time_at(const rw_sweep_plan *plan, int64_t longest, double *table,
                               double *cell, ropewalk_error *err)
{
    int64_t shorter[MOST_CONTEXT];
    rw_sweep_plan small = *plan;
    small.context = shorter;
    small.n_context = 0;
    while (small.n_context + 1 < MOST_CONTEXT && small.n_context < plan->n_context &&
           plan->context[small.n_context] < longest) {
        shorter[small.n_context] = plan->context[small.n_context];
        small.n_context++;
    }
    shorter[small.n_context] = longest;
    small.n_context++;
    double one = 0.0, some = 0.0;
    ropewalk_status status = time_cells(&small, 1, &one, err);
    if (!status) status = time_cells(&small, 1 + MORE_DRAWS, &some, err);
    *cell = fmax(some - one, 0.0) / MORE_DRAWS;
    *table = fmax(one - *cell, 0.0);
    /* predictions are made a context, and cost more than counts while these are few */
    const double contexts = fmax(1.0, (double)plan->n_context / small.n_context);
    *cell *= contexts;
    *table *= contexts;
    return status;
}

/* The straight line through two lengths; sorting's logarithm is within its doubt. */
static double extended(double at_short, double at_long, int64_t longest)
{
    const double slope = fmax(at_long - at_short, 0.05 * at_long) / (LONG - SHORT);
    return at_long + slope * (double)(longest - LONG);
}

ropewalk_status rw_sweep_estimate(const rw_sweep_plan *plan, double n_table,
                                  double *seconds, ropewalk_error *err)
{
    const int64_t longest = plan->context[plan->n_context - 1];
    double table[2] = {0.0, 0.0}, cell[2] = {0.0, 0.0};
    ropewalk_status status =
        time_at(plan, longest < LONG ? longest : SHORT, &table[0], &cell[0], err);
    if (!status && longest >= LONG) {
        status = time_at(plan, LONG, &table[1], &cell[1], err);
        table[0] = extended(table[0], table[1], longest);
        cell[0] = extended(cell[0], cell[1], longest);
    }
    if (status) return status;
    const double n_cell = n_table * (plan->given ? 1 : plan->n_family) *
                          (plan->given ? plan->given->n_draw : plan->n_draw);
    const int n_rank = plan->team ? plan->team->size : 1;
    *seconds = (n_table * table[0] + n_cell * cell[0]) / plan->n_thread / n_rank;
    return ROPEWALK_OK;
}
