/* test_interval.c - means of crossed and nested designs: by hand, by simulation, and with gaps. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>

#include "base/normal.h"
#include "base/random.h"
#include "measure/interval.h"

static void near_to(double got, double want)
{
    if (!(fabs(got - want) <= 1e-12 * (1.0 + fabs(want))))
        fail_msg("%.17g, expected %.17g", got, want);
}

/* Rows 3, 4, 5; columns 2, 3, 5, 6; squares: rows 8, columns 30, rest 10 of 48. */
static const double table[] = {1, 2, 3, 6, 2, 4, 4, 6, 3, 3, 8, 6};

static void crossed_by_hand(void **state)
{
    (void)state;
    const rw_mean m = rw_interval_crossed(table, 3, 4);
    near_to(m.mean, 4.0);
    near_to(m.variance, (4.0 + 10.0 - 10.0 / 6.0) / 12.0);
    assert_int_equal(m.dof, 2);
    assert_int_equal(m.n_q, 3);
    assert_int_equal(m.n_k, 4);
    near_to(rw_interval_half(&m), 4.3027 * sqrt(37.0 / 36.0));
    /* pure interaction: the estimate from the means alone would be negative */
    const double checks[] = {1, 0, 0, 1};
    const rw_mean c = rw_interval_crossed(checks, 2, 2);
    near_to(c.mean, 0.5);
    near_to(c.variance, 0.25);
    const double flat[] = {2, 2, 2, 2, 2, 2};
    near_to(rw_interval_crossed(flat, 2, 3).variance, 0.0);
}

static void transposed(void **state)
{
    (void)state;
    double t[12];
    for (int q = 0; q < 3; q++)
        for (int k = 0; k < 4; k++)
            t[k * 3 + q] = table[q * 4 + k];
    const rw_mean a = rw_interval_crossed(table, 3, 4), b = rw_interval_crossed(t, 4, 3);
    near_to(b.mean, a.mean);
    near_to(b.variance, a.variance);
    assert_int_equal(a.dof, b.dof);
}

static void without_answers(void **state)
{
    (void)state;
    double wide[15], hole[12];
    for (int q = 0; q < 3; q++)
        for (int k = 0; k < 5; k++)
            wide[q * 5 + k] = k == 2 ? (double)NAN : table[q * 4 + (k > 2 ? k - 1 : k)];
    const rw_mean a = rw_interval_crossed(wide, 3, 5),
                  b = rw_interval_crossed(table, 3, 4);
    near_to(a.mean, b.mean);
    near_to(a.variance, b.variance);
    assert_int_equal(a.n_k, 4);
    assert_int_equal(a.dof, 2);
    for (int i = 0; i < 12; i++)
        hole[i] = i == 5 ? (double)NAN : table[i];
    const rw_mean h = rw_interval_crossed(hole, 3, 4);
    near_to(h.mean, 44.0 / 11.0);
    assert_true(h.variance > 0 && h.dof == 2 && h.n_q == 3 && h.n_k == 4);
    for (int i = 0; i < 12; i++)
        hole[i] = (double)NAN;
    const rw_mean none[] = {rw_interval_crossed(hole, 3, 4),
                            rw_interval_nested(hole, 3, 4),
                            rw_interval_crossed(hole, 0, 4), rw_interval_pool(NULL, 0)};
    for (int i = 0; i < 4; i++) {
        assert_true(isnan(none[i].mean) && isnan(none[i].variance));
        assert_int_equal(none[i].dof, 0);
        assert_true(isnan(rw_interval_half(&none[i])));
    }
    const rw_mean row = rw_interval_crossed(table, 1, 4),
                  column = rw_interval_crossed(table, 4, 1);
    near_to(row.mean, 3.0);
    assert_true(isnan(row.variance) && row.dof == 0 && isnan(rw_interval_half(&row)));
    assert_true(isnan(column.variance) && column.dof == 0);
}

static void nested(void **state)
{
    (void)state;
    const double value[] = {1, 1, 2, (double)NAN, (double)NAN, (double)NAN, 5, 7};
    const rw_mean m = rw_interval_nested(value, 4, 2); /* query means 1, 2, 6 */
    near_to(m.mean, 3.2);
    near_to(m.variance, 14.0 / 2.0 / 3.0);
    assert_int_equal(m.dof, 2);
    assert_int_equal(m.n_q, 3);
    assert_int_equal(m.n_k, 2);
    const rw_mean one = rw_interval_nested(value, 1, 2);
    near_to(one.mean, 1.0);
    assert_true(isnan(one.variance) && one.dof == 0);
}

static void pooled(void **state)
{
    (void)state;
    const rw_mean none = {(double)NAN, (double)NAN, 0, 0, 0};
    const rw_mean part[] = {{0.2, 0.04, 3, 4, 5}, none, {0.6, 0.08, 4, 5, 7}};
    const rw_mean m = rw_interval_pool(part, 3);
    near_to(m.mean, 0.4);
    near_to(m.variance, 0.03);
    assert_int_equal(m.dof, 7);
    assert_int_equal(m.n_q, 9);
    assert_int_equal(m.n_k, 7);
    near_to(rw_interval_half(&m), rw_student_95(7) * sqrt(0.03));
    const rw_mean blurred[] = {{0.2, 0.04, 3, 4, 5}, {0.6, (double)NAN, 0, 1, 7}};
    const rw_mean u = rw_interval_pool(blurred, 2);
    near_to(u.mean, 0.4);
    assert_true(isnan(u.variance) && u.dof == 0 && isnan(rw_interval_half(&u)));
    assert_true(isnan(rw_interval_pool(&none, 1).mean));
}

/* Two-way random effects: how often the 95 % interval holds the true mean, 0. */
static double coverage(uint64_t stream, size_t n_q, size_t n_k, double sq, double sk,
                       double se)
{
    enum { RUNS = 1200 };
    double value[400];
    int hit = 0;
    uint64_t at = 0;
    for (int run = 0; run < RUNS; run++) {
        double b[32];
        for (size_t k = 0; k < n_k; k++)
            b[k] = sk * rw_random_normal(3, stream, at++);
        for (size_t q = 0; q < n_q; q++) {
            const double a = sq * rw_random_normal(3, stream, at++);
            for (size_t k = 0; k < n_k; k++)
                value[q * n_k + k] = a + b[k] + se * rw_random_normal(3, stream, at++);
        }
        const rw_mean m = rw_interval_crossed(value, n_q, n_k);
        hit += fabs(m.mean) <= rw_interval_half(&m);
    }
    return hit / (double)RUNS;
}

static void covers(void **state)
{
    (void)state;
    static const size_t size[][2] = {{8, 5}, {5, 8}, {10, 10}, {2, 5}, {16, 3}};
    static const double sd[][3] = {{1, 1, 1}, {1, 0, 1},   {0, 1, 1},
                                   {0, 0, 1}, {1, 1, 0.1}, {2, 0.3, 0.5}};
    for (uint64_t i = 0; i < 5; i++)
        for (uint64_t j = 0; j < 6; j++) {
            const double c =
                coverage(i * 8 + j, size[i][0], size[i][1], sd[j][0], sd[j][1], sd[j][2]);
            if (c < 0.93)
                fail_msg("%zu x %zu, effects %g %g %g: covered %.3f", size[i][0],
                         size[i][1], sd[j][0], sd[j][1], sd[j][2], c);
        }
}

/* Benjamini and Hochberg (1995), section 3.2: four of fifteen at 5 %. */
static void discoveries(void **state)
{
    (void)state;
    const double p[] = {0.4262, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240,
                        0.0001, 0.5719, 0.6528, 0.7590, 1.0,    0.0004, 0.0019};
    double scratch[15];
    near_to(rw_false_discovery(p, 15, 0.05, scratch), 0.0095);
    near_to(p[0], 0.4262); /* the input stays */
    near_to(rw_false_discovery(p, 15, 1.0, scratch), 1.0);
    near_to(rw_false_discovery(p, 1, 0.05, scratch), 0.0);
    near_to(rw_false_discovery(p, 0, 0.05, scratch), 0.0);
    const double step_up[] = {0.04, 0.045,
                              0.03}; /* none passes alone but the largest does */
    near_to(rw_false_discovery(step_up, 3, 0.05, scratch), 0.045);
}

static void quantiles(void **state)
{
    (void)state;
    double v[] = {4, 1, 3, 2};
    near_to(rw_quantile(v, 4, 0.5), 2.5);
    near_to(rw_quantile(v, 4, 0.1), 1.3);
    near_to(rw_quantile(v, 4, 0.9), 3.7);
    near_to(rw_quantile(v, 4, 0.0), 1);
    near_to(rw_quantile(v, 4, 1.0), 4);
    near_to(rw_quantile(v, 1, 0.9), 1);
    assert_true(isnan(rw_quantile(v, 0, 0.5)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(crossed_by_hand), cmocka_unit_test(transposed),
        cmocka_unit_test(without_answers), cmocka_unit_test(nested),
        cmocka_unit_test(pooled),          cmocka_unit_test(covers),
        cmocka_unit_test(discoveries),     cmocka_unit_test(quantiles),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
