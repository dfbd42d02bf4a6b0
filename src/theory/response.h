/* response.h - what a head does over a window, as forms in its coefficients (R1).
 *
 * x = (Re z, Im z) in R^2h. Over a context M, near = [0, M/2), far = [M/2, M):
 *   gap         g'x   mean score near minus mean score far
 *   spread      x'Vx  the two halves' variances, summed
 *   step        x'Ax  mean of (S(m+1) - S(m))^2 over m < M-1
 *   mean        k'x, covariance x'Wx, over the whole window
 * All five depend on the frequencies alone. */
#ifndef RW_THEORY_RESPONSE_H
#define RW_THEORY_RESPONSE_H
#include "position/coefficient.h"
#include "result/frontier_result.h"

typedef struct rw_response {
    size_t n;        /* 2h */
    uint32_t n_pair; /* h */
    int64_t context;
    double *gap, *mean;                 /* [n] */
    double *spread, *covariance, *step; /* [n][n] */
    /* Each vector is within vector_error of the truth (Euclidean norm), each of the first two
     * matrices within matrix_error and the third within step_error (spectral norm): N17. */
    double vector_error, matrix_error, step_error;
} rw_response;

/** freq: the active frequencies, none 0; n_pair >= 1, context >= 2. 48 n_pair^2 doubles at most
 *  while it works, 12 n_pair^2 kept. */
ropewalk_status rw_response_init(rw_response *r, const double *freq, uint32_t n_pair,
                                 int64_t context, ropewalk_error *err);
void rw_response_clear(rw_response *r);

/** Where a query and a key lie among all that could be: see rw_head_place. */
void rw_response_place(const rw_response *r, const rw_coefficient *z, rw_head_place *out);
#endif
