/* kernel_ref.c - the reference: complete, portable, slow, and never deleted. */
#include "kernel/kernel.h"
#include "kernel/kernel_pairs.h"

static void score_block(const double *table, size_t n_pair, const double *re,
                        const double *im, size_t n_row, double *const *out)
{
    for (size_t row = 0; row < n_row; row++, re += n_pair, im += n_pair) {
        for (size_t j = 0; j < RW_BLOCK_HALF; j++) {
            const double *entry =
                table + (j / RW_TILE) * n_pair * 2 * RW_TILE + j % RW_TILE;
            double even = 0.0, odd = 0.0;
            for (size_t n = 0; n < n_pair; n++, entry += (size_t)2 * RW_TILE) {
                even += re[n] * entry[0];
                odd += im[n] * entry[RW_TILE];
            }
            out[row][RW_BLOCK_HALF + j] = even - odd;
            out[row][RW_BLOCK_HALF - 1 - j] = even + odd;
        }
    }
}

const rw_kernels rw_kernels_ref = {"ref",     score_block, turn,    merge,    round_keys,
                                   key_range, alike,       repeats, products, range,
                                   moments,   steps,       cells,   above,    within};
