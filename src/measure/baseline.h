/* baseline.h - what the same rounding does to other position schemes: to be shown beside every
 * alias count (A9). */
#ifndef RW_MEASURE_BASELINE_H
#define RW_MEASURE_BASELINE_H
#include "measure/group.h"

typedef struct rw_baseline {
    int64_t total;    /* M (M - 1) / 2 */
    int64_t nope;     /* no positions: every pair aliases */
    int64_t alibi;    /* score -m / 256, the gentlest slope of eight heads */
    int64_t gaussian; /* RoPE with one pair of normal vectors */
    int64_t floor;    /* fewest possible for any score of this type: pigeonholes */
} rw_baseline;

/** One row per context of ws->plan. z: coefficients of the Gaussian vectors, on ws->table. */
ropewalk_status rw_baseline_counts(rw_workspace *ws, const rw_coefficient *z,
                                   rw_dtype dtype, rw_baseline *out, ropewalk_error *err);
#endif
