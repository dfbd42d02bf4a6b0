/* arb_predict.c - a random sample of predictions enclosed in ball arithmetic: moments, the arguments
 * of Phi, sums over rounding cells, psi and M_max, sums of cosines and the first base. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "arb_window.h"
#if __has_include(<flint/arb_hypgeom.h>)
#include <flint/acb_calc.h>
#include <flint/acb_hypgeom.h>
#include <flint/arb_hypgeom.h>
#else
#include <acb_calc.h>
#include <acb_hypgeom.h>
#include <arb_hypgeom.h>
#endif

#include "base/elementary.h"
#include "base/random.h"
#include "theory/adjacent.h"
#include "theory/base_bound.h"
#include "theory/predict.h"
#include "theory/reversal.h"
#include "theory/wheel.h"

enum { MAX_H = 32, BITS = ARB_WINDOW_BITS };

static int faults, n_checked;
static double worst_share; /* of an allowed error */

/* |got - truth| <= allowed, for every number of the ball. */
static void enclosed(const char *what, double got, const arb_t truth, double allowed)
{
    arb_t t;
    arb_init(t);
    arb_set_d(t, got);
    arb_sub(t, t, truth, BITS);
    arb_abs(t, t);
    const double off = arf_get_d(arb_midref(t), ARF_RND_UP) + mag_get_d(arb_radref(t));
    arb_clear(t);
    n_checked++;
    if (off <= allowed) {
        worst_share = fmax(worst_share, off / allowed);
        return;
    }
    printf("%s: %.17g is off by %g, allowed %g\n", what, got, off, allowed);
    faults++;
}

static void holds(const char *what, int yes)
{
    n_checked++;
    if (yes) return;
    printf("%s: not proven\n", what);
    faults++;
}

/* Phi(x). */
static void phi(arb_t out, const arb_t x, slong bits)
{
    arb_t r;
    arb_init(r);
    arb_sqrt_ui(r, 2, bits);
    arb_div(r, x, r, bits);
    arb_neg(r, r);
    arb_hypgeom_erfc(out, r, bits);
    arb_mul_2exp_si(out, out, -1);
    arb_clear(r);
}

/* Phi(-gap / sqrt(variance)). */
static void inversion(arb_t out, const arb_t gap, const arb_t variance)
{
    arb_sqrt(out, variance, BITS);
    arb_div(out, gap, out, BITS);
    arb_neg(out, out);
    phi(out, out, BITS);
}

/* How far Phi(-g / sigma) may be off (docs/numerics.md N20). */
static double inversion_error(double gap, double variance, double a)
{
    const double sigma = sqrt(variance);
    const double argument =
        2e-13 * a / sigma + fabs(gap) / sigma * 4e-12 * a * a / variance;
    return 0.4 * argument + 1e-12;
}

static double number(const arb_t x)
{
    return arf_get_d(arb_midref(x), ARF_RND_NEAR);
}

typedef struct score {
    double x[2 * MAX_H]; /* re, im */
    rw_coefficient z;
} score;

static void draw(score *s, uint64_t seed, uint64_t stream, uint32_t h)
{
    s->z = (rw_coefficient){.n_pair = h, .re = s->x, .im = s->x + h};
    for (uint64_t n = 0; n < h; n++) {
        s->x[n] = rw_random_normal(seed, stream, 2 * n) + (stream == 1 ? 1.0 : 0.0);
        s->x[h + n] = rw_random_normal(seed, stream, 2 * n + 1);
        s->z.energy += s->x[n] * s->x[n] + s->x[h + n] * s->x[h + n];
        s->z.amplitude_sum += hypot(s->x[n], s->x[h + n]);
    }
}

/* T1 to T4, T9 and T21 for one table, window and two keys. */
static void predictions(uint64_t seed, uint32_t h, double base, int64_t M)
{
    double freq[MAX_H];
    for (uint32_t n = 0; n < h; n++) {
        freq[n] = pow(base, -(double)n / h);
        if (seed % 3 == 0 && n > h / 2) freq[n] /= 8; /* a scaled table */
    }
    if (seed % 5 == 0 && h > 2) freq[1] = freq[0]; /* equal frequencies */
    arb_window w;
    arb_window_init(&w, freq, h, M);
    score a, b, d;
    draw(&a, seed, 1, h);
    draw(&b, seed, 2, h);
    draw(&d, seed, 3, h);
    for (uint32_t n = 0; n < 2 * h; n++)
        d.x[n] = a.x[n] - b.x[n];
    rw_moment_form near, far, all, steps;
    if (rw_moment_form_init(&near, freq, h, 0, M / 2, NULL) ||
        rw_moment_form_init(&far, freq, h, M / 2, M, NULL) ||
        rw_moment_form_init(&all, freq, h, 0, M, NULL) ||
        rw_moment_form_init(&steps, freq, h, 0, M - 1, NULL))
        abort();
    arb_t mean, variance, truth;
    arb_init(mean), arb_init(variance), arb_init(truth);
    const double size = a.z.amplitude_sum;

    arb_window_dot(mean, w.vector[1], a.x);
    enclosed("mean", rw_moment_mean(&all, &a.z), mean, 1e-13 * size);
    arb_window_form(variance, w.matrix[1], a.x);
    enclosed("variance", rw_moment_covariance(&all, &a.z, &a.z), variance,
             1e-12 * size * size);
    const double v = number(variance);
    arb_mul_2exp_si(truth, variance, 2); /* erf(x / (2 sigma)) */
    arb_sqrt(truth, truth, BITS);
    arb_inv(truth, truth, BITS);
    arb_hypgeom_erf(truth, truth, BITS);
    enclosed("near aliasing", rw_predict_near_aliasing(v, size, 1.0).value, truth, 1e-14);

    arb_window_dot(mean, w.vector[0], a.x);
    arb_window_form(variance, w.matrix[0], a.x);
    inversion(truth, mean, variance);
    enclosed("position inversion", rw_predict_position_inversion(&near, &far, &a.z).value,
             truth, inversion_error(number(mean), number(variance), size));

    int swapped;
    const rw_estimate token = rw_predict_token_inversion(&all, &a.z, &b.z, &swapped);
    arb_window_dot(mean, w.vector[1], d.x);
    arb_window_form(variance, w.matrix[1], d.x);
    if (swapped) arb_neg(mean, mean);
    inversion(truth, mean, variance);
    enclosed("token inversion", token.value, truth,
             inversion_error(number(mean), number(variance),
                             a.z.amplitude_sum + b.z.amplitude_sum));

    rw_adjacent_prediction p;
    if (rw_predict_adjacent(&steps, freq, &a.z, 0.01, &p, NULL)) abort();
    arb_window_form(truth, w.step, a.x);
    arb_sqrt(truth, truth, BITS);
    enclosed("answer to a step", p.rms.value * sqrt(a.z.energy), truth,
             1e-12 * size + 1e-12 * size * size / fmax(number(truth), 1e-6 * size));
    rw_moment_form_clear(&near), rw_moment_form_clear(&far);
    rw_moment_form_clear(&all), rw_moment_form_clear(&steps);
    arb_clear(mean), arb_clear(variance), arb_clear(truth);
    arb_window_clear(&w);
}

/* The positive numbers of a type, its own way: significand bits, exponents, and what is largest. */
typedef struct grid {
    rw_dtype dtype;
    int bits, least, count; /* least normal exponent; finite positive numbers */
} grid;

static const grid grids[] = {{RW_BF16, 8, -126, 254 * 128 + 127},
                             {RW_F16, 11, -14, 30 * 1024 + 1023},
                             {RW_E4M3, 4, -6, 15 * 8 + 6},
                             {RW_E5M2, 3, -14, 30 * 4 + 3}};

static double grid_value(const grid *g, int i)
{
    const int per = 1 << (g->bits - 1);
    return i < per ? ldexp(i, g->least - g->bits + 1)
                   : ldexp(per + i % per, g->least + i / per - g->bits);
}

/* Upper edge of the cell of the i-th number from 0; beyond the largest, the step goes on. */
static double grid_edge(const grid *g, int i)
{
    if (i < g->count) return 0.5 * (grid_value(g, i) + grid_value(g, i + 1));
    return grid_value(g, i) + 0.5 * (grid_value(g, i) - grid_value(g, i - 1));
}

/* T5: every cell of the type, edge by edge. Above the largest number lies the cell of infinity, or
 * for e4m3 the rest of the last cell. */
static void cells(const grid *g, double mu, double sigma, int64_t M)
{
    const slong bits = 128;
    const int saturates = g->dtype == RW_E4M3;
    arb_t before, now, p, q, pairs, distances, x;
    arb_init(before), arb_init(now), arb_init(p), arb_init(q), arb_init(x);
    arb_init(pairs), arb_init(distances);
    for (int i = -g->count - 1; i <= g->count + 1; i++) {
        const int last = i == g->count + 1, clipped = saturates && i == g->count;
        if (saturates && (last || i == -g->count - 1)) continue;
        const double edge = i < 0           ? -grid_edge(g, -i - 1)
                            : i <= g->count ? grid_edge(g, i)
                                            : 0;
        if (last || clipped) {
            arb_one(now);
        } else {
            if (edge < mu - 12 * sigma) continue; /* below 1e-32 */
            arb_set_d(x, edge);
            arb_set_d(q, mu);
            arb_sub(x, x, q, bits);
            arb_set_d(q, sigma);
            arb_div(x, x, q, bits);
            phi(now, x, bits);
        }
        arb_sub(p, now, before, bits);
        arb_set(before, now);
        arb_addmul(pairs, p, p, bits);
        arb_sub_si(q, p, 1, bits); /* p (1 - (1-p)^(M-1)) */
        arb_neg(q, q);
        arb_pow_ui(q, q, (ulong)(M - 1), bits);
        arb_sub_si(q, q, 1, bits);
        arb_submul(distances, p, q, bits);
        if (!last && edge > mu + 12 * sigma) break;
    }
    const rw_alias_estimate e =
        rw_predict_position_aliasing(mu, sigma * sigma, fabs(mu) + sigma, g->dtype, M);
    char what[96];
    (void)snprintf(what, sizeof what, "pairs of %s, mu %g, sigma %g",
                   rw_dtype_get(g->dtype)->name, mu, sigma);
    enclosed(what, e.pairs.value, pairs, RW_CELL_ERROR * number(pairs));
    what[0] = 'P';
    enclosed(what, e.distances.value, distances, RW_CELL_ERROR * number(distances));
    arb_clear(before), arb_clear(now), arb_clear(p), arb_clear(q), arb_clear(x);
    arb_clear(pairs), arb_clear(distances);
}

/* The bivariate normal of T6 in units of S1's: S2 given x has mean base + slope x, deviation s. */
typedef struct joint {
    double mu, sigma, base, slope, s, low, high;
} joint;

/* density(x) (Phi((high - c(x)) / s) - Phi((low - c(x)) / s)), an entire function. */
static int in_cell(acb_ptr out, const acb_t x, void *param, slong order, slong bits)
{
    const joint *j = param;
    if (order > 1) flint_abort();
    acb_t t, part;
    acb_init(t), acb_init(part);
    acb_zero(part);
    for (int end = 0; end < 2; end++) {
        arb_t d;
        arb_init(d);
        arb_set_d(d, j->slope);
        acb_mul_arb(t, x, d, bits);
        arb_set_d(d, end ? j->high : j->low);
        acb_neg(t, t);
        acb_add_arb(t, t, d, bits);
        arb_set_d(d, j->base);
        acb_sub_arb(t, t, d, bits);
        arb_set_d(d, j->s);
        acb_div_arb(t, t, d, bits);
        arb_sqrt_ui(d, 2, bits);
        acb_div_arb(t, t, d, bits);
        acb_hypgeom_erf(t, t, bits);
        if (end)
            acb_add(part, part, t, bits);
        else
            acb_sub(part, part, t, bits);
        arb_clear(d);
    }
    arb_t d;
    arb_init(d);
    arb_set_d(d, j->mu);
    acb_sub_arb(t, x, d, bits);
    arb_set_d(d, j->sigma);
    acb_div_arb(t, t, d, bits);
    acb_mul(t, t, t, bits);
    acb_mul_2exp_si(t, t, -1);
    acb_neg(t, t);
    acb_exp(t, t, bits);
    acb_mul(out, t, part, bits);
    acb_mul_2exp_si(out, out, -1);
    acb_div_arb(out, out, d, bits); /* sigma sqrt(2 pi) */
    arb_const_pi(d, bits);
    arb_mul_2exp_si(d, d, 1);
    arb_sqrt(d, d, bits);
    acb_div_arb(out, out, d, bits);
    arb_clear(d);
    acb_clear(t), acb_clear(part);
    return 0;
}

/* T6: each cell's integral enclosed. Cells beyond 9 sigma hold less than 3e-19. */
static void joint_cells(const grid *g, double mu, double sigma, double ratio,
                        double correlation, double shift)
{
    const double mean[2] = {mu, mu + shift};
    const double variance[2] = {sigma * sigma, ratio * ratio * sigma * sigma};
    const double covariance = correlation * ratio * sigma * sigma;
    const rw_estimate e =
        rw_predict_token_aliasing(mean, variance, covariance, fabs(mu) + sigma, g->dtype);
    joint j = {.mu = mu, .sigma = sigma, .slope = covariance / variance[0]};
    j.base = mean[1] - j.slope * mean[0];
    j.s = sqrt(variance[1] - j.slope * covariance);
    acb_t a, b, part;
    acb_init(a), acb_init(b), acb_init(part);
    arb_t sum;
    arb_init(sum);
    mag_t tolerance;
    mag_init(tolerance);
    mag_set_d(tolerance, 1e-14);
    const double far = 9 * sigma;
    for (int i = -g->count; i <= g->count; i++) {
        const int size = abs(i);
        const double outer = grid_edge(g, size),
                     inner = size ? grid_edge(g, size - 1) : -outer;
        j.low = i < 0 ? -outer : inner;
        j.high = i < 0 ? -inner : outer;
        if (j.high < mu - far || j.low > mu + far) continue;
        acb_set_d(a, fmax(j.low, mu - far));
        acb_set_d(b, fmin(j.high, mu + far));
        acb_calc_integrate(part, in_cell, &j, a, b, 48, tolerance, NULL, 64);
        arb_add(sum, sum, acb_realref(part), BITS);
    }
    char what[96];
    (void)snprintf(what, sizeof what, "tokens in %s, mu %g, sigma %g, correlation %g",
                   rw_dtype_get(g->dtype)->name, mu, sigma, correlation);
    enclosed(what, e.value, sum, RW_JOINT_CELL_ERROR * number(sum));
    printf("%s: %.9g, off by %.2g of itself\n", what, e.value,
           fabs(e.value - number(sum)) / number(sum));
    mag_clear(tolerance);
    arb_clear(sum);
    acb_clear(a), acb_clear(b), acb_clear(part);
}

/* psi(l(M)) of an unscaled table. */
static void psi_ball(arb_t psi, const rw_reversal_rule *r, double base, uint32_t h,
                     int64_t M)
{
    arb_ptr v = _arb_vec_init(9);
    arb_ptr rho = v, gamma = v + 1, w = v + 2, x = v + 3, share = v + 4, response = v + 5,
            low = v + 6, u = v + 7, eps = v + 8;
    slong n_low = 0;
    arb_set_d(eps, r->eps);
    arb_set_d(x, base);
    arb_log(x, x, BITS);
    arb_div_si(x, x, -(slong)h, BITS);
    arb_exp(rho, x, BITS);
    arb_sub_si(gamma, rho, 1, BITS);
    arb_neg(gamma, gamma);
    arb_mul(gamma, gamma, eps, BITS);
    arb_set_d(x, 2 * r->c_f);
    arb_div(gamma, x, gamma, BITS);
    arb_one(w);
    for (uint32_t n = 0; n < h; n++) {
        arb_mul_2exp_si(x, w, -1);
        arb_sin(x, x, BITS);
        arb_mul_2exp_si(x, x, 1);
        arb_addmul(response, x, x, BITS);
        arb_mul_si(x, w, M, BITS);
        holds("a pair is in the band or not", arb_lt(x, gamma) || arb_ge(x, gamma));
        n_low += arb_lt(x, gamma);
        arb_mul(w, w, rho, BITS);
    }
    arb_sqrt_ui(x, h, BITS);
    arb_mul(x, x, gamma, BITS);
    arb_div_si(x, x, M, BITS);
    arb_set_d(share, r->zeta);
    arb_sub(share, share, x, BITS);
    if (arb_is_negative(share)) arb_zero(share);
    arb_sqrt(response, response, BITS);
    arb_div(share, share, response, BITS);
    arb_mul(x, share, share, BITS);
    arb_sub_si(x, x, 1, BITS);
    arb_mul_si(x, x, -n_low, BITS);
    arb_sqrt(low, x, BITS);
    arb_mul(u, eps, share, BITS);
    arb_add(u, u, low, BITS);
    arb_set_d(x, 0.5);
    arb_sub(x, x, eps, BITS);
    arb_sqrt(x, x, BITS);
    arb_mul(x, x, share, BITS);
    arb_sub(x, x, low, BITS);
    arb_zero(psi);
    if (arb_is_positive(x)) {
        arb_div(x, u, x, BITS);
        arb_neg(x, x);
        phi(psi, x, BITS);
        arb_set_d(x, r->tau);
        arb_sub(psi, psi, x, BITS);
        if (arb_is_negative(psi)) arb_zero(psi);
    } else {
        holds("v is 0", arb_is_nonpositive(x));
    }
    _arb_vec_clear(v, 9);
}

static void m_max(double base, uint32_t h, rw_reversal_rule rule)
{
    double freq[128];
    for (uint32_t n = 0; n < h; n++)
        freq[n] = pow(base, -(double)n / h);
    rw_reversal_table t;
    if (rw_reversal_init(&t, freq, h, base, &rule, NULL)) abort();
    const rw_estimate e = rw_reversal_m_max(&t);
    arb_t psi, delta;
    arb_init(psi), arb_init(delta);
    arb_set_d(delta, rule.delta);
    holds("M_max is defined", e.state == RW_ESTIMATE_KNOWN);
    psi_ball(psi, &rule, base, h, (int64_t)e.value);
    holds("psi at M_max is at most delta", arb_le(psi, delta));
    psi_ball(psi, &rule, base, h, (int64_t)e.value + 1);
    holds("psi beyond M_max exceeds delta", arb_gt(psi, delta));
    for (int64_t m = 10; m < INT64_C(1) << 40; m *= 9) {
        psi_ball(psi, &rule, base, h, m);
        enclosed("psi", rw_reversal_of_table(&t, m).psi.value, psi, 1e-11);
    }
    arb_clear(psi), arb_clear(delta);
    rw_reversal_clear(&t);
}

/* B_m for the base e^x. */
static void cosine_sum(arb_t out, double x, uint32_t h, int64_t m, slong bits)
{
    arb_t t;
    arb_init(t);
    arb_zero(out);
    for (uint32_t n = 0; n < h; n++) {
        arb_set_d(t, x);
        arb_mul_si(t, t, -(slong)n, bits);
        arb_div_ui(t, t, h, bits);
        arb_exp(t, t, bits);
        arb_mul_si(t, t, m, bits);
        arb_cos(t, t, bits);
        arb_add(out, out, t, bits);
    }
    arb_clear(t);
}

static void sums(void)
{
    arb_t truth, got;
    arb_init(truth), arb_init(got);
    rw_wheel w;
    for (uint64_t k = 0; k < 12; k++) {
        const uint32_t h = k % 3 ? 64 : 5;
        const double x = 1.5 * (double)k + 0.1;
        if (rw_wheel_init(&w, h, INT64_C(1) << 31, NULL)) abort();
        rw_wheel_set_base(&w, x);
        for (uint64_t i = 0; i < 20; i++) {
            double out[RW_WHEEL_BLOCK], error;
            int64_t m = (int64_t)ldexp(fabs(rw_random_normal(7, k, i)), 10 + (int)i);
            if (m >= w.end) m = w.end - 1;
            cosine_sum(truth, x, h, m, BITS);
            rw_wheel_block(&w, m / RW_WHEEL_BLOCK * RW_WHEEL_BLOCK, out);
            enclosed("a sum of a block", out[m % RW_WHEEL_BLOCK], truth, w.error);
            const rw_dd sum = rw_wheel_sum(&w, m, &error);
            arb_set_d(got, sum.hi);
            arb_sub(truth, truth, got, BITS);
            enclosed("a sum in double-double", sum.lo, truth, error);
        }
        rw_wheel_clear(&w);
    }
    arb_clear(truth), arb_clear(got);
}

/* base(L): the witness is negative just below, every sum positive where the window begins. */
static void first_base(int64_t length)
{
    const rw_base_search s = {
        .n_pair = 64, .length = length, .base_end = RW_BASE_END, .n_thread = 2};
    rw_base_first f;
    if (rw_base_first_find(&s, &f, NULL)) abort();
    holds("base(L) is enclosed without gaps", f.state == RW_ESTIMATE_KNOWN && !f.gaps);
    arb_t sum;
    arb_init(sum);
    cosine_sum(sum, rw_log(f.low * (1 - 1e-10)), 64, f.witness, BITS);
    holds("the witness is negative", arb_is_negative(sum));
    int yes = 1;
    const double begin = rw_log(f.window_begin * (1 + 1e-12));
    for (int64_t m = 0; m <= length; m++) {
        cosine_sum(sum, begin, 64, m, 80);
        yes &= arb_is_positive(sum);
    }
    holds("the window's first base passes", yes);
    int fails = 0;
    for (int64_t m = 0; m <= length && !fails; m++) {
        cosine_sum(sum, rw_log(f.window_fail), 64, m, 80);
        fails = arb_is_negative(sum);
    }
    holds("the window's end fails", fails);
    arb_clear(sum);
}

int main(void)
{
    static const double bases[] = {1e4, 5e5, 1e2, 1e7};
    static const int64_t windows[] = {600, 131072, 1000000000, 7};
    for (uint64_t seed = 1; seed <= 16; seed++)
        predictions(seed, seed % 4 == 0 ? MAX_H : (uint32_t)seed % 7 + 1, bases[seed % 4],
                    windows[seed / 4 % 4]);
    for (size_t g = 0; g < sizeof grids / sizeof *grids; g++)
        for (uint64_t k = 0; k < 3; k++) {
            const double mu = k ? 3 * rw_random_normal(5, g, k) : 0.0;
            cells(&grids[g], mu, k == 2 ? 0.01 : 1.7, 1000 + 5000 * (int64_t)k);
        }
    cells(&grids[3], 5e4, 2e4, 500); /* beyond the largest number */
    cells(&grids[2], 400, 90, 500);  /* ... which e4m3 clips to */
    for (size_t g = 0; g < sizeof grids / sizeof *grids; g++) {
        joint_cells(&grids[g], 100, 3, 1.1, 0.9, 1);
        joint_cells(&grids[g], -20, 11, 0.8, -0.5, 15);
        joint_cells(&grids[g], 100, 30, 1, 0.999, 0.5);
    }
    const double share_of_theory = worst_share;
    m_max(1e4, 64, RW_REVERSAL_THEOREM);
    m_max(5e5, 64, RW_REVERSAL_OPERATIONAL);
    m_max(1e6, 3, (rw_reversal_rule){6, 0.05, 0.9, 0.01, 0.1, INT64_C(1) << 53});
    sums();
    first_base(1024);
    first_base(4096);
    printf(
        "arb_predict: %d enclosed, %d faults; worst %.3g of what is stated, %.3g up to "
        "the cells\n",
        n_checked, faults, worst_share, share_of_theory);
    flint_cleanup();
    return faults ? 1 : 0;
}
