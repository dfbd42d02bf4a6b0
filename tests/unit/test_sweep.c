/* test_sweep.c - whole sweeps: published values, any number of threads, checkpoints, failures. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

#include "audit/given_run.h"
#include "base/alloc.h"
#include "sweep/cost.h"
#include "sweep/grid.h"

static ropewalk_rope no_rope(void)
{
    const double nan_value = (double)NAN;
    return (ropewalk_rope){nan_value, NULL,      nan_value, nan_value, nan_value,
                           nan_value, nan_value, nan_value, nan_value, nan_value};
}

static const char *const none[] = {"none"};
static const rw_family families[] = {RW_FAMILY_ALIGNED, RW_FAMILY_GAUSSIAN,
                                     RW_FAMILY_SLOW_HEAVY};
static const int64_t contexts[] = {1, 2, 300, 1000};
static const double bases[] = {50, 1e4, 5e5};
static const uint32_t dims[] = {2, 16};

static rw_sweep_axes small_axes(const ropewalk_rope *rope)
{
    return (rw_sweep_axes){.head_dim = dims,
                           .n_head_dim = 2,
                           .rope_theta = bases,
                           .n_rope_theta = 3,
                           .scaling = none,
                           .n_scaling = 1,
                           .rope = rope,
                           .rotary_dim = -1,
                           .score_scale = 1.0,
                           .context = 1000};
}

static rw_sweep_plan small_plan(const rw_sweep_table *table, uint32_t n_table)
{
    return (rw_sweep_plan){.table = table,
                           .n_table = n_table,
                           .n_grid = n_table,
                           .n_base = 3,
                           .family = families,
                           .n_family = 3,
                           .n_draw = 3,
                           .context = contexts,
                           .n_context = 4,
                           .dtypes = 1u << RW_BF16 | 1u << RW_E4M3,
                           .events = RW_ALL_EVENTS,
                           .zeta = 0.01,
                           .seed = 7,
                           .threshold = 0.25,
                           .n_thread = 1,
                           .kernels = rw_kernels_pick(NULL)};
}

/* Heads of 128 dimensions at some bases. */
static rw_sweep_table *usual_tables(const double *theta, uint32_t n_theta, uint32_t *n)
{
    static const uint32_t dim = 128;
    const ropewalk_rope rope = no_rope();
    rw_sweep_axes axes = small_axes(&rope);
    rw_sweep_table *table = NULL;
    axes.head_dim = &dim;
    axes.n_head_dim = 1;
    axes.rope_theta = theta;
    axes.n_rope_theta = n_theta;
    assert_int_equal(rw_sweep_axes_tables(&axes, 0, &table, n, NULL), ROPEWALK_OK);
    return table;
}

/* Position inversion of aligned keys at M = 131,072 over the base: chance, a least, a slow rise. */
static void u_shape(void **state)
{
    (void)state;
    static const double theta[] = {1e3, 1e4, 1e5, 5e5, 1e6, 1e7};
    /* of 2^32 pairs: .508 .493 .230 .188 .196 .215; NumPy's sort and searchsorted agree */
    static const int64_t counts[] = {2181940791, 2117566209, 986340602,
                                     806817710,  843829421,  921278305};
    static const int64_t M = 131072;
    uint32_t n;
    rw_sweep_table *table = usual_tables(theta, 6, &n);
    rw_sweep s;
    rw_sweep_plan plan = small_plan(table, n);
    plan.n_base = 6;
    plan.n_family = 1;
    plan.context = &M;
    plan.n_context = 1;
    plan.events = 1u << RW_EVENT_POSITION_INVERSION | 1u << RW_EVENT_TOKEN_INVERSION;
    assert_int_equal(rw_sweep_run(&plan, &s, NULL), ROPEWALK_OK);
    for (size_t i = 0; i < 6; i++) {
        const rw_sweep_value *v = rw_sweep_value_at(&s, i, 0, 0, 0, 0);
        assert_int_equal(v->total, 65536LL * 65536);
        assert_int_equal(v->unresolved, 0);
        const double rate = (double)v->count / (double)v->total;
        assert_int_equal(v->count, counts[i]);
        assert_true(fabs(rate - v->predicted.value) < 0.01);
        assert_memory_equal(&s.curve[0].point[i].position, &rate, sizeof rate);
        /* the aligned key is the same in every draw */
        assert_false(rw_sweep_value_at(&s, i, 0, 1, 0, 0)->counted);
        assert_true(rw_sweep_value_at(&s, i, 0, 1, 0, 1)->counted);
    }
    assert_int_equal(s.n_curve, 1);
    const rw_sweep_curve *c = &s.curve[0];
    assert_int_equal(c->position.point, 3);
    assert_true(c->position.lower == 1e5 && c->position.upper == 1e6);
    assert_int_equal(c->position_falls, 3);
    assert_int_equal(c->position_left, 3);
    assert_int_equal(c->position_rises, 2);
    assert_int_equal(c->position_right, 2);
    rw_sweep_clear(&s);
    rw_sweep_tables_free(table, n);
}

/* Every event but attention invariance is predicted, near what is counted for Gaussian keys. */
static void predicted(void **state)
{
    (void)state;
    static const double theta[] = {5e5};
    static const int64_t M = 8192;
    uint32_t n;
    rw_sweep_table *table = usual_tables(theta, 1, &n);
    rw_sweep s;
    rw_sweep_plan plan = small_plan(table, n);
    static const rw_family gaussian = RW_FAMILY_GAUSSIAN;
    plan.n_base = 1;
    plan.family = &gaussian;
    plan.n_family = 1;
    plan.context = &M;
    plan.n_context = 1;
    plan.dtypes = 1u << RW_BF16;
    plan.events = (1u << RW_N_EVENT) - 1;
    assert_int_equal(rw_sweep_run(&plan, &s, NULL), ROPEWALK_OK);
    for (uint32_t j = 0; j < s.n_slot; j++)
        for (uint32_t d = 0; d < s.n_draw; d++) {
            const rw_sweep_value *v = rw_sweep_value_at(&s, 0, 0, d, 0, j);
            const double rate = (double)v->count / (double)v->total;
            if (s.slot[j].event == RW_EVENT_ATTENTION_INVARIANCE) {
                assert_int_equal(v->predicted.state, RW_ESTIMATE_UNDEFINED);
                continue;
            }
            assert_int_equal(v->predicted.state, RW_ESTIMATE_KNOWN);
            assert_true(fabs(v->predicted.value - rate) < 0.03);
            if (s.slot[j].event == RW_EVENT_CROSS_ALIASING ||
                s.slot[j].event == RW_EVENT_POSITIONAL_INSENSITIVITY)
                assert_true(v->predicted.value > rate / 2 &&
                            v->predicted.value < rate * 2);
        }
    rw_sweep_clear(&s);
    rw_sweep_tables_free(table, n);
}

static void same_values(const rw_sweep *a, const rw_sweep *b)
{
    const size_t n =
        (size_t)a->n_table * a->n_family * a->n_draw * a->n_context * a->n_slot;
    for (size_t i = 0; i < n; i++) {
        const rw_sweep_value *x = &a->value[i], *y = &b->value[i];
        assert_true(x->count == y->count && x->total == y->total &&
                    x->unresolved == y->unresolved && x->aside == y->aside &&
                    x->counted == y->counted && x->defined == y->defined &&
                    x->predicted.state == y->predicted.state &&
                    x->predicted.kind == y->predicted.kind);
        assert_memory_equal(&x->predicted.value, &y->predicted.value, sizeof(double));
    }
}

/* A cell holds what `measure` says of the same vectors. */
static void like_measure(const rw_sweep_plan *plan, const rw_sweep *s, size_t t, size_t f,
                         uint32_t d)
{
    double q[16], k[32];
    const rw_sweep_table *table = &plan->table[t];
    rw_synthetic_vectors(plan->family[f], table->info.head_dim, table->info.rotary_dim,
                         RW_PAIRS_HALF_SPLIT, plan->seed, d, q, k, 2);
    const rw_given_input in = {.q = q,
                               .k = k,
                               .n_q = 1,
                               .n_k = 2,
                               .head_dim = table->info.head_dim,
                               .rotation = &table->rotation,
                               .rope_theta = table->info.rope_theta,
                               .score_scale = 1.0,
                               .context = plan->context,
                               .n_context = plan->n_context,
                               .dtypes = plan->dtypes,
                               .events = plan->events,
                               .zeta = plan->zeta,
                               .n_thread = 1,
                               .kernels = plan->kernels};
    rw_given g;
    assert_int_equal(rw_given_run(&in, &g, NULL), ROPEWALK_OK);
    for (size_t c = 0; c < plan->n_context; c++)
        for (size_t i = 0; i < s->n_slot; i++) {
            const rw_sweep_value *v = rw_sweep_value_at(s, t, f, d, c, i);
            const int dtype = s->slot[i].dtype;
            const rw_single *one = &g.single[c];
            const rw_double *two = &g.twin[c];
            const int64_t expected[RW_N_EVENT] = {
                one->inversion.count,
                dtype < 0 ? 0 : one->aliasing[dtype].pairs,
                one->insensitivity.count,
                two->inversion.count,
                dtype < 0 ? 0 : two->aliasing[dtype].distances,
                dtype < 0 ? 0 : two->invariance[dtype].pairs,
                dtype < 0 ? 0 : two->cross[dtype].pairs};
            if (!v->counted) continue;
            assert_int_equal(v->count, expected[s->slot[i].event]);
            assert_int_equal(v->unresolved, 0);
            if (s->slot[i].event == RW_EVENT_POSITION_INVERSION)
                assert_memory_equal(&v->predicted.value,
                                    &g.single_prediction[c].inversion.value, 8);
        }
    rw_given_clear(&g);
}

static void any_number_of_threads(void **state)
{
    (void)state;
    const int64_t live = rw_alloc_live();
    const ropewalk_rope rope = no_rope();
    const rw_sweep_axes axes = small_axes(&rope);
    rw_sweep_table *table;
    uint32_t n;
    rw_sweep one, many;
    assert_int_equal(rw_sweep_axes_tables(&axes, 0, &table, &n, NULL), ROPEWALK_OK);
    assert_int_equal(n, 6);
    rw_sweep_plan plan = small_plan(table, n);
    assert_int_equal(rw_sweep_run(&plan, &one, NULL), ROPEWALK_OK);
    assert_int_equal(one.n_slot, 3 + 4 * 2);
    assert_int_equal(one.n_curve, 2 * 3 * 4);
    for (size_t t = 0; t < n; t++)
        for (size_t f = 0; f < 3; f++)
            for (uint32_t d = 0; d < 3; d++)
                like_measure(&plan, &one, t, f, d);
    for (plan.n_thread = 2; plan.n_thread < 9; plan.n_thread += 3) {
        assert_int_equal(rw_sweep_run(&plan, &many, NULL), ROPEWALK_OK);
        same_values(&one, &many);
        rw_sweep_clear(&many);
    }
    rw_sweep_clear(&one);
    rw_sweep_tables_free(table, n);
    assert_int_equal(rw_alloc_live(), live);
}

static int stop_at_five(void *ctx, const char *stage, int64_t done, int64_t total)
{
    (void)stage;
    (void)total;
    (void)ctx;
    return done >= 5;
}

static void interrupted_and_resumed(void **state)
{
    (void)state;
    char path[] = "test_sweep.checkpoint";
    const ropewalk_rope rope = no_rope();
    const rw_sweep_axes axes = small_axes(&rope);
    rw_sweep_table *table;
    uint32_t n;
    uint64_t key, other;
    rw_sweep whole, parts;
    ropewalk_error err = {0};
    (void)unlink(path);
    assert_int_equal(rw_sweep_axes_tables(&axes, 0, &table, &n, NULL), ROPEWALK_OK);
    rw_sweep_plan plan = small_plan(table, n);
    assert_int_equal(rw_sweep_run(&plan, &whole, NULL), ROPEWALK_OK);
    assert_int_equal(rw_sweep_key(&plan, &key, NULL), ROPEWALK_OK);
    assert_int_equal(rw_journal_open(path, key, &plan.journal, &err), ROPEWALK_OK);
    plan.progress = stop_at_five;
    assert_int_equal(rw_sweep_run(&plan, &parts, &err), ROPEWALK_E_INTERRUPTED);
    assert_null(parts.value);
    rw_journal_close(plan.journal);
    plan.progress = NULL;
    plan.n_thread = 2;
    assert_int_equal(rw_journal_open(path, key, &plan.journal, &err), ROPEWALK_OK);
    assert_int_equal(rw_sweep_run(&plan, &parts, &err), ROPEWALK_OK);
    same_values(&whole, &parts);
    rw_sweep_clear(&parts);
    rw_journal_close(plan.journal);
    plan.journal = NULL;
    plan.n_draw = 4; /* another grid */
    assert_int_equal(rw_sweep_key(&plan, &other, NULL), ROPEWALK_OK);
    assert_true(other != key);
    assert_int_equal(rw_journal_open(path, other, &plan.journal, &err),
                     ROPEWALK_E_FORMAT);
    (void)unlink(path);
    rw_sweep_clear(&whole);
    rw_sweep_tables_free(table, n);
}

static void every_failing_allocation(void **state)
{
    (void)state;
    const ropewalk_rope rope = no_rope();
    rw_sweep_axes axes = small_axes(&rope);
    axes.n_rope_theta = 2;
    axes.n_head_dim = 1;
    const int64_t live = rw_alloc_live();
    for (int sticky = 0; sticky < 2; sticky++) {
        int at = 0;
        for (;; at++) {
            rw_sweep_table *table = NULL;
            uint32_t n;
            rw_sweep s;
            ropewalk_error err = {0};
            rw_alloc_fail_at(at, sticky);
            ropewalk_status status = rw_sweep_axes_tables(&axes, 0, &table, &n, &err);
            rw_sweep_init(&s);
            if (!status) {
                rw_sweep_plan plan = small_plan(table, n);
                plan.n_base = plan.n_draw = 2;
                plan.n_thread = 2;
                status = rw_sweep_run(&plan, &s, &err);
            }
            rw_alloc_fail_at(-1, 0);
            rw_sweep_clear(&s);
            rw_sweep_tables_free(table, n);
            if (!status) break;
            assert_int_equal(status, ROPEWALK_E_MEMORY);
            assert_memory_equal(err.message, "no memory for ", 14);
            if (rw_alloc_live() != live) fail_msg("allocation %d: blocks are left", at);
        }
        assert_true(at > 40);
        assert_int_equal(rw_alloc_live(), live);
    }
}

static void refusals(void **state)
{
    (void)state;
    ropewalk_rope rope = no_rope();
    rw_sweep_axes axes = small_axes(&rope);
    rw_sweep_table *table;
    uint32_t n;
    ropewalk_error err = {0};
    rope.beta_fast = 32; /* which plain frequencies do not have */
    assert_int_equal(rw_sweep_axes_tables(&axes, 0, &table, &n, &err),
                     ROPEWALK_E_ARGUMENT);
    assert_non_null(strstr(err.message, "beta_fast"));
    assert_null(table);
    static const char *const two[] = {"none", "yarn"};
    axes.scaling = two;
    axes.n_scaling = 2;
    rope.scale = 4;
    rope.orig_ctx = 256;
    assert_int_equal(rw_sweep_axes_tables(&axes, 0, &table, &n, &err), ROPEWALK_OK);
    assert_int_equal(n, 12);
    assert_string_equal(table[2].info.scaling, "none");
    assert_string_equal(table[3].info.scaling, "yarn");
    assert_true(table[3].info.rope_theta == bases[0] && table[3].info.head_dim == 2);
    assert_true(table[11].info.attn_factor > 1.0);
    rw_sweep_plan plan = small_plan(table, n);
    static const int64_t endless = (int64_t)1 << 31;
    plan.context = &endless;
    plan.n_context = 1;
    plan.n_thread = 1000;
    rw_sweep s;
    assert_int_equal(rw_sweep_run(&plan, &s, &err), ROPEWALK_E_MEMORY);
    assert_non_null(strstr(err.message, "GiB"));
    plan.n_draw = UINT32_MAX;
    assert_int_equal(rw_sweep_run(&plan, &s, &err), ROPEWALK_E_ARGUMENT);
    double seconds = 0.0;
    assert_int_equal(rw_sweep_estimate(&plan, 1e12, &seconds, &err), ROPEWALK_OK);
    assert_true(isfinite(seconds) && seconds > 1e9);
    rw_sweep_tables_free(table, n);
    assert_int_equal(rw_sweep_axes_count(&axes), 12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(u_shape),
        cmocka_unit_test(predicted),
        cmocka_unit_test(any_number_of_threads),
        cmocka_unit_test(interrupted_and_resumed),
        cmocka_unit_test(every_failing_allocation),
        cmocka_unit_test(refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
