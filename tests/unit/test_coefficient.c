/* test_coefficient.c - vectors to terms: layouts, partial rotation, frequency zero, factors, overflow. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <float.h>
#include <math.h>

#include "base/random.h"
#include "position/coefficient.h"

enum { DIM = 40, HALF = DIM / 2 };

static double freq[HALF];

static rw_rotation rotation(uint32_t rotary_dim, rw_pairs pairs, double attn_factor)
{
    for (int n = 0; n < HALF; n++)
        freq[n] = pow(10000.0, -n / 16.0);
    return (rw_rotation){.rotary_dim = rotary_dim,
                         .pairs = pairs,
                         .attn_factor = attn_factor,
                         .inv_freq = freq};
}

typedef struct terms {
    double re[HALF], im[HALF];
    rw_coefficient z;
} terms;

static void make(const rw_rotation *rot, double s, const double *q, const double *k,
                 terms *t)
{
    ropewalk_error err = {0};
    t->z.re = t->re;
    t->z.im = t->im;
    assert_int_equal(rw_coefficient_make(rot, DIM, s, q, k, &t->z, &err), ROPEWALK_OK);
}

static void random_vectors(uint64_t seed, double *q, double *k)
{
    for (uint64_t i = 0; i < DIM; i++) {
        q[i] = rw_random_normal(seed, 1, i);
        k[i] = rw_random_normal(seed, 2, i);
    }
}

static void same(const terms *a, const terms *b)
{
    assert_int_equal(a->z.n_pair, b->z.n_pair);
    assert_true(a->z.constant == b->z.constant);
    for (uint32_t n = 0; n < a->z.n_pair; n++)
        assert_true(a->re[n] == b->re[n] && a->im[n] == b->im[n]);
    assert_true(a->z.energy == b->z.energy && a->z.amplitude_sum == b->z.amplitude_sum);
}

/* Both layouts, after moving the dimensions, are the same numbers to the last bit. */
static void layouts(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 20; seed++)
        for (uint32_t dim = 0; dim <= DIM; dim += 2) {
            double q[DIM], k[DIM], q2[DIM], k2[DIM];
            random_vectors(seed, q, k);
            for (uint32_t i = 0; i < DIM; i++) {
                const uint32_t to = i >= dim      ? i
                                    : i < dim / 2 ? 2 * i
                                                  : 2 * (i - dim / 2) + 1;
                q2[to] = q[i];
                k2[to] = k[i];
            }
            const rw_rotation half = rotation(dim, RW_PAIRS_HALF_SPLIT, 1.25);
            const rw_rotation inter = rotation(dim, RW_PAIRS_INTERLEAVED, 1.25);
            terms a, b;
            make(&half, 0.125, q, k, &a);
            make(&inter, 0.125, q2, k2, &b);
            same(&a, &b);
            assert_int_equal(a.z.n_pair, dim / 2);
            if (dim > 2) { /* and without moving they differ */
                make(&inter, 0.125, q, k, &b);
                assert_true(a.re[1] != b.re[1]);
            }
        }
}

/* The definition: z = s a^2 Q conj K, c = s times the product of what is not rotated. */
static void definition(void **state)
{
    (void)state;
    for (uint64_t seed = 30; seed < 50; seed++) {
        double q[DIM], k[DIM];
        random_vectors(seed, q, k);
        const uint32_t dim = 2 * (uint32_t)(seed % HALF);
        const double s = 0.3, a = 1.1;
        const rw_rotation rot = rotation(dim, RW_PAIRS_HALF_SPLIT, a);
        terms t;
        make(&rot, s, q, k, &t);
        double amplitude = 0, energy = 0, fourth = 0, most = 0, at_zero = t.z.constant,
               rest = 0;
        for (uint32_t n = 0; n < dim / 2; n++) {
            const double qr = q[n], qi = q[n + dim / 2], kr = k[n], ki = k[n + dim / 2];
            const double re = s * a * a * (qr * kr + qi * ki),
                         im = s * a * a * (qi * kr - qr * ki);
            assert_true(fabs(t.re[n] - re) < 1e-15 * (fabs(re) + fabs(im) + 1));
            assert_true(fabs(t.im[n] - im) < 1e-15 * (fabs(re) + fabs(im) + 1));
            const double power = re * re + im * im;
            amplitude += sqrt(power);
            energy += power;
            fourth += power * power;
            most = fmax(most, power);
            at_zero += t.re[n];
        }
        for (uint32_t i = dim; i < DIM; i++)
            rest += q[i] * k[i];
        assert_true(fabs(t.z.constant - s * rest) < 1e-14);
        double dot = 0; /* at distance 0 the rotation is nothing but the factor */
        for (uint32_t i = 0; i < DIM; i++)
            dot += s * q[i] * k[i] * (i < dim ? a * a : 1.0);
        assert_true(fabs(at_zero - dot) < 1e-13);
        assert_true(t.z.amplitude_sum >= amplitude &&
                    t.z.amplitude_sum <= amplitude * (1 + 1e-13));
        assert_true(fabs(t.z.energy - energy) <= 1e-13 * energy);
        if (dim == 0) {
            assert_true(t.z.n_eff == 0.0 && t.z.max_share == 0.0 && t.z.energy == 0.0);
            continue;
        }
        assert_true(fabs(t.z.max_share - most / energy) < 1e-13);
        assert_true(fabs(t.z.n_eff - energy * energy / fourth) < 1e-12 * t.z.n_eff);
        assert_true(t.z.n_eff >= 1 - 1e-12 && t.z.n_eff <= dim / 2.0 + 1e-12);
    }
}

static void factor_is_squared(void **state)
{
    (void)state;
    double q[DIM], k[DIM];
    random_vectors(7, q, k);
    const rw_rotation one = rotation(20, RW_PAIRS_HALF_SPLIT, 1.0);
    const rw_rotation two = rotation(20, RW_PAIRS_HALF_SPLIT, 2.0);
    terms a, b, c;
    make(&one, 1.0, q, k, &a);
    make(&two, 1.0, q, k, &b);
    make(&one, 4.0, q, k, &c);
    for (uint32_t n = 0; n < a.z.n_pair; n++) {
        assert_true(b.re[n] == 4 * a.re[n] && b.im[n] == 4 * a.im[n]);
        assert_true(c.re[n] == 4 * a.re[n]);
    }
    assert_true(b.z.constant ==
                a.z.constant); /* the factor is for rotated dimensions only */
    assert_true(c.z.constant == 4 * a.z.constant);
    assert_true(b.z.energy == 16 * a.z.energy);
}

static void frequency_zero_is_constant(void **state)
{
    (void)state;
    double q[DIM], k[DIM];
    random_vectors(8, q, k);
    rw_rotation rot = rotation(DIM, RW_PAIRS_HALF_SPLIT, 3.0);
    terms all, some;
    make(&rot, 1.0, q, k, &all);
    freq[0] = freq[5] = 0.0;
    freq[7] = -0.0;
    make(&rot, 1.0, q, k, &some);
    assert_int_equal(some.z.n_pair, HALF - 3);
    assert_true(some.z.constant ==
                ((all.z.constant + all.re[0]) + all.re[5]) + all.re[7]);
    uint32_t at = 0;
    double active[HALF];
    assert_int_equal(rw_active_freq(&rot, active), HALF - 3);
    for (uint32_t n = 0; n < HALF; n++) {
        if (n == 0 || n == 5 || n == 7) continue;
        assert_true(some.re[at] == all.re[n] && some.im[at] == all.im[n]);
        assert_true(active[at++] == freq[n]);
    }
}

static void too_large(void **state)
{
    (void)state;
    double re[HALF], im[HALF], q[DIM] = {0}, k[DIM] = {0};
    rw_coefficient z = {.re = re, .im = im};
    ropewalk_error err = {0};
    rw_rotation rot = rotation(20, RW_PAIRS_HALF_SPLIT, 1.0);
    static const struct {
        uint32_t at;
        double q, k, s;
        ropewalk_status status;
    } table[] = {
        {0, 1e200, 1e200, 1, ROPEWALK_E_ARGUMENT},  {0, 1e100, 1e-100, 1, ROPEWALK_OK},
        {39, 1e200, 1e200, 1, ROPEWALK_E_ARGUMENT}, {39, 1e150, 1e150, 1, ROPEWALK_OK},
        {0, 1e80, 1e80, 1, ROPEWALK_E_ARGUMENT},    {0, 1e60, 1e60, 1, ROPEWALK_OK},
        {3, 1, 1, 1e300, ROPEWALK_E_ARGUMENT},      {3, 1e-200, 1e-200, 1, ROPEWALK_OK},
        {39, DBL_MAX, 1, 2, ROPEWALK_E_ARGUMENT}};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        q[table[i].at] = table[i].q;
        k[table[i].at] = table[i].k;
        assert_int_equal(rw_coefficient_make(&rot, DIM, table[i].s, q, k, &z, &err),
                         table[i].status);
        q[table[i].at] = k[table[i].at] = 0;
    }
}

/* Amplitudes whose squares underflow still bound the score. */
static void tiny(void **state)
{
    (void)state;
    rw_rotation rot = rotation(20, RW_PAIRS_HALF_SPLIT, 1.0);
    for (int e = -140; e >= -320; e -= 3) {
        double q[DIM] = {0}, k[DIM] = {0};
        terms t;
        q[0] = pow(10, e / 2), k[0] = pow(10, e - e / 2);
        q[1] = q[0] * 0.7, k[1] = k[0];
        q[11] = q[0] * -0.3, k[11] = k[0];
        make(&rot, 1.0, q, k, &t);
        double amplitude = 0;
        for (int n = 0; n < 10; n++)
            amplitude += hypot(t.re[n], t.im[n]);
        assert_true(t.z.amplitude_sum >= amplitude * (1 - 1e-15));
        assert_int_equal(rw_coefficient_is_constant(&t.z), !(amplitude > 0));
    }
}

static void comparisons(void **state)
{
    (void)state;
    double re[3] = {1, 2, 3}, im[3] = {0, 0, 0}, re2[3] = {1, 2, 3},
           im2[3] = {0, -0.0, 0};
    rw_coefficient a = {.n_pair = 3, .constant = 1, .re = re, .im = im};
    rw_coefficient b = {.n_pair = 3, .constant = 1, .re = re2, .im = im2};
    assert_true(rw_coefficient_equal(&a, &b));
    assert_false(rw_coefficient_is_constant(&a));
    b.constant = nextafter(1, 2);
    assert_false(rw_coefficient_equal(&a, &b));
    b.constant = 1;
    b.n_pair = 2;
    assert_false(rw_coefficient_equal(&a, &b));
    b.n_pair = 3;
    im2[2] = 5e-324;
    assert_false(rw_coefficient_equal(&a, &b));
    re2[0] = re2[1] = re2[2] = 0;
    assert_false(rw_coefficient_is_constant(&b));
    im2[2] = 0;
    assert_true(rw_coefficient_is_constant(&b));
    b.n_pair = 0;
    assert_true(rw_coefficient_is_constant(&b));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(layouts),           cmocka_unit_test(definition),
        cmocka_unit_test(factor_is_squared), cmocka_unit_test(frequency_zero_is_constant),
        cmocka_unit_test(too_large),         cmocka_unit_test(tiny),
        cmocka_unit_test(comparisons),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
