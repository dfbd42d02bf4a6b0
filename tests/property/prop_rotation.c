/* prop_rotation.c - laws of rotations, on random shapes and parameters; the seed is printed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/elementary.h"
#include "position/mechanism.h"

static uint64_t state64 = 0x243f6a8885a308d3u;

/* splitmix64: the test's own source, so that it shares nothing with what it tests. */
static uint64_t next64(void)
{
    uint64_t z = state64 += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

static double uniform(double lo, double hi)
{
    return lo + (hi - lo) * (double)(next64() >> 11) * 0x1p-53;
}

static double log_uniform(double lo, double hi)
{
    return exp(uniform(log(lo), log(hi)));
}

static int n_round(void)
{
    const char *s = getenv("RW_TEST_MULTIPLIER");
    const int m = s ? atoi(s) : 1;
    return 200 * (m > 0 ? m : 1);
}

static rw_layer_shape random_shape(void)
{
    const uint32_t dim = 2 * (uint32_t)uniform(1, 129);
    return (rw_layer_shape){.head_dim = dim,
                            .rotary_dim = dim,
                            .n_head_q = 1,
                            .n_head_kv = 1,
                            .context_length = 131072,
                            .rope_theta = log_uniform(2, 1e9)};
}

static void build(const char *name, const rw_layer_shape *shape, const rw_setting *s,
                  size_t n, rw_rotation *rot)
{
    ropewalk_error err = {0};
    if (rw_mech_build(rw_mech_find(name), shape, s, n, rot, &err))
        fail_msg("%s: %s", name, err.message);
}

/* cos and sin of m w as doubles. */
static void turn(double m, double w, double *c, double *s)
{
    rw_dd sine, cosine;
    rw_sincos_product(m, w, &sine, &cosine);
    *c = cosine.hi + cosine.lo;
    *s = sine.hi + sine.lo;
}

/* Linear scaling by f at position m turns as no scaling at m / f. With f a power of two every
 * step is exact, so the angles are the same; otherwise w / f is rounded once. */
static void linear_is_slower_positions(void **state)
{
    (void)state;
    for (int round = 0; round < n_round(); round++) {
        const rw_layer_shape shape = random_shape();
        const int exact = round % 2;
        const double f = exact ? ldexp(1.0, 1 + round % 7) : uniform(1, 64);
        const rw_setting s = {.name = "factor", .num = f};
        rw_rotation plain, slow;
        build("none", &shape, NULL, 0, &plain);
        build("linear", &shape, &s, 1, &slow);
        const double p = floor(uniform(0, 4096)); /* m = p f is representable */
        for (uint32_t i = 0; i < shape.rotary_dim / 2; i++) {
            double c1, s1, c2, s2;
            turn(p * f, slow.inv_freq[i], &c1, &s1);
            turn(p, plain.inv_freq[i], &c2, &s2);
            const double bound = exact ? 0.0 : 0x1p-51 * (p * plain.inv_freq[i] + 1);
            assert_true(fabs(c1 - c2) <= bound && fabs(s1 - s2) <= bound);
        }
        rw_rotation_clear(&plain);
        rw_rotation_clear(&slow);
    }
}

static size_t random_settings(const rw_mech *mech, double factor, uint32_t n_pair,
                              double *divisor, rw_setting *s)
{
    size_t n = 0;
    const double a = log_uniform(0.1, 64), b = log_uniform(0.1, 64);
    const double lesser = a < b ? a : b, greater = a < b ? b : a;
    for (size_t i = 0; i < mech->n_param; i++) {
        const char *name = mech->params[i].name;
        if (strcmp(name, "factor") == 0)
            s[n++] = (rw_setting){.name = name, .num = factor};
        else if (strcmp(name, "original_context_length") == 0)
            s[n++] = (rw_setting){.name = name, .num = floor(log_uniform(16, 1e6))};
        else if (strcmp(name, "beta_fast") == 0 || strcmp(name, "high_freq_factor") == 0)
            s[n++] = (rw_setting){.name = name, .num = greater};
        else if (strcmp(name, "beta_slow") == 0 || strcmp(name, "low_freq_factor") == 0)
            s[n++] = (rw_setting){.name = name, .num = lesser};
        else if (strcmp(name, "truncate") == 0)
            s[n++] = (rw_setting){.name = name, .num = (double)(next64() & 1)};
        else if (strcmp(name, "mixed_b") == 0)
            s[n++] = (rw_setting){.name = name, .num = uniform(0, 3)};
        else if (mech->params[i].extent == RW_PER_PAIR)
            s[n++] = (rw_setting){.name = name, .values = divisor, .n_value = n_pair};
    }
    return n;
}

/* Frequencies are positive and never rise; each lies between plain and plain / factor; a
 * factor of 1 changes nothing. */
static void schedules(void **state)
{
    (void)state;
    for (const rw_mech *const *m = rw_mech_table; *m; m++) {
        for (int round = 0; round < n_round(); round++) {
            rw_layer_shape shape = random_shape();
            if (shape.rotary_dim == 2) continue; /* no dynamic table */
            const uint32_t n_pair = shape.rotary_dim / 2;
            const double factor = round % 4 ? log_uniform(1, 1000) : 1.0;
            /* so many tokens that dynamic stretches by at most the factor */
            shape.length = (int64_t)(131072 * (1 + uniform(0, factor - 1) / factor));
            double divisor[128];
            divisor[0] = 1.0;
            for (uint32_t i = 1; i < 128; i++) /* rising towards the factor */
                divisor[i] = fmin(factor, divisor[i - 1] * uniform(1, 1.2));
            rw_setting s[RW_MAX_PARAM];
            const size_t n = random_settings(*m, factor, n_pair, divisor, s);
            rw_rotation plain, rot;
            build("none", &shape, NULL, 0, &plain);
            build((*m)->name, &shape, s, n, &rot);
            assert_true(isfinite(rot.attn_factor) && rot.attn_factor >= 1.0);
            for (uint32_t i = 0; i < n_pair; i++) {
                const double w = rot.inv_freq[i], w0 = plain.inv_freq[i];
                assert_true(w > 0 && isfinite(w));
                if (i) assert_true(w <= rot.inv_freq[i - 1]);
                assert_true(w <= w0 * (1 + 0x1p-52) && w >= w0 / factor * (1 - 0x1p-51));
                if (!(factor > 1)) assert_true(fabs(w - w0) <= 0x1p-52 * w0);
            }
            rw_rotation_clear(&plain);
            rw_rotation_clear(&rot);
        }
    }
}

/* A table of divisors evaluated from llama3 gives llama3 back, as a GGUF file does. */
static void table_equals_llama3(void **state)
{
    (void)state;
    for (int round = 0; round < n_round(); round++) {
        const rw_layer_shape shape = random_shape();
        const uint32_t n_pair = shape.rotary_dim / 2;
        rw_setting s[RW_MAX_PARAM];
        double divisor[128];
        const size_t n =
            random_settings(rw_mech_find("llama3"), log_uniform(1, 64), n_pair, NULL, s);
        rw_rotation plain, direct, table;
        build("none", &shape, NULL, 0, &plain);
        build("llama3", &shape, s, n, &direct);
        for (uint32_t i = 0; i < n_pair; i++)
            divisor[i] = plain.inv_freq[i] / direct.inv_freq[i];
        const rw_setting d = {.name = "divisor", .values = divisor, .n_value = n_pair};
        build("freq_factors", &shape, &d, 1, &table);
        for (uint32_t i = 0; i < n_pair; i++)
            assert_true(fabs(table.inv_freq[i] - direct.inv_freq[i]) <=
                        0x1p-51 * direct.inv_freq[i]);
        rw_rotation_clear(&plain);
        rw_rotation_clear(&direct);
        rw_rotation_clear(&table);
    }
}

/* R(0) = 1, R(a) R(b) = R(a + b), and R(a) keeps lengths: in double-double. */
static void rotations_add(void **state)
{
    (void)state;
    const double bound = 16 * RW_SINCOS_ERROR + 0x1p-98;
    for (int round = 0; round < n_round(); round++) {
        const rw_layer_shape shape = random_shape();
        rw_rotation rot;
        build("none", &shape, NULL, 0, &rot);
        const double a = floor(log_uniform(1, 0x1p30)), b = floor(log_uniform(1, 0x1p30));
        for (uint32_t i = 0; i < shape.rotary_dim / 2; i += 1 + shape.rotary_dim / 16) {
            const double w = rot.inv_freq[i];
            rw_dd sa, ca, sb, cb, sc, cc;
            rw_sincos_product(a, w, &sa, &ca);
            rw_sincos_product(b, w, &sb, &cb);
            rw_sincos_product(a + b, w, &sc, &cc);
            const rw_dd c = rw_dd_sub(rw_dd_mul(ca, cb), rw_dd_mul(sa, sb));
            const rw_dd s = rw_dd_add(rw_dd_mul(sa, cb), rw_dd_mul(ca, sb));
            assert_true(fabs(rw_dd_sub(c, cc).hi) <= bound);
            assert_true(fabs(rw_dd_sub(s, sc).hi) <= bound);
            const rw_dd one = rw_dd_add(rw_dd_mul(ca, ca), rw_dd_mul(sa, sa));
            assert_true(fabs(rw_dd_add_d(one, -1.0).hi) <= bound);
            rw_sincos_product(0, w, &sc, &cc);
            assert_true(fabs(rw_dd_add_d(cc, -1.0).hi) <= bound && fabs(sc.hi) <= bound);
        }
        rw_rotation_clear(&rot);
    }
}

int main(void)
{
    const char *seed = getenv("RW_TEST_SEED");
    if (seed) state64 = strtoull(seed, NULL, 0);
    printf("seed 0x%llx\n", (unsigned long long)state64);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(linear_is_slower_positions),
        cmocka_unit_test(schedules),
        cmocka_unit_test(table_equals_llama3),
        cmocka_unit_test(rotations_add),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
