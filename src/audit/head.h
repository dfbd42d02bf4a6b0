/* head.h - one head on one text: counted, predicted, averaged. */
#ifndef RW_AUDIT_HEAD_H
#define RW_AUDIT_HEAD_H
#include "audit/unit.h"
#include "measure/interval.h"

/* A rate's mean over the items of a stratum, and the mean prediction. */
typedef struct rw_rate_mean {
    rw_mean mean;
    double predicted;
    int64_t unresolved;
} rw_rate_mean;

typedef struct rw_head_text_context {
    rw_rate_mean single[RW_N_STRATUM][RW_N_RATE];
    rw_rate_mean twin[RW_N_TWIN_STRATUM][RW_N_TWIN_RATE];
    double alias_pairs[RW_N_STRATUM], alias_distances[RW_N_STRATUM];
    double preference, mean_inversion, energy, token_flip, semantic, positional, r_high;
    double ks_near, ks_far, ks_difference, max_share, n_eff, turning_share;
} rw_head_text_context;

typedef struct rw_head_text {
    rw_head_text_context *context; /* [n_effective]; NULL without RoPE */
    /* random pairs, for the direction test: queries numbered as selected, keys by
     * their row, and z_n / U */
    rw_sampled_pair *sampled;
    uint32_t n_sampled;
    double *direction; /* [n_sampled][n_pair][2] */
    int64_t skipped_identical, skipped_special;
    rw_head_sample sample;
    /* one attended pair, to draw S(m) from */
    double *curve; /* [2 n_pair + 1]: re, im, constant; NULL when there is none */
    uint32_t curve_query_row, curve_key_row;
} rw_head_text;

void rw_head_text_clear(rw_head_text *h);

typedef struct rw_head_job {
    const rw_qkfile *file;
    const rw_unit *unit;
    const rw_angles *angles;
    const rw_selection *queries; /* the text's query rows; copied, not changed */
    uint32_t dtypes;
    uint64_t seed;
    uint32_t text; /* index, part of every stream */
} rw_head_job;

/** Examine query head `head` of the capture's layer `index` with worker's workspace. */
ropewalk_status rw_head_examine(const rw_head_job *job, uint32_t index, uint32_t head,
                                int worker, rw_head_text *out, ropewalk_error *err);
#endif
