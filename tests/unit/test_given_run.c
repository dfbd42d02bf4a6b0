/* test_given_run.c - a whole measurement: any number of threads, every failing allocation, stopping. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "audit/given_run.h"
#include "base/alloc.h"
#include "base/random.h"

enum { DIM = 12, N_Q = 5, N_K = 3 };

static double q[N_Q * DIM], k[N_K * DIM], freq[4] = {1, 0.3, 0.01, 1e-9};
static const rw_rotation rot = {.rotary_dim = 8, .attn_factor = 1, .inv_freq = freq};
static const int64_t contexts[] = {1, 64, 200};

static rw_given_input input(int n_thread)
{
    for (uint64_t i = 0; i < N_Q * DIM; i++)
        q[i] = rw_random_normal(1, 1, i);
    for (uint64_t i = 0; i < N_K * DIM; i++)
        k[i] = rw_random_normal(1, 2, i);
    return (rw_given_input){.q = q,
                            .k = k,
                            .n_q = N_Q,
                            .n_k = N_K,
                            .head_dim = DIM,
                            .rotation = &rot,
                            .rope_theta = (double)NAN,
                            .score_scale = 0.5,
                            .context = contexts,
                            .n_context = 3,
                            .dtypes = (1u << RW_N_DTYPE) - 1,
                            .events = RW_ALL_EVENTS,
                            .zeta = 0.1,
                            .near_alias = 0.1,
                            .n_thread = n_thread,
                            .kernels = rw_kernels_pick(NULL)};
}

static void is_empty(const rw_given *g)
{
    static const rw_given nothing;
    assert_memory_equal(g, &nothing, sizeof nothing);
}

/* Field by field: padding may differ. */
static void same_numbers(const rw_given *a, const rw_given *b)
{
    const size_t singles = (size_t)N_Q * N_K * 3,
                 twins = (size_t)N_Q * a->n_pair_of_keys * 3;
    for (size_t i = 0; i < singles; i++) {
        const rw_single *x = &a->single[i], *y = &b->single[i];
        assert_memory_equal(&x->inversion, &y->inversion, 5 * sizeof x->inversion);
        assert_memory_equal(&x->positional_score, &y->positional_score,
                            8 * sizeof(double));
        assert_memory_equal(x->aliasing, y->aliasing, sizeof x->aliasing);
        const rw_single_prediction *p = &a->single_prediction[i],
                                   *r = &b->single_prediction[i];
        assert_memory_equal(p, r, sizeof *p);
    }
    for (size_t i = 0; i < twins; i++) {
        const rw_double *x = &a->twin[i], *y = &b->twin[i];
        assert_true(x->swapped == y->swapped && x->reference_tie == y->reference_tie);
        assert_memory_equal(&x->inversion, &y->inversion, sizeof x->inversion);
        assert_memory_equal(&x->ks_difference, &y->ks_difference, sizeof(double));
        assert_memory_equal(x->aliasing, y->aliasing, sizeof x->aliasing);
        assert_memory_equal(x->invariance, y->invariance, sizeof x->invariance);
        assert_memory_equal(x->cross, y->cross, sizeof x->cross);
        assert_memory_equal(&a->twin_prediction[i], &b->twin_prediction[i],
                            sizeof a->twin_prediction[i].inversion);
        for (int d = 0; d < RW_N_DTYPE; d++)
            assert_memory_equal(&a->twin_prediction[i].aliasing[d].value,
                                &b->twin_prediction[i].aliasing[d].value, sizeof(double));
    }
}

static void any_number_of_threads(void **state)
{
    (void)state;
    const int64_t live = rw_alloc_live();
    rw_given one, many;
    ropewalk_error err = {0};
    rw_given_input in = input(1);
    assert_int_equal(rw_given_run(&in, &one, &err), ROPEWALK_OK);
    assert_int_equal(one.n_pair_of_keys, 3);
    assert_int_equal(one.single[2].inversion.total, 100 * 100);
    assert_true(one.single[2].inversion.count > 0);
    assert_int_equal(one.n_context, 3);
    assert_memory_equal(one.context, contexts, sizeof contexts);
    assert_memory_equal(one.inv_freq, freq, sizeof freq);
    /* different queries gave different numbers: results are not all the first one's */
    assert_true(one.single[2].variance != one.single[N_K * 3 + 2].variance);
    for (int n = 0; n <= 12; n += 3) {
        in = input(n);
        assert_int_equal(rw_given_run(&in, &many, &err), ROPEWALK_OK);
        same_numbers(&one, &many);
        rw_given_clear(&many);
    }
    rw_given_clear(&one);
    is_empty(&one);
    assert_int_equal(rw_alloc_live(), live);
}

/* One query and key on their own give what they gave in company. */
static void split_in_any_way(void **state)
{
    (void)state;
    rw_given all, one;
    rw_given_input in = input(2);
    assert_int_equal(rw_given_run(&in, &all, NULL), ROPEWALK_OK);
    for (size_t i = 0; i < N_Q * N_K; i++) {
        in.q = q + i / N_K * DIM;
        in.k = k + i % N_K * DIM;
        in.n_q = in.n_k = 1;
        assert_int_equal(rw_given_run(&in, &one, NULL), ROPEWALK_OK);
        assert_int_equal(one.n_pair_of_keys, 0);
        for (size_t c = 0; c < 3; c++) {
            assert_memory_equal(&one.single[c].inversion,
                                &all.single[i * 3 + c].inversion,
                                5 * sizeof one.single[c].inversion);
            assert_memory_equal(one.single[c].aliasing, all.single[i * 3 + c].aliasing,
                                sizeof one.single[c].aliasing);
        }
        rw_given_clear(&one);
    }
    rw_given_clear(&all);
}

static void every_failing_allocation(void **state)
{
    (void)state;
    const int64_t live = rw_alloc_live();
    rw_given_input in = input(1);
    in.n_q = 2;
    for (int sticky = 0; sticky < 2; sticky++) {
        int at = 0;
        for (;; at++) {
            rw_given g;
            ropewalk_error err = {0};
            rw_alloc_fail_at(at, sticky);
            const ropewalk_status status = rw_given_run(&in, &g, &err);
            rw_alloc_fail_at(-1, 0);
            if (!status) {
                rw_given_clear(&g);
                break;
            }
            assert_int_equal(status, ROPEWALK_E_MEMORY);
            assert_int_equal(err.status, ROPEWALK_E_MEMORY);
            assert_memory_equal(err.message, "no memory for ", 14);
            is_empty(&g);
            if (rw_alloc_live() != live) fail_msg("allocation %d: blocks are left", at);
        }
        assert_true(at > 40);
        assert_int_equal(rw_alloc_live(), live);
    }
}

static int stop(void *ctx, int64_t done, int64_t total)
{
    (void)done;
    ++*(int *)ctx;
    return total == N_Q;
}

static void stopping_and_failing(void **state)
{
    (void)state;
    const int64_t live = rw_alloc_live();
    rw_given g;
    ropewalk_error err = {0};
    int calls = 0;
    rw_given_input in = input(2);
    in.progress = stop;
    in.progress_ctx = &calls;
    assert_int_equal(rw_given_run(&in, &g, &err), ROPEWALK_E_INTERRUPTED);
    assert_int_equal(calls, 1);
    is_empty(&g);
    in = input(2);
    q[3 * DIM] = k[0] = 1e80; /* together too large: both are named */
    assert_int_equal(rw_given_run(&in, &g, &err), ROPEWALK_E_ARGUMENT);
    assert_memory_equal(err.message, "q row 3, k row 0: ", 18);
    is_empty(&g);
    in = input(1);
    freq[1] = 2000;
    assert_int_equal(rw_given_run(&in, &g, &err), ROPEWALK_E_ARGUMENT);
    freq[1] = 0.3;
    is_empty(&g);
    static const int64_t huge[] = {(int64_t)1 << 31};
    in.context = huge;
    in.n_context = 1;
    in.n_q = 1;
    in.n_k = 4096; /* refused before a key is read */
    in.k = NULL;
    assert_int_equal(rw_given_run(&in, &g, &err), ROPEWALK_E_MEMORY);
    is_empty(&g);
    assert_int_equal(rw_alloc_live(), live);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_number_of_threads),
        cmocka_unit_test(split_in_any_way),
        cmocka_unit_test(every_failing_allocation),
        cmocka_unit_test(stopping_and_failing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
