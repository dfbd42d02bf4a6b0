/* test_frontier_run.c - tables, contexts, windows and places of given vectors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "audit/frontier_run.h"
#include "base/alloc.h"
#include "theory/response.h"

static double freq[] = {1.0, 0.1, 0.01, 0.0}, none[] = {0.0, 0.0};
static const rw_rotation turning = {
    .rotary_dim = 8, .attn_factor = 1.0, .inv_freq = freq};
static const rw_rotation still = {.rotary_dim = 4, .attn_factor = 1.0, .inv_freq = none};
static const int64_t contexts[] = {1, 64, 200};
static const double q[8] = {1, 2, 3, 4, 0, 0, 0, 0};
static const double k[16] = {1, 0, 0, 1, 0, 1, 0, 0, 0, 0, 2, 1, 0, 1, 0, 5};

static int stop(void *ctx, const char *stage, int64_t done, int64_t total)
{
    (void)done, (void)total;
    assert_string_equal(stage, "frontier");
    return *(int *)ctx;
}

static const rw_theory_table_input tables[] = {
    {.name = "a", .rotation = &turning, .head_dim = 8, .score_scale = 2.0},
    {.name = "b", .rotation = &turning, .head_dim = 8, .window = 100, .score_scale = 1.0},
    {.name = "c", .rotation = &still, .head_dim = 4, .score_scale = 1.0}};

static rw_theory_input input(uint32_t n_table)
{
    return (rw_theory_input){.table = tables,
                             .n_table = n_table,
                             .context = contexts,
                             .n_context = 3,
                             .n_thread = 2};
}

static void sets(void **state)
{
    (void)state;
    rw_frontier_list list;
    const rw_theory_input in = input(3);
    assert_int_equal(rw_frontier_run(&in, &list, NULL), ROPEWALK_OK);
    assert_int_equal(list.n_set, 9);
    for (uint32_t i = 0; i < 9; i++) {
        const rw_frontier_set *s = &list.set[i];
        assert_int_equal(s->table, i / 3);
        assert_int_equal(s->context, contexts[i % 3]);
        assert_int_equal(s->effective, i == 5 ? 100 : s->context);
        assert_int_equal(s->defined, i / 3 < 2 && i % 3 > 0);
        assert_int_equal(s->n_placed, 0);
        for (int task = 0; task < RW_N_FRONTIER_TASK && s->defined; task++) {
            assert_int_equal(s->frontier[task].task, task);
            assert_int_equal(s->frontier[task].n_pair, 3); /* one of four does not turn */
            assert_int_equal(s->frontier[task].context, s->effective);
            assert_int_equal(s->frontier[task].n_point, 16);
        }
    }
    rw_frontier_list_clear(&list);
    assert_null(list.set);
}

static void places(void **state)
{
    (void)state;
    rw_frontier_list list;
    rw_theory_input in = input(1);
    in.q = q, in.k = k, in.n_q = 1, in.n_k = 2;
    assert_int_equal(rw_frontier_run(&in, &list, NULL), ROPEWALK_OK);
    assert_int_equal(list.set[0].n_placed, 0);
    const rw_frontier_set *s = &list.set[2];
    assert_int_equal(s->n_placed, 3);
    double re[3], im[3];
    rw_coefficient z = {.re = re, .im = im};
    rw_response r;
    assert_int_equal(rw_response_init(&r, freq, 3, 200, NULL), ROPEWALK_OK);
    rw_head_place place;
    for (uint32_t i = 0; i < 2; i++) {
        double terms[8];
        z.re = terms, z.im = terms + 4;
        assert_int_equal(rw_coefficient_make(&turning, 8, 2.0, q, k + 8 * i, &z, NULL),
                         ROPEWALK_OK);
        rw_response_place(&r, &z, &place);
        assert_memory_equal(&s->placed[i].place, &place, sizeof place);
        assert_true(s->placed[i].k1 == i && !s->placed[i].margin);
    }
    /* The margin in closed form: z = q (k0 - k1), scale 2. */
    const double margin_re[3] = {2 * (1 - 0), 4 * (0 - 0), 6 * (0 - 2)};
    const double margin_im[3] = {-2 * (0 - 0), -4 * (1 - 1), -6 * (0 - 0)};
    memcpy(re, margin_re, sizeof re), memcpy(im, margin_im, sizeof im);
    z = (rw_coefficient){.n_pair = 3, .re = re, .im = im};
    rw_response_place(&r, &z, &place);
    assert_true(s->placed[2].margin && s->placed[2].k1 == 0 && s->placed[2].k2 == 1);
    assert_true(fabs(s->placed[2].place.token_separation - place.token_separation) <
                1e-12);
    assert_true(fabs(s->placed[2].place.step - place.step) < 1e-12);
    rw_response_clear(&r);
    rw_frontier_list_clear(&list);
}

static void refused(void **state)
{
    (void)state;
    rw_frontier_list list;
    ropewalk_error err = {0};
    static double many[RW_MAX_FRONTIER_PAIRS + 1];
    for (int i = 0; i <= RW_MAX_FRONTIER_PAIRS; i++)
        many[i] = 1.0 / (i + 1);
    const rw_rotation wide = {.rotary_dim = 2 * RW_MAX_FRONTIER_PAIRS + 2,
                              .attn_factor = 1.0,
                              .inv_freq = many};
    const rw_theory_table_input table = {
        .name = "wide", .rotation = &wide, .head_dim = 2 * RW_MAX_FRONTIER_PAIRS + 2};
    rw_theory_input in = input(1);
    in.table = &table;
    assert_int_equal(rw_frontier_run(&in, &list, &err), ROPEWALK_E_ARGUMENT);
    assert_string_equal(err.message,
                        "the frontier of 513 pairs is not computed: at most 512");
    assert_null(list.set);
    in = input(2);
    int yes = 1;
    in.progress = stop, in.progress_ctx = &yes;
    assert_int_equal(rw_frontier_run(&in, &list, &err), ROPEWALK_E_INTERRUPTED);
    assert_null(list.set);
}

static void no_memory(void **state)
{
    (void)state;
    const int64_t live = rw_alloc_live();
    rw_theory_input in = input(1);
    in.n_thread = 1, in.n_context = 2;
    in.q = q, in.k = k, in.n_q = 1, in.n_k = 2;
    rw_frontier_list list;
    for (int64_t at = 0;; at += 1 + at / 8) {
        rw_alloc_fail_at(at, 0);
        const ropewalk_status status = rw_frontier_run(&in, &list, NULL);
        rw_alloc_fail_at(-1, 0);
        if (status == ROPEWALK_OK) break;
        assert_int_equal(status, ROPEWALK_E_MEMORY);
        assert_null(list.set);
        assert_int_equal(rw_alloc_live(), live);
    }
    rw_frontier_list_clear(&list);
    assert_int_equal(rw_alloc_live(), live);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sets),
        cmocka_unit_test(places),
        cmocka_unit_test(refused),
        cmocka_unit_test(no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
