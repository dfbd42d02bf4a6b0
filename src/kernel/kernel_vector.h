/* kernel_vector.h - score_block with the compiler's vector types. The including file defines
 * VECTOR_BYTES, N_VECTOR (vectors a half tile step) and N_ROW (rows sharing table loads), sized
 * to its registers: 2 * N_ROW * N_VECTOR accumulators. */
#include "kernel/kernel_pairs.h"

enum { STEP = LANES * N_VECTOR };

static inline vec backwards(vec x)
{
#if VECTOR_BYTES == 64
    return __builtin_shufflevector(x, x, 7, 6, 5, 4, 3, 2, 1, 0);
#elif VECTOR_BYTES == 32
    return __builtin_shufflevector(x, x, 3, 2, 1, 0);
#else
    return __builtin_shufflevector(x, x, 1, 0);
#endif
}

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
        double *down = out[r] + RW_BLOCK_HALF - column; /* filled downwards */
        for (size_t v = 0; v < N_VECTOR; v++) {
            const vec minus = even[r][v] - odd[r][v], plus = even[r][v] + odd[r][v];
            *(vec *)(void *)(up + v * LANES) = minus;
            *(vec *)(void *)(down - (v + 1) * LANES) = backwards(plus);
        }
    }
}

/* Rows are shared out evenly over as few strips as there can be. */
static void score_block(const double *table, size_t n_pair, const double *re,
                        const double *im, size_t n_row, double *const *out)
{
    const size_t n_strip = (n_row + N_ROW - 1) / N_ROW;
    for (size_t column = 0; column < RW_BLOCK_HALF; column += STEP) {
        const double *entry =
            table + (column / RW_TILE) * n_pair * 2 * RW_TILE + column % RW_TILE;
        for (size_t s = 0, row = 0; s < n_strip; s++) {
            const size_t rows = n_row / n_strip + (s < n_row % n_strip);
            const double *x = re + row * n_pair, *y = im + row * n_pair;
            switch (rows) {
#if N_ROW >= 6
            case 6: strip(entry, n_pair, x, y, 6, out + row, column); break;
#endif
#if N_ROW >= 5
            case 5: strip(entry, n_pair, x, y, 5, out + row, column); break;
#endif
#if N_ROW >= 4
            case 4: strip(entry, n_pair, x, y, 4, out + row, column); break;
#endif
#if N_ROW >= 3
            case 3: strip(entry, n_pair, x, y, 3, out + row, column); break;
#endif
            case 2: strip(entry, n_pair, x, y, 2, out + row, column); break;
            default: strip(entry, n_pair, x, y, 1, out + row, column); break;
            }
            row += rows;
        }
    }
}
