/* scoretable.h - every distance of a window for one set of frequencies: the tables the kernels
 * multiply with, and the exact evaluation of doubtful distances. */
#ifndef RW_MEASURE_SCORETABLE_H
#define RW_MEASURE_SCORETABLE_H
#include <stdbool.h>

#include "base/number.h"
#include "base/pool.h"
#include "kernel/kernel.h"
#include "position/coefficient.h"

/* Pairs from n_fast on turn so little inside a block that their cosines and sines are, to far less than a
 * rounding error, polynomials in the distance from its centre: n_merged columns of Chebyshev polynomials
 * stand for all of them, and their coefficients are merged block by block (measure/slow.h, docs/numerics.md
 * N19). Where that saves nothing n_fast is n_pair. */
typedef struct rw_scoretable {
    const rw_kernels *kernels;
    uint32_t n_pair, n_fast, n_merged;
    int64_t n_distance, n_block; /* distances 0 .. n_distance-1 */
    double *freq;                /* [n_pair] */
    double *table; /* kernel.h's, of n_merged + n_fast columns, shared by all blocks */
    double *
        anchor; /* [strips of RW_ROWS blocks][n_pair][2][RW_ROWS]: cosines, sines of centre * w */
    double *mix;   /* [n_pair - n_fast][2][RW_MERGED], NULL where none is merged */
    double spread; /* largest sum of moduli of a merged pair's coefficients */
} rw_scoretable;

/** Memory: at most 8 (n_pair) (544 + 2 n_distance / 512) bytes, and 256 a merged pair. */
ropewalk_status rw_scoretable_init(rw_scoretable *t, const rw_kernels *kernels,
                                   const rw_rotation *rot, int64_t n_distance,
                                   ropewalk_error *err);
/** The same by several threads, for long windows; E_INTERRUPTED when `progress`, which may be NULL,
 *  asks to stop. */
ropewalk_status rw_scoretable_make(rw_scoretable *t, const rw_kernels *kernels,
                                   const rw_rotation *rot, int64_t n_distance,
                                   int n_thread, rw_pool_progress progress,
                                   void *progress_ctx, ropewalk_error *err);
void rw_scoretable_clear(rw_scoretable *t);

/* One (query, key) with its scores T(m) = S(m) - c at every distance. */
typedef struct rw_series {
    const rw_scoretable *table;
    const rw_coefficient *z;
    double *t;          /* [n_block * RW_BLOCK], filled by rw_series_fill */
    double t_error;     /* |t[m] - T(m)| <= t_error, proven (docs/numerics.md N4) */
    double s_error;     /* |fl(c + t[m]) - S(m)| <= s_error */
    double least, most; /* of t at all distances of the table filled so far */
} rw_series;

/** Room for one series, in doubles. */
size_t rw_series_size(const rw_scoretable *t);
/** Set the bounds; t must already point to its room. */
void rw_series_init(rw_series *s, const rw_scoretable *table, const rw_coefficient *z,
                    double *t);
/* Scratch for filling, in doubles. */
#define RW_SERIES_SCRATCH(n_pair) (((size_t)(n_pair) + RW_MERGED) * 2 * RW_ROWS)
/** The scores of distances from .. from + RW_STRIP - 1, those of them that the table has; `from` is a multiple of RW_STRIP. */
void rw_series_fill_strip(rw_series *s, int64_t from, double *scratch);
/** All scores. */
void rw_series_fill(rw_series *s, double *scratch);

/** T(m) in double-double; *error bounds what is lost (N5). */
rw_dd rw_series_exact(const rw_series *s, int64_t m, double *error);
/** The exact sign of S(0) of one minus S(0) of the other; scratch 2 (2 n_pair + 2) doubles. */
int rw_series_compare_at_zero(const rw_series *a, const rw_series *b, double *scratch);
/** Key of S(m), exactly; false when even double-double cannot decide. scratch n_pair*2+4. */
bool rw_series_exact_key(const rw_series *s, int64_t m, rw_dtype dtype, double *scratch,
                         int32_t *key);
#endif
