/* geometry.c - groups shared out to threads, each with a workspace of its own; totals are sums of
 * integers. */
#include "bench/geometry.h"

#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "base/random.h"
#include "bench/stopwatch.h"

/* clang-format off */
#define SMOLLM2 .head_dim = 64, .rope_theta = 100000.0, .mechanism = "none"
#define LLAMA3(scale, high)                                                                        \
    .head_dim = 128, .rope_theta = 500000.0, .mechanism = "llama3", .n_setting = 4,                \
    .setting = {{.name = "factor", .num = (scale)},                                                \
                {.name = "low_freq_factor", .num = 1.0},                                           \
                {.name = "high_freq_factor", .num = (high)},                                       \
                {.name = "original_context_length", .num = 8192.0}}

/* Shapes and rotations as data/models.json has them. Llama 4 has 40 query heads in 48 layers: its
 * 32 heads here, one pair each, are a sample, and every fourth layer there has no rotation. */
static const rw_geometry geometries[] = {
    {.name = "smollm2-8k", .title = "SmolLM2-135M at 8K", SMOLLM2,
     .n_layer = 30, .n_head = 9, .n_query = 8, .n_key = 8,
     .least_context = 1024, .context = 8192, .quick_group = 64, .whole = 1},
    {.name = "llama3.1-128k", .title = "Llama-3.1-8B at 128K", LLAMA3(8.0, 4.0),
     .n_layer = 32, .n_head = 32, .n_query = 8, .n_key = 8,
     .least_context = 1024, .context = 131072, .quick_group = 16, .whole = 1},
    {.name = "llama4-10m", .title = "Llama-4-Scout at 10M, 32 heads", LLAMA3(16.0, 1.0),
     .n_layer = 1, .n_head = 32, .n_query = 1, .n_key = 1,
     .least_context = 1024, .context = 10485760, .quick_group = 2, .whole = 1},
    /* small enough for other programs to do the same */
    {.name = "pairs-8k", .title = "8 pairs of SmolLM2-135M at 8K", SMOLLM2,
     .n_layer = 1, .n_head = 1, .n_query = 1, .n_key = 8,
     .least_context = 1024, .context = 8192, .quick_group = 1, .repeat = 31},
    {.name = "pairs-128k", .title = "8 pairs of Llama-3.1-8B at 128K", LLAMA3(8.0, 4.0),
     .n_layer = 1, .n_head = 1, .n_query = 1, .n_key = 8,
     .least_context = 1024, .context = 131072, .quick_group = 1, .repeat = 31},
};
/* clang-format on */
enum { N_GEOMETRY = sizeof geometries / sizeof *geometries };

const rw_geometry *rw_geometry_at(size_t i)
{
    return i < N_GEOMETRY ? &geometries[i] : NULL;
}

ropewalk_status rw_geometry_choose(const char *names, int chosen[RW_BENCH_MAX_GEOMETRY],
                                   ropewalk_error *err)
{
    memset(chosen, 0, RW_BENCH_MAX_GEOMETRY * sizeof *chosen);
    if (names && strcmp(names, "none") == 0) return ROPEWALK_OK;
    if (!names || strcmp(names, "all") == 0) {
        for (size_t i = 0; i < N_GEOMETRY; i++)
            chosen[i] = names || geometries[i].whole;
        return ROPEWALK_OK;
    }
    for (const char *s = names; s;) {
        const size_t n = strcspn(s, ",");
        size_t i = 0;
        while (i < N_GEOMETRY && (strlen(geometries[i].name) != n ||
                                  strncmp(geometries[i].name, s, n) != 0))
            i++;
        if (i == N_GEOMETRY)
            return rw_fail(err, ROPEWALK_E_ARGUMENT, 0,
                           "geometry \"%.*s\" is unknown: there are smollm2-8k, "
                           "llama3.1-128k, llama4-10m, pairs-8k and pairs-128k",
                           (int)(n < 64 ? n : 64), s);
        chosen[i] = 1;
        s = s[n] ? s + n + 1 : NULL;
    }
    return ROPEWALK_OK;
}

size_t rw_geometry_contexts(const rw_geometry *g, int64_t *context)
{
    size_t n = 0;
    for (int64_t M = g->least_context; M < g->context && n + 1 < RW_BENCH_MAX_CONTEXT;
         M *= 2)
        context[n++] = M;
    context[n++] = g->context;
    return n;
}

ropewalk_status rw_geometry_rotation(const rw_geometry *g, rw_rotation *rot,
                                     ropewalk_error *err)
{
    const rw_layer_shape shape = {.head_dim = g->head_dim,
                                  .rotary_dim = g->head_dim,
                                  .n_head_q = g->n_head,
                                  .n_head_kv = g->n_head,
                                  .context_length = g->context,
                                  .rope_theta = g->rope_theta,
                                  .pairs = RW_PAIRS_HALF_SPLIT};
    return rw_mech_build(rw_mech_find(g->mechanism), &shape, g->setting, g->n_setting,
                         rot, err);
}

void rw_geometry_vectors(const rw_geometry *g, uint64_t seed, int64_t group, double *q,
                         double *k)
{
    const uint64_t stream = 2 * (uint64_t)group;
    for (size_t i = 0; i < g->head_dim; i++)
        q[i] = rw_random_normal(seed, stream, i);
    for (size_t i = 0; i < (size_t)g->n_key * g->head_dim; i++)
        k[i] = rw_random_normal(seed, stream + 1, i);
}

ropewalk_status rw_geometry_coefficients(const rw_geometry *g, const rw_rotation *rot,
                                         const double *q, const double *k, double *room,
                                         rw_coefficient *z, ropewalk_error *err)
{
    ropewalk_status status = ROPEWALK_OK;
    for (size_t i = 0; i < g->n_key && !status; i++) {
        z[i].re = room + 2 * i * g->head_dim;
        z[i].im = z[i].re + g->head_dim;
        status = rw_coefficient_make(rot, g->head_dim, 1.0 / sqrt((double)g->head_dim), q,
                                     k + i * g->head_dim, &z[i], err);
    }
    return status;
}

/* What one thread works with. */
typedef struct bench_worker {
    rw_workspace ws;
    double *room;
    rw_coefficient *z;
    rw_single *single;
    rw_bench_total total[RW_BENCH_MAX_CONTEXT];
} bench_worker;

typedef struct bench_job {
    const rw_geometry *g;
    uint64_t seed;
    double *vectors; /* [groups][1 + n_key][head_dim] */
    rw_rotation rot;
    rw_scoretable table;
    rw_measure_plan plan;
    int64_t context[RW_BENCH_MAX_CONTEXT];
    bench_worker *worker;
    int n_worker;
} bench_job;

static void worker_clear(bench_worker *w)
{
    rw_workspace_clear(&w->ws);
    rw_free(w->room);
    rw_free(w->z);
    rw_free(w->single);
}

static void job_clear(bench_job *job)
{
    for (int i = 0; job->worker && i < job->n_worker; i++)
        worker_clear(&job->worker[i]);
    rw_free(job->worker);
    rw_free(job->vectors);
    rw_scoretable_clear(&job->table);
    rw_rotation_clear(&job->rot);
}

static ropewalk_status worker_init(bench_worker *w, const bench_job *job,
                                   ropewalk_error *err)
{
    const rw_geometry *g = job->g;
    const size_t dim = g->head_dim, keys = g->n_key;
    w->room = rw_array(2 * keys * dim, sizeof *w->room);
    w->z = rw_calloc(keys, sizeof *w->z);
    w->single = rw_calloc(keys * job->plan.n_context, sizeof *w->single);
    if (!w->room || !w->z || !w->single)
        return rw_fail_memory(err, "a benchmark's results");
    return rw_workspace_init(&w->ws, &job->table, &job->plan, 1, err); /* key by key */
}

/* Doubles in the vectors of a group. */
static size_t group_size(const rw_geometry *g)
{
    return ((size_t)g->n_key + 1) * g->head_dim;
}

static ropewalk_status make_vectors(void *ctx, int64_t item, int index,
                                    ropewalk_error *err)
{
    const bench_job *job = ctx;
    double *q = job->vectors + (size_t)item * group_size(job->g);
    (void)index;
    (void)err;
    rw_geometry_vectors(job->g, job->seed, item, q, q + job->g->head_dim);
    return ROPEWALK_OK;
}

static ropewalk_status work(void *ctx, int64_t item, int index, ropewalk_error *err)
{
    bench_job *job = ctx;
    const rw_geometry *g = job->g;
    bench_worker *w = &job->worker[index];
    const double *q = job->vectors + (size_t)item * group_size(g);
    ropewalk_status status =
        rw_geometry_coefficients(g, &job->rot, q, q + g->head_dim, w->room, w->z, err);
    if (!status)
        status = rw_group_measure(&w->ws, w->z, g->n_key, w->single, NULL, 0, NULL, err);
    for (size_t i = 0; i < g->n_key * job->plan.n_context && !status; i++) {
        const rw_single *s = &w->single[i];
        rw_bench_total *t = &w->total[i % job->plan.n_context];
        t->inversions += s->inversion.count;
        t->alias_pairs += s->aliasing[RW_BF16].pairs;
        t->unresolved += s->inversion.unresolved + s->aliasing[RW_BF16].unresolved;
    }
    return status;
}

/* As many threads as memory allows, half of it at most. */
static ropewalk_status threads_for(const bench_job *job, int64_t n_group, int n_thread,
                                   rw_bench_geometry *out, ropewalk_error *err)
{
    const uint64_t half = rw_memory_total() / 2;
    out->bytes_of_vectors = (uint64_t)n_group * group_size(job->g) * sizeof(double);
    const uint64_t memory =
        half > out->bytes_of_vectors ? half - out->bytes_of_vectors : 1;
    out->bytes_a_thread = rw_workspace_bytes(&job->table, &job->plan, 1);
    if (n_thread > n_group) n_thread = (int)n_group;
    while (half && n_thread > 1 && (uint64_t)n_thread * out->bytes_a_thread > memory)
        n_thread--;
    out->n_thread = n_thread;
    if (half && out->bytes_a_thread > memory)
        return rw_fail(err, ROPEWALK_E_MEMORY, 0,
                       "%s needs %llu MB for vectors and %llu MB a thread: more than "
                       "half of this machine's memory",
                       job->g->title,
                       (unsigned long long)(out->bytes_of_vectors / 1000000),
                       (unsigned long long)(out->bytes_a_thread / 1000000));
    return ROPEWALK_OK;
}

static void plan_job(bench_job *job)
{
    job->plan = (rw_measure_plan){.context = job->context,
                                  .n_context = rw_geometry_contexts(job->g, job->context),
                                  .n_distance = job->g->context,
                                  .dtypes = 1u << RW_BF16,
                                  .events = 1u << RW_EVENT_POSITION_INVERSION |
                                            1u << RW_EVENT_POSITION_ALIASING,
                                  .halves_only = 1};
}

static ropewalk_status start_workers(bench_job *job, int n_thread, ropewalk_error *err)
{
    ropewalk_status status = ROPEWALK_OK;
    job->worker = rw_calloc((size_t)n_thread, sizeof *job->worker);
    if (!job->worker) return rw_fail_memory(err, "a benchmark's threads");
    for (; job->n_worker < n_thread && !status; job->n_worker++)
        status = worker_init(&job->worker[job->n_worker], job, err);
    return status;
}

/* Progress over all repetitions, of which `before` groups are done; while vectors are made, none. */
typedef struct overall {
    rw_pool_progress progress;
    void *ctx;
    int64_t before, total;
    bool counting;
} overall;

static int report(void *ctx, int64_t done, int64_t total)
{
    const overall *all = ctx;
    (void)total;
    if (!all->progress) return 0;
    return all->progress(all->ctx, all->counting ? all->before + done : 0, all->total);
}

ropewalk_status rw_geometry_run(const rw_geometry *g, const rw_kernels *kernels,
                                int n_thread, uint64_t seed, int64_t n_group,
                                rw_pool_progress progress, void *progress_ctx,
                                rw_bench_geometry *out, ropewalk_error *err)
{
    const int64_t whole = (int64_t)g->n_layer * g->n_head * g->n_query;
    if (n_group <= 0 || n_group > whole) n_group = whole;
    bench_job job = {.g = g, .seed = seed};
    overall all = {.progress = progress,
                   .ctx = progress_ctx,
                   .total = n_group * (g->repeat > 1 ? g->repeat : 1)};
    rw_rotation_init(&job.rot);
    *out = (rw_bench_geometry){.name = g->name,
                               .title = g->title,
                               .n_layer = g->n_layer,
                               .n_head = g->n_head,
                               .n_query = g->n_query,
                               .n_key = g->n_key,
                               .head_dim = g->head_dim,
                               .n_group = whole,
                               .n_group_run = n_group};

    plan_job(&job);
    const rw_moment start = rw_now();
    ropewalk_status status = rw_geometry_rotation(g, &job.rot, err);
    if (!status)
        status = rw_scoretable_make(&job.table, kernels, &job.rot, g->context, n_thread,
                                    report, &all, err);
    if (!status) status = threads_for(&job, n_group, n_thread, out, err);
    if (!status) status = start_workers(&job, out->n_thread, err);
    out->setup = rw_since(start).wall;
    if (!status) { /* what models and captures bring along is no part of the work */
        job.vectors = rw_array((size_t)n_group * group_size(g), sizeof *job.vectors);
        status = job.vectors ? rw_pool_run(out->n_thread, n_group, make_vectors, &job,
                                           report, &all, err)
                             : rw_fail_memory(err, "a benchmark's vectors");
    }
    rw_moment spent[RW_MAX_REPEAT] = {{0.0, 0.0}};
    int n = 0;
    all.counting = true;
    do {
        for (int w = 0; !status && w < job.n_worker; w++)
            memset(job.worker[w].total, 0, sizeof job.worker[w].total);
        const rw_moment from = rw_now();
        if (!status)
            status = rw_pool_run(out->n_thread, n_group, work, &job, report, &all, err);
        all.before += n_group;
        spent[n++] = rw_since(from);
    } while (n < g->repeat && !status);
    out->time = rw_timing_of(spent, n);
    out->n_score_run = n_group * g->n_key * g->context;
    out->n_context = job.plan.n_context;
    for (size_t i = 0; i < out->n_context && !status; i++) {
        out->total[i].context = job.context[i];
        for (int w = 0; w < job.n_worker; w++) {
            out->total[i].inversions += job.worker[w].total[i].inversions;
            out->total[i].alias_pairs += job.worker[w].total[i].alias_pairs;
            out->total[i].unresolved += job.worker[w].total[i].unresolved;
        }
    }
    job_clear(&job);
    return status;
}
