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
    RW_ROWS = 16,       /* blocks filled at once, which share what is read of a table */
    RW_BLOCK_HALF = 256 /* a block is 512 distances around a half-integer centre */
};
enum { RW_BLOCK = 2 * RW_BLOCK_HALF, RW_STRIP = RW_ROWS * RW_BLOCK };

/* A score's cell is its number round((t - least) * scale) + RW_CELL_ORIGIN; 2^low_bits cells make a
 * bucket, in which the lower bits are a score's place. Below a place's bits, in one number, stands the
 * label of the stretch of distances that the score is from. */
typedef struct rw_cell_map {
    double least, scale;
    int low_bits;   /* 6 .. RW_PLACE_BITS - label_bits, or RW_WIDE_BITS without labels */
    int label_bits; /* 1 .. 5, or 0: no labels */
} rw_cell_map;
enum {
    RW_CELL_ORIGIN = 8, /* keeps the least score away from its bucket's edge */
    RW_PLACE_BITS = 30, /* of a place and its label */
    RW_WIDE_BITS = 32,  /* of a place without one */
    RW_MOST_LABELS = 31,
    RW_MOST_WINDOWS = 32,
    RW_CHUNK = 64,       /* places of a list that stand together */
    RW_READ_BEYOND = 32, /* numbers past the last of a list, whatever they are */
    RW_MOST_SORTED = 512 /* places of one list: more are the caller's to deal out again */
};

/* How places are dealt out again: by which of their bits, and which of them stay, above a label. */
typedef struct rw_split {
    int below; /* the list is (place >> below) & lists */
    uint32_t lists, kept;
    int label_bits;
} rw_split;

/* Lists of places, each in chunks: chunk c is place[c * RW_CHUNK ..], the one after it next[c]. */
typedef struct rw_lists {
    const int32_t *place;
    const uint32_t *next;
    const uint32_t *first, *n; /* of each list: its first chunk, how many places */
} rw_lists;

/* The lowest and the highest place of a list; INT32_MAX and -1 of an empty one. */
typedef struct rw_ends {
    int32_t lowest, highest;
} rw_ends;

/* Two windows whose pairs are counted: the labels of each, as bits, and what has been counted in lists so far,
 * ascending: near scores, and pairs of a near score and a higher far one. */
typedef struct rw_sides {
    uint32_t near, far;
    uint64_t seen, above;
} rw_sides;

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

    /** Scores of n_row <= RW_ROWS blocks, each of RW_BLOCK distances. With C the half-integer centre of block r,
     *  its coefficients are Z_n = z_n e^{i C w_n}, and
     *      out[r RW_BLOCK + 256 + j] = sum_n Re Z_n cos((j + 1/2) w_n) - Im Z_n sin((j + 1/2) w_n)
     *      out[r RW_BLOCK + 255 - j] = the same with + : both halves from one set of products.
     *  What lies RW_STRIP further is asked for on the way: it is written next.
     *  @param table  [RW_BLOCK_HALF / RW_TILE][n_column][2][RW_TILE] cosines, then sines
     *  @param z      [n_column][2][RW_ROWS] real, then imaginary parts of Z_n
     *  Rounding error of each output at most (2 n_column + 2) 2^-53 sum_n |Z_n| |table entry|. */
    void (*score_blocks)(const double *table, size_t n_column, const double *z,
                         size_t n_row, double *out);

    /** Z_n = z_n (cosine_n + i sine_n), n < n_pair, of RW_ROWS blocks, each within 2.24 u |z_n| for exact factors.
     *  @param anchor  [n_pair][2][RW_ROWS] cosines, then sines
     *  @param out     [n_pair][2][RW_ROWS] */
    void (*turn)(const double *anchor, const double *re, const double *im, size_t n_pair,
                 double *out);

    /** For RW_ROWS blocks sum_n Re Z_n even_n,k and sum_n Im Z_n odd_n,k, k < n_merged.
     *  @param mix  [n_pair][2][RW_MERGED]: even_n, then odd_n
     *  @param z    [n_pair][2][RW_ROWS]
     *  @param out  [n_merged][2][RW_ROWS] */
    void (*merge)(const double *mix, const double *z, size_t n_pair, size_t n_merged,
                  double *out);

    /** Keys of s[i] = offset + t[i], i < n. doubtful receives, ascending, each i for which
     *  s[i] - error and s[i] + error do not round alike; room for n. Returns how many. */
    size_t (*round_keys)(const rw_rounding *how, const double *t, size_t n, double offset,
                         double error, int32_t *key, uint32_t *doubtful);

    /** The least and the largest of n >= 1 keys, and the least of their magnitudes. */
    void (*key_range)(const int32_t *key, size_t n, int32_t *least, int32_t *most,
                      int32_t *nearest);

    /** How many of n keys are the same in both lists once clipped to -clip .. clip. */
    uint64_t (*alike)(const int32_t *a, const int32_t *b, size_t n, int32_t clip);

    /** Of counts c[i] = sum over two tables of count[table * stride + i], i < n, of at most 2^31 distances in all: the
     *  sums of c (c - 1) / 2 and of those c that are above 1. */
    void (*repeats)(const uint32_t *count, size_t stride, size_t n, uint64_t *pairs,
                    uint64_t *several);

    /** The sum of products of two such counts. */
    uint64_t (*products)(const uint32_t *a, const uint32_t *b, size_t stride, size_t n);

    /** The least and the largest of n >= 1 values. */
    void (*range)(const double *t, size_t n, double *least, double *most);

    /** Sums of t[i] - shift and of its square, in sixteen interleaved parts. */
    void (*moments)(const double *t, size_t n, double shift, double *sum, double *square);

    /** out[i] = (a[i] - b[i]) + constant, i < n; how many of them are below 0. Returns 1 when any is within `doubt` of 0,
     *  else 0. */
    int (*differences)(const double *a, const double *b, size_t n, double constant,
                       double doubt, double *out, int64_t *below);

    /** Of the n steps |t[i + 1] - t[i]|: how many are below `limit`, their sum in sixteen interleaved
     *  parts, the largest. Returns 1 when any lies within `doubt` of the limit, else 0. */
    int (*steps)(const double *t, size_t n, double limit, double doubt, int64_t *below,
                 double *sum, double *most);

    /** Of n values: *below receives how many are below `low`, out, with room for n and RW_READ_BEYOND more, those in
     *  [low, high), in order. Returns how many. */
    size_t (*inside)(const double *t, size_t n, double low, double high, double *out,
                     size_t *below);

    /** bucket[i] and place[i], labelled, of n scores whose cells are below 2^51. Equal scores have equal
     *  cells however often they are asked for in strips of the same length. */
    void (*cells)(const rw_cell_map *by, const double *t, size_t n, int32_t label,
                  uint32_t *bucket, int32_t *place);

    /** Which of n scores have a cell whose bits from `shift` on are set in a map, ascending: those, and perhaps
     *  some next to them. @param which  room for n and RW_READ_BEYOND more */
    size_t (*mapped)(const rw_cell_map *by, const double *t, size_t n,
                     const uint32_t *map, int shift, uint32_t *which);

    /** list[i] of n places, and what remains of each, labelled; 0 <= below < 32. */
    void (*split)(const rw_split *by, const int32_t *place, size_t n, uint32_t label,
                  uint32_t *list, int32_t *remains);

    /** Sort n_list lists, each of at most RW_MOST_SORTED places below 2^RW_PLACE_BITS and all above the list before, and
     *  count along their order, in which places of one cell are ascending by label: to each of at most
     *  RW_MOST_WINDOWS windows, add what it has in them.
     *  @param label_bits  the lowest bits of each place; the highest label is nobody's
     *  @param sorted  NULL, or receives all places, ascending
     *  @param ends    [n_list]
     *  @param close   receives, ascending, the lists in which two cells are at most one apart, perhaps where
     *                 they are two. Returns how many. */
    size_t (*order)(const rw_lists *lists, size_t n_list, int label_bits,
                    rw_sides *window, size_t n_window, int32_t *sorted, rw_ends *ends,
                    uint32_t *close);

    /** Those of n places whose labels are from `first` to below `end`, in order and without their lowest `drop` bits.
     *  Returns how many. @param out  room for n and RW_READ_BEYOND more, or `place` itself */
    size_t (*select)(const int32_t *place, size_t n, int label_bits, int32_t first,
                     int32_t end, int drop, int32_t *out);

    /** Of two ascending lists of numbers whose sums with `apart` are well inside 32 bits: add to *count the pairs with
     *  b < a + apart - 1. Returns whether there may be one with b from there to a + apart + 1.
     *  @param a,b  RW_READ_BEYOND more can be read */
    int (*within)(const int32_t *a, size_t n_a, const int32_t *b, size_t n_b,
                  int32_t apart, uint64_t *count);
} rw_kernels;

/** The named set ("ref", "generic", "avx2", "avx512"), or the best this CPU runs for NULL or "auto".
 *  NULL when the name is unknown or the CPU cannot run it. */
const rw_kernels *rw_kernels_pick(const char *isa);
/** i-th compiled-in set, NULL past the end; *runs says whether this CPU can run it. */
const rw_kernels *rw_kernels_list(size_t i, int *runs);

extern const rw_kernels rw_kernels_ref, rw_kernels_generic;
#if defined(__x86_64__)
extern const rw_kernels rw_kernels_avx2;
extern const rw_kernels rw_kernels_avx512;
#endif
#endif
