/* test_alias.c - aliasing estimates against every cell one by one, and against a fine grid. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>

#include "base/normal.h"
#include "theory/predict.h"

typedef struct cell {
    double low, high;
} cell;

/* The cell of a stored key; n_cell cells in all, from -max - 1 (or -max when clipped). */
static cell cell_of(rw_dtype d, int32_t key)
{
    const rw_dtype_info *t = rw_dtype_get(d);
    cell c = {rw_key_upper_edge(d, key - 1), rw_key_upper_edge(d, key)};
    const int32_t last = t->max_key + !t->saturates;
    if (key == -last) c.low = -(double)INFINITY;
    if (key == last) c.high = (double)INFINITY;
    return c;
}

static double between(double low, double high, double mean, double sigma)
{
    const double a = (low - mean) / sigma, b = (high - mean) / sigma;
    if (b - a < 1e-5)
        return (b - a) * rw_normal_pdf(0.5 * (a + b)); /* differences would cancel */
    return a > 0 ? rw_normal_cdf(-a) - rw_normal_cdf(-b)
                 : rw_normal_cdf(b) - rw_normal_cdf(a);
}

static double worst;

static void relative(const char *what, rw_dtype d, double mean, double sigma,
                     rw_estimate e, double want, double tolerance)
{
    assert_int_equal(e.state, RW_ESTIMATE_KNOWN);
    const double error = fabs(e.value - want) / want;
    if (!(error <= tolerance))
        fail_msg("%s %s, N(%g, %g): %.12g, expected %.12g", rw_dtype_get(d)->name, what,
                 mean, sigma, e.value, want);
    worst = fmax(worst, error);
}

static const double means[] = {0, 1.5, -2, 100, 1000, -60000, 1e-3, 500};
static const double sigmas[] = {1e-3, 0.3, 3, 50, 3000};

/* Every cell of the four small types: theory.md T5 as it stands. */
static void every_cell(void **state)
{
    (void)state;
    static const rw_dtype types[] = {RW_BF16, RW_F16, RW_E4M3, RW_E5M2};
    for (int t = 0; t < 4; t++)
        for (size_t i = 0; i < sizeof means / sizeof *means; i++)
            for (size_t j = 0; j < sizeof sigmas / sizeof *sigmas; j++) {
                const rw_dtype d = types[t];
                const rw_dtype_info *info = rw_dtype_get(d);
                const int32_t last = info->max_key + !info->saturates;
                const int64_t M = i % 2 ? 1000 : 2;
                double pairs = 0, distances = 0, all = 0;
                for (int32_t key = -last; key <= last; key++) {
                    const cell c = cell_of(d, key);
                    const double p = between(c.low, c.high, means[i], sigmas[j]);
                    pairs += p * p;
                    all += p;
                    distances += p >= 1 ? p : p * -expm1((double)(M - 1) * log1p(-p));
                }
                assert_true(fabs(all - 1) < 1e-9); /* the cells are all the line */
                const rw_alias_estimate e = rw_predict_position_aliasing(
                    means[i], sigmas[j] * sigmas[j], 10 * sigmas[j], d, M);
                relative("pairs", d, means[i], sigmas[j], e.pairs, pairs, 1e-6);
                relative("distances", d, means[i], sigmas[j], e.distances, distances,
                         1e-6);
            }
    printf("worst relative error of cell sums %.3g\n", worst);
}

/* One cell width eps: the rate is eps / (2 sqrt(pi) sigma). */
static void narrow_cells(void **state)
{
    (void)state;
    static const struct {
        double mean, sigma, eps;
    } table[] = {{1.5, 0.05, 0x1p-23},
                 {-1.5, 0.01, 0x1p-23},
                 {3, 0.1, 0x1p-22},
                 {96, 2, 0x1p-17},
                 {0.75, 1e-3, 0x1p-24}};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        const double s = table[i].sigma,
                     rate = table[i].eps / (2 * sqrt(3.141592653589793) * s);
        const rw_alias_estimate e =
            rw_predict_position_aliasing(table[i].mean, s * s, s, RW_F32, 131072);
        relative("pairs", RW_F32, table[i].mean, s, e.pairs, rate, 1e-6);
        double distances = 0; /* p = eps f for every cell */
        for (int j = 0; j < 4000; j++) {
            const double f = rw_normal_pdf(-8 + (j + 0.5) / 250);
            distances += f / 250 * -expm1(-131071 * f / s * table[i].eps);
        }
        relative("distances", RW_F32, table[i].mean, s, e.distances, distances, 1e-5);
    }
    /* both signs and many binades: the sum by binades, cells being far narrower than sigma */
    double sum = 0;
    for (int k = -120; k < 3; k++)
        for (int i = 0; i < 200; i++) {
            const double x = ldexp(1 + (i + 0.5) / 200, k), f = rw_normal_pdf(x);
            sum += 2 * f * f * ldexp(1.0, k - 23) * ldexp(1.0 / 200, k);
        }
    const rw_alias_estimate e = rw_predict_position_aliasing(0, 1, 3, RW_F32, 100);
    relative("pairs", RW_F32, 0, 1, e.pairs, sum, 1e-4);
}

static void degenerate(void **state)
{
    (void)state;
    static const struct {
        double variance, amplitude;
        int64_t M;
    } none[] = {{0, 0, 100}, {1e-12, 1, 100}, {1, 1, 1},
                {1, 1, 0},   {-1, 1, 10},     {(double)NAN, 1, 10}};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        const rw_alias_estimate e = rw_predict_position_aliasing(
            1, none[i].variance, none[i].amplitude, RW_BF16, none[i].M);
        assert_int_equal(e.pairs.state, RW_ESTIMATE_UNDEFINED);
        assert_true(isnan(e.pairs.value) && isnan(e.distances.value));
    }
    /* all in one cell */
    const rw_alias_estimate one =
        rw_predict_position_aliasing(1, 1e-12, 1e-6, RW_E4M3, 10);
    assert_true(fabs(one.pairs.value - 1) < 1e-12 &&
                fabs(one.distances.value - 1) < 1e-12);
    const rw_alias_estimate inf = rw_predict_position_aliasing(1e6, 1, 1, RW_F16, 10);
    assert_true(fabs(inf.pairs.value - 1) < 1e-12); /* infinities are equal */
}

/* P(rnd S1 = rnd S2) on a plain grid over S1: every cell, 24 midpoints in it. */
static double grid(const double *mean, const double *variance, double covariance,
                   rw_dtype d)
{
    const double s1 = sqrt(variance[0]), slope = covariance / variance[0];
    const double s2 = sqrt(variance[1] - slope * covariance);
    const rw_dtype_info *info = rw_dtype_get(d);
    const int32_t last = info->max_key + !info->saturates;
    double sum = 0;
    for (int32_t key = -last; key <= last; key++) {
        const cell c = cell_of(d, key);
        const double low = fmax(c.low, mean[0] - 9 * s1),
                     high = fmin(c.high, mean[0] + 9 * s1);
        if (!(high > low)) continue;
        const double finest = fmin(0.04 * s1, 0.1 * s2 / fmax(fabs(slope), 0.1));
        const int n = 24 + (int)((high - low) / finest);
        for (int i = 0; i < n; i++) {
            const double x = low + (high - low) * (i + 0.5) / n;
            sum += (high - low) / n * rw_normal_pdf((x - mean[0]) / s1) / s1 *
                   between(c.low, c.high, mean[1] + slope * (x - mean[0]), s2);
        }
    }
    return sum;
}

static void token_aliasing(void **state)
{
    (void)state;
    static const struct {
        double mean[2], sigma[2], correlation;
    } table[] = {{{0, 0}, {1, 1}, 0},         {{0, 0}, {1, 1}, 0.9},
                 {{2, 1.5}, {1, 3}, -0.5},    {{0, 0}, {1, 1}, 0.999},
                 {{0.5, 0.4}, {2, 0.1}, 0.3}, {{100, 101}, {3, 3}, 0.5},
                 {{0.5, 0.4}, {0.1, 2}, 0.8}, {{500, 500}, {30, 30}, 0.2},
                 {{0, 6}, {1, 1}, 0.1},       {{70000, 69000}, {3000, 3000}, 0.4},
                 {{1, 1}, {1e-3, 1e-3}, 0.6}, {{0, 0}, {1, 1}, -0.99}};
    static const rw_dtype types[] = {RW_BF16, RW_F16, RW_E4M3, RW_E5M2};
    worst = 0;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        for (int t = 0; t < 4; t++) {
            const double variance[2] = {table[i].sigma[0] * table[i].sigma[0],
                                        table[i].sigma[1] * table[i].sigma[1]};
            const double covariance =
                table[i].correlation * table[i].sigma[0] * table[i].sigma[1];
            const rw_estimate e = rw_predict_token_aliasing(table[i].mean, variance,
                                                            covariance, 4, types[t]);
            const double want = grid(table[i].mean, variance, covariance, types[t]);
            relative("tokens", types[t], table[i].mean[0], table[i].sigma[0], e, want,
                     1e-3);
            /* the two keys may change places */
            const double mean[2] = {table[i].mean[1], table[i].mean[0]};
            const double swapped[2] = {variance[1], variance[0]};
            const rw_estimate back =
                rw_predict_token_aliasing(mean, swapped, covariance, 4, types[t]);
            relative("tokens swapped", types[t], mean[0], table[i].sigma[1], back, want,
                     1e-3);
        }
    printf("worst relative error of token aliasing %.3g\n", worst);
}

static void token_nulls(void **state)
{
    (void)state;
    const double mean[2] = {0, 0}, none[2] = {0, 1}, other[2] = {1, 0}, both[2] = {1, 1};
    assert_int_equal(rw_predict_token_aliasing(mean, none, 0, 1, RW_BF16).state,
                     RW_ESTIMATE_UNDEFINED);
    assert_int_equal(rw_predict_token_aliasing(mean, other, 0, 1, RW_BF16).state,
                     RW_ESTIMATE_UNDEFINED);
    /* one score fixes the other: either the exact one-dimensional law or an honest refusal */
    const rw_estimate same = rw_predict_token_aliasing(mean, both, 1, 1, RW_BF16);
    assert_true(same.state == RW_ESTIMATE_UNABLE ? isnan(same.value)
                                                 : fabs(same.value - 1) < 1e-9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_cell),  cmocka_unit_test(narrow_cells),
        cmocka_unit_test(degenerate),  cmocka_unit_test(token_aliasing),
        cmocka_unit_test(token_nulls),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
