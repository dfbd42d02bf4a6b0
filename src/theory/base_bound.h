/* base_bound.h - B's bounds: which bases keep B_m = sum cos(m w_n) from turning negative (T18 to T20).
 *
 * A base passes length L when B_m >= 0 for every m <= L, w_n = base^(-n/h). The passing bases are
 * many short windows, so every bound is found by proof and not on a grid: between two bases
 * that were looked at, a bound of the derivative by ln base decides. No score is read. */
#ifndef RW_THEORY_BASE_BOUND_H
#define RW_THEORY_BASE_BOUND_H
#include "base/pool.h"
#include "result/estimate.h"

#define RW_BASE_END 1e8 /* bases above are not looked at, unless asked for */

typedef struct rw_base_search {
    uint32_t n_pair;
    int64_t length;  /* L, below 2^31 */
    double base_end; /* in (1, 1e200] */
    int n_thread;
    rw_pool_progress
        progress; /* stretches of ln base done, of all that might be; may be NULL */
    void *progress_ctx;
} rw_base_search;

/* base(L) lies in [low, high]: every base in (1, low) fails, and one at `high` or less passes. */
typedef struct rw_base_first {
    rw_estimate_state
        state; /* UNDEFINED: no base up to base_end passes; UNABLE: see gaps */
    double low, high;
    /* Its window: every base from begin to end passes, and the one at `fail` does not. begin is
     * above `high` by some 1e-10 of itself, where the proof is possible. NaN: not decided. */
    double window_begin, window_end, window_fail;
    int64_t witness; /* the last m proven negative just below `low` */
    int64_t n_proof; /* intervals of ln base whose failure was proven */
    int gaps; /* intervals of 1e-11 in ln base neither proven to fail nor to pass */
} rw_base_first;

/** base(L), the smallest base that passes, and how far its window reaches. E_INTERRUPTED when
 *  `progress` asked to stop; E_ARGUMENT for a search that is out of the ranges above. 64 pairs take
 *  about 1 s of processor time for L = 64K and 13 s for 1M; beyond, more than in proportion to L. */
ropewalk_status rw_base_first_find(const rw_base_search *search, rw_base_first *out,
                                   ropewalk_error *err);

typedef struct rw_base_safe {
    rw_estimate_state state; /* UNDEFINED: base_end itself fails */
    double low, high;        /* `low` fails; every base from `high` to base_end passes */
} rw_base_safe;

/** base_safe, from which on every base up to base_end passes. low is NaN when nothing fails. */
ropewalk_status rw_base_safe_find(const rw_base_search *search, rw_base_safe *out,
                                  ropewalk_error *err);

/** Context bound of a given table: the first m in [1, limit] with B_m < 0, kind exact. Undefined
 *  when there is none, unable when a sum lies within its error of 0. limit < 2^31; takes about
 *  limit * n_pair / 10^9 seconds when nothing is found. `progress` may be NULL. */
ropewalk_status rw_context_bound(const double *freq, uint32_t n_pair, int64_t limit,
                                 rw_pool_progress progress, void *progress_ctx,
                                 rw_estimate *out, ropewalk_error *err);
#endif
