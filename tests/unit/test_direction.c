/* test_direction.c - texts joined into one sample: the same test as of pairs listed by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>

#include "audit/direction.h"
#include "base/alloc.h"
#include "base/random.h"

enum {
    H = 8,
    N_CONTEXT = 3,
    N_HEAD = 3,
    N_TEXT = 2,
    N_PAIR = 6,
    N_ALL = N_TEXT * N_PAIR
};
static int64_t contexts[N_CONTEXT] = {1, 50, 300};
static double freq[H], directions[N_HEAD][N_TEXT][N_PAIR][2 * H];
static rw_scoretable table;
static rw_unit unit;
static rw_head_place place[N_HEAD] = {{0, 0, 0}, {UINT32_MAX, 0, 1}, {0, 1, 0}};
static rw_head_result head[N_HEAD];
static rw_sampled_pair sampled[N_HEAD][N_TEXT][N_PAIR];
static rw_head_text head_text[N_TEXT][N_HEAD];
/* query and row of each pair: two queries, a row of both, and the same rows in both texts */
static const uint32_t query_of[N_PAIR] = {0, 0, 0, 1, 1, 1};
static const uint32_t row_of[N_PAIR] = {7, 3, 9, 3, 7, 11};
/* the same by hand: queries of the second text are others, and so are its keys */
static const uint32_t all_query[N_ALL] = {0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3};
static const uint32_t all_key[N_ALL] = {0, 1, 2, 1, 0, 3, 4, 5, 6, 5, 4, 7};

static rw_audit_run run_of(int n_thread)
{
    rw_audit_run run = {.unit = &unit,
                        .n_unit = 1,
                        .place = place,
                        .head = head,
                        .n_head = N_HEAD,
                        .n_text = N_TEXT};
    run.settings.seed = 5;
    run.settings.n_thread = n_thread;
    for (int t = 0; t < N_TEXT; t++)
        run.text[t].head = head_text[t];
    return run;
}

static int prepare(void **state)
{
    (void)state;
    for (int n = 0; n < H; n++)
        freq[n] = pow(1e4, -n / (double)H);
    const rw_rotation rot = {.rotary_dim = 2 * H, .attn_factor = 1, .inv_freq = freq};
    if (rw_scoretable_init(&table, rw_kernels_pick(NULL), &rot, 300, NULL)) return -1;
    unit.effective = contexts;
    unit.n_effective = N_CONTEXT;
    for (uint32_t h = 0; h < N_HEAD; h++) {
        head[h] = (rw_head_result){.layer = h + 1, .head = h};
        for (int t = 0; t < N_TEXT; t++) {
            for (int i = 0; i < N_PAIR; i++) {
                for (uint64_t n = 0; n < 2 * (uint64_t)H;
                     n++) /* a direction of its own, and noise */
                    directions[h][t][i][n] =
                        0.3 * rw_random_normal(1, h, n) +
                        0.2 * rw_random_normal(
                                  2, 100 * (uint64_t)h + (uint64_t)(10 * t + i), n);
                sampled[h][t][i] =
                    (rw_sampled_pair){query_of[i], row_of[i], directions[h][t][i]};
            }
            head_text[t][h] =
                (rw_head_text){.sampled = sampled[h][t], .n_sampled = N_PAIR};
        }
    }
    return rw_surrogates_init(&unit.surrogates, &table, contexts, N_CONTEXT, 299, NULL)
               ? -1
               : 0;
}

static int forget(void **state)
{
    (void)state;
    rw_surrogates_clear(&unit.surrogates);
    rw_scoretable_clear(&table);
    return 0;
}

static void as_listed_by_hand(void **state)
{
    (void)state;
    rw_audit_run run = run_of(1);
    assert_int_equal(rw_directions_test(&run, NULL), 0);
    int tells_apart = 0;
    for (uint32_t h = 0; h < N_HEAD; h += 2) {
        rw_sampled_pair own[N_ALL], shared[N_ALL];
        for (int i = 0; i < N_ALL; i++) {
            const double *z = directions[h][i / N_PAIR][i % N_PAIR];
            own[i] = (rw_sampled_pair){all_query[i], all_key[i], z};
            shared[i] = (rw_sampled_pair){0, 0, z};
        }
        double gap[N_CONTEXT], p_value[N_CONTEXT], same[N_CONTEXT], p_shared[N_CONTEXT];
        const uint64_t stream = 70000000 + ((uint64_t)(h + 1) << 16) + h;
        assert_int_equal(rw_surrogate_test(&unit.surrogates, own, N_ALL, 4, 8, 5, stream,
                                           gap, p_value, NULL),
                         0);
        assert_int_equal(rw_surrogate_test(&unit.surrogates, shared, N_ALL, 1, 1, 5,
                                           stream, same, p_shared, NULL),
                         0);
        const rw_direction *got = &run.direction[h];
        assert_true(isnan(got->gap[0]) && isnan(got->p_value[0]) &&
                    isnan(got->p_shared[0])); /* context 1 has no far half */
        for (int c = 1; c < N_CONTEXT; c++) {
            assert_true(got->gap[c] == gap[c] && got->p_value[c] == p_value[c]);
            assert_true(got->p_shared[c] == p_shared[c]); /* a count over 300 */
            tells_apart += p_shared[c] != p_value[c];
        }
    }
    assert_true(tells_apart > 0);
    rw_free(run.direction);
}

static void threads_and_heads_without(void **state)
{
    (void)state;
    rw_audit_run one = run_of(1), many = run_of(3);
    for (int t = 0; t < N_TEXT; t++)
        head_text[t][2].n_sampled = 0;
    assert_int_equal(rw_directions_test(&one, NULL), 0);
    assert_int_equal(rw_directions_test(&many, NULL), 0);
    for (int c = 1; c < N_CONTEXT; c++) {
        assert_true(one.direction[0].gap[c] == many.direction[0].gap[c]);
        assert_true(one.direction[0].p_shared[c] == many.direction[0].p_shared[c]);
        assert_true(isnan(one.direction[2].gap[c]) &&
                    isnan(one.direction[2].p_value[c]) &&
                    isnan(one.direction[2].p_shared[c]));
    }
    rw_free(one.direction);
    rw_free(many.direction);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(as_listed_by_hand),
                                       cmocka_unit_test(threads_and_heads_without)};
    return cmocka_run_group_tests(tests, prepare, forget);
}
