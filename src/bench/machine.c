/* machine.c - multiply-adds, memory, sorting: measured in the same run as what they are to judge. */
#include "bench/machine.h"

#include <string.h>

#include "base/alloc.h"
#include "base/pool.h"
#include "base/random.h"
#include "bench/peak.h"
#include "kernel/kernel.h"

enum { SORT_BITS = 8, SORT_DIGITS = 1 << SORT_BITS };

typedef struct yard {
    int n_thread;
    const rw_fma_loop *loop;
    int wide; /* float64 */
    int64_t n;
    double *a, *b, *c;
    uint32_t *key, *other;
} yard;

/* One item a thread; one alone runs here, since a new thread may wait for its turn. */
static ropewalk_status on_threads(yard *y, rw_pool_work item, ropewalk_error *err)
{
    if (y->n_thread == 1) return item(y, 0, 0, err);
    return rw_pool_run(y->n_thread, y->n_thread, item, y, NULL, NULL, err);
}

static ropewalk_status fma_item(void *ctx, int64_t item, int worker, ropewalk_error *err)
{
    const yard *y = ctx;
    (void)item;
    (void)worker;
    (void)err;
    volatile double kept = y->wide ? y->loop->f64(y->n) : y->loop->f32(y->n);
    (void)kept;
    return ROPEWALK_OK;
}

static ropewalk_status fma_run(void *ctx, ropewalk_error *err)
{
    return on_threads(ctx, fma_item, err);
}

static ropewalk_status triad_item(void *ctx, int64_t item, int worker,
                                  ropewalk_error *err)
{
    const yard *y = ctx;
    (void)worker;
    (void)err;
    const int64_t first = y->n * item / y->n_thread,
                  end = y->n * (item + 1) / y->n_thread;
    double *restrict a = y->a;
    const double *restrict b = y->b, *restrict c = y->c;
    for (int64_t i = first; i < end; i++)
        a[i] = b[i] + 3.0 * c[i];
    return ROPEWALK_OK;
}

static ropewalk_status triad_run(void *ctx, ropewalk_error *err)
{
    return on_threads(ctx, triad_item, err);
}

static ropewalk_status sort_prepare(void *ctx, ropewalk_error *err)
{
    const yard *y = ctx;
    (void)err;
    for (int64_t i = 0; i < y->n; i++)
        y->key[i] = (uint32_t)rw_random_u64(1, 1, (uint64_t)i);
    return ROPEWALK_OK;
}

/* Four passes of a plain radix sort, the least significant digit first. */
static ropewalk_status sort_run(void *ctx, ropewalk_error *err)
{
    const yard *y = ctx;
    (void)err;
    uint32_t *from = y->key, *to = y->other;
    for (int shift = 0; shift < 32; shift += SORT_BITS) {
        uint32_t first[SORT_DIGITS + 1] = {0};
        for (int64_t i = 0; i < y->n; i++)
            first[(from[i] >> shift & (SORT_DIGITS - 1)) + 1]++;
        for (int d = 0; d < SORT_DIGITS; d++)
            first[d + 1] += first[d];
        for (int64_t i = 0; i < y->n; i++)
            to[first[from[i] >> shift & (SORT_DIGITS - 1)]++] = from[i];
        uint32_t *swap = from;
        from = to;
        to = swap;
    }
    return ROPEWALK_OK;
}

static ropewalk_status add(rw_bench *bench, rw_bench_peak what, const rw_timed *timed,
                           rw_asking *a, ropewalk_error *err)
{
    const ropewalk_status status =
        rw_time(timed, bench->quick ? 3 : 9, a, &what.time, err);
    a->done++;
    if (!status && bench->n_peak < RW_BENCH_MAX_PEAK) bench->peak[bench->n_peak++] = what;
    return status;
}

static ropewalk_status measure_fma(rw_bench *bench, const rw_kernels *kernels,
                                   int n_thread, rw_asking *a, ropewalk_error *err)
{
    yard y = {.n_thread = n_thread,
              .loop = rw_fma_loop_of(kernels->name),
              .n = bench->quick ? 1000000 : 20000000};
    if (!y.loop) return ROPEWALK_OK;
    const rw_timed timed = {NULL, fma_run, &y};
    ropewalk_status status = ROPEWALK_OK;
    for (y.wide = 1; y.wide >= 0 && !status; y.wide--) {
        const rw_bench_peak what = {.what = y.wide ? "fma_float64" : "fma_float32",
                                    .unit = "flop",
                                    .isa = kernels->name,
                                    .n_thread = n_thread,
                                    .work =
                                        (double)n_thread * (double)y.n *
                                        (y.wide ? y.loop->flops_f64 : y.loop->flops_f32)};
        status = add(bench, what, &timed, a, err);
    }
    return status;
}

static ropewalk_status measure_triad(rw_bench *bench, yard *y, rw_asking *a,
                                     ropewalk_error *err)
{
    const rw_timed timed = {NULL, triad_run, y};
    const rw_bench_peak what = {.what = "triad",
                                .unit = "byte",
                                .isa = "compiled",
                                .n_thread = y->n_thread,
                                .work = 24.0 * (double)y->n};
    return add(bench, what, &timed, a, err);
}

ropewalk_status rw_bench_machine(rw_bench *bench, rw_pool_progress progress,
                                 void *progress_ctx, ropewalk_error *err)
{
    rw_asking a = {progress, progress_ctx, 0, bench->n_thread > 1 ? 5 : 2};
    const rw_kernels *kernels;
    ropewalk_status status = ROPEWALK_OK;
    int runs;
    for (size_t i = 0; rw_kernels_list(i, &runs); i++)
        a.total += runs ? 2 : 0;
    for (size_t i = 0; !status && (kernels = rw_kernels_list(i, &runs)); i++) {
        if (!runs) continue;
        status = measure_fma(bench, kernels, 1, &a, err);
        if (!status && bench->n_thread > 1 && strcmp(kernels->name, bench->isa) == 0)
            status = measure_fma(bench, kernels, bench->n_thread, &a, err);
    }
    if (status) return status;

    yard y = {.n_thread = 1, .n = bench->quick ? 1 << 20 : 1 << 23};
    const size_t n = (size_t)y.n, n_key = 1 << 17;
    y.a = rw_array(n, sizeof *y.a);
    y.b = rw_array(n, sizeof *y.b);
    y.c = rw_array(n, sizeof *y.c);
    y.key = rw_array(n_key, sizeof *y.key);
    y.other = rw_array(n_key, sizeof *y.other);
    if (!y.a || !y.b || !y.c || !y.key || !y.other)
        status = rw_fail_memory(err, "the machine's yardsticks");
    for (size_t i = 0; i < n && !status; i++)
        y.a[i] = y.b[i] = y.c[i] = 1.0;
    if (!status) status = measure_triad(bench, &y, &a, err);
    y.n_thread = bench->n_thread;
    if (!status && y.n_thread > 1) status = measure_triad(bench, &y, &a, err);
    if (!status) {
        y.n = (int64_t)n_key;
        const rw_timed timed = {sort_prepare, sort_run, &y};
        const rw_bench_peak what = {.what = "sort",
                                    .unit = "key",
                                    .isa = "compiled",
                                    .n_thread = 1,
                                    .work = (double)n_key};
        status = add(bench, what, &timed, &a, err);
    }
    rw_free(y.a);
    rw_free(y.b);
    rw_free(y.c);
    rw_free(y.key);
    rw_free(y.other);
    return status;
}

double rw_bench_fma(const rw_bench *bench, const char *isa, int n_thread)
{
    for (size_t i = 0; i < bench->n_peak; i++) {
        const rw_bench_peak *p = &bench->peak[i];
        if (strcmp(p->what, "fma_float64") == 0 && strcmp(p->isa, isa) == 0 &&
            p->n_thread == n_thread)
            return p->work / p->time.best;
    }
    return 0.0;
}
