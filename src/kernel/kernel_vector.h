/* kernel_vector.h - score_blocks with the compiler's vector types. The including file defines
 * VECTOR_BYTES, N_VECTOR (vectors a half tile step) and N_ROW (rows sharing table loads), sized
 * to its registers: 2 * N_ROW * N_VECTOR accumulators. */
#include "kernel/kernel_order.h"

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

/* STEP columns of `rows` blocks, a compile-time constant at each call: from `up` upwards and from `down` downwards in the
 * first. What lies RW_STRIP further is asked for, or stores would wait for it. */
static inline __attribute__((always_inline)) void strip(const double *entry,
                                                        size_t n_column, const double *z,
                                                        size_t rows, double *up,
                                                        double *down)
{
    vec even[N_ROW][N_VECTOR], odd[N_ROW][N_VECTOR];
    for (size_t r = 0; r < rows; r++)
        for (size_t v = 0; v < N_VECTOR; v++)
            even[r][v] = odd[r][v] = (vec){0};
    const double *const end = entry + n_column * 2 * RW_TILE;
    for (; entry < end; entry += (size_t)2 * RW_TILE, z += (size_t)2 * RW_ROWS) {
        vec cosine[N_VECTOR], sine[N_VECTOR];
        for (size_t v = 0; v < N_VECTOR; v++) {
            cosine[v] = load(entry + v * LANES);
            sine[v] = load(entry + RW_TILE + v * LANES);
        }
        for (size_t r = 0; r < rows; r++)
            for (size_t v = 0; v < N_VECTOR; v++) {
                even[r][v] += z[r] * cosine[v];
                odd[r][v] += z[RW_ROWS + r] * sine[v];
            }
    }
    for (size_t r = 0; r < rows; r++, up += RW_BLOCK, down += RW_BLOCK)
        for (size_t v = 0; v < N_VECTOR; v++) {
            double *upper = up + v * LANES, *lower = down - (v + 1) * LANES;
            store(upper, even[r][v] - odd[r][v]);
            store(lower, backwards(even[r][v] + odd[r][v]));
            __builtin_prefetch(upper + RW_STRIP);
            __builtin_prefetch(lower + RW_STRIP);
        }
}

/* Blocks are shared out evenly over as few strips as there can be. */
static void score_blocks(const double *table, size_t n_column, const double *z,
                         size_t n_row, double *out)
{
    const size_t n_strip = (n_row + N_ROW - 1) / N_ROW;
    for (size_t column = 0; column < RW_BLOCK_HALF; column += STEP) {
        const double *entry =
            table + (column / RW_TILE) * n_column * 2 * RW_TILE + column % RW_TILE;
        for (size_t s = 0, row = 0; s < n_strip; s++) {
            const size_t rows = n_row / n_strip + (s < n_row % n_strip);
            double *const centre = out + row * RW_BLOCK + RW_BLOCK_HALF;
            double *up = centre + column, *down = centre - column;
            switch (rows) {
#if N_ROW >= 6
            case 6: strip(entry, n_column, z + row, 6, up, down); break;
#endif
#if N_ROW >= 5
            case 5: strip(entry, n_column, z + row, 5, up, down); break;
#endif
#if N_ROW >= 4
            case 4: strip(entry, n_column, z + row, 4, up, down); break;
#endif
#if N_ROW >= 3
            case 3: strip(entry, n_column, z + row, 3, up, down); break;
#endif
            case 2: strip(entry, n_column, z + row, 2, up, down); break;
            default: strip(entry, n_column, z + row, 1, up, down); break;
            }
            row += rows;
        }
    }
}
