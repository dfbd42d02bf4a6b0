/* subspace.h - the frontier of a few dimensions: what the large problem is reduced to (R2). */
#ifndef RW_THEORY_SUBSPACE_H
#define RW_THEORY_SUBSPACE_H
#include <stdbool.h>
#include <stddef.h>

enum { RW_SUBSPACE_MAX = 40, RW_SUBSPACE_ORDERS = 2 };

typedef struct rw_subspace {
    size_t k;                          /* dimensions */
    int n_order;                       /* forms that must not be negative */
    double *step;                      /* [k][k]: what is maximised */
    double *order[RW_SUBSPACE_ORDERS]; /* [k][k] each */
    /* How far below 0 an order may be and still count as kept: what rounding needs. */
    double slack[RW_SUBSPACE_ORDERS];
    double *scratch; /* rw_subspace_scratch(k) doubles */
} rw_subspace;

typedef struct rw_subspace_answer {
    double value;    /* least top eigenvalue of step + sum multiplier_i order_i */
    double attained; /* x' step x; -infinity when no x with all orders >= 0 was found */
    double multiplier[RW_SUBSPACE_ORDERS];
    double x[RW_SUBSPACE_MAX]; /* unit vector */
} rw_subspace_answer;

size_t rw_subspace_scratch(size_t k);
/** Minimise over multipliers >= 0. answer->multiplier brings a guess (0: none). */
void rw_subspace_minimise(const rw_subspace *s, rw_subspace_answer *answer);
#endif
