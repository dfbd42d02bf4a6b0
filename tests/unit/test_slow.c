/* test_slow.c - slow pairs as polynomials: against cosines themselves, and which pairs are taken. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>

#include "kernel/kernel.h"
#include "measure/slow.h"

/* Every distance of half a block, every number of columns that a turn needs, either sign. */
static void polynomials_are_the_cosine(void **state)
{
    (void)state;
    static const double turns[] = {4.0,  -4.0, 3.999, 2.404825557695773, 1.0, -0.5,
                                   0.01, 1e-9, 1e-40};
    for (size_t i = 0; i < sizeof turns / sizeof *turns; i++) {
        const double freq = turns[i] / RW_BLOCK_HALF;
        double many[40], mix[2 * RW_MERGED], entry[2 * RW_MERGED * RW_TILE];
        uint32_t fast, merged;
        for (size_t n = 0; n < 40; n++)
            many[n] = freq;
        rw_slow_choose(many, 40, &fast, &merged);
        assert_int_equal(fast, 0);
        assert_in_range(merged, 1, RW_MERGED);
        const double spread = rw_slow_coefficients(freq, merged, mix);
        assert_true(spread >= 1.0 - 1e-9 && spread < 2.4);
        for (size_t k = merged; k < RW_MERGED; k++)
            assert_true(!(fabs(mix[k]) > 0.0) && !(fabs(mix[RW_MERGED + k]) > 0.0));
        for (size_t j = 0; j < RW_BLOCK_HALF; j++) {
            long double cosine = 0.0L, sine = 0.0L;
            rw_slow_polynomials(j, merged, entry);
            for (size_t k = 0; k < merged; k++) {
                cosine += (long double)mix[k] * (long double)entry[2 * k * RW_TILE];
                sine += (long double)mix[RW_MERGED + k] *
                        (long double)entry[(2 * k + 1) * RW_TILE];
            }
            const long double angle = ((long double)j + 0.5L) * (long double)freq;
            const long double e = hypotl(cosine - cosl(angle), sine - sinl(angle));
            if (!(e <= (0.5 + 1.5 * spread) * 0x1p-53)) /* left out, a's and b's, T's */
                fail_msg("turn %g, column %d: off by %Lg", turns[i], (int)j, e);
        }
    }
}

static void choice(void **state)
{
    (void)state;
    double freq[64];
    uint32_t fast, merged;
    for (int n = 0; n < 64; n++)
        freq[n] = pow(500000.0, -n / 64.0);
    rw_slow_choose(freq, 64, &fast, &merged);
    assert_true(fast + merged <= 33 && freq[fast] * RW_BLOCK_HALF <= 4.0);
    freq[60] =
        1.0; /* a fast pair among the slow ones: only what follows it can be merged */
    rw_slow_choose(freq, 64, &fast, &merged);
    assert_int_equal(fast, 64);
    assert_int_equal(merged, 0);
    rw_slow_choose(freq, 3, &fast, &merged); /* nothing slow */
    assert_int_equal(fast, 3);
    rw_slow_choose(freq, 0, &fast, &merged); /* nothing at all */
    assert_true(fast == 0 && merged == 0);
    for (int n = 0; n < 5; n++)
        freq[n] = 1e-3;
    rw_slow_choose(freq, 5, &fast, &merged); /* too few to share columns */
    assert_true(fast == 5 && merged == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(polynomials_are_the_cosine),
        cmocka_unit_test(choice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
