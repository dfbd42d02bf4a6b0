/* trend.c - points of a counted series, in the claimed order or not. */
#include "paper/trend.h"

#include <math.h>

double rw_draw_mean(const double *y, size_t n_draw, size_t n, size_t i, double *half)
{
    double sum = 0, squares = 0;
    for (size_t d = 0; d < n_draw; d++)
        sum += y[d * n + i];
    const double mean = sum / (double)n_draw;
    for (size_t d = 0; d < n_draw; d++)
        squares += (y[d * n + i] - mean) * (y[d * n + i] - mean);
    if (half)
        *half =
            n_draw > 1 ? 1.96 * sqrt(squares / (double)(n_draw - 1) / (double)n_draw) : 0;
    return mean;
}

/* +1, 0, -1: where the way from point i to point k goes. */
static int way(const double *y, size_t n_draw, size_t n, size_t i, size_t k)
{
    double sum = 0, squares = 0;
    for (size_t d = 0; d < n_draw; d++)
        sum += y[d * n + k] - y[d * n + i];
    const double mean = sum / (double)n_draw;
    for (size_t d = 0; d < n_draw; d++) {
        const double off = y[d * n + k] - y[d * n + i] - mean;
        squares += off * off;
    }
    const double error =
        n_draw > 1 ? sqrt(squares / (double)(n_draw - 1) / (double)n_draw) : 0;
    if (!(fabs(mean) > 2 * error)) return 0;
    return mean > 0 ? 1 : -1;
}

/* All pairs of points from `first` on. */
static void compare(const double *y, size_t n_draw, size_t n, size_t first, int sign,
                    size_t *ordered, size_t *disordered)
{
    *ordered = *disordered = 0;
    for (size_t i = first; i < n; i++)
        for (size_t k = i + 1; k < n; k++) {
            const int step = way(y, n_draw, n, i, k) * sign;
            *ordered += step > 0;
            *disordered += step < 0;
        }
}

rw_trend rw_trend_of(const double *y, size_t n_draw, size_t n, int sign)
{
    rw_trend t = {.outcome = RW_OUTCOME_NOT_REPRODUCED};
    for (size_t i = 0; i + 1 < n; i++) {
        const int step = way(y, n_draw, n, i, i + 1) * sign;
        t.n_with += step > 0;
        t.n_against += step < 0;
        t.n_flat += step == 0;
    }
    for (size_t i = 1; i < n; i++)
        if (sign * (rw_draw_mean(y, n_draw, n, i, NULL) -
                    rw_draw_mean(y, n_draw, n, t.turn, NULL)) <
            0)
            t.turn = i;
    compare(y, n_draw, n, 0, sign, &t.n_ordered, &t.n_disordered);
    if (!t.n_ordered) return t;
    size_t ordered, disordered;
    compare(y, n_draw, n, t.turn, sign, &ordered, &disordered);
    if (!t.n_against)
        t.outcome = t.n_flat ? RW_OUTCOME_APPROXIMATELY : RW_OUTCOME_EXACTLY;
    else if (t.n_ordered >= 3 * t.n_disordered)
        t.outcome = RW_OUTCOME_APPROXIMATELY;
    else if (t.turn + 3 <= n && ordered > 0 && ordered >= 3 * disordered)
        t.outcome = RW_OUTCOME_LIMIT;
    return t;
}
