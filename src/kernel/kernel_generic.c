/* kernel_generic.c - the compiler's own vectors of 128 bits, no instruction set assumed: NEON on arm64, SSE2 on
 * x86-64. 2 x 2 x 2 accumulators of 16 registers. */
#define VECTOR_BYTES 16
#define N_VECTOR 2
#define N_ROW 2
#include "kernel/kernel_vector.h"

const rw_kernels rw_kernels_generic = {
    "generic", score_blocks, turn,  merge,   round_keys,  key_range, alike,
    repeats,   products,     range, moments, differences, steps,     inside,
    cells,     mapped,       split, order,   select,      within};
