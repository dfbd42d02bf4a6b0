/* rates.h - P's split index and asymptotic rates (T12, T13).
 *
 * P gives the rates up to a constant; each constant here is ours and belongs to phase-aligned keys
 * of equal amplitudes (z_n = 1) under unscaled RoPE, for M large and far below the base. The rates
 * describe what the normal approximation tends to and bound no count: kind asymptotic. */
#ifndef RW_THEORY_RATES_H
#define RW_THEORY_RATES_H
#include <stdint.h>

#include "result/estimate.h"

/* Leading constants, derived at T13. Measured for position inversion: 1.0 to 1.5. */
#define RW_RATE_POSITION_INVERSION 1.3862943611198906 /* 2 ln 2 */
#define RW_RATE_TOKEN_INVERSION 1.4142135623730951    /* sqrt 2 */
/* Not derived: makes P's own example, 5 % of positions at bf16 and 64 pairs, come out. */
#define RW_RATE_TOKEN_ALIASING 1.6

/** lambda(M) = h log_base(M / 2 pi): pairs below it turn at least once within M. Kind exact. Below
 *  0 when none does, above h - 1 when all do. Undefined for a base that is not above 1, without
 *  pairs, and for M < 1. */
rw_estimate rw_split_index(double rope_theta, uint32_t n_pair, int64_t context);
/** The same for any table: how many of n_pair frequencies have M |w_n| >= 2 pi. */
uint32_t rw_turning_pairs(const double *freq, uint32_t n_pair, int64_t context);

/** Phi(-C sqrt(h / (ln M ln base))). Undefined unless 1 < M < base. */
rw_estimate rw_rate_position_inversion(double rope_theta, uint32_t n_pair,
                                       int64_t context, double constant);
/** Phi(-C sqrt(h) (1 - l) / sqrt(l)), l = log_base M; 1/2 once M reaches the base. Undefined for
 *  a base that is not above 1 and for M < 2. */
rw_estimate rw_rate_token_inversion(double rope_theta, uint32_t n_pair, int64_t context,
                                    double constant);
/** C 2^-f sqrt(h), at most 1: the share of distances; times M, how many. f: significand bits with
 *  the leading one (bf16: 8). */
rw_estimate rw_rate_token_aliasing(uint32_t n_pair, int significand_bits,
                                   double constant);
#endif
