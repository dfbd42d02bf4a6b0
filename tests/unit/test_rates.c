/* test_rates.c - split index and asymptotic rates against 60 digits, and where they say nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "theory/moment.h"
#include "theory/rates.h"

static rw_estimate ask(const char *name, double base, uint32_t h, int64_t m)
{
    if (strcmp(name, "split") == 0) return rw_split_index(base, h, m);
    if (strcmp(name, "position") == 0)
        return rw_rate_position_inversion(base, h, m, RW_RATE_POSITION_INVERSION);
    if (strcmp(name, "token") == 0)
        return rw_rate_token_inversion(base, h, m, RW_RATE_TOKEN_INVERSION);
    assert_int_equal(strncmp(name, "alias", 5), 0);
    return rw_rate_token_aliasing(h, atoi(name + 5), RW_RATE_TOKEN_ALIASING);
}

static void against_vectors(void **state)
{
    (void)state;
    FILE *f = fopen(RW_TEST_DIR "/vectors/theory/rates.vec", "r");
    assert_non_null(f);
    char line[256], name[16];
    int n = 0;
    while (fgets(line, sizeof line, f)) {
        if (line[0] == '#') continue;
        double base, value;
        unsigned h;
        long long m;
        assert_int_equal(
            sscanf(line, "%15s %lf %u %lld %la", name, &base, &h, &m, &value), 5);
        const rw_estimate e = ask(name, base, h, m);
        assert_int_equal(e.state, RW_ESTIMATE_KNOWN);
        assert_int_equal(e.kind, strcmp(name, "split") == 0 ? RW_ESTIMATE_EXACT
                                                            : RW_ESTIMATE_ASYMPTOTIC);
        if (!(fabs(e.value - value) <= 1e-12 * fabs(value) + 1e-300))
            fail_msg("%s: %.17g", line, e.value);
        n++;
    }
    (void)fclose(f);
    assert_int_equal(n, 448);
}

static void no_answer(rw_estimate e)
{
    assert_int_equal(e.state, RW_ESTIMATE_UNDEFINED);
    assert_true(isnan(e.value));
}

static void nulls(void **state)
{
    (void)state;
    static const double bases[] = {1, 0.5, 0, -3, (double)NAN, (double)INFINITY};
    for (size_t i = 0; i < sizeof bases / sizeof *bases; i++) {
        no_answer(rw_split_index(bases[i], 64, 1000));
        no_answer(rw_rate_position_inversion(bases[i], 64, 1000, 1));
        no_answer(rw_rate_token_inversion(bases[i], 64, 1000, 1));
    }
    for (int64_t m = -1; m < 2; m++) {
        no_answer(rw_rate_position_inversion(1e4, 64, m, 1));
        no_answer(rw_rate_token_inversion(1e4, 64, m, 1));
        if (m < 1) no_answer(rw_split_index(1e4, 64, m));
    }
    no_answer(rw_split_index(1e4, 0, 1000));
    no_answer(rw_rate_position_inversion(1e4, 64, 10000, 1)); /* from the base on */
    no_answer(rw_rate_token_aliasing(0, 8, 1));
    assert_true(rw_rate_token_inversion(1e4, 64, 10000, 1).value == 0.5);
    assert_true(rw_rate_token_aliasing(64, 0, 1.6).value == 1.0);
    /* P's example: 5 % of positions, 1.6K of 32K */
    const double rate = rw_rate_token_aliasing(64, 8, RW_RATE_TOKEN_ALIASING).value;
    assert_true(fabs(rate - 0.05) < 1e-15 && fabs(rate * 32768 - 1638.4) < 1e-9);
}

static void turning(void **state)
{
    (void)state;
    static const double freq[] = {1, -0.5, 6.2832e-3, 6.2831e-3, 1e-9};
    assert_int_equal(rw_turning_pairs(freq, 5, 1000), 3);
    assert_int_equal(rw_turning_pairs(freq, 5, 6), 0);
    assert_int_equal(rw_turning_pairs(freq, 5, INT64_C(1) << 40), 5);
    assert_int_equal(rw_turning_pairs(freq, 0, 1000), 0);
    /* an unscaled table: pairs 0 .. floor(lambda) turn */
    double w[64];
    for (int n = 0; n < 64; n++)
        w[n] = pow(5e5, -n / 64.0);
    for (int64_t m = 7; m < 4000000; m *= 3)
        assert_int_equal(rw_turning_pairs(w, 64, m),
                         fmin(64, floor(rw_split_index(5e5, 64, m).value) + 1));
}

/* What the constants are: the limits of T3 and T4 for aligned keys, for 1 << h / ln b << ln M. */
static void limits_of_predictions(void **state)
{
    (void)state;
    enum { MAX = 400 };
    static double freq[MAX], re[MAX], im[MAX];
    static const struct {
        double base;
        uint32_t h;
    } table[2] = {{1e44, MAX}, {1e36, 83}};
    const int64_t M = INT64_C(1000000000000000000);
    double constant[2];
    for (int i = 0; i < 2; i++) {
        const uint32_t h = table[i].h;
        const double l = log((double)M) / log(table[i].base);
        for (uint32_t n = 0; n < h; n++) {
            freq[n] = pow(table[i].base, -(double)n / h);
            re[n] = 1;
        }
        const rw_coefficient z = {.n_pair = h, .re = re, .im = im, .amplitude_sum = h};
        rw_moment_form near, far;
        assert_int_equal(rw_moment_form_init(&near, freq, h, 0, i ? M : M / 2, NULL),
                         ROPEWALK_OK);
        assert_int_equal(rw_moment_form_init(&far, freq, h, M / 2, M, NULL), ROPEWALK_OK);
        const double vn = rw_moment_covariance(&near, &z, &z),
                     vf = rw_moment_covariance(&far, &z, &z),
                     gap = rw_moment_mean(&near, &z) - rw_moment_mean(&far, &z);
        const double turns = log((double)M) * log(table[i].base);
        constant[i] = i ? rw_moment_mean(&near, &z) / sqrt(vn) / (sqrt(h / l) * (1 - l))
                        : gap / sqrt(vn + vf) / sqrt(h / turns);
        rw_moment_form_clear(&near);
        rw_moment_form_clear(&far);
    }
    printf("constants at finite M: %.4f of 2 ln 2, %.4f of sqrt 2\n",
           constant[0] / RW_RATE_POSITION_INVERSION,
           constant[1] / RW_RATE_TOKEN_INVERSION);
    assert_true(fabs(constant[0] / RW_RATE_POSITION_INVERSION - 1) < 0.05);
    assert_true(fabs(constant[1] / RW_RATE_TOKEN_INVERSION - 1) < 0.05);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(against_vectors),
        cmocka_unit_test(nulls),
        cmocka_unit_test(turning),
        cmocka_unit_test(limits_of_predictions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
