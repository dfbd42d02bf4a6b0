/* trend.h - does a series of counted rates go the way a paper says, and from where on? */
#ifndef RW_PAPER_TREND_H
#define RW_PAPER_TREND_H
#include <stddef.h>

#include "paper/section.h"

typedef struct rw_trend {
    size_t n_with, n_against, n_flat; /* neighbouring steps */
    size_t n_ordered, n_disordered;   /* all pairs of points: as claimed, and not */
    size_t
        turn; /* where the mean is furthest from what is claimed to come: 0 without a turn */
    rw_outcome outcome;
} rw_trend;

/** Judge a series of means over draws. Two points are level when the mean of their paired
 *  differences is within two standard errors of 0 (of one draw: when it is 0).
 *  No neighbouring step against: exactly, or approximately where one is level. Three in four
 *  of all pairs of points in the claimed order: approximately. The same of the pairs from the
 *  turn on, three points or more: in a limit. Else not reproduced.
 *  @param y    [n_draw][n]
 *  @param sign +1: claimed to grow, -1: to fall */
rw_trend rw_trend_of(const double *y, size_t n_draw, size_t n, int sign);

/** Mean over draws of column i, and half the width of its 95 % interval (normal, 0 of one draw;
 *  NULL: not wanted). */
double rw_draw_mean(const double *y, size_t n_draw, size_t n, size_t i, double *half);
#endif
