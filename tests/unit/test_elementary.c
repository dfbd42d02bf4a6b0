/* test_elementary.c - every function against values of 80 digits; the worst error is printed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/elementary.h"

enum { MAX_COLUMN = 6 };

/* Call `use` for each line of numbers; returns how many. */
static int each_line(const char *name, void (*use)(const double *v))
{
    char path[512], line[1024];
    (void)snprintf(path, sizeof path, "%s/vectors/elementary/%s.vec", RW_TEST_DIR, name);
    FILE *f = fopen(path, "r");
    if (!f) fail_msg("cannot read %s", path);
    int n = 0;
    while (fgets(line, sizeof line, f)) {
        if (line[0] == '#') continue;
        double v[MAX_COLUMN] = {0};
        char *at = line;
        for (int i = 0; i < MAX_COLUMN; i++)
            v[i] = strtod(at, &at);
        use(v);
        n++;
    }
    (void)fclose(f);
    return n;
}

/* |got - (hi + lo)|: hi - hi is exact or nearly so, and the rest is small. */
static double distance(rw_dd got, double hi, double lo)
{
    return fabs(rw_dd_sub(got, (rw_dd){hi, lo}).hi);
}

static double half_ulp(double x)
{
    const double a = fabs(x);
    return 0.5 * (nextafter(a, (double)INFINITY) - a);
}

static double worst, worst_rounded;

static void note(double error, double bound, const char *what, double x)
{
    if (!(error <= bound))
        fail_msg("%s at %a: error %g, bound %g", what, x, error, bound);
    if (error / bound > worst) worst = error / bound;
}

static void note_rounded(double got, double hi, double lo, const char *what)
{
    const double error = fabs((got - hi) - lo) / (2.0 * half_ulp(hi));
    if (!(error <= 0.51)) fail_msg("%s near %a: %g ulp", what, hi, error);
    if (error > worst_rounded) worst_rounded = error;
}

static void report(const char *name)
{
    printf("worst %s: %.3g of the bound, rounded %.4f ulp\n", name, worst, worst_rounded);
    worst = worst_rounded = 0;
}

static void use_sincos(const double *v)
{
    rw_dd s, c;
    rw_sincos_product(v[0], v[1], &s, &c);
    note(distance(s, v[2], v[3]), RW_SINCOS_ERROR, "sin", v[0] * v[1]);
    note(distance(c, v[4], v[5]), RW_SINCOS_ERROR, "cos", v[0] * v[1]);
    if (v[0] == 1.0 && fabs(v[2]) > 1e-6 && fabs(v[4]) > 1e-6) {
        note_rounded(rw_sin(v[1]), v[2], v[3], "sin");
        note_rounded(rw_cos(v[1]), v[4], v[5], "cos");
    }
}

static void use_exp(const double *v)
{
    if (fabs(v[0]) <= 700)
        note(distance(rw_exp_dd(rw_dd_of(v[0])), v[1], v[2]), 0x1p-95 * v[1], "exp",
             v[0]);
    if (v[1] >= 0x1p-1000) note_rounded(rw_exp(v[0]), v[1], v[2], "exp");
}

static void use_log(const double *v)
{
    note(distance(rw_log_dd(rw_dd_of(v[0])), v[1], v[2]), 0x1p-95 * fmax(1.0, fabs(v[1])),
         "log", v[0]);
    if (fabs(v[1]) > 1e-6) note_rounded(rw_log(v[0]), v[1], v[2], "log");
}

static void use_pow(const double *v)
{
    const rw_dd exponent = rw_dd_div_d(rw_dd_of(-2.0 * v[2]), v[1]);
    const rw_dd got = rw_exp_dd(rw_dd_mul(exponent, rw_log_dd(rw_dd_of(v[0]))));
    note(distance(got, v[3], v[4]), 0x1p-90 * v[3], "pow", v[0]);
    const double rounded = -2.0 * v[2] / v[1];
    if (rounded * v[1] == -2.0 * v[2] &&
        fmod(rounded * 1024, 1) == 0) /* the exponent is exact */
        note_rounded(rw_pow(v[0], rounded), v[3], v[4], "pow");
}

static void sine_and_cosine(void **state)
{
    (void)state;
    assert_int_equal(each_line("sincos", use_sincos), 856);
    report("sincos");
}

static void exponential(void **state)
{
    (void)state;
    assert_int_equal(each_line("exp", use_exp), 159);
    assert_true(isinf(rw_exp(710)) && rw_exp(-746) == 0.0);
    report("exp");
}

static void logarithm(void **state)
{
    (void)state;
    assert_int_equal(each_line("log", use_log), 111);
    report("log");
}

static void power(void **state)
{
    (void)state;
    assert_int_equal(each_line("pow", use_pow), 440);
    for (int e = -1000; e <= 1000; e += 7)
        assert_true(rw_pow(2.0, e) == ldexp(1.0, e));
    assert_true(rw_pow(10.0, 3.0) == 1000.0 && rw_pow(10000.0, -0.5) == 0.01);
    report("pow");
}

/* Identities where no table reaches: sin^2 + cos^2 = 1 at the ends of the stated range. */
static void ends_of_the_range(void **state)
{
    (void)state;
    double most = 0;
    for (int i = 0; i < 4000; i++) {
        const double m = 0x1p31 - i * 536870.0 - (i % 2),
                     w = 1024.0 - i * 0.25 + i * 0x1p-40;
        rw_dd s, c, s2, c2;
        rw_sincos_product(m, w, &s, &c);
        rw_dd one = rw_dd_add(rw_dd_mul(s, s), rw_dd_mul(c, c));
        most = fmax(most, fabs(rw_dd_add_d(one, -1.0).hi));
        rw_sincos_product(m, -w, &s2, &c2);
        most = fmax(most, fabs(rw_dd_add(s, s2).hi));
        most = fmax(most, fabs(rw_dd_sub(c, c2).hi));
        rw_sincos_product(m, 0.5 * w, &s2, &c2); /* sin 2x = 2 sin x cos x */
        const rw_dd twice = rw_dd_mul_d(rw_dd_mul(s2, c2), 2.0);
        most = fmax(most, fabs(rw_dd_sub(twice, s).hi));
    }
    printf("worst identity: %.3g of 4 errors\n", most / (4 * RW_SINCOS_ERROR));
    assert_true(most <= 4 * RW_SINCOS_ERROR);
    rw_dd s, c;
    rw_sincos_product(0, 1024, &s, &c);
    assert_true(s.hi == 0 && c.hi == 1 && c.lo == 0);
    rw_sincos_product(1u << 31, 1e-300, &s, &c);
    assert_true(c.hi == 1 && fabs(s.hi - 0x1p31 * 1e-300) <= 1e-306);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sine_and_cosine),   cmocka_unit_test(exponential),
        cmocka_unit_test(logarithm),         cmocka_unit_test(power),
        cmocka_unit_test(ends_of_the_range),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
