/* slow.c - how many polynomials, their values, and Bessel functions as coefficients. */
#include "measure/slow.h"

#include <math.h>
#include <string.h>

#include "base/dd.h"
#include "kernel/kernel.h"

static const double most_turn = 4.0; /* radian in half a block */

/* Whether n even and n odd polynomials leave out at most 2^-54 of a pair that turns z: both remainders are
 * geometric from their first term on, (z/2)^m / m! twice, with a ratio below 1/2. */
static int is_enough(double z, uint32_t n)
{
    double even = 1.0; /* (z/2)^2n / (2n)! */
    const double half = z / 2.0;
    for (uint32_t m = 1; m <= 2 * n; m++)
        even *= half / m;
    const double odd = even * half / (2.0 * n + 1.0);
    const double ratio = half * half / ((2.0 * n + 1.0) * (2.0 * n + 2.0));
    return ratio <= 0.5 && 4.0 * hypot(even, odd) <= 0x1p-54;
}

void rw_slow_choose(const double *freq, uint32_t n_pair, uint32_t *n_fast,
                    uint32_t *n_merged)
{
    double z = 0.0; /* largest from `from` on */
    uint32_t n = 1;
    *n_fast = n_pair;
    *n_merged = 0;
    for (uint32_t from = n_pair; from-- > 0;) {
        z = fmax(z, RW_BLOCK_HALF * fabs(freq[from]));
        if (!(z <= most_turn)) return;
        while (n <= RW_MERGED && !is_enough(z, n))
            n++;
        if (n > RW_MERGED) return;
        if (from + n < *n_fast + *n_merged) {
            *n_fast = from;
            *n_merged = n;
        }
    }
}

/* J_m(z), |z| <= 4, by its series: no term exceeds 4, the terms past j = 40 are below 2^-200. After a term below 2^-120 of
 * the sum all that follow are, together. */
static rw_dd bessel(uint32_t m, double z)
{
    const rw_dd half = rw_dd_of(z / 2.0);
    const rw_dd square = rw_dd_mul(half, half);
    rw_dd term = rw_dd_of(1.0), sum = {0.0, 0.0};
    for (uint32_t i = 1; i <= m; i++)
        term = rw_dd_div_d(rw_dd_mul(term, half), i);
    for (uint32_t j = 1; j <= 40 && fabs(term.hi) > 0x1p-120 * fabs(sum.hi); j++) {
        sum = rw_dd_add(sum, term);
        term = rw_dd_div_d(rw_dd_mul(term, square), -(double)j * (double)(j + m));
    }
    return sum;
}

double rw_slow_coefficients(double freq, uint32_t n_merged, double *mix)
{
    const double z = RW_BLOCK_HALF * freq;
    double sums[2] = {0.0, 0.0};
    memset(mix, 0, (size_t)2 * RW_MERGED * sizeof *mix);
    for (uint32_t m = 0; m < 2 * n_merged; m++) {
        const double value = (m == 0 ? 1.0 : m / 2 % 2 ? -2.0 : 2.0) * bessel(m, z).hi;
        mix[m % 2 * RW_MERGED + m / 2] = value;
        sums[m % 2] += fabs(value);
    }
    return sqrt(sums[0] * sums[0] + sums[1] * sums[1]) * (1.0 + 1e-12);
}

void rw_slow_polynomials(size_t j, uint32_t n_merged, double *entry)
{
    const double x = ((double)j + 0.5) / RW_BLOCK_HALF; /* exact, and so is twice it */
    rw_dd last = rw_dd_of(1.0), now = rw_dd_of(x);
    for (uint32_t m = 0; m < 2 * n_merged; m++) {
        entry[(size_t)m * RW_TILE] = last.hi;
        const rw_dd next = rw_dd_sub(rw_dd_mul_d(now, 2.0 * x), last);
        last = now;
        now = next;
    }
}
