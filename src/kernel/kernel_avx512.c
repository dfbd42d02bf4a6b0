/* kernel_avx512.c - 512-bit vectors: 2 x 6 x 2 accumulators of 32 registers. */
#define VECTOR_BYTES 64
#define N_VECTOR 2
#define N_ROW 6
#include "kernel/kernel_vector.h"

const rw_kernels rw_kernels_avx512 = {
    "avx512", score_blocks, turn,  merge,   round_keys,  key_range, alike,
    repeats,  products,     range, moments, differences, steps,     inside,
    cells,    mapped,       split, order,   select,      within};
