/* test_synthetic.c - families of vectors: their amplitudes, and what draws share. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "position/coefficient.h"
#include "position/synthetic.h"

enum { DIM = 12, ROTARY = 8, H = ROTARY / 2 };

static void make(rw_family family, rw_pairs pairs, uint64_t draw, uint32_t which,
                 rw_coefficient *z, double *q, double *k)
{
    double freq[H] = {1.0, 0.1, 0.01, 0.001};
    const rw_rotation rot = {
        .rotary_dim = ROTARY, .pairs = pairs, .attn_factor = 1.0, .inv_freq = freq};
    rw_synthetic_vectors(family, DIM, ROTARY, pairs, 7, draw, q, k, 3);
    assert_int_equal(rw_coefficient_make(&rot, DIM, 1.0, q, k + which * DIM, z, NULL), 0);
}

static void amplitudes(void **state)
{
    (void)state;
    double re[H], im[H], q[DIM], k[3 * DIM];
    rw_coefficient z = {.re = re, .im = im};
    for (int pairs = RW_PAIRS_HALF_SPLIT; pairs <= RW_PAIRS_INTERLEAVED; pairs++)
        for (int family = 0; family < RW_N_FAMILY; family++)
            for (uint32_t which = 0; which < 3; which++) {
                if (family == RW_FAMILY_GAUSSIAN) continue;
                make((rw_family)family, (rw_pairs)pairs, 5, which, &z, q, k);
                assert_true(fabs(z.energy - H) < 1e-13 * H);
                assert_true(fabs(z.constant) < 1e-300);
                const double first = hypot(re[0], im[0]), last = hypot(re[3], im[3]);
                const double want = family == RW_FAMILY_SLOW_HEAVY   ? 100.0
                                    : family == RW_FAMILY_FAST_HEAVY ? 0.01
                                                                     : 1.0;
                assert_true(fabs(last / first - want) < 1e-12 * want);
                if (family == RW_FAMILY_ALIGNED && which == 0)
                    for (int n = 0; n < H; n++)
                        assert_true(fabs(re[n] - 1.0) < 1e-15 && fabs(im[n]) < 1e-300);
                else
                    assert_true(fabs(im[0]) > 1e-6);
            }
}

static void draws(void **state)
{
    (void)state;
    double a[DIM], ka[3 * DIM], b[DIM], kb[DIM], sum = 0.0, square = 0.0;
    rw_synthetic_vectors(RW_FAMILY_GAUSSIAN, DIM, ROTARY, RW_PAIRS_HALF_SPLIT, 1, 4, a,
                         ka, 3);
    rw_synthetic_vectors(RW_FAMILY_GAUSSIAN, DIM, ROTARY, RW_PAIRS_HALF_SPLIT, 1, 4, b,
                         kb, 1);
    assert_memory_equal(a, b, sizeof a);
    assert_memory_equal(ka, kb, sizeof kb);
    assert_true(memcmp(ka, ka + DIM, sizeof kb) != 0);
    rw_synthetic_vectors(RW_FAMILY_GAUSSIAN, DIM, ROTARY, RW_PAIRS_HALF_SPLIT, 1, 5, b,
                         kb, 1);
    assert_true(memcmp(a, b, sizeof a) != 0);
    for (uint64_t draw = 0; draw < 1000; draw++) {
        rw_synthetic_vectors(RW_FAMILY_GAUSSIAN, DIM, ROTARY, RW_PAIRS_HALF_SPLIT, 2,
                             draw, a, kb, 1);
        for (int i = 0; i < DIM; i++) {
            sum += a[i];
            square += a[i] * a[i];
        }
    }
    assert_true(fabs(sum) < 6.2 * sqrt(12000.0)); /* false alarm 1e-9 */
    assert_true(fabs(square - 12000.0) < 6.2 * sqrt(24000.0));
}

static void names(void **state)
{
    (void)state;
    for (int f = 0; f < RW_N_FAMILY; f++) {
        rw_family found = RW_N_FAMILY;
        assert_true(rw_family_find(rw_family_name((rw_family)f), &found));
        assert_int_equal(found, f);
    }
    rw_family found = RW_FAMILY_FLAT;
    assert_false(rw_family_find("", &found));
    assert_false(rw_family_find("Aligned", &found));
    assert_int_equal(found, RW_FAMILY_FLAT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(amplitudes),
        cmocka_unit_test(draws),
        cmocka_unit_test(names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
