/* test_surrogate.c - kappa and gaps against direct sums; what the p-value does with and without a
 * direction. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>

#include "base/alloc.h"
#include "base/random.h"
#include "measure/surrogate.h"

enum { H = 8, N_CONTEXT = 5, N_Q = 16, N_K = 12, N = N_Q * N_K };
static const int64_t contexts[N_CONTEXT] = {1, 2, 3, 200, 700};
static double freq[H];
static rw_scoretable table;
static double direction[N][H][2];
static rw_sampled_pair pair[N];

static void prepare(void)
{
    for (int n = 0; n < H; n++)
        freq[n] = pow(1e4, -n / (double)H);
    const rw_rotation rot = {.rotary_dim = 2 * H, .attn_factor = 1, .inv_freq = freq};
    assert_int_equal(rw_scoretable_init(&table, rw_kernels_pick(NULL), &rot, 700, NULL),
                     0);
    for (uint32_t p = 0; p < N; p++)
        pair[p] = (rw_sampled_pair){
            .query = p / N_K, .key = p % N_K, .direction = direction[p][0]};
}

/* Mean score near minus mean score far of one direction, distance by distance. */
static double naive_gap(double z[H][2], int64_t M)
{
    long double near = 0, far = 0;
    for (int64_t m = 0; m < M; m++)
        for (int n = 0; n < H; n++) {
            const long double a = (long double)m * (long double)freq[n];
            const long double s =
                (long double)z[n][0] * cosl(a) - (long double)z[n][1] * sinl(a);
            *(m < M / 2 ? &near : &far) += s;
        }
    return (double)(near / (M / 2) - far / (M - M / 2));
}

static void all_phases_zero(double sign)
{
    for (int p = 0; p < N; p++)
        for (int n = 0; n < H; n++) {
            direction[p][n][0] = sign / sqrt(H);
            direction[p][n][1] = 0;
        }
}

/* Every query and key has phases of its own: no direction by construction. */
static void random_phases(uint64_t seed)
{
    for (uint64_t p = 0; p < N; p++)
        for (uint64_t n = 0; n < H; n++) {
            const double a =
                6.283185307179586 * (rw_random_unit(seed, 1, p / N_K * H + n) -
                                     rw_random_unit(seed, 2, p % N_K * H + n));
            direction[p][n][0] = cos(a) / sqrt(H);
            direction[p][n][1] = sin(a) / sqrt(H);
        }
}

static void kappa_is_the_sum(void **state)
{
    (void)state;
    rw_surrogates s;
    assert_int_equal(rw_surrogates_init(&s, &table, contexts, N_CONTEXT, 10, NULL), 0);
    for (int c = 0; c < N_CONTEXT; c++)
        for (int n = 0; n < H; n++)
            for (int part = 0; part < 2; part++) {
                const double got = s.kappa[(c * H + n) * 2 + part];
                double z[H][2] = {{0}};
                z[n][part] = part ? -1 : 1;
                if (contexts[c] < 2)
                    assert_true(isnan(got));
                else if (!(fabs(got - naive_gap(z, contexts[c])) < 1e-13))
                    fail_msg("M %d pair %d part %d: %.17g, expected %.17g",
                             (int)contexts[c], n, part, got, naive_gap(z, contexts[c]));
            }
    rw_surrogates_clear(&s);
}

static void a_shared_direction(void **state)
{
    (void)state;
    rw_surrogates s;
    double gap[N_CONTEXT], p[N_CONTEXT], back[N_CONTEXT], p_back[N_CONTEXT];
    assert_int_equal(rw_surrogates_init(&s, &table, contexts, N_CONTEXT, 499, NULL), 0);
    all_phases_zero(1);
    assert_int_equal(rw_surrogate_test(&s, pair, N, N_Q, N_K, 1, 2, gap, p, NULL), 0);
    all_phases_zero(-1);
    assert_int_equal(rw_surrogate_test(&s, pair, N, N_Q, N_K, 1, 2, back, p_back, NULL),
                     0);
    assert_true(isnan(gap[0]) && isnan(p[0]) && isnan(back[0]) && isnan(p_back[0]));
    for (int c = 1; c < N_CONTEXT; c++) {
        double z[H][2];
        for (int n = 0; n < H; n++) {
            z[n][0] = 1 / sqrt(H);
            z[n][1] = 0;
        }
        assert_true(fabs(gap[c] - naive_gap(z, contexts[c])) < 1e-12);
        assert_true(gap[c] > 0 && p[c] >= 1.0 / 500 - 1e-15);
        if (contexts[c] >= 200 && !(p[c] < 0.02))
            fail_msg("M %d: gap %g, p %g", (int)contexts[c], gap[c], p[c]);
        assert_true(fabs(back[c] + gap[c]) < 1e-14); /* far instead of near */
        assert_true(fabs(p_back[c] - p[c]) < 1e-14); /* as sure, two-sided */
    }
    rw_surrogates_clear(&s);
}

static void mean_over_pairs(void **state)
{
    (void)state;
    rw_surrogates s;
    double gap[N_CONTEXT], p[N_CONTEXT], again[N_CONTEXT], other[N_CONTEXT];
    assert_int_equal(rw_surrogates_init(&s, &table, contexts, N_CONTEXT, 199, NULL), 0);
    random_phases(77);
    assert_int_equal(rw_surrogate_test(&s, pair, N, N_Q, N_K, 5, 6, gap, p, NULL), 0);
    double sum = 0;
    for (int i = 0; i < N; i++)
        sum += naive_gap(direction[i], 700);
    assert_true(fabs(gap[4] - sum / N) < 1e-12);
    assert_int_equal(rw_surrogate_test(&s, pair, N, N_Q, N_K, 5, 6, gap, again, NULL), 0);
    assert_int_equal(rw_surrogate_test(&s, pair, N, N_Q, N_K, 5, 7, gap, other, NULL), 0);
    int differ = 0;
    for (int c = 1; c < N_CONTEXT; c++) {
        assert_true(fabs(again[c] - p[c]) < 1e-15);
        differ += fabs(other[c] - p[c]) > 1e-15;
    }
    assert_true(differ > 0);
    assert_int_equal(rw_surrogate_test(&s, pair, 0, 0, 0, 5, 6, gap, p, NULL), 0);
    for (int c = 0; c < N_CONTEXT; c++)
        assert_true(isnan(gap[c]) && isnan(p[c]));
    rw_surrogates_clear(&s);
}

/* Without a direction p is uniform on 1/100 .. 1: no more than sqrt(ln(2/1e-6) / (2 n)) from it
 * (Dvoretzky, Kiefer, Wolfowitz; Massart), but for one false alarm in a million. */
static void uniform_without_direction(void **state)
{
    (void)state;
    enum { RUNS = 400, N_SURROGATE = 99 };
    const double allowed = sqrt(log(2e6) / (2.0 * RUNS));
    rw_surrogates s;
    int seen[N_SURROGATE + 2] = {0};
    assert_int_equal(rw_surrogates_init(&s, &table, contexts + 4, 1, N_SURROGATE, NULL),
                     0);
    for (uint64_t run = 0; run < RUNS; run++) {
        double gap, p;
        random_phases(1000 + run);
        assert_int_equal(rw_surrogate_test(&s, pair, N, N_Q, N_K, 9, run, &gap, &p, NULL),
                         0);
        const int rank = (int)(p * (N_SURROGATE + 1) + 0.5);
        assert_true(rank >= 1 && rank <= N_SURROGATE + 1);
        seen[rank]++;
    }
    int below = 0;
    for (int rank = 1; rank <= N_SURROGATE + 1; rank++) {
        below += seen[rank];
        const double off = below / (double)RUNS - rank / (double)(N_SURROGATE + 1);
        if (fabs(off) > allowed) fail_msg("p <= %d %%: off by %.3f", rank, off);
    }
    rw_surrogates_clear(&s);
}

static void no_memory(void **state)
{
    (void)state;
    const int64_t live = rw_alloc_live();
    int at = 0;
    for (;; at++) {
        rw_surrogates s;
        double gap[N_CONTEXT], p[N_CONTEXT];
        ropewalk_error err = {0};
        rw_alloc_fail_at(at, 0);
        ropewalk_status status =
            rw_surrogates_init(&s, &table, contexts, N_CONTEXT, 9, &err);
        if (!status) {
            status = rw_surrogate_test(&s, pair, N, N_Q, N_K, 1, 1, gap, p, &err);
            rw_surrogates_clear(&s);
        }
        rw_alloc_fail_at(-1, 0);
        assert_int_equal(rw_alloc_live(), live);
        if (!status) break;
        assert_int_equal(status, ROPEWALK_E_MEMORY);
    }
    assert_int_equal(at, 8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kappa_is_the_sum), cmocka_unit_test(a_shared_direction),
        cmocka_unit_test(mean_over_pairs),  cmocka_unit_test(uniform_without_direction),
        cmocka_unit_test(no_memory),
    };
    prepare();
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    rw_scoretable_clear(&table);
    return failed;
}
