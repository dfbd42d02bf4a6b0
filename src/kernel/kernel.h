/* kernel.h - the inner loops, one set per instruction set, and their contracts.
 *
 * A set may sum in any order and may fuse multiply and add: its scores differ from another set's
 * in the last bits. What callers rely on is the error bound stated at each loop; counts are made
 * independent of the set above (measure/). Nothing here allocates or prints. */
#ifndef RW_KERNEL_KERNEL_H
#define RW_KERNEL_KERNEL_H
#include <stddef.h>
#include <stdint.h>

enum {
    RW_TILE = 16,       /* columns of a table tile */
    RW_BLOCK_HALF = 256 /* a block is 512 distances around a half-integer centre */
};
enum { RW_BLOCK = 2 * RW_BLOCK_HALF };

/* How a working type rounds (base/number.h), as plain integers. */
typedef struct rw_rounding {
    int drop;      /* bits dropped from a double's significand: 53 - p */
    uint64_t bias; /* subtracted from the shifted bits: (1023 + e_min - 1) << (p - 1) */
    uint64_t top;  /* largest key */
    double min_normal;   /* 2^e_min */
    double quantum_2_52; /* 2^52 subnormal quanta */
} rw_rounding;

typedef struct rw_kernels {
    const char *name;

    /** Scores of n_row coefficient rows over one block of RW_BLOCK distances. With centre C the
     *  block's half-integer centre, a row holds Z_n = z_n e^{i C w_n} and
     *      out[row][256 + j] = sum_n Re Z_n cos((j + 1/2) w_n) - Im Z_n sin((j + 1/2) w_n)
     *      out[row][255 - j] = the same with + : both halves from one set of products.
     *  @param table  [RW_BLOCK_HALF / RW_TILE][n_pair][2][RW_TILE] cosines, then sines
     *  @param re,im  [n_row][n_pair]
     *  Rounding error of each output at most (2 n_pair + 2) 2^-53 sum_n |Z_n| |table entry|. */
    void (*score_block)(const double *table, size_t n_pair, const double *re,
                        const double *im, size_t n_row, double *const *out);

    /** Keys of s[i] = offset + t[i], i < n. doubtful receives, ascending, each i for which
     *  s[i] - error and s[i] + error do not round alike; room for n. Returns how many. */
    size_t (*round_keys)(const rw_rounding *how, const double *t, size_t n, double offset,
                         double error, int32_t *key, uint32_t *doubtful);

    /** packed[i] = floor((t[i] - least) * scale) << 32 | i, for values that fit 32 bits. */
    void (*pack)(const double *t, size_t n, double least, double scale, uint64_t *packed);
} rw_kernels;

/** The named set ("ref", "avx2", "avx512"), or the best this CPU runs for NULL or "auto".
 *  NULL when the name is unknown or the CPU cannot run it. */
const rw_kernels *rw_kernels_pick(const char *isa);
/** i-th compiled-in set, NULL past the end; *runs says whether this CPU can run it. */
const rw_kernels *rw_kernels_list(size_t i, int *runs);

extern const rw_kernels rw_kernels_ref;
#if defined(__x86_64__)
extern const rw_kernels rw_kernels_avx2;
extern const rw_kernels rw_kernels_avx512;
#endif
#endif
