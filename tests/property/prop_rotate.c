/* prop_rotate.c - the score made of coefficients is the product of explicitly rotated vectors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/elementary.h"
#include "base/random.h"
#include "measure/scoretable.h"
#include "position/mechanism.h"

enum { MAX_DIM = 128 };

static uint64_t seed = 0x5eed, drawn;

static double normal(void)
{
    return rw_random_normal(seed, 1, drawn++);
}

static int64_t below(int64_t n)
{
    return (int64_t)rw_random_below(seed, 2, drawn++, (uint64_t)n);
}

static int n_round(int n)
{
    const char *s = getenv("RW_TEST_MULTIPLIER");
    const int m = s ? atoi(s) : 1;
    return n * (m > 0 ? m : 1);
}

/* R(position) x in double-double: c = a (x_c cos - x_s sin), s = a (x_c sin + x_s cos). */
static void rotate(const rw_rotation *rot, uint32_t head_dim, double position,
                   const double *x, rw_dd *y)
{
    const uint32_t half = rot->rotary_dim / 2;
    for (uint32_t i = 0; i < head_dim; i++)
        y[i] = rw_dd_of(x[i]);
    for (uint32_t n = 0; n < half; n++) {
        const uint32_t c = rot->pairs == RW_PAIRS_INTERLEAVED ? 2 * n : n;
        const uint32_t s = rot->pairs == RW_PAIRS_INTERLEAVED ? 2 * n + 1 : n + half;
        rw_dd sine, cosine;
        rw_sincos_product(position, rot->inv_freq[n], &sine, &cosine);
        y[c] = rw_dd_sub(rw_dd_mul_d(cosine, x[c]), rw_dd_mul_d(sine, x[s]));
        y[s] = rw_dd_add(rw_dd_mul_d(sine, x[c]), rw_dd_mul_d(cosine, x[s]));
        y[c] = rw_dd_mul_d(y[c], rot->attn_factor);
        y[s] = rw_dd_mul_d(y[s], rot->attn_factor);
    }
}

/* s R(i) q . R(j) k = S(i - j) for any i >= j: only the distance matters, its sign is right, the
 * factor counts twice, and unrotated dimensions count plainly. */
static void score_is_the_rotated_product(void **state)
{
    (void)state;
    double worst = 0;
    for (int round = 0; round < n_round(30); round++) {
        double q[MAX_DIM], k[MAX_DIM], freq[MAX_DIM / 2], re[MAX_DIM], im[MAX_DIM];
        rw_dd rq[MAX_DIM], rk[MAX_DIM];
        const uint32_t head_dim = 2 * (uint32_t)(1 + below(MAX_DIM / 2));
        const uint32_t rotary_dim = 2 * (uint32_t)below(head_dim / 2 + 1);
        const double theta = exp(1 + fabs(normal()) * 6), scale = exp(normal());
        rw_rotation rot = {.rotary_dim = rotary_dim,
                           .pairs =
                               round % 2 ? RW_PAIRS_INTERLEAVED : RW_PAIRS_HALF_SPLIT,
                           .attn_factor = round % 3 ? 1.0 : exp(0.3 * normal()),
                           .inv_freq = freq};
        rw_inv_freq_unscaled(theta, rotary_dim, freq);
        if (round % 5 == 0 && rotary_dim) freq[rotary_dim / 2 - 1] = 0.0;
        double size = 0;
        for (uint32_t i = 0; i < head_dim; i++) {
            q[i] = normal();
            k[i] = normal();
        }
        rw_coefficient z = {.re = re, .im = im};
        rw_scoretable table;
        rw_series s;
        double room[RW_BLOCK], scratch[RW_SERIES_SCRATCH(MAX_DIM / 2)], error;
        assert_int_equal(rw_coefficient_make(&rot, head_dim, scale, q, k, &z, NULL),
                         ROPEWALK_OK);
        assert_int_equal(
            rw_scoretable_init(&table, rw_kernels_pick(NULL), &rot, RW_BLOCK, NULL),
            ROPEWALK_OK);
        rw_series_init(&s, &table, &z, room);
        rw_series_fill(&s, scratch);
        for (uint32_t i = 0; i < head_dim; i++)
            size +=
                scale * fabs(q[i] * k[i]) * fmax(1, rot.attn_factor * rot.attn_factor);
        size += 2 * z.amplitude_sum;
        for (int t = 0; t < 8; t++) {
            const int64_t m = t < 4 ? below(RW_BLOCK) : below(1 << 20),
                          j = below(1 << 30);
            rotate(&rot, head_dim, (double)(j + m), q, rq);
            rotate(&rot, head_dim, (double)j, k, rk);
            rw_dd dot = {0, 0};
            for (uint32_t i = 0; i < head_dim; i++)
                dot = rw_dd_add(dot, rw_dd_mul(rq[i], rk[i]));
            dot = rw_dd_mul_d(dot, scale);
            /* z and c themselves are rounded: a few ulp of the terms */
            const double bound = (double)(head_dim + 8) * 0x1p-53 * size;
            const rw_dd exact = rw_dd_add_d(rw_series_exact(&s, m, &error), z.constant);
            const double off = fabs(rw_dd_sub(exact, dot).hi);
            if (!(off <= bound))
                fail_msg("round %d, m %lld: %g, bound %g", round, (long long)m, off,
                         bound);
            worst = fmax(worst, off / bound);
            if (m < RW_BLOCK)
                assert_true(fabs(z.constant + s.t[m] - dot.hi) <= bound + s.s_error);
        }
        rw_scoretable_clear(&table);
    }
    printf("worst %.3f of the bound\n", worst);
}

int main(void)
{
    const char *s = getenv("RW_TEST_SEED");
    if (s) seed = strtoull(s, NULL, 0);
    printf("seed %#llx\n", (unsigned long long)seed);
    const struct CMUnitTest tests[] = {cmocka_unit_test(score_is_the_rotated_product)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
