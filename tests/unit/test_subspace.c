/* test_subspace.c - small problems whose answer is known by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "base/random.h"
#include "theory/subspace.h"
#include "theory/symmetric.h"

static rw_subspace_answer solve(size_t k, int n_order, double *step, double *b1,
                                double *b2)
{
    rw_subspace s = {.k = k, .n_order = n_order, .step = step, .order = {b1, b2}};
    s.scratch = rw_array(rw_subspace_scratch(k), sizeof(double));
    rw_subspace_answer a = {0};
    rw_subspace_minimise(&s, &a);
    rw_free(s.scratch);
    return a;
}

static void near(double got, double truth)
{
    if (!(fabs(got - truth) <= 1e-12 * fmax(1.0, fabs(truth))))
        fail_msg("%.17g is not %.17g", got, truth);
}

/* Maximise 2 x^2 + y^2 where y^2 >= 3 x^2: x^2 = 1/4, value 5/4, multiplier 1/4. In two
 * dimensions, where a joint range need not be convex, the S-lemma still holds. */
static void two_dimensions(void **state)
{
    (void)state;
    double step[4] = {2, 0, 0, 1}, b[4] = {-3, 0, 0, 1};
    const rw_subspace_answer a = solve(2, 1, step, b, NULL);
    near(a.value, 1.25);
    near(a.attained, 1.25);
    near(a.multiplier[0], 0.25);
    assert_true(rw_symmetric_form(b, 2, a.x) >= -1e-15);
    near(rw_dot(a.x, a.x, 2), 1.0);
}

static void one_dimension(void **state)
{
    (void)state;
    double step[1] = {0.7}, yes[1] = {1.0}, no[1] = {-1.0};
    rw_subspace_answer a = solve(1, 1, step, yes, NULL);
    near(a.attained, 0.7);
    assert_true(a.multiplier[0] <= 0.0);
    a = solve(1, 1, step, no, NULL);
    assert_true(isinf(a.attained) && a.attained < 0.0); /* nothing is feasible */
    assert_true(a.value < 0.0);
    a = solve(1, 2, step, yes, no);
    assert_true(isinf(a.attained) && a.value < 0.0);
    a = solve(1, 2, step, yes, yes);
    near(a.attained, 0.7);
    a = solve(1, 0, step, NULL, NULL);
    near(a.attained, 0.7);
}

/* Two orders in three dimensions, diagonal: with u = x^2 a linear programme. Maximise 3u + 2v + w,
 * v >= u, w >= v on the simplex: u = v = w = 1/3, value 2. */
static void two_orders(void **state)
{
    (void)state;
    double step[9] = {3, 0, 0, 0, 2, 0, 0, 0, 1};
    double b1[9] = {-1, 0, 0, 0, 1, 0, 0, 0, 0}, b2[9] = {0, 0, 0, 0, -1, 0, 0, 0, 1};
    const rw_subspace_answer a = solve(3, 2, step, b1, b2);
    near(a.value, 2.0);
    assert_true(a.attained <= a.value + 1e-12);
}

/* Three orthogonal forms for which duality fails: x y >= c and x y <= -c cannot both be, but
 * x^2 + y^2 = 1, (x+y)^2 >= 2 * .9 and (x-y)^2 >= 2 * .9 have a positive dual value. */
static void relaxation_only(void **state)
{
    (void)state;
    double step[4] = {1, 0, 0, 1}, b1[4] = {0, 1, 1, 0}, b2[4] = {0, -1, -1, 0};
    for (int i = 0; i < 4; i += 3)
        b1[i] -= 0.8, b2[i] -= 0.8;
    const rw_subspace_answer a = solve(2, 2, step, b1, b2);
    assert_true(isinf(a.attained)); /* whatever the dual says, no head is invented */
}

/* Random problems: no feasible vector beats the value, and with one order it is attained. */
static void random_problems(void **state)
{
    (void)state;
    enum { K = 6 };
    for (uint64_t seed = 0; seed < 60; seed++) {
        double m[2][K * K];
        for (uint64_t f = 0; f < 2; f++)
            for (size_t i = 0; i < K; i++)
                for (size_t j = 0; j <= i; j++)
                    m[f][i * K + j] = m[f][j * K + i] =
                        rw_random_normal(seed, f, i * K + j);
        for (size_t i = 0; i < K; i++)
            m[1][i * K + i] -= 1.0;
        const rw_subspace_answer a = solve(K, 1, m[0], m[1], NULL);
        near(a.attained, a.value);
        assert_true(rw_symmetric_form(m[1], K, a.x) >= -1e-13);
        near(rw_symmetric_form(m[0], K, a.x), a.value);
        for (uint64_t i = 0; i < 500; i++) {
            double x[K];
            for (size_t j = 0; j < K; j++)
                x[j] = rw_random_normal(seed, 9 + i, j);
            if (rw_symmetric_form(m[1], K, x) < 0.0) continue;
            assert_true(rw_symmetric_form(m[0], K, x) <=
                        (a.value + 1e-12) * rw_dot(x, x, K));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_dimensions),  cmocka_unit_test(one_dimension),
        cmocka_unit_test(two_orders),      cmocka_unit_test(relaxation_only),
        cmocka_unit_test(random_problems),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
