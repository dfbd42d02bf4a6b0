/* random.h - counter-based random values: value = f(seed, stream, index), so that work can be
 * split in any way and still draw the same numbers. */
#ifndef RW_BASE_RANDOM_H
#define RW_BASE_RANDOM_H
#include <stdint.h>

uint64_t rw_random_u64(uint64_t seed, uint64_t stream, uint64_t index);
double rw_random_unit(uint64_t seed, uint64_t stream,
                      uint64_t index); /* [0, 1), 53 bits */
double rw_random_normal(uint64_t seed, uint64_t stream, uint64_t index); /* N(0, 1) */
/** Uniform in [0, n), n >= 1; bias below n * 2^-64. */
uint64_t rw_random_below(uint64_t seed, uint64_t stream, uint64_t index, uint64_t n);
#endif
