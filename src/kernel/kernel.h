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
    RW_MERGED = 16,     /* columns that slow pairs are merged into, at most */
    RW_BLOCK_HALF = 256 /* a block is 512 distances around a half-integer centre */
};
enum { RW_BLOCK = 2 * RW_BLOCK_HALF };

/* A score v = (t - least) * scale as its band, floor(v / 2^26), and its cell in the band, 26 bits,
 * with the number of its segment below. */
enum { RW_SEGMENT_BITS = 6, RW_KERNEL_SEGMENT = 1 << RW_SEGMENT_BITS, RW_CELL_BITS = 26 };

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

    /** Z_n = z_n (cosine_n + i sine_n), n < n_pair, each within 2.24 u |z_n| for exact factors. */
    void (*turn)(const double *cosine, const double *sine, const double *re,
                 const double *im, size_t n_pair, double *out_re, double *out_im);

    /** Turn likewise, then out_re[k] = sum_n Re Z_n even_n,k and out_im[k] = sum_n Im Z_n odd_n,k.
     *  @param mix  [n_pair][2][RW_MERGED]: even_n, then odd_n
     *  @param out_re,out_im  [RW_MERGED] */
    void (*merge)(const double *mix, const double *cosine, const double *sine,
                  const double *re, const double *im, size_t n_pair, double *out_re,
                  double *out_im);

    /** Keys of s[i] = offset + t[i], i < n. doubtful receives, ascending, each i for which
     *  s[i] - error and s[i] + error do not round alike; room for n. Returns how many. */
    size_t (*round_keys)(const rw_rounding *how, const double *t, size_t n, double offset,
                         double error, int32_t *key, uint32_t *doubtful);

    /** The least and the largest of n >= 1 keys, and the least of their magnitudes. */
    void (*key_range)(const int32_t *key, size_t n, int32_t *least, int32_t *most,
                      int32_t *nearest);

    /** How many of n keys are the same in both lists once clipped to -clip .. clip. */
    uint64_t (*alike)(const int32_t *a, const int32_t *b, size_t n, int32_t clip);

    /** Of counts c[i] = sum over four tables of count[table * stride + i], i < n: the sums of
     *  c (c - 1) / 2 and of those c that are above 1. */
    void (*repeats)(const uint32_t *count, size_t stride, size_t n, uint64_t *pairs,
                    uint64_t *several);

    /** The sum of products of two such counts. */
    uint64_t (*products)(const uint32_t *a, const uint32_t *b, size_t stride, size_t n);

    /** packed[i] = floor((t[i] - least) * scale) << 32 | i, for values that fit 32 bits. */
    void (*pack)(const double *t, size_t n, double least, double scale, uint64_t *packed);

    /** The least and the largest of n >= 1 values. */
    void (*range)(const double *t, size_t n, double *least, double *most);

    /** Sums of t[i] - shift and of its square, in sixteen interleaved parts. */
    void (*moments)(const double *t, size_t n, double shift, double *sum, double *square);

    /** Of the n steps |t[i + 1] - t[i]|: how many are below `limit`, their sum in sixteen interleaved
     *  parts, the largest. Returns 1 when any lies within `doubt` of the limit, else 0. */
    int (*steps)(const double *t, size_t n, double limit, double doubt, int64_t *below,
                 double *sum, double *most);

    /** cell[i] = (floor(v) mod 2^26) << RW_SEGMENT_BITS | segment; band[i] = floor(v / 2^26), for
     *  0 <= v < 2^57 in steps of v; band may be NULL where v < 2^26. Returns 1 when any v lies
     *  within `margin` of an integer, else 0. */
    int (*cells)(const double *t, size_t n, double least, double scale, double margin,
                 uint32_t segment, uint32_t *cell, uint32_t *band);

    /** Positions i, ascending, at which cell[i] and cell[i + 1] share a cell but not a segment;
     *  room for n. Returns how many. */
    size_t (*shared)(const uint32_t *cell, size_t n, uint32_t *found);

    /** Positions, ascending, whose cell's lowest bits are set in `filter`, a bit set of
     *  filter_mask + 1 bits, at least 32 and at most 2^26; room for n. Returns how many. */
    size_t (*find)(const double *t, size_t n, double least, double scale,
                   const uint32_t *filter, uint32_t filter_mask, uint32_t *found);

    /** Along n sorted cells: above[f][g] += how many of segment g stood before one of segment f.
     *  @param n_segment  at most RW_KERNEL_SEGMENT */
    void (*walk)(const uint32_t *cell, size_t n, size_t n_segment,
                 uint64_t (*above)[RW_KERNEL_SEGMENT]);
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
