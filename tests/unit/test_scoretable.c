/* test_scoretable.c - filled scores and exact ones against quadruple precision, within the stated errors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>

#include "base/alloc.h"
#include "base/elementary.h"
#include "base/random.h"
#include "measure/scoretable.h"

enum { MAX_PAIR = 64 };

typedef struct fixture {
    double freq[MAX_PAIR], re[MAX_PAIR], im[MAX_PAIR];
    rw_rotation rot;
    rw_coefficient z;
    rw_scoretable table;
    rw_series s;
} fixture;

/* The coefficient of terms already in place; frequencies are all non-zero. */
static void open_fixture(fixture *f, uint32_t n_pair, double constant, int64_t n_distance)
{
    f->rot =
        (rw_rotation){.rotary_dim = 2 * n_pair, .attn_factor = 1, .inv_freq = f->freq};
    f->z = (rw_coefficient){
        .n_pair = n_pair, .constant = constant, .re = f->re, .im = f->im};
    for (uint32_t n = 0; n < n_pair; n++)
        f->z.amplitude_sum += hypot(f->re[n], f->im[n]) * (1 + 1e-15);
    ropewalk_error err = {0};
    assert_int_equal(
        rw_scoretable_init(&f->table, rw_kernels_pick(NULL), &f->rot, n_distance, &err),
        ROPEWALK_OK);
    double *t = rw_array(rw_series_size(&f->table), sizeof *t);
    double *scratch = rw_array(RW_SERIES_SCRATCH(n_pair), sizeof *scratch);
    rw_series_init(&f->s, &f->table, &f->z, t);
    rw_series_fill(&f->s, scratch);
    rw_free(scratch);
}

static void close_fixture(fixture *f)
{
    rw_free(f->s.t);
    rw_scoretable_clear(&f->table);
}

static void random_terms(fixture *f, uint64_t seed, uint32_t n_pair, double theta)
{
    for (uint32_t n = 0; n < n_pair; n++) {
        f->freq[n] = pow(theta, -(double)n / n_pair) * (seed % 3 == 2 && n % 2 ? -1 : 1);
        f->re[n] =
            rw_random_normal(seed, 1, n) * (seed % 4 ? 1 : pow(10, (int)(n % 12) - 6));
        f->im[n] = rw_random_normal(seed, 2, n);
    }
}

#ifdef __SIZEOF_FLOAT128__
__extension__ typedef __float128 quad;

/* cos and sin of the exact product: pi/2 in four doubles, Taylor's series; error below 2^-108. */
static void turn(double m, double w, quad *c, quad *s)
{
    static const double half_pi[4] = {0x1.921fb54442d18p+0, 0x1.1a62633145c07p-54,
                                      -0x1.f1976b7ed8fbcp-110, 0x1.4cf98e804177dp-164};
    quad r = (quad)m * (quad)w;
    const double k = floor((double)r * 0.63661977236758134 + 0.5);
    for (int i = 0; i < 4; i++)
        r -= (quad)k * (quad)half_pi[i];
    quad sine = 0, cosine = 0, term = 1;
    for (int n = 0; n < 36; n++) {
        if (n % 2)
            sine += n % 4 == 1 ? term : -term;
        else
            cosine += n % 4 == 0 ? term : -term;
        term = term * r / (quad)(n + 1);
    }
    const int quarter = (int)(k - 4 * floor(k / 4));
    *c = quarter == 0 ? cosine : quarter == 1 ? -sine : quarter == 2 ? -cosine : sine;
    *s = quarter == 0 ? sine : quarter == 1 ? cosine : quarter == 2 ? -sine : -cosine;
}

static quad reference(const fixture *f, int64_t m)
{
    quad sum = 0;
    for (uint32_t n = 0; n < f->z.n_pair; n++) {
        quad c, s;
        turn((double)m, f->freq[n], &c, &s);
        sum += (quad)f->re[n] * c - (quad)f->im[n] * s;
    }
    return sum;
}

static void filled_scores(void **state)
{
    (void)state;
    double worst_t = 0, worst_s = 0;
    int merged = 0;
    static const double thetas[] = {1e4, 5e5, 1e7, 2};
    for (uint64_t seed = 0; seed < 16; seed++) {
        static fixture f;
        const uint32_t n_pair =
            seed < 6 ? 1 + (uint32_t)seed : 1 + (uint32_t)(seed * 11 % MAX_PAIR);
        random_terms(&f, seed, n_pair, thetas[seed % 4]);
        open_fixture(&f, n_pair, seed % 2 ? 3.7 : -1e3, 20000);
        assert_int_equal(rw_series_size(&f.table) % RW_BLOCK, 0);
        assert_true(rw_series_size(&f.table) >= 20000);
        double least = INFINITY, most = -INFINITY;
        for (int64_t m = 0; m < 20000; m++) {
            least = fmin(least, f.s.t[m]);
            most = fmax(most, f.s.t[m]);
        }
        assert_true(f.s.least == least && f.s.most == most);
        for (uint64_t i = 0; i < 20; i++) {
            const int64_t m = i < 4 ? (int64_t[]){0, 255, 256, 19999}[i]
                                    : (int64_t)rw_random_below(seed, 3, i, 20000);
            const quad exact = reference(&f, m), c = (quad)f.z.constant;
            const double e = fabs((double)((quad)f.s.t[m] - exact)) / f.s.t_error;
            const double e2 =
                fabs((double)((quad)(f.z.constant + f.s.t[m]) - (c + exact))) /
                f.s.s_error;
            if (!(e <= 1) || !(e2 <= 1))
                fail_msg("seed %d, m %d: %g, %g", (int)seed, (int)m, e, e2);
            worst_t = fmax(worst_t, e);
            worst_s = fmax(worst_s, e2);
        }
        merged += f.table.n_merged > 0;
        close_fixture(&f);
    }
    assert_true(merged >= 3 && merged <= 13); /* tables of both kinds */
    printf("worst t: %.3f of t_error, worst S: %.3f of s_error\n", worst_t, worst_s);
    assert_true(worst_t > 0.001 && worst_s > 0.001);
}

static void exact_scores(void **state)
{
    (void)state;
    double worst = 0;
    for (uint64_t seed = 0; seed < 24; seed++) {
        static fixture f;
        const uint32_t n_pair =
            seed < 6 ? 1 + (uint32_t)seed : 1 + (uint32_t)(seed * 11 % MAX_PAIR);
        random_terms(&f, seed, n_pair, seed % 2 ? 1e4 : 1e7);
        if (seed % 5 == 0) f.freq[0] = 1024; /* the largest accepted */
        open_fixture(&f, n_pair, 0, 1);
        for (uint64_t i = 0; i < 12; i++) {
            const int64_t m =
                i == 0 ? INT32_MAX : (int64_t)(rw_random_u64(seed, 3, i) >> (33 + i * 2));
            double error = -1;
            const rw_dd t = rw_series_exact(&f.s, m, &error);
            const double e =
                fabs((double)((quad)t.hi - reference(&f, m) + (quad)t.lo)) / error;
            assert_true(error > 0 && error <= f.z.amplitude_sum * 0x1p-94);
            if (!(e <= 1)) fail_msg("seed %d, m %lld: %g", (int)seed, (long long)m, e);
            worst = fmax(worst, e);
        }
        close_fixture(&f);
    }
    printf("worst exact: %.5f of the error\n", worst);
}

static void exact_keys(void **state)
{
    (void)state;
    static fixture f;
    double scratch[4 * MAX_PAIR + 16];
    for (uint64_t seed = 1; seed < 10; seed++) {
        random_terms(&f, seed, 16, 1e4);
        open_fixture(&f, 16, 0.25 * (double)seed, 600);
        for (int64_t m = 0; m < 600; m += 7)
            for (rw_dtype d = RW_BF16; d < RW_N_DTYPE; d++) {
                const quad s = reference(&f, m) + (quad)f.z.constant;
                const double hi = (double)s, lo = (double)(s - (quad)hi);
                int32_t key = -9, expected;
                assert_true(rw_series_exact_key(&f.s, m, d, scratch, &key));
                assert_true(rw_round_key_dd(d, (rw_dd){hi, lo}, 0.0, &expected));
                assert_int_equal(key, expected);
            }
        close_fixture(&f);
    }
}
#endif

/* At distance 0 the score is a finite sum: ties and cancellation are decided exactly. */
static void distance_zero(void **state)
{
    (void)state;
    static fixture f, g;
    double scratch[64];
    static const struct {
        double constant, re[3];
        int32_t key; /* bf16 */
    } table[] = {
        {1.00390625, {0, 0, 0}, 0x3f80}, /* the middle of 1 and its neighbour: even */
        {1.00390625, {0x1p-200, 0, 0}, 0x3f81}, /* just beyond */
        {1.00390625, {-0x1p-200, 0, 0}, 0x3f80},
        {1.00390625, {0x1p-60, 0x1p-160, -0x1p-60}, 0x3f81},
        {1.01171875,
         {1e30, -1e30, -0x1p-300},
         0x3f81}, /* next middle; cancels, just below */
        {1.01171875, {1e30, -1e30, 0}, 0x3f82},
        {0, {0.1, 0.2, -0.3}, -1}, /* 2^-55 */
        {0, {1, 2, -3}, 0},
        {-1, {1, 0x1p-133, 0}, 1}, /* the least subnormal */
        {0, {1e-300, 1e300, -1e300}, 0},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        for (int n = 0; n < 3; n++) {
            f.freq[n] = g.freq[n] = 0.1 * (n + 1);
            f.re[n] = g.re[n] = table[i].re[n];
            f.im[n] = 1;
            g.im[n] = -2;
        }
        open_fixture(&f, 3, table[i].constant, 1);
        open_fixture(&g, 3, table[i].constant, 1);
        int32_t key = -9, expected = table[i].key;
        if (expected < 0) expected = rw_round_key(RW_BF16, 0x1p-55);
        assert_true(rw_series_exact_key(&f.s, 0, RW_BF16, scratch, &key));
        if (key != expected) fail_msg("row %d: key %#x", (int)i, (unsigned)key);
        assert_int_equal(rw_series_compare_at_zero(&f.s, &g.s, scratch), 0);
        g.re[2] += 0x1p-40 * (fabs(g.re[2]) + 1e-300);
        assert_int_equal(rw_series_compare_at_zero(&f.s, &g.s, scratch), -1);
        assert_int_equal(rw_series_compare_at_zero(&g.s, &f.s, scratch), 1);
        close_fixture(&f);
        close_fixture(&g);
    }
}

/* A sum that is exactly nothing at every distance must not be given a key of rounding noise. */
static void cancelled_terms_are_undecided(void **state)
{
    (void)state;
    static fixture f;
    double scratch[64];
    for (int n = 0; n < 3; n++) {
        f.freq[n] = 0.37;
        f.re[n] = f.im[n] = (double[]){1, 2, -3}[n];
    }
    open_fixture(&f, 3, 0, 100);
    for (int64_t m = 1; m < 100; m++) {
        int32_t key;
        assert_false(rw_series_exact_key(&f.s, m, RW_BF16, scratch, &key));
        assert_false(rw_series_exact_key(&f.s, m, RW_F32, scratch, &key));
        assert_true(rw_series_exact_key(&f.s, m, RW_F16, scratch,
                                        &key)); /* far below its cells */
        assert_int_equal(key, 0);
    }
    close_fixture(&f);
}

static void limits(void **state)
{
    (void)state;
    const int64_t live = rw_alloc_live();
    double freq[3] = {1, 1024, -1024};
    rw_rotation rot = {.rotary_dim = 6, .attn_factor = 1, .inv_freq = freq};
    rw_scoretable t;
    ropewalk_error err = {0};
    assert_int_equal(rw_scoretable_init(&t, &rw_kernels_ref, &rot, 512, &err),
                     ROPEWALK_OK);
    assert_int_equal(t.n_block, 1);
    assert_int_equal(t.n_pair, 3);
    rw_scoretable_clear(&t);
    const double bad[] = {nextafter(1024, 2000), -1025, (double)NAN, (double)INFINITY};
    for (int i = 0; i < 4; i++) {
        freq[1] = bad[i];
        assert_int_equal(rw_scoretable_init(&t, &rw_kernels_ref, &rot, 10, &err),
                         i == 2 ? ROPEWALK_OK : ROPEWALK_E_ARGUMENT);
        if (i == 2) assert_int_equal(t.n_pair, 2); /* NaN is neither above nor below 0 */
        rw_scoretable_clear(&t);
        assert_int_equal(rw_alloc_live(), live);
    }
    freq[1] = 0; /* left out */
    assert_int_equal(rw_scoretable_init(&t, &rw_kernels_ref, &rot, 513, &err),
                     ROPEWALK_OK);
    assert_int_equal(t.n_pair, 2);
    assert_int_equal(t.n_block, 2);
    rw_scoretable_clear(&t);
    rot.rotary_dim = 0;
    assert_int_equal(rw_scoretable_init(&t, &rw_kernels_ref, &rot, 600, &err),
                     ROPEWALK_OK);
    double room[1024], spare[RW_SERIES_SCRATCH(0)];
    const rw_coefficient z = {.constant = 5};
    rw_series s;
    rw_series_init(&s, &t, &z, room);
    room[1023] = 7;
    rw_series_fill(&s, spare);
    assert_true(room[0] == 0 && room[1023] == 0);
    rw_scoretable_clear(&t);
    rot.rotary_dim = 6;
    for (int at = 0; at < 3; at++) {
        rw_alloc_fail_at(at, 0);
        assert_int_equal(rw_scoretable_init(&t, &rw_kernels_ref, &rot, 600, &err),
                         ROPEWALK_E_MEMORY);
        rw_alloc_fail_at(-1, 0);
        assert_null(t.freq);
        assert_int_equal(rw_alloc_live(), live);
    }
}

/* A cosine or sine, within half a unit in the last place below 1 and what N4 grants turning. */
static void rounded(double got, rw_dd want)
{
    assert_true(fabs((got - want.hi) - want.lo) <= 0x1p-54 * (1 + 0x1p-30));
}

static void check_entries(const rw_scoretable *t)
{
    rw_dd sine, cosine;
    const size_t tile = ((size_t)t->n_fast + t->n_merged) * 2 * RW_TILE;
    for (size_t n = 0; n < t->n_pair; n++) {
        for (int64_t b = 0; b < t->n_block; b++) {
            const double *at = t->anchor +
                               ((size_t)(b / RW_ROWS) * t->n_pair + n) * 2 * RW_ROWS +
                               b % RW_ROWS;
            rw_sincos_product((double)(b * RW_BLOCK + RW_BLOCK_HALF) - 0.5, t->freq[n],
                              &sine, &cosine);
            rounded(at[0], cosine);
            rounded(at[RW_ROWS], sine);
        }
        for (size_t j = 0; j < RW_BLOCK_HALF && n < t->n_fast; j++) {
            const double *at = t->table + j / RW_TILE * tile +
                               (t->n_merged + n) * 2 * RW_TILE + j % RW_TILE;
            rw_sincos_product((double)j + 0.5, t->freq[n], &sine, &cosine);
            rounded(at[0], cosine);
            rounded(at[RW_TILE], sine);
        }
    }
}

static int stop(void *ctx, int64_t done, int64_t total)
{
    (void)done;
    (void)total;
    return *(const int *)ctx;
}

/* A long window by several threads is the same table; who makes it can be stopped. */
static void any_number_of_threads(void **state)
{
    (void)state;
    double freq[] = {1, 0.1, 1e-3, 1e-7};
    const rw_rotation rot = {.rotary_dim = 8, .attn_factor = 1, .inv_freq = freq};
    const int64_t n = 700 * RW_BLOCK + 1, live = rw_alloc_live();
    rw_scoretable one, many;
    ropewalk_error err = {0};
    int stops = 0;
    assert_int_equal(rw_scoretable_init(&one, &rw_kernels_ref, &rot, n, &err), 0);
    for (int n_thread = 0; n_thread < 9; n_thread += 4) {
        assert_int_equal(rw_scoretable_make(&many, &rw_kernels_ref, &rot, n, n_thread,
                                            stop, &stops, &err),
                         ROPEWALK_OK);
        assert_memory_equal(one.anchor, many.anchor,
                            (size_t)(one.n_block + RW_ROWS - 1) / RW_ROWS * RW_ROWS * 2 *
                                one.n_pair * sizeof(double));
        rw_scoretable_clear(&many);
    }
    check_entries(&one);
    rw_scoretable_clear(&one);
    stops = 1;
    assert_int_equal(
        rw_scoretable_make(&many, &rw_kernels_ref, &rot, n, 2, stop, &stops, &err),
        ROPEWALK_E_INTERRUPTED);
    assert_null(many.anchor);
    assert_int_equal(rw_alloc_live(), live);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#ifdef __SIZEOF_FLOAT128__
        cmocka_unit_test(filled_scores), cmocka_unit_test(exact_scores),
        cmocka_unit_test(exact_keys),
#endif
        cmocka_unit_test(distance_zero), cmocka_unit_test(cancelled_terms_are_undecided),
        cmocka_unit_test(limits),        cmocka_unit_test(any_number_of_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
