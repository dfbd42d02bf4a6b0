/* test_number.c - all numbers of the small types, both sides of every edge between them, exact sums. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/number.h"
#include "base/random.h"
#include "format/number_le.h"

static double ulp_down(double x)
{
    return nextafter(x, -(double)INFINITY);
}

static double ulp_up(double x)
{
    return nextafter(x, (double)INFINITY);
}

/* Decoders of the formats' definitions, independent of number.c. */
static double decode(rw_dtype dtype, uint32_t code)
{
    static const int mantissa[] = {7, 10, 23, 3, 2}, exponent[] = {8, 5, 8, 4, 5};
    const int mb = mantissa[dtype], eb = exponent[dtype], bias = (1 << (eb - 1)) - 1;
    const uint32_t f = code & ((1u << mb) - 1), e = code >> mb & ((1u << eb) - 1);
    const double sign = code >> (mb + eb) & 1 ? -1.0 : 1.0;
    if (dtype == RW_E4M3 ? e == 15 && f == 7 : e == (1u << eb) - 1)
        return dtype != RW_E4M3 && f == 0 ? sign * (double)INFINITY : (double)NAN;
    if (e == 0) return sign * ldexp((double)f, 1 - bias - mb);
    return sign * ldexp(1.0 + ldexp((double)f, -mb), (int)e - bias);
}

static uint32_t n_code(rw_dtype dtype)
{
    return dtype == RW_E4M3 || dtype == RW_E5M2 ? 256 : 65536;
}

/* Every bit pattern: the key is the pattern's rank, its value the pattern's value. */
static void every_pattern(void **state)
{
    (void)state;
    static const rw_dtype types[] = {RW_BF16, RW_F16, RW_E4M3, RW_E5M2};
    for (size_t t = 0; t < 4; t++) {
        const rw_dtype d = types[t];
        const uint32_t half = n_code(d) / 2;
        int n_finite = 0;
        for (uint32_t code = 0; code < 2 * half; code++) {
            const double v = decode(d, code);
            const int32_t rank = (int32_t)(code % half), key = code < half ? rank : -rank;
            if (d == RW_BF16 || d == RW_F16) {
                const double w =
                    d == RW_BF16
                        ? rw_load_bf16((const unsigned char[]){
                              (unsigned char)(code & 255), (unsigned char)(code >> 8)})
                        : rw_load_f16((const unsigned char[]){
                              (unsigned char)(code & 255), (unsigned char)(code >> 8)});
                assert_true(isnan(v) ? isnan(w) : w == v && signbit(w) == signbit(v));
            }
            if (!isfinite(v)) continue;
            n_finite++;
            assert_int_equal(rw_round_key(d, v), key);
            assert_true(rw_key_value(d, key) == v);
            assert_true(rank <= rw_dtype_get(d)->max_key);
        }
        assert_int_equal(n_finite, 2 * (rw_dtype_get(d)->max_key + 1));
    }
    for (uint64_t i = 0; i < 20000; i++) { /* f32 by samples, through the machine's own */
        const uint32_t code = (uint32_t)rw_random_u64(1, 1, i);
        float f;
        memcpy(&f, &code, sizeof f);
        if (!isfinite(f)) continue;
        const int32_t rank = (int32_t)(code & 0x7fffffff);
        assert_int_equal(rw_round_key(RW_F32, (double)f), code >> 31 ? -rank : rank);
        assert_true(rw_key_value(RW_F32, rank) == fabs((double)f));
    }
}

/* Between neighbours a < b: everything up to the middle is a, beyond it b, the middle the even
 * one; and rw_round_key_dd sees tails far below a double's last bit. */
static void around_edge(rw_dtype d, int32_t key)
{
    const double edge = rw_key_upper_edge(d, key);
    const int32_t even = key % 2 == 0 ? key : key + 1;
    assert_true(edge == 0.5 * (rw_key_value(d, key) + rw_key_value(d, key + 1)));
    assert_int_equal(rw_round_key(d, edge), even);
    assert_int_equal(rw_round_key(d, ulp_down(edge)), key);
    assert_int_equal(rw_round_key(d, ulp_up(edge)), key + 1);
    static const double tails[] = {0x1p-54, 0x1p-80, 0x1p-110};
    int32_t got = 99;
    for (int i = 0; i < 3; i++) {
        const double tail = fabs(edge) * tails[i];
        if (tail < 0x1p-1000) continue;
        assert_true(rw_round_key_dd(d, (rw_dd){edge, tail}, 0.0, &got));
        assert_int_equal(got, key + 1);
        assert_true(rw_round_key_dd(d, (rw_dd){edge, -tail}, 0.0, &got));
        assert_int_equal(got, key);
        assert_true(rw_round_key_dd(d, (rw_dd){edge, tail}, tail * 0.99, &got));
        assert_int_equal(got, key + 1);
        assert_true(rw_round_key_dd(d, (rw_dd){edge, -tail}, tail * 0.99, &got));
        assert_int_equal(got, key);
        assert_false(rw_round_key_dd(d, (rw_dd){edge, tail}, tail * 1.01, &got));
        assert_false(rw_round_key_dd(d, (rw_dd){edge, -tail}, tail * 1.01, &got));
    }
    assert_true(rw_round_key_dd(d, rw_dd_of(edge), 0.0, &got)); /* exactly there: a tie */
    assert_int_equal(got, even);
    assert_false(rw_round_key_dd(d, rw_dd_of(edge), 0x1p-1070, &got));
    assert_true(rw_round_key_dd(d, rw_dd_of(ulp_up(edge)), 0.0, &got));
    assert_int_equal(got, key + 1);
    assert_true(rw_round_key_dd(d, rw_dd_of(ulp_down(edge)), 0.0, &got));
    assert_int_equal(got, key);
}

static void every_edge(void **state)
{
    (void)state;
    static const rw_dtype types[] = {RW_BF16, RW_F16, RW_E4M3, RW_E5M2};
    for (size_t t = 0; t < 4; t++) {
        const int32_t max = rw_dtype_get(types[t])->max_key;
        for (int32_t key = -max; key < max; key += 1 + (max > 1000 && key % 3 == 0))
            around_edge(types[t], key);
    }
    const int32_t max = rw_dtype_get(RW_F32)->max_key;
    static const int32_t special[] = {0,        1,        2,        0x7ffffe,
                                      0x7fffff, 0x800000, 0x800001, 0x3f800000};
    for (size_t i = 0; i < sizeof special / sizeof *special; i++) {
        around_edge(RW_F32, special[i]);
        around_edge(RW_F32, -special[i] - 1);
    }
    for (uint64_t i = 0; i < 2000; i++)
        around_edge(
            RW_F32,
            (int32_t)((int64_t)rw_random_below(2, 1, i, 2 * (uint64_t)max) - max));
}

static void overflow(void **state)
{
    (void)state;
    static const struct {
        rw_dtype d;
        double largest, from; /* the first value that is too large */
        bool saturates;
    } table[] = {{RW_BF16, 0x1.fep127, 0x1.ffp127, false},
                 {RW_F16, 65504, 65520, false},
                 {RW_F32, 0x1.fffffep127, 0x1.ffffffp127, false},
                 {RW_E5M2, 57344, 61440, false}};
    int32_t got;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        const rw_dtype d = table[i].d;
        const int32_t max = rw_dtype_get(d)->max_key;
        assert_true(rw_key_value(d, max) == table[i].largest);
        assert_true(rw_key_upper_edge(d, max) == table[i].from);
        assert_int_equal(rw_round_key(d, ulp_down(table[i].from)), max);
        assert_int_equal(rw_round_key(d, table[i].from), max + 1);
        assert_int_equal(rw_round_key(d, -table[i].from), -max - 1);
        assert_int_equal(rw_round_key(d, 1e308), max + 1);
        assert_int_equal(rw_round_key(d, -1e308), -max - 1);
        assert_true(isinf(rw_key_value(d, max + 1)) &&
                    isinf(rw_key_upper_edge(d, max + 1)));
        assert_int_equal(rw_key_stored(d, max + 1), max + 1);
        assert_true(rw_round_key_dd(d, rw_dd_of(1e300), 1.0, &got));
        assert_int_equal(got, max + 1);
        assert_true(rw_round_key_dd(d, (rw_dd){table[i].from, -1e-20}, 1e-30, &got));
        assert_int_equal(got, max);
        assert_true(rw_round_key_dd(d, (rw_dd){-table[i].from, -1e-20}, 1e-30, &got));
        assert_int_equal(got, -max - 1);
    }
    const int32_t max = rw_dtype_get(RW_E4M3)->max_key;
    assert_true(rw_key_value(RW_E4M3, max) == 448 &&
                rw_key_upper_edge(RW_E4M3, max) == 464);
    assert_int_equal(rw_round_key(RW_E4M3, 464), max); /* tie to the even 448 */
    assert_int_equal(rw_round_key(RW_E4M3, ulp_up(464)), max + 1);
    assert_int_equal(rw_key_stored(RW_E4M3, max + 1), max);
    assert_int_equal(rw_key_stored(RW_E4M3, -max - 1), -max);
    assert_int_equal(rw_key_stored(RW_E4M3, 5), 5);
}

/* Any double against the machine's conversion (f32) and against exhaustive search (e4m3, e5m2). */
static void random_values(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < 20000; i++) {
        const uint64_t bits = rw_random_u64(3, 1, i);
        double x;
        memcpy(&x, &bits, sizeof x);
        if (i % 2) x = rw_random_normal(3, 2, i) * ldexp(1.0, (int)(i % 70) - 40);
        if (!isfinite(x)) continue;
        const int32_t key = rw_round_key(RW_F32, x);
        if (fabs(x) < 0x1.ffffffp127)
            assert_true(rw_key_value(RW_F32, key) == (double)(float)x);
        for (rw_dtype d = RW_E4M3; d <= RW_E5M2; d++) {
            const int32_t max = rw_dtype_get(d)->max_key;
            int32_t best = 0;
            for (int32_t k = 0; k <= max; k++) {
                const double a = fabs(fabs(x) - rw_key_value(d, k));
                const double b = fabs(fabs(x) - rw_key_value(d, best));
                if (a < b || (a <= b && k % 2 == 0)) best = k;
            }
            if (fabs(x) > rw_key_upper_edge(d, max)) best = max + 1;
            assert_int_equal(rw_round_key(d, x), x < 0 ? -best : best);
        }
    }
    assert_int_equal(rw_round_key(RW_BF16, -0.0), 0);
    assert_int_equal(rw_round_key(RW_BF16, 5e-324), 0);
    assert_int_equal(rw_round_key(RW_BF16, -5e-324), 0);
}

/* An error larger than the value's own last bit is honoured: near zero a type with a wide
 * exponent has cells far narrower than what cancellation leaves. */
static void large_errors(void **state)
{
    (void)state;
    int32_t got;
    for (rw_dtype d = RW_BF16; d < RW_N_DTYPE; d++) {
        const double one = rw_key_value(d, 1);
        assert_false(rw_round_key_dd(d, rw_dd_of(3 * one), one, &got));
        assert_false(rw_round_key_dd(d, rw_dd_of(-3 * one), one, &got));
        assert_false(rw_round_key_dd(d, rw_dd_of(one), 100 * one, &got));
        assert_false(rw_round_key_dd(d, rw_dd_of(0.0), one, &got));
        assert_true(rw_round_key_dd(d, rw_dd_of(0.0), 0.25 * one, &got));
        assert_int_equal(got, 0);
        assert_true(rw_round_key_dd(d, rw_dd_of(3 * one), 0.25 * one, &got));
        assert_int_equal(got, 3);
        assert_true(rw_round_key_dd(d, rw_dd_of(-3 * one), 0.25 * one, &got));
        assert_int_equal(got, -3);
    }
    assert_false(rw_round_key_dd(RW_BF16, rw_dd_of(1e-30), 1e-29, &got));
    assert_false(rw_round_key_dd(RW_F32, (rw_dd){1.0, 1e-20}, 1e-6, &got));
    assert_true(rw_round_key_dd(RW_F32, (rw_dd){1.0, 1e-20}, 1e-9, &got));
    /* random: an answer means both ends of the interval round alike */
    for (uint64_t i = 0; i < 20000; i++) {
        const rw_dtype d = (rw_dtype)(i % RW_N_DTYPE);
        const double x = rw_random_normal(4, 1, i) * ldexp(1.0, -(int)(i % 140));
        const double e = fabs(x) * ldexp(1.0, -(int)rw_random_below(4, 2, i, 60));
        const bool decided = rw_round_key_dd(d, rw_dd_of(x), e, &got);
        const int32_t lo = rw_round_key(d, x - 1.01 * e),
                      hi = rw_round_key(d, x + 1.01 * e);
        if (lo == hi) {
            assert_true(decided);
            assert_int_equal(got, lo);
        }
        if (decided) {
            assert_int_equal(got, rw_round_key(d, x - 0.99 * e));
            assert_int_equal(got, rw_round_key(d, x + 0.99 * e));
        }
    }
}

static void names(void **state)
{
    (void)state;
    static const char *const name[] = {"bf16", "f16", "f32", "e4m3", "e5m2"};
    rw_dtype d;
    for (int i = 0; i < RW_N_DTYPE; i++) {
        assert_true(rw_dtype_parse(name[i], &d));
        assert_int_equal(d, i);
        assert_string_equal(rw_dtype_get(d)->name, name[i]);
    }
    assert_false(rw_dtype_parse("f64", &d) || rw_dtype_parse("", &d) ||
                 rw_dtype_parse("BF16", &d));
}

static void sums(void **state)
{
    (void)state;
    static const struct {
        double x[8], hi, lo;
        int sign;
        bool exact;
    } table[] = {
        {{1e16, 1, -1e16}, 1, 0, 1, true},
        {{1e300, 1e-300, -1e300}, 1e-300, 0, 1, true},
        {{1e300, -1e-300, -1e300}, -1e-300, 0, -1, true},
        {{1, 0x1p-60, -1, -0x1p-60}, 0, 0, 0, true},
        {{0.1, 0.2, -0.3}, 0x1p-55 + 0x0p0, 0, 1, true},
        {{0}, 0, 0, 0, true},
        {{1, 0x1p-80}, 1, 0x1p-80, 1, true},
        {{1, 0x1p-60, 0x1p-200}, 1, 0x1p-60, 1, false},
        {{1e308, -1e308, 5e-324}, 5e-324, 0, 1, true},
        {{3, -1, -1, -1, 0x1p-1074}, 0x1p-1074, 0, 1, true},
    };
    double scratch[64];
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        int sign = 9;
        bool exact;
        const rw_dd s = rw_exact_sum(table[i].x, 8, scratch, &sign, &exact);
        if (sign != table[i].sign || exact != table[i].exact || s.hi != table[i].hi ||
            s.lo != table[i].lo)
            fail_msg("sum %d: (%a, %a), sign %d, exact %d", (int)i, s.hi, s.lo, sign,
                     exact);
    }
    int sign = 9;
    bool exact = false;
    assert_true(rw_exact_sum(NULL, 0, scratch, &sign, &exact).hi == 0.0);
    assert_true(sign == 0 && exact);
#ifdef __SIZEOF_INT128__
    __extension__ typedef __int128 wide;
    for (uint64_t i = 0; i < 5000;
         i++) { /* random integers, with their sum mostly taken off */
        double x[32];
        wide total = 0;
        const size_t n = 1 + (size_t)rw_random_below(6, 0, i, 30);
        for (size_t j = 0; j < n; j++) {
            x[j] = ldexp((double)(int64_t)(rw_random_u64(6, j + 1, i) >> 11),
                         (int)rw_random_below(6, 100 + j, i, 60));
            if (rw_random_u64(6, 200 + j, i) & 1) x[j] = -x[j];
            total += (wide)x[j];
        }
        if (i % 2) {
            x[n] = -(double)total;
            total += (wide)x[n];
        } else {
            x[n] = 0;
        }
        const rw_dd s = rw_exact_sum(x, n + 1, scratch, &sign, &exact);
        assert_int_equal(sign, total > 0 ? 1 : total < 0 ? -1 : 0);
        const wide got = (wide)s.hi + (wide)s.lo,
                   off = got > total ? got - total : total - got;
        if (exact) assert_true(off == 0);
        assert_true((double)off <= fabs((double)total) * 0x1p-104);
        if (i % 2) assert_true(exact); /* what is left fits a double-double */
    }
#endif
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_pattern), cmocka_unit_test(every_edge),
        cmocka_unit_test(overflow),      cmocka_unit_test(random_values),
        cmocka_unit_test(large_errors),  cmocka_unit_test(names),
        cmocka_unit_test(sums),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
