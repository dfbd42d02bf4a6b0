/* test_symmetric.c - top eigenvalues that are known in closed form, and bounds never below them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/random.h"
#include "theory/symmetric.h"

enum { MAX = 200 };

static double a[MAX * MAX], x[MAX], image[MAX];

static void check(size_t n, double truth, const char *what)
{
    double *scratch = rw_array(rw_symmetric_scratch(n), sizeof(double));
    memset(x, 0, sizeof x);
    const double top = rw_symmetric_top(a, n, x, scratch);
    const double bound = rw_symmetric_bound(a, n, top, scratch);
    const double size = fmax(fabs(truth), 1e-290);
    if (!(fabs(top - truth) <= 1e-13 * size))
        fail_msg("%s: %.17g is not %.17g", what, top, truth);
    if (!(bound >= truth && bound - truth <= 1e-10 * size))
        fail_msg("%s: %.17g bounds %.17g", what, bound, truth);
    rw_symmetric_apply(a, n, x, image);
    double residual = 0.0;
    for (size_t i = 0; i < n; i++)
        residual = fmax(residual, fabs(image[i] - top * x[i]));
    if (!(residual <= 1e-7 * size)) fail_msg("%s: residual %g", what, residual);
    assert_true(fabs(rw_dot(x, x, n) - 1.0) < 1e-14);
    /* A guess that is too low is no excuse for a bound that is. */
    assert_true(rw_symmetric_bound(a, n, truth - size, scratch) >= truth);
    rw_free(scratch);
}

static void known(void **state)
{
    (void)state;
    const double pi = 3.141592653589793;
    for (size_t n = 1; n <= 150;
         n = 2 * n + 1) { /* second differences: 2 + 2 cos(pi/(n+1)) */
        memset(a, 0, sizeof a);
        for (size_t i = 0; i < n; i++) {
            a[i * n + i] = 2.0;
            if (i + 1 < n) a[i * n + i + 1] = a[(i + 1) * n + i] = -1.0;
        }
        check(n, 2.0 + 2.0 * cos(pi / (double)(n + 1)), "second differences");
    }
    const size_t n = 40;
    memset(a, 0, sizeof a);
    for (size_t i = 0; i < n; i++)
        a[i * n + i] = -1.0 - (double)i;
    check(n, -1.0, "negative definite");
    a[3 * n + 3] = a[7 * n + 7] = 5.0;
    check(n, 5.0, "twice the same");
    a[7 * n + 7] = 5.0 - 1e-13;
    check(n, 5.0, "nearly twice the same");
    for (size_t i = 0; i < n * n; i++)
        a[i] = 1.0;
    check(n, 40.0, "of rank one");
    for (size_t i = 0; i < n * n; i++)
        a[i] = -a[i] * 1e6 + (i % (n + 1) ? 0.0 : 3.0);
    double *scratch = rw_array(rw_symmetric_scratch(n), sizeof(double));
    memset(x, 0, sizeof x);
    const double top = rw_symmetric_top(a, n, x, scratch);
    assert_true(fabs(top - 3.0) < 1e-7 && rw_symmetric_bound(a, n, top, scratch) >= 3.0);
    rw_free(scratch);
    memset(a, 0, sizeof a);
    check(1, 0.0, "nothing");
    check(5, 0.0, "nothing, five times");
}

/* Q diag Q' with a reflection Q: the eigenvalues are known whatever n. */
static void reflected(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 6; seed++) {
        const size_t n = 20 + 30 * seed;
        double v[MAX], d[MAX], power = 0.0, top = -1e300;
        for (size_t i = 0; i < n; i++) {
            v[i] = rw_random_normal(seed, 0, i);
            d[i] = rw_random_normal(seed, 1, i);
            power += v[i] * v[i];
            top = fmax(top, d[i]);
        }
        double dv[MAX], vdv = 0.0;
        for (size_t i = 0; i < n; i++)
            dv[i] = d[i] * v[i], vdv += v[i] * d[i] * v[i];
        for (size_t i = 0; i < n; i++)
            for (size_t j = 0; j < n; j++)
                a[i * n + j] = (i == j ? d[i] : 0.0) -
                               2.0 / power * (v[i] * dv[j] + dv[i] * v[j]) +
                               4.0 * vdv / power / power * v[i] * v[j];
        double *scratch = rw_array(rw_symmetric_scratch(n), sizeof(double));
        memset(x, 0, sizeof x);
        const double value = rw_symmetric_top(a, n, x, scratch);
        assert_true(fabs(value - top) < 1e-13);
        const double bound = rw_symmetric_bound(a, n, value, scratch);
        assert_true(bound > value && bound < value + 1e-15 * (double)(n * n));
        /* An eigenvector as start must not hide a larger eigenvalue. */
        rw_symmetric_apply(a, n, x, image);
        for (size_t i = 0; i < n; i++)
            for (size_t j = 0; j < n; j++)
                a[i * n + j] = -a[i * n + j];
        const double other = rw_symmetric_top(a, n, x, scratch);
        for (size_t i = 0; i < n; i++)
            top = fmin(top, d[i]);
        assert_true(fabs(other + top) < 1e-13);
        rw_free(scratch);
    }
}

static void solved(void **state)
{
    (void)state;
    const size_t n = 30;
    double b[30], truth[30], scratch[30 * 30];
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++)
            a[i * n + j] = 1.0 / (double)(1 + (i > j ? i - j : j - i));
    for (size_t i = 0; i < n; i++)
        truth[i] = rw_random_normal(5, 0, i);
    rw_symmetric_apply(a, n, truth, b);
    for (size_t i = 0; i < n; i++)
        b[i] += 0.5 * truth[i];
    assert_true(rw_symmetric_solve(a, n, 0.5, b, scratch));
    for (size_t i = 0; i < n; i++)
        assert_true(fabs(b[i] - truth[i]) < 1e-13);
    assert_false(rw_symmetric_solve(a, n, -10.0, b, scratch));
    assert_true(fabs(rw_symmetric_form(a, 2, (const double[]){1.0, 2.0}) -
                     (a[0] + 2.0 * a[1] + 2.0 * a[2] + 4.0 * a[3])) < 1e-15);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known),
        cmocka_unit_test(reflected),
        cmocka_unit_test(solved),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
