/* test_joint.c - aliasing in several heads at once against double loops; read-outs by formula. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>

#include "base/alloc.h"
#include "base/random.h"
#include "measure/event.h"
#include "measure/joint.h"

enum { N_HEAD = 5, MAX_M = 120, STRIDE = MAX_M + 3 };
static int32_t keys[N_HEAD][STRIDE];
static uint32_t label[MAX_M];
static double score[N_HEAD][STRIDE];

static int64_t naive(const uint32_t *set, size_t n_set, int64_t M)
{
    int64_t pairs = 0;
    for (int64_t a = 0; a < M; a++)
        for (int64_t b = 0; b < a; b++) {
            int same = 1;
            for (size_t i = 0; i < n_set; i++)
                same &= keys[set[i]][a] == keys[set[i]][b];
            pairs += same;
        }
    return pairs;
}

static void fill(uint64_t seed, uint64_t n_value)
{
    for (uint64_t h = 0; h < N_HEAD; h++)
        for (uint64_t m = 0; m < STRIDE; m++)
            keys[h][m] =
                (int32_t)rw_random_below(seed, h, m, n_value) - (int32_t)(n_value / 2);
    for (int h = 0; h < N_HEAD; h++) { /* planted: 7, 50 and 51 are one distance */
        keys[h][50] = keys[h][51] = keys[h][7];
        keys[h][3] = h % 2 ? INT32_MAX : INT32_MIN;
        keys[h][90] = keys[h][3];
    }
}

static void against_loops(void **state)
{
    (void)state;
    static const int64_t sizes[] = {1, 2, 3, 51, MAX_M};
    for (uint64_t seed = 1; seed < 8; seed++)
        for (size_t i = 0; i < 5; i++) {
            fill(seed, 1 + seed * seed);
            const int64_t M = sizes[i];
            uint32_t set[N_HEAD], back[N_HEAD];
            for (size_t n = 1; n <= N_HEAD; n++) {
                for (size_t j = 0; j < n; j++) {
                    set[j] = (uint32_t)((seed + 2 * j) % N_HEAD);
                    back[n - 1 - j] = set[j];
                }
                int64_t got, reversed;
                assert_int_equal(
                    rw_joint_aliasing(keys[0], STRIDE, set, n, M, label, &got, NULL), 0);
                assert_int_equal(rw_joint_aliasing(keys[0], STRIDE, back, n, M, label,
                                                   &reversed, NULL),
                                 0);
                assert_int_equal(got, naive(set, n, M));
                assert_int_equal(got, reversed);
                if (n == N_HEAD && M == MAX_M) assert_true(got >= 4);
            }
        }
}

static void one_head_is_position_aliasing(void **state)
{
    (void)state;
    static const int64_t context[] = {MAX_M};
    const rw_measure_plan plan = {.context = context,
                                  .n_context = 1,
                                  .n_distance = MAX_M,
                                  .dtypes = 1u << RW_BF16,
                                  .events = RW_ALL_EVENTS};
    rw_tally tally;
    rw_single single = {0};
    fill(3, 40);
    for (int h = 0; h < N_HEAD; h++)
        keys[h][3] = keys[h][90] = 12345;
    assert_int_equal(rw_tally_init_direct(
                         &tally, (uint64_t)rw_dtype_get(RW_BF16)->max_key * 2 + 4, NULL),
                     0);
    for (uint32_t h = 0; h < N_HEAD; h++) {
        int64_t pairs;
        assert_int_equal(
            rw_joint_aliasing(keys[0], STRIDE, &h, 1, MAX_M, label, &pairs, NULL), 0);
        rw_tally_reset(&tally);
        rw_count_position_aliasing(rw_kernels_pick(NULL), keys[h], RW_BF16, &plan, &tally,
                                   &single);
        assert_int_equal(pairs, single.aliasing[RW_BF16].pairs);
        assert_true(pairs > 100);
    }
    rw_tally_clear(&tally);
}

static void random_scores(uint64_t seed)
{
    for (uint64_t h = 0; h < N_HEAD; h++)
        for (uint64_t m = 0; m < MAX_M; m++)
            score[h][m] = rw_random_normal(seed, h, m) + 0.4 * (h ? score[0][m] : 0) -
                          (m >= MAX_M / 2 ? 0.5 * (double)h : 0);
}

/* Mean of the halves' covariances, divided by n, and the difference of the means. */
static void moments(int a, int b, int64_t M, double *g, double *v)
{
    *v = 0;
    double mean[2][2] = {{0}};
    for (int half = 0; half < 2; half++) {
        const int64_t from = half ? M / 2 : 0, to = half ? M : M / 2;
        for (int64_t m = from; m < to; m++) {
            mean[half][0] += score[a][m] / (double)(to - from);
            mean[half][1] += score[b][m] / (double)(to - from);
        }
        for (int64_t m = from; m < to; m++)
            *v += 0.5 * (score[a][m] - mean[half][0]) * (score[b][m] - mean[half][1]) /
                  (double)(to - from);
    }
    *g = mean[0][0] - mean[1][0];
}

static void two_heads_by_formula(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed < 20; seed++) {
        const int64_t M = seed % 2 ? MAX_M : 31;
        random_scores(seed);
        double g0, g1, v00, v11, v01, unused;
        moments(0, 0, M, &g0, &v00);
        moments(1, 1, M, &g1, &v11);
        moments(0, 1, M, &unused, &v01);
        const double det = v00 * v11 - v01 * v01;
        const double d = sqrt((g0 * g0 * v11 - 2 * g0 * g1 * v01 + g1 * g1 * v00) / det);
        rw_readout r;
        assert_int_equal(rw_readout_separation(score[0], STRIDE, 2, M, &r, NULL), 0);
        assert_true(fabs(r.all_heads - d) < 1e-10 * d);
        const double best = fmax(fabs(g0) / sqrt(v00), fabs(g1) / sqrt(v11));
        assert_true(fabs(r.best_head - best) < 1e-12 * (1 + best));
        assert_true(r.all_heads >= r.best_head - 1e-12);
        assert_int_equal(rw_readout_separation(score[0], STRIDE, 1, M, &r, NULL), 0);
        assert_true(fabs(r.all_heads - fabs(g0) / sqrt(v00)) < 1e-12);
        rw_readout all; /* more heads never separate worse on their own data */
        assert_int_equal(rw_readout_separation(score[0], STRIDE, N_HEAD, M, &all, NULL),
                         0);
        assert_true(all.all_heads >= d - 1e-9 && all.all_heads >= all.best_head);
    }
}

static void singular(void **state)
{
    (void)state;
    rw_readout r;
    random_scores(4);
    for (int m = 0; m < MAX_M; m++)
        score[1][m] = 3 * score[0][m] + 2; /* a copy up to scale */
    assert_int_equal(rw_readout_separation(score[0], STRIDE, 3, MAX_M, &r, NULL), 0);
    assert_true(isnan(r.all_heads) && r.best_head > 0);
    for (int m = 0; m < MAX_M; m++)
        score[1][m] = 2; /* constant */
    assert_int_equal(rw_readout_separation(score[0], STRIDE, 2, MAX_M, &r, NULL), 0);
    assert_true(isnan(r.all_heads) && isfinite(r.best_head));
    assert_int_equal(rw_readout_separation(score[0], STRIDE, 2, 3, &r, NULL), 0);
    assert_true(isnan(r.all_heads) && isnan(r.best_head));
    assert_int_equal(rw_readout_separation(score[0], STRIDE, 0, MAX_M, &r, NULL), 0);
    assert_true(isnan(r.all_heads) && isnan(r.best_head));
}

static void no_memory(void **state)
{
    (void)state;
    const int64_t live = rw_alloc_live();
    const uint32_t set[] = {0, 1};
    fill(1, 5);
    random_scores(1);
    for (int at = 0; at < 10; at++) {
        int64_t pairs;
        rw_readout r;
        rw_alloc_fail_at(at, 0);
        const ropewalk_status a =
            rw_joint_aliasing(keys[0], STRIDE, set, 2, MAX_M, label, &pairs, NULL);
        rw_alloc_fail_at(at, 0);
        const ropewalk_status b =
            rw_readout_separation(score[0], STRIDE, 2, MAX_M, &r, NULL);
        rw_alloc_fail_at(-1, 0);
        assert_true(at > 0 || (a == ROPEWALK_E_MEMORY && b == ROPEWALK_E_MEMORY));
        assert_true(at < 5 || (a == ROPEWALK_OK && b == ROPEWALK_OK));
        assert_int_equal(rw_alloc_live(), live);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(against_loops),
        cmocka_unit_test(one_head_is_position_aliasing),
        cmocka_unit_test(two_heads_by_formula),
        cmocka_unit_test(singular),
        cmocka_unit_test(no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
