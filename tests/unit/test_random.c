/* test_random.c - numbers named by a counter: fixed for ever, even, and independent of order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>

#include "base/random.h"

/* SplitMix64's step, from its publication: mix(0) is its first output from state 0. */
static uint64_t splitmix(uint64_t state)
{
    uint64_t z = state + 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static void fixed_values(void **state)
{
    (void)state;
    assert_true(splitmix(0) == 0xe220a8397b1dcdafu); /* the published first output */
    for (uint64_t i = 0; i < 1000; i++) {
        const uint64_t seed = i * 77, stream = i % 5, index = i * i;
        const uint64_t x = rw_random_u64(seed, stream, index);
        assert_true(x == splitmix(splitmix(splitmix(seed) ^ stream) ^ index));
        assert_true(rw_random_unit(seed, stream, index) == (double)(x >> 11) / 0x1p53);
        assert_true(x != rw_random_u64(seed + 1, stream, index));
        assert_true(x != rw_random_u64(seed, stream + 1, index));
        assert_true(x != rw_random_u64(seed, stream, index + 1));
    }
}

/* 64 bins, 63 degrees of freedom: the 0.9999 quantile of chi-square is 114.9, the 0.0001 one 30. */
static double chi_square(const int64_t *bin, double expected)
{
    double sum = 0;
    for (int i = 0; i < 64; i++)
        sum += ((double)bin[i] - expected) * ((double)bin[i] - expected) / expected;
    return sum;
}

static void evenness(void **state)
{
    (void)state;
    enum { N = 64000 };
    for (uint64_t stream = 0; stream < 4; stream++) {
        int64_t unit[64] = {0}, low[64] = {0}, below[64] = {0}, serial[64] = {0};
        int previous = 0;
        for (uint64_t i = 0; i < N; i++) {
            const double u = rw_random_unit(5, stream, i);
            assert_true(u >= 0.0 && u < 1.0);
            unit[(int)(u * 64)]++;
            low[rw_random_u64(5, stream, i) & 63]++;
            below[rw_random_below(5, stream, i, 64)]++;
            const int now = (int)(u * 8);
            serial[previous * 8 + now]++; /* neighbours are independent */
            previous = now;
        }
        const int64_t *all[] = {unit, low, below, serial};
        for (int k = 0; k < 4; k++) {
            const double x = chi_square(all[k], (double)N / 64.0);
            if (x < 30 || x > 114.9)
                fail_msg("stream %d, kind %d: %g", (int)stream, k, x);
        }
    }
}

static void below_stays_below(void **state)
{
    (void)state;
    static const uint64_t bounds[] = {1,
                                      2,
                                      3,
                                      10,
                                      0xffffffff,
                                      1ull << 32,
                                      (1ull << 32) + 1,
                                      1ull << 63,
                                      UINT64_MAX,
                                      0x123456789abcdefu};
    for (size_t b = 0; b < sizeof bounds / sizeof *bounds; b++) {
        uint64_t least = UINT64_MAX, most = 0;
        for (uint64_t i = 0; i < 2000; i++) {
            const uint64_t x = rw_random_below(9, b, i, bounds[b]);
            assert_true(x < bounds[b]);
#ifdef __SIZEOF_INT128__
            __extension__ typedef unsigned __int128 wide; /* floor(x n / 2^64), exactly */
            assert_true(x == (uint64_t)((wide)rw_random_u64(9, b, i) * bounds[b] >> 64));
#endif
            least = x < least ? x : least;
            most = x > most ? x : most;
        }
        assert_true(least <= bounds[b] / 100 && most >= bounds[b] - 1 - bounds[b] / 100);
    }
}

static void normal(void **state)
{
    (void)state;
    enum { N = 40000 };
    double sum = 0, square = 0, cube = 0, fourth = 0, pair = 0, last = 0;
    int64_t bin[64] = {0};
    for (uint64_t i = 0; i < N; i++) {
        const double x = rw_random_normal(3, 1, i);
        assert_true(isfinite(x));
        sum += x;
        square += x * x;
        cube += x * x * x;
        fourth += x * x * x * x;
        pair += x * last;
        last = x;
        const double p = 0.5 * erfc(-x * 0.7071067811865476);
        bin[p < 1 ? (int)(p * 64) : 63]++;
    }
    /* four standard errors of each */
    assert_true(fabs(sum / (double)N) < 4 / sqrt((double)N));
    assert_true(fabs(square / (double)N - 1) < 4 * sqrt(2.0 / (double)N));
    assert_true(fabs(cube / (double)N) < 4 * sqrt(15.0 / (double)N));
    assert_true(fabs(fourth / (double)N - 3) < 4 * sqrt(96.0 / (double)N));
    assert_true(fabs(pair / (double)N) < 4 / sqrt((double)N));
    const double x = chi_square(bin, (double)N / 64.0);
    assert_true(x > 30 && x < 114.9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fixed_values),
        cmocka_unit_test(evenness),
        cmocka_unit_test(below_stays_below),
        cmocka_unit_test(normal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
