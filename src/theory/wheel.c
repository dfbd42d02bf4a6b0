/* wheel.c - powers of e^{iw} by octal digits, in double-double and in double. */
#include "theory/wheel.h"

#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "base/elementary.h"

enum { BLOCK = RW_WHEEL_BLOCK, BLOCK_DIGITS = 2, MAX_PAIR = 2048 };

typedef struct turn {
    rw_dd c, s;
} turn;

static turn product(turn a, turn b)
{
    return (turn){rw_dd_sub(rw_dd_mul(a.c, b.c), rw_dd_mul(a.s, b.s)),
                  rw_dd_add(rw_dd_mul(a.s, b.c), rw_dd_mul(a.c, b.s))};
}

ropewalk_status rw_wheel_init(rw_wheel *w, uint32_t h, int64_t end, ropewalk_error *err)
{
    *w = (rw_wheel){.h = h, .end = end, .n_digit = BLOCK_DIGITS};
    if (h == 0 || h > MAX_PAIR)
        return rw_fail(err, ROPEWALK_E_ARGUMENT, 0, "%u pairs: must be 1 to %d",
                       (unsigned)h, (int)MAX_PAIR);
    if (end < 1 || end > INT64_C(1) << 31)
        return rw_fail(err, ROPEWALK_E_ARGUMENT, 0,
                       "%lld distances: must be 1 to 2147483648", (long long)end);
    while (end - 1 >= INT64_C(1) << (3 * w->n_digit))
        w->n_digit++;
    w->error = h * (2.0 * h + 34.0) * 0x1p-53;
    const size_t digits = (size_t)w->n_digit * 8 * h;
    w->freq = rw_array(h, sizeof(double));
    w->cosine = rw_array(4 * digits, sizeof(double));
    w->table = rw_array(2 * (size_t)BLOCK * h, sizeof(double));
    w->scratch = rw_array(4 * (size_t)h, sizeof(double));
    if (!w->freq || !w->cosine || !w->table || !w->scratch) {
        rw_wheel_clear(w);
        return rw_fail_memory(err, "the sums of cosines");
    }
    w->sine = w->cosine + digits;
    w->cosine_low = w->sine + digits;
    w->sine_low = w->cosine_low + digits;
    return ROPEWALK_OK;
}

void rw_wheel_clear(rw_wheel *w)
{
    rw_free(w->freq);
    rw_free(w->cosine);
    rw_free(w->table);
    rw_free(w->scratch);
    *w = (rw_wheel){0};
}

static void put(rw_wheel *w, int digit, int value, uint32_t n, turn t)
{
    const size_t at = ((size_t)digit * 8 + (size_t)value) * w->h + n;
    w->cosine[at] = t.c.hi;
    w->cosine_low[at] = t.c.lo;
    w->sine[at] = t.s.hi;
    w->sine_low[at] = t.s.lo;
}

/* All digits of pair n from its frequency: e^{i(hi + lo)} = e^{i hi} (1 + i lo), lo < 2^-43. */
static void set_pair(rw_wheel *w, uint32_t n, rw_dd freq)
{
    rw_dd s, c;
    rw_sincos_product(1.0, freq.hi, &s, &c);
    turn step = {rw_dd_sub(c, rw_dd_mul_d(s, freq.lo)),
                 rw_dd_add(s, rw_dd_mul_d(c, freq.lo))};
    w->freq[n] = freq.hi;
    for (int k = 0; k < w->n_digit; k++) {
        turn t = {rw_dd_of(1.0), rw_dd_of(0.0)};
        put(w, k, 0, n, t);
        for (int d = 1; d < 8; d++) {
            t = d > 1 ? product(t, step) : step;
            put(w, k, d, n, t);
        }
        step = product(t, step);
    }
}

/* The block's table: digit 1 times digit 0, in double. */
static void fill_table(rw_wheel *w)
{
    const size_t h = w->h;
    for (size_t n = 0; n < h; n++) {
        double *c = w->table + n * BLOCK, *s = c + h * BLOCK;
        for (size_t j = 0; j < BLOCK; j++) {
            const size_t a = (j % 8) * h + n, b = (8 + j / 8) * h + n;
            c[j] = w->cosine[a] * w->cosine[b] - w->sine[a] * w->sine[b];
            s[j] = w->sine[a] * w->cosine[b] + w->cosine[a] * w->sine[b];
        }
    }
}

void rw_wheel_set_base(rw_wheel *w, double x)
{
    for (uint32_t n = 0; n < w->h; n++) {
        const rw_dd power = rw_dd_div_d(rw_two_prod(-x, (double)n), (double)w->h);
        set_pair(w, n, rw_exp_dd(power));
    }
    fill_table(w);
}

void rw_wheel_set_freq(rw_wheel *w, const double *freq)
{
    for (uint32_t n = 0; n < w->h; n++)
        set_pair(w, n, rw_dd_of(freq[n]));
    fill_table(w);
}

/* c, s of m w_n for every pair, from the digits of m from `first` on. */
static void rotate(const rw_wheel *w, int64_t m, int first, double *c, double *s)
{
    const size_t h = w->h;
    int started = 0;
    for (int k = first; k < w->n_digit; k++) {
        const size_t d = (size_t)(m >> (3 * k) & 7);
        if (d == 0) continue;
        const double *dc = w->cosine + ((size_t)k * 8 + d) * h;
        const double *ds = w->sine + ((size_t)k * 8 + d) * h;
        if (!started) {
            memcpy(c, dc, h * sizeof *c);
            memcpy(s, ds, h * sizeof *s);
            started = 1;
            continue;
        }
        for (size_t n = 0; n < h; n++) {
            const double re = c[n] * dc[n] - s[n] * ds[n];
            s[n] = s[n] * dc[n] + c[n] * ds[n];
            c[n] = re;
        }
    }
    for (size_t n = 0; n < h && !started; n++)
        c[n] = 1.0, s[n] = 0.0;
}

void rw_wheel_block(rw_wheel *w, int64_t m0, double *out)
{
    const size_t h = w->h;
    double *c = w->scratch, *s = c + h;
    rotate(w, m0, BLOCK_DIGITS, c, s);
    double sum[BLOCK] = {0};
    for (size_t n = 0; n < h; n++) {
        const double *tc = w->table + n * BLOCK, *ts = tc + h * BLOCK;
        const double a = c[n], b = s[n];
        for (size_t j = 0; j < BLOCK; j++)
            sum[j] += a * tc[j] - b * ts[j];
    }
    memcpy(out, sum, sizeof sum);
}

rw_dd rw_wheel_sum(const rw_wheel *w, int64_t m, double *error)
{
    rw_dd sum = {0.0, 0.0};
    for (uint32_t n = 0; n < w->h; n++) {
        turn t = {rw_dd_of(1.0), rw_dd_of(0.0)};
        for (int k = 0; k < w->n_digit; k++) {
            const size_t d = (size_t)(m >> (3 * k) & 7);
            if (d == 0) continue;
            const size_t at = ((size_t)k * 8 + d) * w->h + n;
            t = product(t, (turn){{w->cosine[at], w->cosine_low[at]},
                                  {w->sine[at], w->sine_low[at]}});
        }
        sum = rw_dd_add(sum, t.c);
    }
    *error = w->h * ((double)m + w->h + 16.0) * 0x1p-92;
    return sum;
}

double rw_wheel_slope(rw_wheel *w, int64_t m, double *slope)
{
    const size_t h = w->h;
    double *c = w->scratch + 2 * h, *s = c + h, sum = 0.0, rate = 0.0;
    rotate(w, m, 0, c, s);
    for (size_t n = 0; n < h; n++) {
        sum += c[n];
        rate += (double)n * w->freq[n] * s[n];
    }
    *slope = rate * ((double)m / (double)h);
    return sum;
}
