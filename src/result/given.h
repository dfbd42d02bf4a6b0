/* given.h - the result of measuring given vectors: everything `measure --json` prints. */
#ifndef RW_RESULT_GIVEN_H
#define RW_RESULT_GIVEN_H
#include "result/measured.h"
#include "result/predicted.h"

typedef struct rw_given {
    uint32_t head_dim, rotary_dim, n_q, n_k, n_pair_of_keys;
    int interleaved;
    double score_scale, attn_factor,
        rope_theta;   /* rope_theta NaN when only inv_freq is known */
    double *inv_freq; /* rotary_dim / 2 */
    uint32_t dtypes, events;
    double zeta, near_alias;
    int64_t *context; /* ascending */
    uint32_t n_context;
    /* [n_q][n_k][n_context] and [n_q][n_k (n_k-1)/2][n_context] */
    rw_single *single;
    rw_single_prediction *single_prediction;
    rw_double *twin;
    rw_double_prediction *twin_prediction;
} rw_given;

void rw_given_init(rw_given *g);
void rw_given_clear(rw_given *g);
#endif
