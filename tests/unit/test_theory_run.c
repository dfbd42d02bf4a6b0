/* test_theory_run.c - tables, contexts and draws: predictions are the predictor's, counts those of
 * a measurement, any number of threads agrees, every failing allocation is an error. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "audit/given_run.h"
#include "audit/theory_run.h"
#include "base/alloc.h"
#include "base/random.h"

enum { DIM = 12, N_DRAW = 5 };

static double freq[] = {1, 0.3, 0.01, 0.01}; /* equal ones too */
static const rw_rotation rotation = {.rotary_dim = 8, .attn_factor = 1, .inv_freq = freq};
static const int64_t contexts[] = {1, 2, 100, 300};
static const rw_family families[] = {RW_FAMILY_ALIGNED, RW_FAMILY_GAUSSIAN};
static const rw_theory_table_input tables[] = {{.name = "one",
                                                .rotation = &rotation,
                                                .head_dim = DIM,
                                                .rope_theta = 50,
                                                .score_scale = 1},
                                               {.name = "two",
                                                .mechanism = "none",
                                                .rotation = &rotation,
                                                .head_dim = DIM,
                                                .window = 100,
                                                .rope_theta = (double)NAN,
                                                .score_scale = 0.5}};

static rw_theory_input input(int n_thread)
{
    return (rw_theory_input){.table = tables,
                             .n_table = 2,
                             .context = contexts,
                             .n_context = 4,
                             .dtypes = 1u << RW_BF16 | 1u << RW_E4M3,
                             .zeta = 0.1,
                             .near_alias = 0.1,
                             .family = families,
                             .n_family = 2,
                             .n_draw = N_DRAW,
                             .seed = 7,
                             .count = true,
                             .count_limit = 200,
                             .n_thread = n_thread,
                             .kernels = rw_kernels_pick(NULL)};
}

static const rw_answer *value(const rw_theory *t, uint32_t table, uint32_t context,
                              uint32_t set, rw_quantity q)
{
    return &t->table[table].context[context].score[set].value[q - RW_Q_MEAN];
}

static void same(double a, double b)
{
    assert_memory_equal(&a, &b, sizeof a);
}

static void threads_agree(void **state)
{
    (void)state;
    rw_theory one, three;
    const rw_theory_input a = input(1), b = input(3);
    assert_int_equal(rw_theory_run(&a, &one, NULL), ROPEWALK_OK);
    assert_int_equal(rw_theory_run(&b, &three, NULL), ROPEWALK_OK);
    for (uint32_t t = 0; t < 2; t++)
        for (uint32_t c = 0; c < 4; c++)
            for (uint32_t s = 0; s < 2; s++)
                for (int q = RW_Q_MEAN; q < RW_Q_POSITION_ALIASING; q++) {
                    const rw_answer *x = value(&one, t, c, s, (rw_quantity)q),
                                    *y = value(&three, t, c, s, (rw_quantity)q);
                    same(x->value, y->value);
                    same(x->measured, y->measured);
                    assert_int_equal(x->count, y->count);
                    assert_int_equal(x->total, y->total);
                }
    rw_theory_clear(&one);
    rw_theory_clear(&three);
}

/* The first draw of a Gaussian pair, predicted and counted by the older road. */
static void one_draw_is_a_measurement(void **state)
{
    (void)state;
    static const int64_t hundred = 100;
    double q[DIM], k[2 * DIM];
    rw_theory theory;
    rw_given given;
    rw_theory_input in = input(2);
    in.n_draw = 1;
    assert_int_equal(rw_theory_run(&in, &theory, NULL), ROPEWALK_OK);
    rw_synthetic_vectors(RW_FAMILY_GAUSSIAN, DIM, 8, RW_PAIRS_HALF_SPLIT, 7, 0, q, k, 2);
    const rw_given_input job = {.q = q,
                                .k = k,
                                .n_q = 1,
                                .n_k = 2,
                                .head_dim = DIM,
                                .rotation = &rotation,
                                .rope_theta = 50,
                                .score_scale = 1,
                                .context = &hundred,
                                .n_context = 1,
                                .dtypes = in.dtypes,
                                .events = RW_ALL_EVENTS,
                                .zeta = 0.1,
                                .near_alias = 0.1,
                                .n_thread = 1,
                                .kernels = in.kernels};
    assert_int_equal(rw_given_run(&job, &given, NULL), ROPEWALK_OK);
    const rw_answer *inversion = value(&theory, 0, 2, 1, RW_Q_POSITION_INVERSION);
    same(inversion->value, given.single_prediction[0].inversion.value);
    assert_int_equal(inversion->count, given.single[0].inversion.count);
    assert_int_equal(inversion->total, given.single[0].inversion.total);
    same(inversion->measured, (double)inversion->count / (double)inversion->total);
    const rw_answer *token = value(&theory, 0, 2, 1, RW_Q_TOKEN_INVERSION);
    same(token->value, given.twin_prediction[0].inversion.value);
    assert_int_equal(token->count, given.twin[0].inversion.count);
    const rw_answer *typed = theory.table[0].context[2].score[1].by_dtype[RW_E4M3];
    assert_int_equal(typed[0].count, given.single[0].aliasing[RW_E4M3].pairs);
    assert_int_equal(typed[1].count, given.single[0].aliasing[RW_E4M3].distances);
    assert_int_equal(typed[2].count, given.twin[0].aliasing[RW_E4M3].distances);
    assert_int_equal(typed[3].count, given.twin[0].cross[RW_E4M3].pairs);
    assert_int_equal(typed[3].total, 100 * 99);
    assert_true(fabs(typed[3].value - typed[3].measured) < 0.02);
    same(typed[2].value, given.twin_prediction[0].aliasing[RW_E4M3].value);
    /* the moments are identities */
    assert_true(fabs(value(&theory, 0, 2, 1, RW_Q_MEAN)->value - given.single[0].mean) <
                1e-10);
    assert_int_equal(theory.table[0].context[2].score[1].by_dtype[RW_F16][0].total, 0);
    rw_given_clear(&given);
    rw_theory_clear(&theory);
}

static void windows_and_limits(void **state)
{
    (void)state;
    rw_theory theory;
    const rw_theory_input in = input(2);
    assert_int_equal(rw_theory_run(&in, &theory, NULL), ROPEWALK_OK);
    const rw_theory_context *full = theory.table[0].context,
                            *window = theory.table[1].context;
    assert_int_equal(full[3].effective, 300);
    assert_false(full[3].counted); /* beyond the limit */
    assert_int_equal(window[3].effective, 100);
    assert_true(window[3].counted);
    same(value(&theory, 1, 3, 1, RW_Q_VARIANCE)->value,
         value(&theory, 1, 2, 1, RW_Q_VARIANCE)->value);
    assert_true(isnan(value(&theory, 0, 3, 0, RW_Q_POSITION_INVERSION)->measured));
    assert_int_equal(value(&theory, 0, 0, 0, RW_Q_POSITION_INVERSION)->state,
                     RW_ESTIMATE_UNDEFINED);
    /* an aligned key is the same in every draw, its partner is not */
    const rw_answer *inversion = value(&theory, 0, 2, 0, RW_Q_POSITION_INVERSION),
                    *token = value(&theory, 0, 2, 0, RW_Q_TOKEN_INVERSION);
    same(inversion->p10, inversion->p90);
    assert_true(token->p10 < token->p90);
    assert_int_equal(token->n, N_DRAW);
    assert_true(isnan(theory.table[1].value[RW_Q_M_MAX_SCALE].value));
    rw_theory_clear(&theory);
}

static void a_zero_key_has_no_answer(void **state)
{
    (void)state;
    static const double q[DIM] = {1, 2, 3, 4, 5, 6, 7, 8}, k[2 * DIM] = {0};
    rw_theory theory;
    rw_theory_input in = input(1);
    in.n_family = 0;
    in.n_table = 1;
    in.q = q;
    in.k = k;
    in.n_q = 1;
    in.n_k = 2;
    assert_int_equal(rw_theory_run(&in, &theory, NULL), ROPEWALK_OK);
    assert_int_equal(theory.n_set, 3);
    assert_int_equal(theory.n_draw, 1);
    for (int v = RW_Q_MEAN; v < RW_Q_TOKEN_INVERSION; v++) {
        const rw_answer *a = value(&theory, 0, 2, 1, (rw_quantity)v);
        assert_int_equal(a->state, RW_ESTIMATE_UNDEFINED);
        assert_true(isnan(a->value) && isnan(a->measured));
    }
    assert_true(isnan(value(&theory, 0, 2, 2, RW_Q_TOKEN_INVERSION)->measured));
    rw_theory_clear(&theory);
}

static int at_once(void *ctx, const char *stage, int64_t done, int64_t total)
{
    (void)ctx, (void)stage, (void)done, (void)total;
    return 1;
}

static void failures_leave_nothing(void **state)
{
    (void)state;
    static const rw_theory nothing;
    rw_theory theory;
    ropewalk_error err;
    rw_theory_input in = input(1);
    in.progress = at_once;
    in.n_draw = 2000;
    assert_int_equal(rw_theory_run(&in, &theory, &err), ROPEWALK_E_INTERRUPTED);
    assert_memory_equal(&theory, &nothing, sizeof theory);
    in = input(1);
    in.n_draw = 1;
    in.n_family = 1;
    in.n_context = 2;
    const int64_t live = rw_alloc_live();
    for (int64_t n = 0;; n++) {
        rw_alloc_fail_at(n, 0);
        const ropewalk_status status = rw_theory_run(&in, &theory, &err);
        rw_alloc_fail_at(-1, 0);
        if (!status) break;
        assert_int_equal(status, ROPEWALK_E_MEMORY);
        assert_int_equal(rw_alloc_live(), live);
        assert_memory_equal(&theory, &nothing, sizeof theory);
    }
    rw_theory_clear(&theory);
    assert_int_equal(rw_alloc_live(), live);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(threads_agree), cmocka_unit_test(one_draw_is_a_measurement),
        cmocka_unit_test(windows_and_limits), cmocka_unit_test(a_zero_key_has_no_answer),
        cmocka_unit_test(failures_leave_nothing)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
