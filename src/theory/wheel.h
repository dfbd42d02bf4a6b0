/* wheel.h - B's sums B_m = sum cos(m w_n) of one frequency table, certified (T18).
 *
 * e^{imw} is a product of one factor for each octal digit of m. The factors are powers in
 * double-double of e^{iw}, so one sine and cosine per pair serve every m. Blocks of 64 sums come in
 * double with an error bound; a single sum in double-double where that does not decide
 * (docs/numerics.md N18). Nothing of measure/ is used. */
#ifndef RW_THEORY_WHEEL_H
#define RW_THEORY_WHEEL_H
#include <stdint.h>

#include "base/dd.h"
#include "base/status.h"

enum { RW_WHEEL_BLOCK = 64 };

typedef struct rw_wheel {
    uint32_t h;
    int n_digit;
    int64_t end;  /* sums are for 0 <= m < end */
    double error; /* of every sum of a block */
    double *freq; /* [h] w_n, rounded */
    double *cosine,
        *sine; /* [n_digit][8][h] of digit * 8^k * w_n; what a double leaves: */
    double *cosine_low, *sine_low;
    double *table;   /* [2][h][64]: cosines, sines of j w_n */
    double *scratch; /* [4][h] */
} rw_wheel;

/** Room for h pairs and m < end (1 <= end <= 2^31). E_ARGUMENT outside of that, or for h = 0 or
 *  above 2048. */
ropewalk_status rw_wheel_init(rw_wheel *w, uint32_t h, int64_t end, ropewalk_error *err);
void rw_wheel_clear(rw_wheel *w);

/** w_n = e^(-x n/h), the real numbers: x = ln base, 0 <= x <= 600. */
void rw_wheel_set_base(rw_wheel *w, double x);
/** w_n = freq[n] exactly; |freq| <= 2^10. */
void rw_wheel_set_freq(rw_wheel *w, const double *freq);

/** B_m for m0 <= m < m0 + 64, each within w->error; m0 a multiple of 64. */
void rw_wheel_block(rw_wheel *w, int64_t m0, double *out);
/** B_m in double-double; *error bounds |result - B_m|. */
rw_dd rw_wheel_sum(const rw_wheel *w, int64_t m, double *error);
/** B_m in double within w->error, and its derivative by ln base, sum (n/h) m w_n sin(m w_n),
 *  within w->error times sum (n/h) m w_n. */
double rw_wheel_slope(rw_wheel *w, int64_t m, double *slope);
#endif
