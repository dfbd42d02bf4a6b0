/* symmetric.h - the top eigenvalue of a symmetric matrix: found, and bounded with proof.
 *
 * Matrices are dense, row by row, n by n, and symmetric: only the lower triangle is read by
 * what factorizes, all of it by what multiplies. */
#ifndef RW_THEORY_SYMMETRIC_H
#define RW_THEORY_SYMMETRIC_H
#include <stddef.h>

#include "base/status.h"

double rw_dot(const double *a, const double *b, size_t n);
/** y = A x. */
void rw_symmetric_apply(const double *a, size_t n, const double *x, double *y);
/** x'Ax. */
double rw_symmetric_form(const double *a, size_t n, const double *x);

/** Doubles of scratch that rw_symmetric_top needs. */
size_t rw_symmetric_scratch(size_t n);
/** The largest eigenvalue, and in x a unit eigenvector: Lanczos' method with full
 *  reorthogonalisation, which ends after n steps at the latest. x brings a start, any vector.
 *  Accurate to rounding, but not proven: rw_symmetric_bound() is. n >= 1. */
double rw_symmetric_top(const double *a, size_t n, double *x, double *scratch);

/** An upper bound of the largest eigenvalue, proven by a Cholesky factorization that ran to its
 *  end (numerics.md N16); `guess` is where the eigenvalue is believed to be, and the bound lies
 *  above it by a few roundings when that is true. scratch: n n doubles. */
double rw_symmetric_bound(const double *a, size_t n, double guess, double *scratch);

/** Solve (A + shift I) x = b in place of b; 0 when that matrix is not positive definite.
 *  scratch: n n doubles. */
int rw_symmetric_solve(const double *a, size_t n, double shift, double *b,
                       double *scratch);
#endif
