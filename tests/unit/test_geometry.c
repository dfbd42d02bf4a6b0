/* test_geometry.c - the table of geometries, and totals that depend on no thread and no kernel. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/alloc.h"
#include "bench/geometry.h"
#include <cmocka.h>

static const rw_geometry small = {.name = "small",
                                  .title = "small",
                                  .n_layer = 2,
                                  .n_head = 3,
                                  .n_query = 2,
                                  .n_key = 3,
                                  .head_dim = 16,
                                  .rope_theta = 10000.0,
                                  .mechanism = "none",
                                  .least_context = 100,
                                  .context = 700};

static void table_is_sound(void **state)
{
    (void)state;
    const rw_geometry *g;
    ropewalk_error err;
    size_t n = 0;
    for (; (g = rw_geometry_at(n)); n++) {
        int64_t context[RW_BENCH_MAX_CONTEXT];
        const size_t n_context = rw_geometry_contexts(g, context);
        assert_int_equal(context[0], g->least_context);
        assert_int_equal(context[n_context - 1], g->context);
        for (size_t i = 1; i < n_context; i++)
            assert_true(context[i] > context[i - 1] && context[i] <= 2 * context[i - 1]);
        rw_rotation rot;
        rw_rotation_init(&rot);
        assert_int_equal(rw_geometry_rotation(g, &rot, &err), ROPEWALK_OK);
        assert_int_equal(rot.rotary_dim, g->head_dim);
        rw_rotation_clear(&rot);
        assert_true(g->quick_group >= 1);
    }
    assert_true(n <= RW_BENCH_MAX_GEOMETRY);
    int64_t context[RW_BENCH_MAX_CONTEXT];
    assert_int_equal(rw_geometry_contexts(&small, context), 4); /* 100 200 400 700 */
    assert_int_equal(context[3], 700);
}

static void names_choose(void **state)
{
    (void)state;
    int chosen[RW_BENCH_MAX_GEOMETRY];
    ropewalk_error err;
    assert_int_equal(rw_geometry_choose(NULL, chosen, &err), ROPEWALK_OK);
    assert_true(chosen[0] && chosen[1] && chosen[2] && !chosen[3] && !chosen[4]);
    assert_int_equal(rw_geometry_choose("all", chosen, &err), ROPEWALK_OK);
    assert_true(chosen[0] && chosen[4]);
    assert_int_equal(rw_geometry_choose("none", chosen, &err), ROPEWALK_OK);
    assert_false(chosen[0] || chosen[4]);
    assert_int_equal(rw_geometry_choose("pairs-8k,llama4-10m", chosen, &err),
                     ROPEWALK_OK);
    assert_true(!chosen[0] && !chosen[1] && chosen[2] && chosen[3] && !chosen[4]);
    static const char *const bad[] = {"", "pairs", "pairs-8k,", ",pairs-8k", "Pairs-8k"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(rw_geometry_choose(bad[i], chosen, &err), ROPEWALK_E_ARGUMENT);
}

static void totals_are_the_same(void **state)
{
    (void)state;
    ropewalk_error err;
    rw_bench_geometry first, other;
    assert_int_equal(
        rw_geometry_run(&small, &rw_kernels_ref, 1, 5, 0, NULL, NULL, &first, &err),
        ROPEWALK_OK);
    assert_int_equal(first.n_group, 12);
    assert_int_equal(first.n_group_run, 12);
    assert_int_equal(first.n_score_run, 12 * 3 * 700);
    assert_int_equal(first.n_context, 4);
    const rw_kernels *kernels;
    int runs;
    for (size_t i = 0; (kernels = rw_kernels_list(i, &runs)); i++)
        for (int threads = 1; runs && threads <= 20; threads += 19) {
            assert_int_equal(
                rw_geometry_run(&small, kernels, threads, 5, 0, NULL, NULL, &other, &err),
                ROPEWALK_OK);
            assert_true(other.n_thread <= 12);
            assert_memory_equal(first.total, other.total, sizeof first.total);
        }
    for (size_t i = 0; i < first.n_context; i++) {
        const rw_bench_total *t = &first.total[i];
        const int64_t M = t->context, most = M / 2 * (M - M / 2) * 36;
        assert_true(t->inversions > 0 && t->inversions < most);
        assert_int_equal(t->unresolved, 0);
    }
    /* the first groups alone, and other vectors */
    assert_int_equal(
        rw_geometry_run(&small, &rw_kernels_ref, 1, 5, 4, NULL, NULL, &other, &err),
        ROPEWALK_OK);
    assert_int_equal(other.n_group_run, 4);
    assert_true(other.total[3].inversions < first.total[3].inversions);
    assert_int_equal(
        rw_geometry_run(&small, &rw_kernels_ref, 1, 6, 0, NULL, NULL, &other, &err),
        ROPEWALK_OK);
    assert_true(other.total[3].inversions != first.total[3].inversions);
}

/* One group's vectors, one pair counted by the definition in plain loops. */
static void totals_are_counts(void **state)
{
    (void)state;
    rw_geometry one = small;
    one.n_layer = one.n_head = one.n_query = one.n_key = 1;
    rw_bench_geometry out;
    ropewalk_error err;
    assert_int_equal(
        rw_geometry_run(&one, &rw_kernels_ref, 1, 5, 0, NULL, NULL, &out, &err),
        ROPEWALK_OK);
    double q[16], k[16], room[32], t[1024], scratch[RW_SERIES_SCRATCH(8)];
    rw_coefficient z;
    rw_rotation rot;
    rw_scoretable table;
    rw_rotation_init(&rot);
    assert_int_equal(rw_geometry_rotation(&one, &rot, &err), ROPEWALK_OK);
    rw_geometry_vectors(&one, 5, 0, q, k);
    assert_int_equal(rw_geometry_coefficients(&one, &rot, q, k, room, &z, &err),
                     ROPEWALK_OK);
    assert_int_equal(rw_scoretable_init(&table, &rw_kernels_ref, &rot, 700, &err),
                     ROPEWALK_OK);
    assert_true(rw_series_size(&table) <= 1024);
    rw_series s;
    rw_series_init(&s, &table, &z, t);
    rw_series_fill(&s, scratch);
    for (size_t i = 0; i < out.n_context; i++) {
        const int64_t M = out.total[i].context;
        int64_t inversions = 0;
        for (int64_t near = 0; near < M / 2; near++)
            for (int64_t far = M / 2; far < M; far++)
                inversions += t[far] > t[near];
        assert_int_equal(out.total[i].inversions, inversions);
    }
    rw_scoretable_clear(&table);
    rw_rotation_clear(&rot);
}

static int stop(void *ctx, int64_t done, int64_t total)
{
    (void)ctx;
    (void)done;
    (void)total;
    return 1;
}

static void interrupted(void **state)
{
    (void)state;
    rw_geometry many = small;
    many.n_layer = 100000;
    rw_bench_geometry out;
    ropewalk_error err;
    const int64_t live = rw_alloc_live();
    assert_int_equal(
        rw_geometry_run(&many, &rw_kernels_ref, 2, 5, 0, stop, NULL, &out, &err),
        ROPEWALK_E_INTERRUPTED);
    assert_int_equal(rw_alloc_live(), live);
}

typedef struct seen {
    int64_t last, total;
} seen;

static int ascending(void *ctx, int64_t done, int64_t total)
{
    seen *s = ctx;
    assert_true(done >= s->last && done <= total);
    s->last = done;
    s->total = total;
    return 0;
}

/* One bar for all repetitions, full at the end. */
static void progress(void **state)
{
    (void)state;
    rw_geometry thrice = small;
    thrice.repeat = 3;
    rw_bench_geometry out, once;
    ropewalk_error err;
    seen s = {0, 0};
    assert_int_equal(
        rw_geometry_run(&thrice, &rw_kernels_ref, 2, 5, 0, ascending, &s, &out, &err),
        ROPEWALK_OK);
    assert_int_equal(s.last, 36);
    assert_int_equal(s.total, 36);
    assert_int_equal(out.time.n, 3);
    assert_int_equal(
        rw_geometry_run(&small, &rw_kernels_ref, 2, 5, 0, NULL, NULL, &once, &err),
        ROPEWALK_OK);
    assert_memory_equal(once.total, out.total, sizeof once.total);
}

static void memory_runs_short(void **state)
{
    (void)state;
    ropewalk_error err;
    rw_bench_geometry out;
    const int64_t live = rw_alloc_live();
    rw_alloc_fail_at(-1, 0);
    assert_int_equal(
        rw_geometry_run(&small, &rw_kernels_ref, 1, 5, 1, NULL, NULL, &out, &err),
        ROPEWALK_OK);
    const int64_t n = rw_alloc_count();
    for (int64_t i = 0; i < n; i++) {
        rw_alloc_fail_at(i, 1);
        assert_int_equal(
            rw_geometry_run(&small, &rw_kernels_ref, 1, 5, 1, NULL, NULL, &out, &err),
            ROPEWALK_E_MEMORY);
        rw_alloc_fail_at(-1, 0);
        assert_int_equal(rw_alloc_live(), live);
    }
}

static void memory_is_asked_for(void **state)
{
    (void)state;
    rw_geometry huge = small;
    huge.n_key = 1u << 30;
    rw_bench_geometry out;
    ropewalk_error err;
    assert_int_equal(
        rw_geometry_run(&huge, &rw_kernels_ref, 1, 5, 1, NULL, NULL, &out, &err),
        ROPEWALK_E_MEMORY);
    assert_non_null(strstr(err.message, "small needs"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(table_is_sound),      cmocka_unit_test(names_choose),
        cmocka_unit_test(totals_are_the_same), cmocka_unit_test(totals_are_counts),
        cmocka_unit_test(interrupted),         cmocka_unit_test(progress),
        cmocka_unit_test(memory_runs_short),   cmocka_unit_test(memory_is_asked_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
