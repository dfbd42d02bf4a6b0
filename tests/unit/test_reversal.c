/* test_reversal.c - high bands, psi and M_max of frequency tables against brute force at 60 digits. */
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

#include "base/alloc.h"
#include "theory/highband.h"
#include "theory/reversal.h"

enum { MAX_PAIR = 128 };

static void close_to(double got, double expected, double tolerance, const char *line)
{
    if (!(fabs(got - expected) <= tolerance * fabs(expected) + 1e-15))
        fail_msg("%s: %.17g", line, got);
}

/* "table NAME BASE w ...": returns how many pairs. */
static uint32_t read_table(char *line, double *base, double *freq)
{
    char *rest;
    assert_non_null(strtok_r(line, " \n", &rest)); /* table */
    assert_non_null(strtok_r(NULL, " \n", &rest)); /* its name */
    *base = strtod(strtok_r(NULL, " \n", &rest), NULL);
    uint32_t n = 0;
    for (char *word; (word = strtok_r(NULL, " \n", &rest)) != NULL; n++) {
        assert_true(n < MAX_PAIR);
        freq[n] = strtod(word, NULL);
    }
    return n;
}

static void check_line(const rw_reversal_table *t, const char *line)
{
    long long m;
    unsigned high, low;
    double share, psi;
    if (sscanf(line, "at %lld %u %u %la %la", &m, &high, &low, &share, &psi) == 5) {
        const rw_reversal_at at = rw_reversal_of_table(t, m);
        assert_int_equal(at.n_high, high);
        assert_int_equal(at.n_low, low);
        close_to(at.least_share, share, 1e-11, line);
        assert_int_equal(at.psi.state, RW_ESTIMATE_KNOWN);
        assert_int_equal(at.psi.kind, RW_ESTIMATE_BOUND);
        close_to(at.psi.value, psi, 1e-11, line);
        return;
    }
    assert_int_equal(sscanf(line, "share %lld %la %la", &m, &share, &psi), 3);
    close_to(rw_reversal_of_share(t, m, share).psi.value, psi, 1e-10, line);
}

static void against_vectors(void **state)
{
    (void)state;
    FILE *f = fopen(RW_TEST_DIR "/vectors/theory/reversal.vec", "r");
    assert_non_null(f);
    char line[4096], answer[32];
    double freq[MAX_PAIR], base = 0;
    uint32_t n_pair = 0;
    rw_reversal_table t = {0};
    int n_rule = 0, n_defined = 0;
    while (fgets(line, sizeof line, f)) {
        if (line[0] == '#') continue;
        if (strncmp(line, "table", 5) == 0) {
            n_pair = read_table(line, &base, freq);
            continue;
        }
        rw_reversal_rule r = {.window_end = INT64_C(1) << 60};
        if (sscanf(line, "rule %la %la %la %la %la %31s", &r.c_f, &r.eps, &r.zeta, &r.tau,
                   &r.delta, answer) != 6) {
            check_line(&t, line);
            continue;
        }
        rw_reversal_clear(&t);
        assert_int_equal(rw_reversal_init(&t, freq, n_pair, base, &r, NULL), ROPEWALK_OK);
        assert_int_equal(t.geometric, base > 0);
        const rw_estimate e = rw_reversal_m_max(&t);
        assert_int_equal(e.kind, RW_ESTIMATE_BOUND);
        n_rule++;
        if (strcmp(answer, "undefined") == 0) {
            assert_int_equal(e.state, RW_ESTIMATE_UNDEFINED);
            assert_true(isnan(e.value));
            continue;
        }
        n_defined++;
        assert_int_equal(e.state, RW_ESTIMATE_KNOWN);
        if (!(fabs(e.value - strtod(answer, NULL)) < 0.5))
            fail_msg("%s: %.17g", line, e.value);
        /* the last window that is within bounds, and the next */
        assert_true(rw_reversal_of_table(&t, (int64_t)e.value).psi.value <= r.delta);
        assert_true(rw_reversal_of_table(&t, (int64_t)e.value + 1).psi.value > r.delta);
        t.rule.window_end = (int64_t)e.value; /* no calibrated window crosses */
        assert_int_equal(rw_reversal_m_max(&t).state, RW_ESTIMATE_UNDEFINED);
        t.rule.window_end = r.window_end;
    }
    rw_reversal_clear(&t);
    (void)fclose(f);
    assert_int_equal(n_rule, 36);
    assert_int_equal(n_defined, 24);
}

static uint32_t geometric(double base, uint32_t h, double *freq)
{
    for (uint32_t n = 0; n < h; n++)
        freq[n] = pow(base, -(double)n / h);
    return h;
}

/* The published reading: M_max is where the slowest pair enters H; delta and tau do not matter. */
static void near_its_scale(void **state)
{
    (void)state;
    double freq[MAX_PAIR];
    static const double bases[] = {1e4, 5e5, 1e6, 1e7};
    for (int i = 0; i < 4; i++) {
        const double scale = rw_m_max_scale(bases[i], 64, 0.1);
        assert_true(scale > 5e6 && scale < 1e10);
        for (double delta = 0.0; delta < 0.4; delta += 0.1) {
            rw_reversal_rule r = RW_REVERSAL_THEOREM;
            r.delta = delta, r.tau = 0.05 + 0.5 * (0.3 - delta) * (delta < 0.3);
            rw_reversal_table t;
            assert_int_equal(rw_reversal_init(&t, freq, geometric(bases[i], 64, freq),
                                              bases[i], &r, NULL),
                             ROPEWALK_OK);
            const rw_estimate e = rw_reversal_m_max(&t);
            assert_int_equal(e.state, delta + r.tau < 0.436 ? RW_ESTIMATE_KNOWN
                                                            : RW_ESTIMATE_UNDEFINED);
            if (e.state == RW_ESTIMATE_KNOWN)
                assert_true(fabs(e.value - scale) <= 1.0 + 1e-9 * scale);
            rw_reversal_clear(&t);
        }
    }
}

static void psi_never_falls(void **state)
{
    (void)state;
    double freq[MAX_PAIR];
    rw_reversal_rule r = RW_REVERSAL_OPERATIONAL;
    r.zeta = 0.9;
    rw_reversal_table t;
    for (int scaled = 0; scaled < 2; scaled++) {
        geometric(1e4, 8, freq);
        if (scaled) freq[5] *= 0.9;
        assert_int_equal(rw_reversal_init(&t, freq, 8, 1e4, &r, NULL), ROPEWALK_OK);
        assert_int_equal(t.geometric, !scaled);
        double before = 0;
        for (int64_t m = 1; m < 200000; m += 1 + m / 50) {
            const double psi = rw_reversal_of_table(&t, m).psi.value;
            assert_true(psi >= before - 1e-15);
            before = psi;
        }
        assert_true(before > 0.3);
        rw_reversal_clear(&t);
    }
}

static void shares(void **state)
{
    (void)state;
    double freq[4] = {1, 0.25, 0.25, 0.001};
    double re[2][4] = {{3, 0, 0, 5}, {0, 0, 0, 1}},
           im[2][4] = {{0, 2, 1, 0}, {0, 0, 1, 0}};
    const rw_coefficient a = {.n_pair = 4, .re = re[0], .im = im[0]},
                         b = {.n_pair = 4, .re = re[1], .im = im[1]};
    const rw_reversal_rule r = RW_REVERSAL_OPERATIONAL;
    rw_reversal_table t;
    /* two equal frequencies, which no window tells apart: they and what is slower never enter */
    assert_int_equal(rw_reversal_init(&t, freq, 4, (double)NAN, &r, NULL), ROPEWALK_OK);
    assert_true(t.spacing == 0 && isnan(t.gamma));
    assert_int_equal(rw_reversal_of_table(&t, INT64_C(1) << 50).n_high, 1);
    assert_true(fabs(rw_reversal_share(&t, 1000, &a, &b) - sqrt(9.0 / 29)) < 1e-15);
    assert_int_equal(rw_reversal_m_max(&t).state, RW_ESTIMATE_UNDEFINED);
    assert_true(isnan(rw_reversal_share(&t, 1000, &a, &a)));
    rw_reversal_clear(&t);
    freq[2] = -0.125; /* only its size counts */
    assert_int_equal(rw_reversal_init(&t, freq, 4, 1.0, &r, NULL), ROPEWALK_OK);
    assert_true(t.enter[0] < t.enter[1] && t.enter[1] < t.enter[2]);
    assert_true(fabs(t.enter[2] - 1.2 / 0.125) < 1e-12);
    assert_true(fabs(rw_reversal_share(&t, 10, &a, &b) - sqrt(13.0 / 29)) < 1e-15);
    assert_true(rw_reversal_share(&t, 1, &a, &b) == 0.0);
    for (int64_t m = -1; m < 3; m++) { /* too short for any band: nothing is forced */
        const rw_reversal_at at = rw_reversal_of_table(&t, m);
        assert_int_equal(at.n_high, m == 2);
        assert_true(at.psi.value == 0.0);
    }
    assert_int_equal(rw_reversal_of_share(&t, 10, 1.5).psi.state, RW_ESTIMATE_UNDEFINED);
    assert_int_equal(rw_reversal_of_share(&t, 10, (double)NAN).psi.state,
                     RW_ESTIMATE_UNDEFINED);
    rw_reversal_clear(&t);
}

static void bad_input(void **state)
{
    (void)state;
    const double freq[2] = {1, 0.1};
    static const rw_reversal_rule bad[] = {
        {0, .1, .01, .05, .2, 9},          {6, 0, .01, .05, .2, 9},
        {6, .5, .01, .05, .2, 9},          {6, .1, 0, .05, .2, 9},
        {6, .1, .01, -.1, .2, 9},          {6, .1, .01, .5, .2, 9},
        {6, .1, .01, .05, .5, 9},          {6, .1, .01, .05, -1, 9},
        {6, (double)NAN, .01, .05, .2, 9}, {(double)NAN, .1, .01, .05, .2, 9}};
    rw_reversal_table t;
    ropewalk_error err = {0};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(rw_reversal_init(&t, freq, 2, 10, &bad[i], &err),
                         ROPEWALK_E_ARGUMENT);
        assert_null(t.enter);
    }
    const rw_reversal_rule good = RW_REVERSAL_THEOREM;
    assert_int_equal(rw_reversal_init(&t, freq, 0, 10, &good, &err), ROPEWALK_E_ARGUMENT);
    const int64_t live = rw_alloc_live();
    for (int at = 0; at < 3; at++) {
        rw_alloc_fail_at(at, 0);
        assert_int_equal(rw_reversal_init(&t, freq, 2, 10, &good, &err),
                         ROPEWALK_E_MEMORY);
        rw_alloc_fail_at(-1, 0);
        assert_int_equal(rw_alloc_live(), live);
    }
    /* a base at or below 1 is no base: the spacing rule answers */
    for (double base = -1; base < 2; base++) {
        assert_int_equal(rw_reversal_init(&t, freq, 2, base, &good, &err), ROPEWALK_OK);
        assert_int_equal(t.geometric, 0);
        assert_int_equal(rw_reversal_m_max(&t).state, RW_ESTIMATE_KNOWN);
        rw_reversal_clear(&t);
    }
    assert_true(isnan(rw_m_max_scale(1, 64, 0.1)) && isnan(rw_m_max_scale(1e4, 0, 0.1)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(against_vectors), cmocka_unit_test(near_its_scale),
        cmocka_unit_test(psi_never_falls), cmocka_unit_test(shares),
        cmocka_unit_test(bad_input),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
