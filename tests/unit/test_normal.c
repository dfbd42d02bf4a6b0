/* test_normal.c - the normal distribution against values of many digits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/normal.h"

static double ulp(double x)
{
    const double a = fabs(x);
    return nextafter(a, (double)INFINITY) - a;
}

static void against_vectors(void **state)
{
    (void)state;
    FILE *f = fopen(RW_TEST_DIR "/vectors/elementary/phi.vec", "r");
    assert_non_null(f);
    char line[1024];
    int n = 0;
    double worst_ulp = 0, worst = 0, previous = -1;
    while (fgets(line, sizeof line, f)) {
        if (line[0] == '#') continue;
        char *end;
        const double x = strtod(line, &end), hi = strtod(end, &end),
                     lo = strtod(end, &end);
        const double got = rw_normal_cdf(x), error = fabs((got - hi) - lo);
        n++;
        assert_true(got >= 0.0 && got <= 1.0);
        if (hi > 0x1p-1000 && error / hi > worst) worst = error / hi;
        if (x > -37 && !(error <= 3e-13 * hi))
            fail_msg("Phi(%a): relative error %g", x, error / hi);
        if (x > -6 && error / ulp(hi) > worst_ulp) worst_ulp = error / ulp(hi);
        /* Phi(x) + Phi(-x) = 1 */
        assert_true(fabs(got + rw_normal_cdf(-x) - 1.0) <= 0x1p-52);
    }
    (void)fclose(f);
    assert_int_equal(n, 189);
    for (double x = -39; x < 9; x += 0x1p-8) { /* never falls */
        assert_true(rw_normal_cdf(x) >= previous);
        previous = rw_normal_cdf(x);
    }
    printf("worst relative error %.3g, worst for x > -6: %.3g ulp\n", worst, worst_ulp);
    assert_true(worst_ulp <= 40);
}

/* The density is the slope of the distribution: five-point differences, h^4 phi^(5) / 30. */
static void density(void **state)
{
    (void)state;
    const double h = 1.0 / 256;
    assert_true(fabs(rw_normal_pdf(0.0) - 0.39894228040143267794) < 1e-16);
    assert_true(fabs(rw_normal_pdf(1.0) - 0.24197072451914334980) < 1e-16);
    assert_true(fabs(rw_normal_pdf(-2.5) / 0.017528300493568537 - 1.0) < 1e-14);
    for (double x = -5; x <= 5; x += 0.0625) {
        const double slope = (8 * (rw_normal_cdf(x + h) - rw_normal_cdf(x - h)) -
                              (rw_normal_cdf(x + 2 * h) - rw_normal_cdf(x - 2 * h))) /
                             (12 * h);
        assert_true(fabs(slope - rw_normal_pdf(x)) < 3e-10);
        assert_true(rw_normal_pdf(x) == rw_normal_pdf(-x));
    }
}

static void student(void **state)
{
    (void)state;
    static const struct {
        int dof;
        double t;
    } table[] = {{1, 12.7062}, {2, 4.3027},   {5, 2.5706},   {10, 2.2281},  {19, 2.0930},
                 {20, 2.0860}, {21, 2.0796},  {25, 2.0595},  {30, 2.0423},  {40, 2.0211},
                 {60, 2.0003}, {120, 1.9799}, {500, 1.9647}, {1000, 1.9623}};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        assert_true(fabs(rw_student_95(table[i].dof) - table[i].t) <= 6e-5);
    for (int dof = 2; dof < 3000; dof++)
        assert_true(rw_student_95(dof) < rw_student_95(dof - 1));
    assert_true(rw_student_95(1 << 30) > 1.95996 && rw_student_95(1 << 30) < 1.95997);
    assert_true(isnan(rw_student_95(0)) && isnan(rw_student_95(-3)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(against_vectors),
        cmocka_unit_test(density),
        cmocka_unit_test(student),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
