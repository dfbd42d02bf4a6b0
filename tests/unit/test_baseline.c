/* test_baseline.c - baselines of an alias count against loops over all pairs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>

#include "base/alloc.h"
#include "base/random.h"
#include "measure/baseline.h"

enum { H = 6, MAX_M = 3000, N_CONTEXT = 5 };
static const int64_t contexts[N_CONTEXT] = {1, 2, 300, 301, MAX_M};
static double freq[H], re[H], im[H];
static int32_t key[MAX_M];

static int64_t naive_pairs(int64_t M)
{
    int64_t pairs = 0;
    for (int64_t a = 0; a < M; a++)
        for (int64_t b = 0; b < a; b++)
            pairs += key[a] == key[b];
    return pairs;
}

static void against_loops(void **state)
{
    (void)state;
    rw_scoretable table;
    rw_workspace ws;
    rw_baseline out[N_CONTEXT];
    double energy = 0, sum = 0;
    for (uint64_t n = 0; n < H; n++) {
        freq[n] = pow(500.0, -(double)n / H);
        re[n] = rw_random_normal(1, 1, n);
        im[n] = rw_random_normal(1, 2, n);
        energy += re[n] * re[n] + im[n] * im[n];
        sum += hypot(re[n], im[n]) * (1 + 1e-14);
    }
    const rw_rotation rot = {.rotary_dim = 2 * H, .attn_factor = 1, .inv_freq = freq};
    const rw_coefficient z = {.n_pair = H,
                              .constant = 0.3,
                              .re = re,
                              .im = im,
                              .amplitude_sum = sum,
                              .energy = energy};
    const rw_measure_plan plan = {.context = contexts,
                                  .n_context = N_CONTEXT,
                                  .n_distance = MAX_M,
                                  .dtypes = (1u << RW_N_DTYPE) - 1,
                                  .events = RW_ALL_EVENTS,
                                  .zeta = 0.01,
                                  .near_alias = 0.1};
    const int64_t live = rw_alloc_live();
    assert_int_equal(rw_scoretable_init(&table, rw_kernels_pick(NULL), &rot, MAX_M, NULL),
                     0);
    assert_int_equal(rw_workspace_init(&ws, &table, &plan, 1, NULL), 0);
    for (int d = 0; d < RW_N_DTYPE; d++) {
        const rw_dtype dtype = (rw_dtype)d;
        assert_int_equal(rw_baseline_counts(&ws, &z, dtype, out, NULL), 0);
        for (int i = 0; i < N_CONTEXT; i++) {
            const int64_t M = contexts[i],
                          K = 2 * (int64_t)rw_dtype_get(dtype)->max_key + 1;
            int64_t fewest =
                0; /* each value goes where the fewest are: m / K are there already */
            for (int64_t m = 0; m < M; m++)
                fewest += m / K;
            for (int64_t m = 0; m < M; m++)
                key[m] = rw_key_stored(dtype, rw_round_key(dtype, -(double)m / 256.0));
            const int64_t alibi = naive_pairs(M);
            for (int64_t m = 0; m < M; m++) {
                long double s = (long double)z.constant;
                for (int n = 0; n < H; n++)
                    s +=
                        (long double)re[n] * cosl((long double)m * (long double)freq[n]) -
                        (long double)im[n] * sinl((long double)m * (long double)freq[n]);
                key[m] = rw_key_stored(dtype, rw_round_key(dtype, (double)s));
            }
            assert_int_equal(out[i].total, M * (M - 1) / 2);
            assert_int_equal(out[i].nope, out[i].total);
            assert_int_equal(out[i].floor, fewest);
            assert_int_equal(out[i].alibi, alibi);
            assert_int_equal(out[i].gaussian, naive_pairs(M));
            assert_true(out[i].floor <= out[i].gaussian && out[i].floor <= out[i].alibi);
            if (dtype == RW_E4M3 && i == 4) assert_true(out[i].floor > 10000);
            if (dtype == RW_F32) assert_int_equal(out[i].alibi, 0);
        }
    }
    int at = 0;
    for (;; at++) {
        const int64_t before = rw_alloc_live();
        rw_alloc_fail_at(at, 0);
        const ropewalk_status status = rw_baseline_counts(&ws, &z, RW_BF16, out, NULL);
        rw_alloc_fail_at(-1, 0);
        if (!status) break;
        assert_int_equal(status, ROPEWALK_E_MEMORY);
        assert_int_equal(rw_alloc_live(), before);
    }
    assert_true(at > 0);
    rw_workspace_clear(&ws);
    rw_scoretable_clear(&table);
    assert_int_equal(rw_alloc_live(), live);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(against_loops)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
