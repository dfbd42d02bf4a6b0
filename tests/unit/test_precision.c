/* test_precision.c - errors and coincidences of low-precision angles, against exact fractions,
 * against numbers others computed, and against laws. */
#define _POSIX_C_SOURCE 200809L
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/alloc.h"
#include "position/mechanism.h"
#include "position/precision.h"

enum { MAX_PAIR = 64 };

static void make_rotation(rw_rotation *rot, double theta, uint32_t dim, double factor)
{
    ropewalk_error err = {0};
    if (rw_rotation_alloc(rot, dim, &err)) fail_msg("%s", err.message);
    rw_inv_freq_unscaled(theta, dim, rot->inv_freq);
    for (uint32_t i = 0; i < dim / 2; i++)
        rot->inv_freq[i] /= factor;
}

static void names(void **state)
{
    (void)state;
    for (int p = 0; p < RW_N_PROFILE; p++) {
        assert_int_equal(rw_profile_find(rw_profile_name((rw_profile)p)), p);
        assert_true(strlen(rw_profile_about((rw_profile)p)) > 10);
    }
    assert_int_equal(rw_profile_find("no_such_profile"), RW_N_PROFILE);
    assert_int_equal(rw_profile_find(""), RW_N_PROFILE);
    assert_string_equal(rw_profile_name(RW_PROFILE_F32_PRODUCT), "f32_product");
}

/* --- oracle: scripts/oracles/precision.py ------------------------------------------------- */

typedef struct vector_case {
    rw_profile profile;
    double theta, divisor[MAX_PAIR];
    bool divides;
    rw_rotation rot;
    char *rest; /* columns after the shape */
} vector_case;

static FILE *open_vectors(const char *name)
{
    char path[512];
    (void)snprintf(path, sizeof path, "%s/vectors/precision/%s.vec", RW_TEST_DIR, name);
    FILE *f = fopen(path, "r");
    if (!f) fail_msg("%s: cannot open", path);
    return f;
}

static bool next_case(FILE *f, char *line, int size, vector_case *c)
{
    do
        if (!fgets(line, size, f)) return false;
    while (line[0] == '#');
    char *space = strchr(line, ' ');
    assert_non_null(space);
    *space = '\0';
    c->profile = rw_profile_find(line);
    assert_int_not_equal(c->profile, RW_N_PROFILE);
    char *end = space + 1;
    c->theta = strtod(end, &end);
    const uint32_t dim = (uint32_t)strtoul(end, &end, 10);
    const double factor = strtod(end, &end), attn_factor = strtod(end, &end);
    const double ramp = strtod(end, &end);
    c->rest = end;
    make_rotation(&c->rot, c->theta, dim, factor);
    c->rot.attn_factor = attn_factor;
    c->divides = ramp > 0;
    for (uint32_t i = 0; i < dim / 2; i++) {
        c->divisor[i] = 1 + i * ramp / 4;
        c->rot.inv_freq[i] /= c->divisor[i];
    }
    return true;
}

static void errors_of_oracle(void **state)
{
    (void)state;
    char line[512];
    vector_case c;
    FILE *f = open_vectors("error");
    int n = 0;
    while (next_case(f, line, sizeof line, &c)) {
        const int64_t position = strtoll(c.rest, &c.rest, 10);
        const double expected = strtod(c.rest, &c.rest);
        const unsigned long pair = strtoul(c.rest, NULL, 10);
        uint32_t worst;
        const double error = rw_profile_error(
            c.profile, &c.rot, c.theta, c.divides ? c.divisor : NULL, position, &worst);
        /* a frequency may differ in its last bit: an angle then by 2^-52 of itself */
        const double bound = 1e-9 * expected + 0x1p-51 * (double)position + 0x1p-51;
        if (isinf(expected) ? !isinf(error) : !(fabs(error - expected) <= bound))
            fail_msg("%s at %lld: %g, expected %g", line, (long long)position, error,
                     expected);
        if (!isinf(expected)) assert_int_equal(worst, pair);
        rw_rotation_clear(&c.rot);
        n++;
    }
    (void)fclose(f);
    printf("%d errors\n", n);
    assert_true(n > 150);
}

static void coincidences_of_oracle(void **state)
{
    (void)state;
    char line[512];
    vector_case c;
    FILE *f = open_vectors("identical");
    int n = 0;
    while (next_case(f, line, sizeof line, &c)) {
        const int64_t context = strtoll(c.rest, &c.rest, 10);
        const uint64_t pairs = strtoull(c.rest, &c.rest, 10),
                       distinct = strtoull(c.rest, NULL, 10);
        uint64_t got_pairs, got_distinct;
        assert_int_equal(rw_profile_identical(c.profile, &c.rot, c.theta,
                                              c.divides ? c.divisor : NULL, context,
                                              &got_pairs, &got_distinct, NULL),
                         ROPEWALK_OK);
        if (got_pairs != pairs || got_distinct != distinct)
            fail_msg("%s %lld: %llu pairs, %llu distinct; expected %llu, %llu", line,
                     (long long)context, (unsigned long long)got_pairs,
                     (unsigned long long)got_distinct, (unsigned long long)pairs,
                     (unsigned long long)distinct);
        rw_rotation_clear(&c.rot);
        n++;
    }
    (void)fclose(f);
    assert_true(n > 20);
}

/* --- numbers from elsewhere --------------------------------------------------------------- */

/* Worst phase errors found by a float32 program of others, to two digits, just below 128 K, 1 M
 * and 10 M (in powers of two), head dimension 128. Its products use frequencies that were
 * computed in float32, which moves them by a few more units: ours are below, within a factor 2. */
static void known_errors(void **state)
{
    (void)state;
    static const struct {
        double theta;
        int64_t position;
        double ggml, product;
    } known[] = {{1e4, 131071, 0.013, 0.004},
                 {1e4, 1048575, 0.10, 0.03},
                 {1e4, 10485759, 1.6, 0.80},
                 {5e5, 1048575, 0.044, 0.039},
                 {5e5, 10485759, 0.31, 0.43}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        rw_rotation rot;
        uint32_t pair;
        make_rotation(&rot, known[i].theta, 128, 1);
        const double ggml = rw_profile_error(RW_PROFILE_GGML_F32, &rot, known[i].theta,
                                             NULL, known[i].position, &pair);
        const double product = rw_profile_error(
            RW_PROFILE_F32_PRODUCT, &rot, known[i].theta, NULL, known[i].position, &pair);
        printf("%g at %lld: ggml %.4g (%g), product %.4g (%g)\n", known[i].theta,
               (long long)known[i].position, ggml, known[i].ggml, product,
               known[i].product);
        assert_true(fabs(ggml - known[i].ggml) <= 0.05 * known[i].ggml);
        assert_true(product <= 1.11 * known[i].product &&
                    product >= 0.5 * known[i].product);
        rw_rotation_clear(&rot);
    }
}

/* bf16 positions go in steps of 64 above 8192: 15962 becomes 15936 (candle pull request 3520). */
static void known_positions(void **state)
{
    (void)state;
    rw_rotation rot;
    uint32_t pair;
    make_rotation(&rot, 10000, 128, 1);
    const double error =
        rw_profile_error(RW_PROFILE_BF16_POSITION, &rot, 10000, NULL, 15962, &pair);
    assert_true(error >= 26 - 1e-9 && error <= 26 + 1e-9);
    assert_int_equal(pair, 0);
    rw_rotation_clear(&rot);
}

/* --- laws ---------------------------------------------------------------------------------- */

/* Counts of a context are those of a brute comparison of all its positions, evaluated with the
 * platform's own float arithmetic; scaled rotations, so that products collide too. */
static void brute_force(void **state)
{
    (void)state;
    enum { N = 70000 };
    static float table[N][2];
    rw_rotation rot;
    for (int scaled = 0; scaled < 2; scaled++) {
        make_rotation(&rot, 10000, 4, scaled ? 1.3 : 1);
        for (int round = 0; round < N; round++) {
            /* a bf16 of a whole number by arithmetic: to multiples of a power of two */
            float m = (float)round, quantum = 1;
            while (m >= 256 * quantum)
                quantum *= 2;
            m = nearbyintf(m / quantum) * quantum;
            table[round][0] = m * (float)rot.inv_freq[0];
            table[round][1] = m * (float)rot.inv_freq[1];
        }
        for (int64_t context = 1; context <= N; context = context * 3 + 1) {
            uint64_t pairs = 0, distinct = 0, got_pairs, got_distinct;
            for (int64_t i = 0; i < context; i++) {
                uint64_t n_before = 0; /* equal ones end within 512 positions */
                for (int64_t j = i - 1; j >= 0 && j > i - 513; j--)
                    n_before += memcmp(table[i], table[j], sizeof table[i]) == 0;
                pairs += n_before;
                distinct += n_before == 0;
            }
            assert_int_equal(rw_profile_identical(RW_PROFILE_BF16_POSITION, &rot, NAN,
                                                  NULL, context, &got_pairs,
                                                  &got_distinct, NULL),
                             ROPEWALK_OK);
            assert_int_equal(got_pairs, pairs);
            assert_int_equal(got_distinct, distinct);
        }
        rw_rotation_clear(&rot);
    }
}

static void laws(void **state)
{
    (void)state;
    rw_rotation rot;
    make_rotation(&rot, 500000, 64, 1);
    for (int p = 0; p < RW_N_PROFILE; p++) {
        const rw_profile profile = (rw_profile)p;
        uint64_t pairs, distinct, before = 0;
        for (int64_t context = 1; context <= 3000; context += 577) {
            assert_int_equal(rw_profile_identical(profile, &rot, 500000, NULL, context,
                                                  &pairs, &distinct, NULL),
                             ROPEWALK_OK);
            assert_true(distinct >= 1 && distinct <= (uint64_t)context);
            assert_true(pairs >= before); /* a longer context loses no pair */
            assert_true((pairs == 0) == (distinct == (uint64_t)context));
            before = pairs;
        }
        uint32_t pair = 7;
        const double still = rw_profile_error(profile, &rot, 500000, NULL, 0, &pair);
        assert_true(!(still > 0)); /* position 0 is exact in every type: cos 1, sin 0 */
        assert_int_equal(pair, 0);
    }
    /* exact in every one: 2^24 is the last whole number before float32 has gaps */
    uint64_t pairs, distinct;
    for (int64_t beyond = 0; beyond <= 2; beyond++) {
        assert_int_equal(rw_profile_identical(RW_PROFILE_F32_PRODUCT, &rot, NAN, NULL,
                                              (INT64_C(1) << 24) + beyond, &pairs,
                                              &distinct, NULL),
                         ROPEWALK_OK);
        assert_int_equal(pairs, beyond == 2 ? 1 : 0);
    }
    rw_rotation_clear(&rot);
}

/* 2^31 positions: sum over binades, by hand. Each holds 2^23 floats; of `spacing` s between
 * them, even ones stand for s + 1 whole numbers and odd ones for s - 1. */
static void whole_range(void **state)
{
    (void)state;
    rw_rotation rot;
    make_rotation(&rot, 500000, 128, 1);
    uint64_t pairs, distinct;
    const clock_t begin = clock();
    assert_int_equal(rw_profile_identical(RW_PROFILE_F32_PRODUCT, &rot, NAN, NULL,
                                          INT64_C(1) << 31, &pairs, &distinct, NULL),
                     ROPEWALK_OK);
    printf("2^31 positions: %.2f s\n", (double)(clock() - begin) / CLOCKS_PER_SEC);
    uint64_t expected = 0;
    for (uint64_t s = 2; s <= 128; s *= 2) {
        const uint64_t half = (UINT64_C(1) << 22);
        expected += half * ((s + 1) * s / 2) + half * ((s - 1) * (s - 2) / 2);
        /* the first of a binade has the closer neighbour below: s / 4 instead of s / 2 */
        const uint64_t n = s / 2 + s / 4 + 1;
        expected = expected - (s + 1) * s / 2 + n * (n - 1) / 2;
    }
    /* 2^31 itself is not in the context; the s/2 numbers below it round up to it: one class */
    const uint64_t top = 128 / 2;
    expected += top * (top - 1) / 2;
    assert_int_equal(distinct, (UINT64_C(1) << 24) + 7 * (UINT64_C(1) << 23) + 1);
    assert_int_equal(pairs, expected);
    rw_rotation_clear(&rot);
}

static void tables_in_time(void **state)
{
    (void)state;
    rw_rotation rot;
    make_rotation(&rot, 10000, 128, 1);
    uint64_t pairs, distinct;
    const clock_t begin = clock();
    assert_int_equal(rw_profile_identical(RW_PROFILE_BF16_CACHE, &rot, NAN, NULL, 131072,
                                          &pairs, &distinct, NULL),
                     ROPEWALK_OK);
    printf("131072 tables: %llu pairs, %.2f s\n", (unsigned long long)pairs,
           (double)(clock() - begin) / CLOCKS_PER_SEC);
    assert_int_equal(pairs, 0);
    assert_int_equal(distinct, 131072);
    rw_rotation_clear(&rot);
}

/* Pairs that stand still say nothing; a rotation of nothing else makes all positions one. */
static void standing_still(void **state)
{
    (void)state;
    rw_rotation rot, some;
    make_rotation(&rot, 10000, 8, 1);
    make_rotation(&some, 10000, 8, 1);
    for (int i = 0; i < 4; i++)
        rot.inv_freq[i] = 0;
    some.inv_freq[0] = some.inv_freq[3] = 0;
    const double divisor[4] = {INFINITY, 1, 1, INFINITY};
    for (int p = 0; p < RW_N_PROFILE; p++) {
        uint64_t pairs, distinct;
        uint32_t pair;
        assert_int_equal(rw_profile_identical((rw_profile)p, &rot, 10000, NULL, 1000,
                                              &pairs, &distinct, NULL),
                         ROPEWALK_OK);
        assert_int_equal(pairs, 1000 * 999 / 2);
        assert_int_equal(distinct, 1);
        assert_true(!(rw_profile_error((rw_profile)p, &rot, 10000, NULL, 99, &pair) > 0));
        assert_int_equal(rw_profile_identical((rw_profile)p, &some, 10000, divisor, 200,
                                              &pairs, &distinct, NULL),
                         ROPEWALK_OK);
        assert_int_equal(distinct, 200);
        const double error =
            rw_profile_error((rw_profile)p, &some, 10000, divisor, 99, &pair);
        assert_true(isfinite(error) && (p == RW_PROFILE_IDEAL || pair == 1 || pair == 2));
    }
    rw_rotation_clear(&rot);
    rw_rotation_clear(&some);
    rw_rotation_init(&rot); /* no pair at all */
    uint64_t pairs, distinct;
    assert_int_equal(rw_profile_identical(RW_PROFILE_F16_CACHE, &rot, NAN, NULL, 10,
                                          &pairs, &distinct, NULL),
                     ROPEWALK_OK);
    assert_int_equal(distinct, 1);
}

static void refusals(void **state)
{
    (void)state;
    rw_rotation rot;
    make_rotation(&rot, 10000, 8, 1);
    uint64_t pairs = 9, distinct = 9;
    uint32_t pair;
    static const struct {
        rw_profile profile;
        int64_t context;
    } bad[] = {{RW_PROFILE_F32_PRODUCT, 0},
               {RW_PROFILE_F32_PRODUCT, -1},
               {RW_PROFILE_IDEAL, (INT64_C(1) << 31) + 1},
               {RW_PROFILE_BF16_CACHE, (INT64_C(1) << 20) + 1},
               {RW_PROFILE_GGML_F32, 100}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        ropewalk_error err = {0};
        assert_int_equal(rw_profile_identical(bad[i].profile, &rot, NAN, NULL,
                                              bad[i].context, &pairs, &distinct, &err),
                         ROPEWALK_E_ARGUMENT);
        assert_non_null(strstr(err.message, i == 4 ? "rotary base" : "context"));
        assert_true(pairs == 0 && distinct == 0);
    }
    assert_true(isnan(rw_profile_error(RW_PROFILE_GGML_F32, &rot, NAN, NULL, 9, &pair)));
    rot.inv_freq[2] = 0x1p21; /* cos and sin of 2^41 and more */
    assert_int_equal(rw_profile_identical(RW_PROFILE_F16_CACHE, &rot, NAN, NULL, 1 << 20,
                                          &pairs, &distinct, NULL),
                     ROPEWALK_E_ARGUMENT);
    assert_true(
        isnan(rw_profile_error(RW_PROFILE_F16_CACHE, &rot, NAN, NULL, 1 << 20, &pair)));
    assert_int_equal(rw_profile_identical(RW_PROFILE_F16_CACHE, &rot, NAN, NULL, 1 << 10,
                                          &pairs, &distinct, NULL),
                     ROPEWALK_OK);
    assert_true(isfinite(
        rw_profile_error(RW_PROFILE_F16_CACHE, &rot, NAN, NULL, 1 << 19, &pair)));
    rw_rotation_clear(&rot);
}

static void failed_allocation(void **state)
{
    (void)state;
    rw_rotation rot;
    make_rotation(&rot, 10000, 8, 1);
    const int64_t live = rw_alloc_live();
    for (int p = RW_PROFILE_F32_PRODUCT; p < RW_N_PROFILE; p++) {
        for (int64_t n = 0;; n++) {
            uint64_t pairs, distinct;
            ropewalk_error err = {0};
            rw_alloc_fail_at(n, 1);
            const ropewalk_status status = rw_profile_identical(
                (rw_profile)p, &rot, 10000, NULL, 100, &pairs, &distinct, &err);
            rw_alloc_fail_at(-1, 0);
            assert_int_equal(rw_alloc_live(), live);
            if (!status) {
                assert_true(n > 0);
                break;
            }
            assert_int_equal(status, ROPEWALK_E_MEMORY);
            assert_true(err.message[0] != 0);
        }
    }
    rw_rotation_clear(&rot);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names),
        cmocka_unit_test(errors_of_oracle),
        cmocka_unit_test(coincidences_of_oracle),
        cmocka_unit_test(known_errors),
        cmocka_unit_test(known_positions),
        cmocka_unit_test(brute_force),
        cmocka_unit_test(laws),
        cmocka_unit_test(whole_range),
        cmocka_unit_test(tables_in_time),
        cmocka_unit_test(standing_still),
        cmocka_unit_test(refusals),
        cmocka_unit_test(failed_allocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
