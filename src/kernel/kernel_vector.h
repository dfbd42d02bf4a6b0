/* kernel_vector.h - score_block with the compiler's vector types. The including file defines
 * VECTOR_BYTES, N_VECTOR (vectors a half tile step) and N_ROW (rows sharing table loads), sized
 * to its registers: 2 * N_ROW * N_VECTOR accumulators. */
#include "kernel/kernel_loops.h"

enum { STEP = LANES * N_VECTOR };

/* One strip of STEP columns for `rows` rows; rows is a compile-time constant at each call. */
static inline __attribute__((always_inline)) void strip(const double *entry,
                                                        size_t n_pair, const double *re,
                                                        const double *im, size_t rows,
                                                        double *const *out, size_t column)
{
    vec even[N_ROW][N_VECTOR], odd[N_ROW][N_VECTOR];
    for (size_t r = 0; r < rows; r++)
        for (size_t v = 0; v < N_VECTOR; v++)
            even[r][v] = odd[r][v] = (vec){0};
    for (size_t n = 0; n < n_pair; n++, entry += (size_t)2 * RW_TILE) {
        vec cosine[N_VECTOR], sine[N_VECTOR];
        for (size_t v = 0; v < N_VECTOR; v++) {
            cosine[v] = *(const vec *)(const void *)(entry + v * LANES);
            sine[v] = *(const vec *)(const void *)(entry + RW_TILE + v * LANES);
        }
        for (size_t r = 0; r < rows; r++)
            for (size_t v = 0; v < N_VECTOR; v++) {
                even[r][v] += re[r * n_pair + n] * cosine[v];
                odd[r][v] += im[r * n_pair + n] * sine[v];
            }
    }
    for (size_t r = 0; r < rows; r++) {
        double *up = out[r] + RW_BLOCK_HALF + column;
        double *down = out[r] + RW_BLOCK_HALF - 1 - column;
        for (size_t v = 0; v < N_VECTOR; v++) {
            const vec minus = even[r][v] - odd[r][v], plus = even[r][v] + odd[r][v];
            for (size_t i = 0; i < LANES; i++) {
                up[v * LANES + i] = minus[i];
                down[-(ptrdiff_t)(v * LANES + i)] = plus[i];
            }
        }
    }
}

static void score_block(const double *table, size_t n_pair, const double *re,
                        const double *im, size_t n_row, double *const *out)
{
    for (size_t column = 0; column < RW_BLOCK_HALF; column += STEP) {
        const double *entry =
            table + (column / RW_TILE) * n_pair * 2 * RW_TILE + column % RW_TILE;
        size_t row = 0;
        for (; row + N_ROW <= n_row; row += N_ROW)
            strip(entry, n_pair, re + row * n_pair, im + row * n_pair, N_ROW, out + row,
                  column);
        for (; row < n_row; row++)
            strip(entry, n_pair, re + row * n_pair, im + row * n_pair, 1, out + row,
                  column);
    }
}
