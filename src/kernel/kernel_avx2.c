/* kernel_avx2.c - 256-bit vectors, fused multiply-add: 3 x 2 x 2 accumulators of 16 registers. */
#define VECTOR_BYTES 32
#define N_VECTOR 2
#define N_ROW 3
#include "kernel/kernel_vector.h"

const rw_kernels rw_kernels_avx2 = {
    "avx2",  score_blocks, turn,  merge,   round_keys,  key_range, alike,
    repeats, products,     range, moments, differences, steps,     inside,
    cells,   mapped,       split, order,   select,      within};
