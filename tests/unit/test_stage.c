/* test_stage.c - every stage runs, and counts the same with every instruction set. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/alloc.h"
#include "bench/stage.h"
#include <cmocka.h>

static rw_bench *small_bench(void)
{
    rw_bench *bench = rw_calloc(1, sizeof *bench);
    assert_non_null(bench);
    bench->quick = true;
    bench->n_thread = 2;
    bench->isa = "ref";
    bench->context = 1500;
    return bench;
}

static const rw_bench_stage *find(const rw_bench *b, const char *stage, const char *isa,
                                  int n_thread, uint32_t n_pair)
{
    for (size_t i = 0; i < b->n_stage; i++)
        if (strcmp(b->stage[i].stage, stage) == 0 && strcmp(b->stage[i].isa, isa) == 0 &&
            b->stage[i].n_thread == n_thread && b->stage[i].n_pair == n_pair)
            return &b->stage[i];
    return NULL;
}

static void counts_agree(void **state)
{
    (void)state;
    rw_bench *bench = small_bench();
    ropewalk_error err;
    assert_int_equal(rw_bench_stages(bench, &rw_kernels_ref, 3, NULL, NULL, &err),
                     ROPEWALK_OK);
    assert_true(bench->n_stage < RW_BENCH_MAX_STAGE); /* none was dropped */
    for (size_t i = 0; i < bench->n_stage; i++) {
        const rw_bench_stage *s = &bench->stage[i];
        assert_int_equal(s->context, 1500);
        assert_int_equal(s->n_score % 1500, 0);
        assert_true((s->flops > 0.0) == (strcmp(s->stage, "score_sweep") == 0));
        const rw_bench_stage *same = find(bench, s->stage, "ref", s->n_thread, s->n_pair);
        assert_non_null(same);
        assert_int_equal(s->check, same->check);
    }
    const rw_bench_stage *sweep = find(bench, "score_sweep", "ref", 1, 64);
    assert_true(sweep->flops == 4.0 * 64 * (double)sweep->n_score);
    assert_int_equal(find(bench, "position_inversion", "ref", 1, 64)->check,
                     find(bench, "inversion_and_certificates", "ref", 1, 64)->check);
    assert_int_equal(find(bench, "scores_to_position_aliasing", "ref", 1, 64)->check,
                     find(bench, "position_aliasing", "ref", 1, 64)->check);
    assert_int_equal(find(bench, "threads", "ref", 1, 64)->check,
                     find(bench, "threads", "ref", 2, 64)->check);
    assert_int_equal(find(bench, "single_pair_events", "ref", 1, 64)->check,
                     find(bench, "position_inversion", "ref", 1, 64)->check +
                         find(bench, "position_aliasing", "ref", 1, 64)->check);
    rw_free(bench);
}

static int stop_late(void *ctx, int64_t done, int64_t total)
{
    (void)ctx;
    return done > total / 2;
}

static void interrupted(void **state)
{
    (void)state;
    rw_bench *bench = small_bench();
    ropewalk_error err;
    const int64_t live = rw_alloc_live();
    assert_int_equal(rw_bench_stages(bench, &rw_kernels_ref, 3, stop_late, NULL, &err),
                     ROPEWALK_E_INTERRUPTED);
    assert_int_equal(rw_alloc_live(), live);
    rw_free(bench);
}

static void memory_runs_short(void **state)
{
    (void)state;
    rw_bench *bench = small_bench();
    ropewalk_error err;
    const int64_t live = rw_alloc_live();
    for (int64_t i = 0; i < 60; i++) {
        bench->n_stage = 0;
        rw_alloc_fail_at(i, 1);
        const ropewalk_status status =
            rw_bench_stages(bench, &rw_kernels_ref, 3, NULL, NULL, &err);
        rw_alloc_fail_at(-1, 0);
        assert_int_equal(status, ROPEWALK_E_MEMORY);
        assert_int_equal(rw_alloc_live(), live);
    }
    rw_free(bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_agree),
        cmocka_unit_test(interrupted),
        cmocka_unit_test(memory_runs_short),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
