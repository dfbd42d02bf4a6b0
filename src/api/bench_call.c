/* bench_call.c - ropewalk_bench(): the machine, the stages, whole geometries. */
#include <string.h>

#include "api/handle.h"
#include "base/alloc.h"
#include "bench/geometry.h"
#include "bench/machine.h"
#include "bench/stage.h"
#include "format/qkfile.h"
#include "report/bench_report.h"

void ropewalk_bench_params_init(ropewalk_bench_params *params)
{
    *params = (ropewalk_bench_params){.struct_size = sizeof *params};
}

typedef struct forward {
    const ropewalk_run *run;
    const char *stage;
} forward;

static int report_progress(void *ctx, int64_t done, int64_t total)
{
    const forward *f = ctx;
    return f->run->progress
               ? f->run->progress(f->run->progress_ctx, f->stage, done, total)
               : 0;
}

static ropewalk_status write_tensors(const char *path, const rw_geometry *g,
                                     const double *q, const double *k,
                                     const rw_rotation *rot, ropewalk_error *err)
{
    const uint64_t dim = g->head_dim, n_freq = rot->rotary_dim / 2;
    const rw_qk_tensor tensors[] = {
        {.name = "q", .dtype = "F64", .n_dim = 2, .shape = {1, dim}},
        {.name = "k", .dtype = "F64", .n_dim = 2, .shape = {g->n_key, dim}},
        {.name = "inv_freq", .dtype = "F64", .n_dim = 1, .shape = {n_freq}}};
    const void *const data[] = {q, k, rot->inv_freq};
    const uint64_t n[] = {dim, g->n_key * dim, n_freq};
    rw_qkwriter *w = NULL;
    ropewalk_status status = rw_qkwriter_open(path, tensors, 3, NULL, 0, &w, err);
    if (status) return status;
    for (uint32_t i = 0; i < 3 && !status; i++)
        status = rw_qkwriter_write(w, i, 0, data[i], n[i] * sizeof(double), err);
    if (!status) return rw_qkwriter_commit(w, err);
    rw_qkwriter_abort(w);
    return status;
}

/* The first group of a geometry, as `measure --qk` reads it. */
static ropewalk_status write_vectors(const char *path, const rw_geometry *g,
                                     uint64_t seed, ropewalk_error *err)
{
    rw_rotation rot;
    rw_rotation_init(&rot);
    double *q = rw_array(g->head_dim, sizeof *q);
    double *k = rw_array((size_t)g->n_key * g->head_dim, sizeof *k);
    ropewalk_status status =
        q && k ? ROPEWALK_OK : rw_fail_memory(err, "a benchmark's vectors");
    if (!status) status = rw_geometry_rotation(g, &rot, err);
    if (!status) {
        rw_geometry_vectors(g, seed, 0, q, k);
        status = write_tensors(path, g, q, k, &rot, err);
    }
    rw_rotation_clear(&rot);
    rw_free(q);
    rw_free(k);
    return status;
}

/* What --vectors is for: one geometry. */
static ropewalk_status first_vectors(const ropewalk_bench_params *p,
                                     const int chosen[RW_BENCH_MAX_GEOMETRY],
                                     uint64_t seed, ropewalk_error *err)
{
    const rw_geometry *only = NULL, *g;
    int n = 0;
    for (size_t i = 0; (g = rw_geometry_at(i)); i++)
        if (chosen[i]) {
            only = g;
            n++;
        }
    if (n != 1)
        return rw_fail(err, ROPEWALK_E_ARGUMENT, 0,
                       "vectors are written of one geometry: name it");
    return write_vectors(p->vectors, only, seed, err);
}

static ropewalk_status measure(const ropewalk_bench_params *p,
                               const ropewalk_run *settings, const rw_kernels *kernels,
                               const int chosen[RW_BENCH_MAX_GEOMETRY], rw_bench *bench,
                               ropewalk_error *err)
{
    forward f = {settings, "the machine"};
    const rw_geometry *g;
    ropewalk_status status = ROPEWALK_OK;
    if (!p->geometries_only) {
        status = rw_bench_machine(bench, report_progress, &f, err);
        f.stage = "stages";
        if (!status)
            status =
                rw_bench_stages(bench, kernels, settings->seed, report_progress, &f, err);
    }
    for (size_t i = 0; !status && (g = rw_geometry_at(i)); i++) {
        if (!chosen[i]) continue;
        f.stage = g->name;
        status = rw_geometry_run(g, kernels, settings->n_thread, settings->seed,
                                 p->quick ? g->quick_group : 0, report_progress, &f,
                                 &bench->geometry[bench->n_geometry], err);
        bench->n_geometry++;
    }
    bench->load_after = rw_machine_load();
    return status;
}

ropewalk_status ropewalk_bench(const ropewalk_bench_params *p, const ropewalk_run *run,
                               ropewalk_result **result, ropewalk_error *err)
{
    ropewalk_run settings;
    const rw_kernels *kernels;
    int chosen[RW_BENCH_MAX_GEOMETRY];
    *result = NULL;
    ropewalk_status status = rw_run_resolve(run, &settings, &kernels, err);
    if (!status) status = rw_geometry_choose(p->geometry, chosen, err);
    if (!status && (p->context < 0 || p->context == 1 || p->context > 1 << 24))
        status = rw_fail(err, ROPEWALK_E_ARGUMENT, 0,
                         "the stages' context must be 2 to 16777216, not %lld",
                         (long long)p->context);
    if (!status && p->vectors) status = first_vectors(p, chosen, settings.seed, err);
    if (status) return status;
    rw_bench *bench = rw_calloc(1, sizeof *bench);
    if (!bench) return rw_fail_memory(err, "the benchmark's figures");
    bench->quick = p->quick != 0;
    bench->n_thread = settings.n_thread;
    bench->n_processor = rw_pool_default_threads();
    bench->isa = kernels->name;
    bench->context = p->context ? p->context : p->quick ? 8192 : 131072;
    bench->load_before = rw_machine_load();
    status = measure(p, &settings, kernels, chosen, bench, err);
    if (!status) {
        *result = rw_result_new(err);
        status = *result ? ROPEWALK_OK : ROPEWALK_E_MEMORY;
    }
    if (!status) {
        rw_bench_text(bench, &(*result)->text);
        status = rw_result_finish(result, "bench",
                                  rw_bench_json(bench, settings.reproducible != 0),
                                  &settings, err);
    }
    rw_free(bench);
    return status;
}
