/* test_machine.c - the yardsticks: which there are, and that their loops compute what they claim. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/alloc.h"
#include "bench/machine.h"
#include "bench/peak.h"
#include "kernel/kernel.h"
#include <cmocka.h>

/* Twelve chains a, b, ... towards 1 and the sum that keeps them: a (d' + ...) as in peak.c, where
 * every chain has the same limit, is 1 * 1 + 1 = 2, twice, and once more. */
static void loops_converge(void **state)
{
    (void)state;
    const rw_kernels *kernels;
    int runs;
    for (size_t i = 0; (kernels = rw_kernels_list(i, &runs)); i++) {
        const rw_fma_loop *loop = rw_fma_loop_of(kernels->name);
        assert_non_null(loop);
        assert_true(loop->flops_f32 == 2.0 * loop->flops_f64);
        if (!runs) continue;
        const double end = 2.0 * 2.0 + (2.0 * 2.0 + 0.75); /* a d + (g j + x) */
        assert_true(fabs(loop->f64(1000) - end) < 1e-9);
        assert_true(fabs(loop->f32(1000) - end) < 1e-4);
        assert_false(fabs(loop->f64(2) - end) < 1e-3); /* it does go on */
    }
    assert_null(rw_fma_loop_of("vax"));
}

static void every_yardstick(void **state)
{
    (void)state;
    rw_bench *bench = rw_calloc(1, sizeof *bench);
    ropewalk_error err;
    assert_non_null(bench);
    bench->quick = true;
    bench->n_thread = 2;
    bench->isa = "ref";
    assert_int_equal(rw_bench_machine(bench, NULL, NULL, &err), ROPEWALK_OK);
    int triads = 0, sorts = 0, fmas = 0;
    for (size_t i = 0; i < bench->n_peak; i++) {
        const rw_bench_peak *p = &bench->peak[i];
        triads += strcmp(p->what, "triad") == 0;
        sorts += strcmp(p->what, "sort") == 0;
        fmas += strncmp(p->what, "fma_", 4) == 0;
        assert_true(p->work > 0.0 && p->time.best > 0.0);
    }
    assert_int_equal(triads, 2);
    assert_int_equal(sorts, 1);
    assert_true(fmas >= 4 && fmas % 2 == 0);
    assert_true(rw_bench_fma(bench, "ref", 1) > 0.0);
    assert_true(rw_bench_fma(bench, "ref", 2) > 0.0);
    assert_true(rw_bench_fma(bench, "ref", 3) == 0.0);
    assert_true(rw_bench_fma(bench, "vax", 1) == 0.0);
    rw_free(bench);
}

static void memory_runs_short(void **state)
{
    (void)state;
    rw_bench *bench = rw_calloc(1, sizeof *bench);
    ropewalk_error err;
    assert_non_null(bench);
    bench->quick = true;
    bench->n_thread = 1;
    bench->isa = "ref";
    const int64_t live = rw_alloc_live();
    for (int64_t n = 0; n < 5; n++) {
        bench->n_peak = 0;
        rw_alloc_fail_at(n, 1);
        assert_int_equal(rw_bench_machine(bench, NULL, NULL, &err), ROPEWALK_E_MEMORY);
        rw_alloc_fail_at(-1, 0);
        assert_int_equal(rw_alloc_live(), live);
    }
    rw_free(bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(loops_converge),
        cmocka_unit_test(every_yardstick),
        cmocka_unit_test(memory_runs_short),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
