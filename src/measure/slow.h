/* slow.h - pairs that turn little inside a block, as polynomials in the distance from its centre.
 *
 * With x = (j + 1/2) / 256 in (0, 1) and z = 256 w (Jacobi and Anger):
 *     cos(z x) = J_0(z) + 2 sum_k (-1)^k J_2k(z) T_2k(x),  sin(z x) = 2 sum_k (-1)^k J_2k+1(z) T_2k+1(x),
 * and |J_m(z)| <= (|z| / 2)^m / m!, so that few terms leave less than a rounding error. docs/numerics.md N19. */
#ifndef RW_MEASURE_SLOW_H
#define RW_MEASURE_SLOW_H
#include <stddef.h>
#include <stdint.h>

/** Pairs 0 .. n_fast-1 keep columns of their own, the others share n_merged even and as many odd ones;
 *  n_fast is n_pair and n_merged 0 where that would not make fewer columns. */
void rw_slow_choose(const double *freq, uint32_t n_pair, uint32_t *n_fast,
                    uint32_t *n_merged);
/** One pair's coefficients: mix[k] of T_2k, mix[RW_MERGED + k] of T_2k+1, zero from n_merged on.
 *  @return an upper bound of sqrt(E^2 + O^2), E and O the sums of their moduli */
double rw_slow_coefficients(double freq, uint32_t n_merged, double *mix);
/** T_2k at column j to entry[2 k RW_TILE], T_2k+1 to entry[(2 k + 1) RW_TILE]; within 0.51 ulp of 1. */
void rw_slow_polynomials(size_t j, uint32_t n_merged, double *entry);
#endif
