/* kernel_ref.c - the reference: complete, portable, slow, and never deleted. */
#include "kernel/kernel.h"
#include "kernel/kernel_order.h"

static void score_blocks(const double *table, size_t n_column, const double *z,
                         size_t n_row, double *out)
{
    for (size_t row = 0; row < n_row; row++, z++, out += RW_BLOCK) {
        for (size_t j = 0; j < RW_BLOCK_HALF; j++) {
            const double *entry =
                table + (j / RW_TILE) * n_column * 2 * RW_TILE + j % RW_TILE;
            double even = 0.0, odd = 0.0;
            for (size_t n = 0; n < n_column; n++, entry += (size_t)2 * RW_TILE) {
                even += z[n * 2 * RW_ROWS] * entry[0];
                odd += z[n * 2 * RW_ROWS + RW_ROWS] * entry[RW_TILE];
            }
            out[RW_BLOCK_HALF + j] = even - odd;
            out[RW_BLOCK_HALF - 1 - j] = even + odd;
        }
    }
}

const rw_kernels rw_kernels_ref = {"ref",     score_blocks, turn,    merge,    round_keys,
                                   key_range, alike,        repeats, products, range,
                                   moments,   differences,  steps,   inside,   cells,
                                   mapped,    split,        order,   select,   within};
