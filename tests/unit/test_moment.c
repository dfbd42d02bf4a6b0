/* test_moment.c - means, variances and covariances of a window against direct sums. */
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
#include "base/random.h"
#include "theory/moment.h"

enum { MAX_PAIR = 32 };

typedef struct pair {
    double freq[MAX_PAIR], re[2][MAX_PAIR], im[2][MAX_PAIR];
    rw_coefficient z[2];
} pair;

static void fill(pair *p, uint64_t seed, uint32_t n_pair)
{
    for (uint64_t k = 0; k < 2; k++) {
        p->z[k] = (rw_coefficient){.n_pair = n_pair,
                                   .constant = rw_random_normal(seed, 7, k),
                                   .re = p->re[k],
                                   .im = p->im[k]};
        for (uint64_t n = 0; n < n_pair; n++) {
            p->re[k][n] = rw_random_normal(seed, 2 * k, n);
            p->im[k][n] = rw_random_normal(seed, 2 * k + 1, n);
            p->z[k].amplitude_sum += hypot(p->re[k][n], p->im[k][n]);
        }
    }
}

static long double score(const pair *p, int k, int64_t m)
{
    long double sum = 0;
    for (uint32_t n = 0; n < p->z[k].n_pair; n++) {
        const long double a = (long double)m * (long double)p->freq[n];
        sum += (long double)p->re[k][n] * cosl(a) - (long double)p->im[k][n] * sinl(a);
    }
    return sum;
}

static double worst_mean, worst_covariance;

static void check(const pair *p, int64_t first, int64_t end, const char *what)
{
    long double mean[2] = {0}, product[3] = {0};
    const long double n = (long double)(end - first);
    for (int64_t m = first; m < end; m++)
        for (int k = 0; k < 2; k++)
            mean[k] += score(p, k, m) / n;
    for (int64_t m = first; m < end; m++) {
        const long double a = score(p, 0, m) - mean[0], b = score(p, 1, m) - mean[1];
        product[0] += a * a / n;
        product[1] += a * b / n;
        product[2] += b * b / n;
    }
    rw_moment_form form;
    ropewalk_error err = {0};
    assert_int_equal(
        rw_moment_form_init(&form, p->freq, p->z[0].n_pair, first, end, &err),
        ROPEWALK_OK);
    const rw_coefficient *a = &p->z[0], *b = &p->z[1];
    for (int k = 0; k < 2; k++) {
        const rw_coefficient *z = &p->z[k];
        const double e = fabs((double)((long double)rw_moment_mean(&form, z) -
                                       (long double)z->constant - mean[k])) /
                         (1e-13 * (z->amplitude_sum + fabs(z->constant)));
        if (!(e <= 1))
            fail_msg("%s [%d, %d): mean %g of the bound", what, (int)first, (int)end, e);
        worst_mean = fmax(worst_mean, e);
    }
    const double size[3] = {a->amplitude_sum * a->amplitude_sum,
                            a->amplitude_sum * b->amplitude_sum,
                            b->amplitude_sum * b->amplitude_sum};
    const double got[3] = {rw_moment_covariance(&form, a, a),
                           rw_moment_covariance(&form, a, b),
                           rw_moment_covariance(&form, b, b)};
    for (int i = 0; i < 3; i++) {
        const double e =
            fabs((double)((long double)got[i] - product[i])) / (1e-12 * size[i]);
        if (!(e <= 1))
            fail_msg("%s [%d, %d): covariance %g of the bound", what, (int)first,
                     (int)end, e);
        worst_covariance = fmax(worst_covariance, e);
    }
    assert_true(fabs(rw_moment_covariance(&form, b, a) - got[1]) <= 1e-14 * size[1]);
    rw_moment_form_clear(&form);
}

static const int64_t windows[][2] = {{0, 1},       {5, 6},       {0, 2},
                                     {0, 1000},    {500, 1000},  {1, 129},
                                     {1001, 2001}, {2001, 3001}, {0, 4096}};

static void check_windows(const pair *p, const char *what)
{
    for (size_t w = 0; w < sizeof windows / sizeof *windows; w++)
        check(p, windows[w][0], windows[w][1], what);
}

static void against_sums(void **state)
{
    (void)state;
    static pair p;
    static const double thetas[] = {1e4, 5e5, 1e9};
    for (uint64_t seed = 0; seed < 3; seed++) {
        const uint32_t n_pair = seed ? (uint32_t)(5 * seed + 2) : 1;
        fill(&p, seed, n_pair);
        for (uint32_t n = 0; n < n_pair; n++)
            p.freq[n] = pow(thetas[seed], -(double)n / n_pair);
        check_windows(&p, "geometric");
    }
    printf("worst mean %.3f, worst covariance %.4f of the bounds\n", worst_mean,
           worst_covariance);
}

/* Where a naive form cancels: pairs that hardly turn, equal and opposite frequencies. */
static void slow_and_equal(void **state)
{
    (void)state;
    static pair p;
    static const double slow[6] = {1e-4, 1e-6, 1e-8, 1e-12, 1e-20, 1e-300};
    fill(&p, 20, 6);
    for (int n = 0; n < 6; n++)
        p.freq[n] = slow[n];
    check_windows(&p, "slow");
    static const double equal[6] = {0.3, 0.3, -0.3, 0x1.3333333333334p-2, 1, -1};
    for (int n = 0; n < 6; n++)
        p.freq[n] = equal[n];
    check_windows(&p, "equal");
}

/* e^{itm} does not change when t grows by 2 pi: frequencies and their sums near whole turns. */
static void whole_turns(void **state)
{
    (void)state;
    static pair p;
    static const double turns[6] = {6.283185307179586,  6.28318,
                                    3.141592653589793,  3.1415,
                                    12.566370614359172, 1023.9};
    fill(&p, 21, 6);
    for (int n = 0; n < 6; n++)
        p.freq[n] = turns[n];
    check_windows(&p, "turns");
    printf("worst mean %.3f, worst covariance %.4f of the bounds\n", worst_mean,
           worst_covariance);
}

/* The published form K(t) = e^{it(A + (N-1)/2)} sin(Nt/2) / (N sin(t/2)), at one point by hand:
 * t = pi/2, window {1..3}: (i - 1 - i)/3 = -1/3. */
static void by_hand(void **state)
{
    (void)state;
    const double freq[1] = {1.5707963267948966};
    double re[1] = {1}, im[1] = {0};
    rw_coefficient z = {
        .n_pair = 1, .constant = 10, .re = re, .im = im, .amplitude_sum = 1};
    rw_moment_form form;
    assert_int_equal(rw_moment_form_init(&form, freq, 1, 1, 4, NULL), ROPEWALK_OK);
    assert_true(fabs(rw_moment_mean(&form, &z) - (10 - 1.0 / 3)) < 1e-15 * 20);
    assert_true(fabs(rw_moment_covariance(&form, &z, &z) - 2.0 / 9) <
                1e-15);   /* 1/3 - 1/9 */
    re[0] = 0, im[0] = 1; /* minus sines: -1, 0, 1 */
    assert_true(fabs(rw_moment_mean(&form, &z) - 10) < 1e-14);
    assert_true(fabs(rw_moment_covariance(&form, &z, &z) - 2.0 / 3) < 1e-15);
    rw_moment_form_clear(&form);
    assert_int_equal(rw_moment_form_init(&form, NULL, 0, 0, 4, NULL), ROPEWALK_OK);
    z.n_pair = 0;
    assert_true(rw_moment_mean(&form, &z) == 10 &&
                rw_moment_covariance(&form, &z, &z) == 0);
    rw_moment_form_clear(&form);
}

/* Slow, fast, mixed, equal frequencies and near whole turns: moments of scores summed at 60 digits. */
static void against_vectors(void **state)
{
    (void)state;
    static pair p;
    FILE *f = fopen(RW_TEST_DIR "/vectors/theory/moments.vec", "r");
    assert_non_null(f);
    char line[4096], *at;
    int n_window = 0, key = 0;
    uint32_t h = 0;
    double most_mean = 0, most_covariance = 0;
    while (fgets(line, sizeof line, f)) {
        if (strncmp(line, "freq", 4) == 0) {
            h = 0, key = 0, at = line + 4;
            for (char *end; p.freq[h] = strtod(at, &end), end != at; at = end)
                assert_true(++h < MAX_PAIR);
        } else if (strncmp(line, "key", 3) == 0) {
            rw_coefficient *z = &p.z[key];
            *z = (rw_coefficient){.n_pair = h, .re = p.re[key], .im = p.im[key]};
            at = line + 3;
            for (uint32_t n = 0; n < h; n++) {
                z->re[n] = strtod(at, &at);
                z->im[n] = strtod(at, &at);
                z->amplitude_sum += hypot(z->re[n], z->im[n]);
            }
            key++;
        } else if (strncmp(line, "window", 6) == 0) {
            at = line + 6;
            const int64_t first = strtoll(at, &at, 10), end = strtoll(at, &at, 10);
            rw_moment_form form;
            assert_int_equal(rw_moment_form_init(&form, p.freq, h, first, end, NULL),
                             ROPEWALK_OK);
            const double a[2] = {p.z[0].amplitude_sum, p.z[1].amplitude_sum};
            for (int k = 0; k < 2; k++)
                most_mean =
                    fmax(most_mean,
                         fabs(rw_moment_mean(&form, &p.z[k]) - strtod(at, &at)) / a[k]);
            for (int k = 0; k < 3; k++) { /* 00, 01, 11 */
                const int i = k / 2, j = (k + 1) / 2;
                most_covariance = fmax(
                    most_covariance, fabs(rw_moment_covariance(&form, &p.z[i], &p.z[j]) -
                                          strtod(at, &at)) /
                                         (a[i] * a[j]));
            }
            rw_moment_form_clear(&form);
            n_window++;
        }
    }
    (void)fclose(f);
    printf("largest error: mean %.3g sum a, covariance %.3g (sum a)^2\n", most_mean,
           most_covariance);
    assert_int_equal(n_window, 30);
    assert_true(most_mean <= 1e-9 && most_covariance <= 1e-9);
}

static void no_memory(void **state)
{
    (void)state;
    const int64_t live = rw_alloc_live();
    const double freq[1] = {1};
    ropewalk_error err = {0};
    for (int at = 0; at < 2; at++) {
        rw_moment_form form;
        rw_alloc_fail_at(at, 0);
        assert_int_equal(rw_moment_form_init(&form, freq, 1, 0, 4, &err),
                         ROPEWALK_E_MEMORY);
        rw_alloc_fail_at(-1, 0);
        assert_null(form.mean);
        assert_null(form.covariance);
        assert_int_equal(rw_alloc_live(), live);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(against_sums),    cmocka_unit_test(slow_and_equal),
        cmocka_unit_test(whole_turns),     cmocka_unit_test(by_hand),
        cmocka_unit_test(against_vectors), cmocka_unit_test(no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
