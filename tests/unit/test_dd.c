/* test_dd.c - double-double arithmetic against exact integers and quadruple precision. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/dd.h"
#include "base/random.h"

static const double u = 0x1p-53;

static uint64_t draw, seed = 40;

static double random_double(int least, int most)
{
    const uint64_t bits = rw_random_u64(seed, 1, draw++);
    const int e =
        least + (int)rw_random_below(seed, 2, draw, (uint64_t)(most - least + 1));
    const double f = 1.0 + (double)(bits >> 12) * 0x1p-52;
    return ldexp(bits & 1 ? f : -f, e);
}

static void normalised(rw_dd a)
{
    assert_true(a.hi + a.lo == a.hi);
}

#ifdef __SIZEOF_INT128__
__extension__ typedef __int128 wide;

static void exact_integers(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < 20000; i++) {
        const int64_t a =
            (int64_t)(rw_random_u64(seed, 3, i) >> (11 + i % 40)) * (i % 2 ? 1 : -1);
        const int64_t b = (int64_t)(rw_random_u64(seed, 4, i) >> (11 + i / 3 % 40));
        const rw_dd p = rw_two_prod((double)a, (double)b),
                    s = rw_two_sum((double)a, (double)b);
        assert_true((wide)p.hi + (wide)p.lo == (wide)a * b);
        assert_true((wide)s.hi + (wide)s.lo == (wide)a + b);
        normalised(p);
        normalised(s);
        if (llabs(a) >= b) {
            const rw_dd q = rw_quick_sum((double)a, (double)b);
            assert_true(q.hi == s.hi && q.lo == s.lo);
        }
        /* rationals of small integers: (a/b) b = a within the bounds of both operations */
        const double x = (double)(a % 1000 + 1), y = (double)(b % 997 + 1);
        const rw_dd quotient = rw_dd_div_d(rw_dd_of(x), y);
        const rw_dd back = rw_dd_mul_d(quotient, y);
        assert_true(fabs(rw_dd_add_d(back, -x).hi) <= 9 * u * u * fabs(x));
    }
}
#endif

#ifdef __SIZEOF_FLOAT128__
__extension__ typedef __float128
    quad; /* 113 bits: errors are 100 times below the bounds */

static quad quad_of(rw_dd a)
{
    return (quad)a.hi + (quad)a.lo;
}

static rw_dd random_dd(int least, int most)
{
    const double hi = random_double(least, most);
    return rw_quick_sum(hi, hi * 0x1p-53 * (rw_random_unit(seed, 5, draw++) - 0.5) * 2.0);
}

static double relative(rw_dd got, quad exact)
{
    const quad d = quad_of(got) - exact;
    normalised(got);
    return exact < 0 || exact > 0 ? fabs((double)(d / exact)) : fabs((double)d) * 1e300;
}

static void relative_errors(void **state)
{
    (void)state;
    double worst[8] = {0};
    static const char *const name[8] = {"add",   "sub",   "mul", "div_d",
                                        "mul_d", "add_d", "div", "add of like signs"};
    /* of u^2; mul_d and add_d from the same paper (algorithms 9 and 4), div 15 u^2 */
    static const double bound[8] = {3.01, 3.01, 5.0, 3.5, 3.0, 2.01, 15.0, 3.01};
    for (int i = 0; i < 40000; i++) {
        const int spread = i % 60;
        const rw_dd a = random_dd(-spread, spread);
        rw_dd b = random_dd(-spread, spread);
        if (i % 5 == 0) b = (rw_dd){-a.hi, ldexp(a.lo, -(i % 3))}; /* cancels */
        if (i % 5 == 1) b = (rw_dd){nextafter(-a.hi, 0.0), a.lo * 0.5};
        const double d = random_double(-spread, spread);
        const quad qa = quad_of(a), qb = quad_of(b);
        /* sums part by part: what cancels, cancels exactly */
        const quad sum = ((quad)a.hi + (quad)b.hi) + ((quad)a.lo + (quad)b.lo);
        const quad difference = ((quad)a.hi - (quad)b.hi) + ((quad)a.lo - (quad)b.lo);
        double e[8] = {
            relative(rw_dd_add(a, b), sum),
            relative(rw_dd_sub(a, b), difference),
            relative(rw_dd_mul(a, b), qa * qb),
            relative(rw_dd_div_d(a, d), qa / (quad)d),
            relative(rw_dd_mul_d(a, d), qa * (quad)d),
            relative(rw_dd_add_d(a, d), qa + (quad)d),
            relative(rw_dd_div(a, b), qa / qb),
        };
        const rw_dd like = (a.hi > 0) == (b.hi > 0) ? b : rw_dd_neg(b);
        e[7] = relative(rw_dd_add(a, like), qa + quad_of(like));
        for (int k = 0; k < 8; k++) {
            if (!(e[k] <= bound[k] * u * u))
                fail_msg("%s of (%a, %a) and (%a, %a): %g u^2", name[k], a.hi, a.lo, b.hi,
                         b.lo, e[k] / u / u);
            if (e[k] > worst[k]) worst[k] = e[k];
        }
    }
    for (int k = 0; k < 8; k++) {
        printf("worst %s: %.3f of %.2f u^2\n", name[k], worst[k] / u / u, bound[k]);
        assert_true(worst[k] > 0.05 * u * u); /* the measurement can see errors at all */
    }
}

static void error_free(void **state)
{
    (void)state;
    for (int i = 0; i < 20000; i++) {
        const double a = random_double(-i % 200, i % 200 / 2), b = random_double(-40, 40);
        const rw_dd p = rw_two_prod(a, b);
        assert_true(quad_of(p) == (quad)a * (quad)b); /* 106 bits fit */
        const double c = a * (1.0 + (i % 7) * 0x1p-20);
        const rw_dd s = rw_two_sum(a, -c);
        assert_true(quad_of(s) == (quad)a - (quad)c);
        const rw_dd far = rw_two_sum(a, ldexp(c, -55)); /* a gap of 55 bits still fits */
        assert_true(quad_of(far) == (quad)a + (quad)ldexp(c, -55));
    }
}
#endif

static void corners(void **state)
{
    (void)state;
    const rw_dd zero = {0, 0}, x = {1.5, 0x1p-60};
    assert_true(rw_dd_add(x, zero).hi == 1.5 && rw_dd_add(x, zero).lo == 0x1p-60);
    assert_true(rw_dd_sub(x, x).hi == 0 && rw_dd_sub(x, x).lo == 0);
    assert_true(rw_dd_mul(x, zero).hi == 0);
    assert_true(rw_dd_neg(x).hi == -1.5 && rw_dd_neg(x).lo == -0x1p-60);
    const rw_dd third = rw_dd_div_d(rw_dd_of(1.0), 3.0);
    assert_true(third.hi == 0x1.5555555555555p-2 && third.lo == 0x1.5555555555555p-56);
    /* the ends of rw_two_prod's stated domain */
    const rw_dd large = rw_two_prod(0x1.fffffffffffffp969, 0x1.fffffffffffffp50);
    assert_true(large.hi == 0x1.ffffffffffffep1020 && large.lo == 0x1p915);
    const rw_dd small = rw_two_prod(0x1.fffffffffffffp-480, 0x1.fffffffffffffp-480);
    assert_true(small.hi == 0x1.ffffffffffffep-959 && small.lo == 0x1p-1064);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#ifdef __SIZEOF_INT128__
        cmocka_unit_test(exact_integers),
#endif
#ifdef __SIZEOF_FLOAT128__
        cmocka_unit_test(relative_errors),
        cmocka_unit_test(error_free),
#endif
        cmocka_unit_test(corners),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
