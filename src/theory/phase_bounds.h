/* phase_bounds.h - the bounds on the base of arXiv 2602.10959 (T17).
 *
 * The formulas were inferred from secondary sources; the paper itself was not read. Every place
 * that shows a value says so. They look at the slowest pair alone and at no score: kind bound. */
#ifndef RW_THEORY_PHASE_BOUNDS_H
#define RW_THEORY_PHASE_BOUNDS_H
#include <stdint.h>

#include "result/estimate.h"

/** Least base at which the slowest of rotary_dim/2 pairs does not complete a turn in `length`
 *  positions: (L / 2 pi)^(d/(d-2)). Undefined for rotary_dim <= 2 (a single pair turns at rate 1
 *  whatever the base) and length < 1; never below 1. */
rw_estimate rw_bound_aliasing_base(int64_t length, uint32_t rotary_dim);
/** Least base at which the slowest pair, taken at rate 1/base, keeps its cosine at 0.95 or more
 *  through n_layer layers: L / arccos(0.95^(1/n_layer)). Undefined for length < 1, n_layer < 1. */
rw_estimate rw_bound_dc_base(int64_t length, uint32_t n_layer);
/** Largest base whose slowest phase step a type of so many significand bits (with the leading
 *  one) still resolves beside 1: 2^(bits - 1). Undefined for bits < 1. */
rw_estimate rw_bound_precision_base(int significand_bits);
#endif
