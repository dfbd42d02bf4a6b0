/* prop_counts.c - laws every count obeys, on random heads; the seed is printed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include <string.h>

#include "audit/given_run.h"
#include "base/random.h"

static uint64_t seed = 0x5eed, drawn;

static double normal(void)
{
    return rw_random_normal(seed, 1, drawn++);
}

static int64_t below(int64_t n)
{
    return (int64_t)rw_random_below(seed, 2, drawn++, (uint64_t)n);
}

static int n_round(int n)
{
    const char *s = getenv("RW_TEST_MULTIPLIER");
    const int m = s ? atoi(s) : 1;
    return n * (m > 0 ? m : 1);
}

enum { MAX_DIM = 32, N_KEY = 3, MAX_CONTEXT = 3 };

typedef struct job {
    double q[MAX_DIM], k[N_KEY * MAX_DIM], freq[MAX_DIM / 2];
    int64_t context[MAX_CONTEXT];
    rw_rotation rot;
    rw_given_input in;
} job;

static void random_job(job *j)
{
    const uint32_t head_dim = 2 * (uint32_t)(1 + below(MAX_DIM / 2));
    const uint32_t rotary_dim = 2 * (uint32_t)below(head_dim / 2 + 1);
    for (uint32_t i = 0; i < head_dim; i++)
        j->q[i] = normal();
    for (uint32_t i = 0; i < N_KEY * head_dim; i++)
        j->k[i] = normal();
    rw_inv_freq_unscaled(exp(1 + fabs(normal()) * 5), rotary_dim, j->freq);
    j->rot =
        (rw_rotation){.rotary_dim = rotary_dim, .attn_factor = 1, .inv_freq = j->freq};
    j->context[0] = 1 + below(40);
    j->context[1] = j->context[0] + 1 + below(200);
    j->context[2] = j->context[1] + 1 + below(400);
    j->in = (rw_given_input){.q = j->q,
                             .k = j->k,
                             .n_q = 1,
                             .n_k = N_KEY,
                             .head_dim = head_dim,
                             .rotation = &j->rot,
                             .score_scale = 1,
                             .context = j->context,
                             .n_context = MAX_CONTEXT,
                             .dtypes = (1u << RW_N_DTYPE) - 1,
                             .events = RW_ALL_EVENTS,
                             .zeta = 0.2,
                             .near_alias = 0.1,
                             .n_thread = 1,
                             .kernels = &rw_kernels_ref};
}

static void run(const job *j, rw_given *g)
{
    ropewalk_error err = {0};
    if (rw_given_run(&j->in, g, &err)) fail_msg("%s", err.message);
}

static void same(const rw_count *a, const rw_count *b)
{
    assert_memory_equal(a, b, sizeof *a);
}

static void same_inversions(const rw_given *a, const rw_given *b)
{
    for (int i = 0; i < N_KEY * MAX_CONTEXT; i++) {
        same(&a->single[i].inversion, &b->single[i].inversion);
        same(&a->single[i].inversion_local, &b->single[i].inversion_local);
        same(&a->single[i].inversion_beyond, &b->single[i].inversion_beyond);
        same(&a->single[i].insensitivity, &b->single[i].insensitivity);
        same(&a->twin[i].inversion, &b->twin[i].inversion);
        assert_int_equal(a->twin[i].swapped, b->twin[i].swapped);
    }
}

static void same_roundings(const rw_given *a, const rw_given *b)
{
    for (int i = 0; i < N_KEY * MAX_CONTEXT; i++) {
        same(&a->single[i].near_aliasing, &b->single[i].near_aliasing);
        assert_memory_equal(a->single[i].aliasing, b->single[i].aliasing,
                            sizeof a->single[i].aliasing);
        assert_memory_equal(a->twin[i].aliasing, b->twin[i].aliasing,
                            sizeof a->twin[i].aliasing);
        assert_memory_equal(a->twin[i].invariance, b->twin[i].invariance,
                            sizeof a->twin[i].invariance);
        assert_memory_equal(a->twin[i].cross, b->twin[i].cross, sizeof a->twin[i].cross);
    }
}

/* The score scale changes no inversion; a power of two changes no bf16 alias either, away from
 * the ends of the type. */
static void scaling(void **state)
{
    (void)state;
    for (int round = 0; round < n_round(5); round++) {
        job j;
        rw_given a, b;
        random_job(&j);
        run(&j, &a);
        j.in.score_scale = ldexp(1.0, (int)below(40) - 20);
        run(&j, &b);
        same_inversions(&a, &b);
        for (int i = 0; i < N_KEY * MAX_CONTEXT; i++)
            assert_memory_equal(&a.single[i].aliasing[RW_BF16],
                                &b.single[i].aliasing[RW_BF16], sizeof(rw_alias_count));
        rw_given_clear(&a);
        rw_given_clear(&b);
    }
}

/* -q turns the order round: inversions + reversed + ties = total; aliases stay. */
static void reversing(void **state)
{
    (void)state;
    for (int round = 0; round < n_round(5); round++) {
        job j;
        rw_given a, b;
        random_job(&j);
        run(&j, &a);
        for (uint32_t i = 0; i < j.in.head_dim; i++)
            j.q[i] = -j.q[i];
        run(&j, &b);
        for (int i = 0; i < N_KEY * MAX_CONTEXT; i++) {
            const rw_count *x[3] = {&a.single[i].inversion, &a.single[i].inversion_local,
                                    &a.single[i].inversion_beyond};
            const rw_count *y[3] = {&b.single[i].inversion, &b.single[i].inversion_local,
                                    &b.single[i].inversion_beyond};
            for (int w = 0; w < 3; w++) {
                assert_int_equal(x[w]->ties, y[w]->ties);
                assert_int_equal(x[w]->count + y[w]->count + x[w]->ties, x[w]->total);
            }
        }
        same_roundings(&a, &b);
        rw_given_clear(&a);
        rw_given_clear(&b);
    }
}

/* Keys in another order: every number moves along, and a pair's own order is of no account. */
static void swapping_keys(void **state)
{
    (void)state;
    for (int round = 0; round < n_round(5); round++) {
        job j;
        rw_given a, b;
        random_job(&j);
        run(&j, &a);
        double k[N_KEY * MAX_DIM];
        const uint32_t dim = j.in.head_dim;
        for (uint32_t i = 0; i < N_KEY * dim; i++) /* 0 1 2 becomes 2 1 0 */
            k[(N_KEY - 1 - i / dim) * dim + i % dim] = j.k[i];
        j.in.k = k;
        run(&j, &b);
        for (int p = 0; p < N_KEY; p++)
            for (int c = 0; c < MAX_CONTEXT; c++) {
                const int i = p * MAX_CONTEXT + c, m = (N_KEY - 1 - p) * MAX_CONTEXT + c;
                same(&a.single[i].inversion, &b.single[m].inversion);
                assert_memory_equal(a.single[i].aliasing, b.single[m].aliasing,
                                    sizeof a.single[i].aliasing);
                /* pairs (0,1) (0,2) (1,2) become (2,1) (2,0) (1,0) */
                same(&a.twin[i].inversion, &b.twin[m].inversion);
                assert_int_equal(a.twin[i].swapped, !b.twin[m].swapped);
                assert_memory_equal(a.twin[i].aliasing, b.twin[m].aliasing,
                                    sizeof a.twin[i].aliasing);
                assert_memory_equal(a.twin[i].invariance, b.twin[m].invariance,
                                    sizeof a.twin[i].invariance);
                assert_memory_equal(a.twin[i].cross, b.twin[m].cross,
                                    sizeof a.twin[i].cross);
            }
        rw_given_clear(&a);
        rw_given_clear(&b);
    }
}

static void every_kernel(void **state)
{
    (void)state;
    for (int round = 0; round < n_round(5); round++) {
        job j;
        rw_given a, b;
        random_job(&j);
        run(&j, &a);
        const rw_kernels *k;
        int runs;
        for (size_t i = 0; (k = rw_kernels_list(i, &runs)); i++) {
            if (!runs) continue;
            j.in.kernels = k;
            run(&j, &b);
            same_inversions(&a, &b);
            same_roundings(&a, &b);
            rw_given_clear(&b);
        }
        rw_given_clear(&a);
    }
}

/* Pairs in another order, with their frequencies: the same sum in another order, so the same
 * counts; and both layouts. */
static void permuting_dimensions(void **state)
{
    (void)state;
    for (int round = 0; round < n_round(5); round++) {
        job j;
        rw_given a, b;
        random_job(&j);
        run(&j, &a);
        const uint32_t half = j.rot.rotary_dim / 2, dim = j.in.head_dim;
        uint32_t to[MAX_DIM], order[MAX_DIM / 2];
        double freq[MAX_DIM / 2], q[MAX_DIM], k[N_KEY * MAX_DIM];
        for (uint32_t n = 0; n < half; n++) {
            const uint32_t r = (uint32_t)below((int64_t)n + 1);
            order[n] = order[r];
            order[r] = n;
        }
        const int interleaved = round % 2;
        for (uint32_t n = 0; n < half; n++) {
            freq[order[n]] = j.freq[n];
            to[n] = interleaved ? 2 * order[n] : order[n];
            to[n + half] = interleaved ? 2 * order[n] + 1 : order[n] + half;
        }
        for (uint32_t i = 2 * half; i < dim;
             i++) /* their sum is part of the definition: in order */
            to[i] = i;
        for (uint32_t i = 0; i < dim; i++)
            q[to[i]] = j.q[i];
        for (uint32_t i = 0; i < N_KEY * dim; i++)
            k[i / dim * dim + to[i % dim]] = j.k[i];
        j.rot.pairs = interleaved ? RW_PAIRS_INTERLEAVED : RW_PAIRS_HALF_SPLIT;
        j.rot.inv_freq = freq;
        j.in.q = q;
        j.in.k = k;
        run(&j, &b);
        same_inversions(&a, &b);
        same_roundings(&a, &b);
        rw_given_clear(&a);
        rw_given_clear(&b);
    }
}

int main(void)
{
    const char *s = getenv("RW_TEST_SEED");
    if (s) seed = strtoull(s, NULL, 0);
    printf("seed %#llx\n", (unsigned long long)seed);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scaling),
        cmocka_unit_test(reversing),
        cmocka_unit_test(swapping_keys),
        cmocka_unit_test(every_kernel),
        cmocka_unit_test(permuting_dimensions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
