/* stage.c - the steps of measure/ one by one, on the same eight pairs. */
#include "bench/stage.h"

#include <string.h>

#include "base/alloc.h"
#include "bench/geometry.h"
#include "bench/machine.h"
#include "bench/stopwatch.h"
#include "measure/event.h"

enum { KEYS = 8, MOST_CONTEXT = 24 };

/* Eight pairs with everything that their stages need. */
typedef struct workbench {
    const rw_kernels *kernels;
    rw_geometry g;
    int64_t context[MOST_CONTEXT];
    rw_measure_plan plan, near, certified, alias; /* alike but for what is counted */
    rw_rotation rot;
    rw_scoretable table;
    rw_workspace ws, whole_ws, near_ws, certified_ws, alias_ws;
    rw_tally small, small2;
    rw_coincidences both;
    double q[RW_MAX_HEAD_DIM], *k, *room, *scratch;
    rw_coefficient z[KEYS];
    rw_single *single;
    rw_double *twin;
    int64_t check;
} workbench;

static void bench_clear(workbench *b)
{
    rw_workspace_clear(&b->ws);
    rw_workspace_clear(&b->whole_ws);
    rw_workspace_clear(&b->near_ws);
    rw_workspace_clear(&b->certified_ws);
    rw_workspace_clear(&b->alias_ws);
    rw_tally_clear(&b->small);
    rw_tally_clear(&b->small2);
    rw_coincidences_clear(&b->both);
    rw_scoretable_clear(&b->table);
    rw_rotation_clear(&b->rot);
    rw_free(b->k);
    rw_free(b->room);
    rw_free(b->scratch);
    rw_free(b->single);
    rw_free(b->twin);
    rw_free(b);
}

static ropewalk_status allocate(workbench *b, ropewalk_error *err)
{
    b->k = rw_array((size_t)KEYS * b->g.head_dim, sizeof *b->k);
    b->room = rw_array((size_t)2 * KEYS * b->g.head_dim, sizeof *b->room);
    b->scratch = rw_array((size_t)4 * b->g.head_dim + 16, sizeof *b->scratch);
    b->single = rw_calloc(KEYS * b->plan.n_context, sizeof *b->single);
    b->twin = rw_calloc(KEYS * b->plan.n_context, sizeof *b->twin);
    if (!b->k || !b->room || !b->scratch || !b->single || !b->twin)
        return rw_fail_memory(err, "the stages' vectors");
    const uint64_t few = 2 * ((uint64_t)rw_dtype_get(RW_BF16)->max_key + 1) + 1;
    ropewalk_status status = rw_tally_init_direct(&b->small, few, err);
    if (!status) status = rw_tally_init_direct(&b->small2, few, err);
    if (!status)
        status =
            rw_coincidences_init(&b->both, b->plan.n_distance, b->plan.n_context, err);
    return status;
}

static ropewalk_status bench_new(uint32_t head_dim, int64_t context,
                                 const rw_kernels *kernels, uint64_t seed,
                                 workbench **out, ropewalk_error *err)
{
    workbench *b = rw_calloc(1, sizeof *b);
    *out = b;
    if (!b) return rw_fail_memory(err, "the stages");
    b->kernels = kernels;
    rw_rotation_init(&b->rot);
    b->g = (rw_geometry){.n_layer = 1,
                         .n_head = 1,
                         .n_query = 1,
                         .n_key = KEYS,
                         .head_dim = head_dim,
                         .rope_theta = 500000.0,
                         .mechanism = "none",
                         .least_context = context < 1024 ? context : 1024,
                         .context = context};
    b->plan = (rw_measure_plan){.context = b->context,
                                .n_context = rw_geometry_contexts(&b->g, b->context),
                                .n_distance = context,
                                .dtypes = 1u << RW_BF16,
                                .events = 1u << RW_EVENT_POSITION_INVERSION |
                                          1u << RW_EVENT_POSITION_ALIASING,
                                .halves_only = 1,
                                .zeta = 0.01};
    b->near = b->certified = b->alias = b->plan;
    b->near.near_alias = 0.1;
    b->certified.certificates = 1;
    b->alias.events = 1u << RW_EVENT_POSITION_ALIASING;
    ropewalk_status status = rw_geometry_rotation(&b->g, &b->rot, err);
    if (!status) status = allocate(b, err);
    if (!status) status = rw_scoretable_init(&b->table, kernels, &b->rot, context, err);
    if (!status) status = rw_workspace_init(&b->ws, &b->table, &b->plan, KEYS, err);
    if (!status) status = rw_workspace_init(&b->whole_ws, &b->table, &b->plan, 1, err);
    if (!status) status = rw_workspace_init(&b->near_ws, &b->table, &b->near, 1, err);
    if (!status)
        status = rw_workspace_init(&b->certified_ws, &b->table, &b->certified, 1, err);
    if (!status) status = rw_workspace_init(&b->alias_ws, &b->table, &b->alias, 1, err);
    if (status) return status;
    rw_geometry_vectors(&b->g, seed, 0, b->q, b->k);
    status = rw_geometry_coefficients(&b->g, &b->rot, b->q, b->k, b->room, b->z, err);
    if (!status) rw_group_fill(&b->ws, b->z, KEYS);
    for (size_t i = 0; i < KEYS && !status; i++)
        status = rw_group_round(&b->ws, i, RW_BF16, err);
    return status;
}

static const rw_single *last_of(const workbench *b, size_t key)
{
    return &b->single[key * b->plan.n_context + b->plan.n_context - 1];
}

static int32_t *keys_of(const workbench *b, size_t key)
{
    return b->ws.keys + key * (size_t)b->plan.n_distance;
}

static rw_single *row_of(workbench *b, size_t key)
{
    return b->single + key * b->plan.n_context;
}

static rw_double *twin_of(workbench *b, size_t key)
{
    return b->twin + key * b->plan.n_context;
}

static ropewalk_status run_table(void *ctx, ropewalk_error *err)
{
    const workbench *b = ctx;
    rw_scoretable table;
    const ropewalk_status status =
        rw_scoretable_init(&table, b->kernels, &b->rot, b->plan.n_distance, err);
    if (!status) rw_scoretable_clear(&table);
    return status;
}

static ropewalk_status run_sweep(void *ctx, ropewalk_error *err)
{
    workbench *b = ctx;
    (void)err;
    rw_group_fill(&b->ws, b->z, KEYS);
    return ROPEWALK_OK;
}

static ropewalk_status invert(workbench *b, rw_workspace *ws, ropewalk_error *err)
{
    ropewalk_status status = ROPEWALK_OK;
    b->check = 0;
    for (size_t i = 0; i < KEYS && !status; i++) {
        status = rw_group_invert(ws, &b->ws.series[i], row_of(b, i), err);
        b->check += last_of(b, i)->inversion.count;
    }
    return status;
}

static ropewalk_status run_inversion(void *ctx, ropewalk_error *err)
{
    workbench *b = ctx;
    return invert(b, &b->ws, err);
}

static ropewalk_status run_near(void *ctx, ropewalk_error *err)
{
    workbench *b = ctx;
    const ropewalk_status status = invert(b, &b->near_ws, err);
    for (size_t i = 0; i < KEYS; i++)
        b->check += last_of(b, i)->near_aliasing.count;
    return status;
}

static ropewalk_status run_certificates(void *ctx, ropewalk_error *err)
{
    workbench *b = ctx;
    return invert(b, &b->certified_ws, err);
}

static ropewalk_status run_rounding(void *ctx, ropewalk_error *err)
{
    workbench *b = ctx;
    ropewalk_status status = ROPEWALK_OK;
    for (size_t i = 0; i < KEYS && !status; i++)
        status = rw_group_round(&b->ws, i, RW_BF16, err);
    return status;
}

static ropewalk_status run_aliasing(void *ctx, ropewalk_error *err)
{
    workbench *b = ctx;
    (void)err;
    b->check = 0;
    for (size_t i = 0; i < KEYS; i++) {
        rw_count_position_aliasing(b->kernels, keys_of(b, i), RW_BF16, &b->plan,
                                   &b->small, row_of(b, i));
        b->check += last_of(b, i)->aliasing[RW_BF16].pairs;
    }
    return ROPEWALK_OK;
}

/* Scores, rounding and aliasing strip by strip, as a measurement does them. */
static ropewalk_status run_strips(void *ctx, ropewalk_error *err)
{
    workbench *b = ctx;
    const ropewalk_status status =
        rw_group_measure(&b->alias_ws, b->z, KEYS, b->single, NULL, 0, NULL, err);
    b->check = 0;
    for (size_t i = 0; i < KEYS && !status; i++)
        b->check += last_of(b, i)->aliasing[RW_BF16].pairs;
    return status;
}

static ropewalk_status run_insensitivity(void *ctx, ropewalk_error *err)
{
    workbench *b = ctx;
    (void)err;
    b->check = 0;
    for (size_t i = 0; i < KEYS; i++) {
        rw_count_insensitivity(&b->ws.series[i], &b->plan, row_of(b, i));
        b->check += last_of(b, i)->insensitivity.count;
    }
    return ROPEWALK_OK;
}

static ropewalk_status run_moments(void *ctx, ropewalk_error *err)
{
    workbench *b = ctx;
    (void)err;
    for (size_t i = 0; i < KEYS; i++)
        rw_sample_moments(&b->ws.series[i], &b->plan, row_of(b, i));
    return ROPEWALK_OK;
}

static ropewalk_status run_token_inversion(void *ctx, ropewalk_error *err)
{
    workbench *b = ctx;
    (void)err;
    b->check = 0;
    for (size_t i = 0; i < KEYS; i++) {
        rw_double *row = twin_of(b, i);
        rw_count_token_inversion(&b->ws.series[i], &b->ws.series[(i + 1) % KEYS],
                                 &b->plan, b->scratch, NULL, row);
        b->check += row[b->plan.n_context - 1].inversion.count;
    }
    return ROPEWALK_OK;
}

static ropewalk_status run_token_aliasing(void *ctx, ropewalk_error *err)
{
    workbench *b = ctx;
    (void)err;
    b->check = 0;
    for (size_t i = 0; i < KEYS; i++) {
        rw_double *row = twin_of(b, i);
        rw_count_token_aliasing(b->kernels, keys_of(b, i), keys_of(b, (i + 1) % KEYS),
                                RW_BF16, &b->plan, row);
        b->check += row[b->plan.n_context - 1].aliasing[RW_BF16].distances;
    }
    return ROPEWALK_OK;
}

static ropewalk_status run_invariance(void *ctx, ropewalk_error *err)
{
    workbench *b = ctx;
    (void)err;
    b->check = 0;
    for (size_t i = 0; i < KEYS; i++) {
        rw_double *row = twin_of(b, i);
        rw_count_attention_invariance(keys_of(b, i), keys_of(b, (i + 1) % KEYS), RW_BF16,
                                      &b->plan, &b->both, row);
        b->check += row[b->plan.n_context - 1].invariance[RW_BF16].pairs;
    }
    return ROPEWALK_OK;
}

static ropewalk_status run_cross(void *ctx, ropewalk_error *err)
{
    workbench *b = ctx;
    (void)err;
    b->check = 0;
    for (size_t i = 0; i < KEYS; i++) {
        rw_double *row = twin_of(b, i);
        rw_count_cross_aliasing(b->kernels, keys_of(b, i), keys_of(b, (i + 1) % KEYS),
                                RW_BF16, &b->plan, &b->small, &b->small2, row);
        b->check += row[b->plan.n_context - 1].cross[RW_BF16].pairs;
    }
    return ROPEWALK_OK;
}

static ropewalk_status run_both(void *ctx, ropewalk_error *err)
{
    workbench *b = ctx;
    const ropewalk_status status =
        rw_group_measure(&b->whole_ws, b->z, KEYS, b->single, NULL, 0, NULL, err);
    b->check = 0;
    for (size_t i = 0; i < KEYS && !status; i++)
        b->check +=
            last_of(b, i)->inversion.count + last_of(b, i)->aliasing[RW_BF16].pairs;
    return status;
}

/* unit: how many scores a repetition handles, in contexts. */
static const struct {
    const char *name;
    ropewalk_status (*run)(void *, ropewalk_error *);
    int unit, every_set;
} stages[] = {
    {"tables", run_table, 1, 0},
    {"score_sweep", run_sweep, KEYS, 1},
    {"position_inversion", run_inversion, KEYS, 1},
    {"rounding", run_rounding, KEYS, 1},
    {"position_aliasing", run_aliasing, KEYS, 0},
    {"scores_to_position_aliasing", run_strips, KEYS, 1},
    {"moments", run_moments, KEYS, 0},
    {"single_pair_events", run_both, KEYS, 1},
    {"inversion_and_near_aliasing", run_near, KEYS, 0},
    {"inversion_and_certificates", run_certificates, KEYS, 0},
    {"positional_insensitivity", run_insensitivity, KEYS, 0},
    {"token_inversion", run_token_inversion, KEYS, 0},
    {"token_aliasing", run_token_aliasing, KEYS, 0},
    {"attention_invariance", run_invariance, KEYS, 0},
    {"cross_aliasing", run_cross, KEYS, 0},
};
enum { N_STAGE = sizeof stages / sizeof *stages };

static void append(rw_bench *bench, rw_bench_stage row)
{
    if (bench->n_stage < RW_BENCH_MAX_STAGE) bench->stage[bench->n_stage++] = row;
}

/* All stages with the chosen kernels, the main ones with others. */
static ropewalk_status one_set(rw_bench *bench, const rw_kernels *kernels, int all,
                               uint32_t head_dim, uint64_t seed, rw_asking *a,
                               ropewalk_error *err)
{
    workbench *b = NULL;
    ropewalk_status status = bench_new(head_dim, bench->context, kernels, seed, &b, err);
    for (size_t i = 0; i < N_STAGE && !status; i++) {
        if (!all && !stages[i].every_set) continue;
        const rw_timed timed = {NULL, stages[i].run, b};
        rw_bench_stage row = {.stage = stages[i].name,
                              .isa = kernels->name,
                              .n_thread = 1,
                              .n_pair = head_dim / 2,
                              .context = bench->context,
                              .n_score = stages[i].unit * bench->context,
                              .peak = rw_bench_fma(bench, kernels->name, 1)};
        b->check = 0;
        status = rw_time(&timed, bench->quick ? 3 : 11, a, &row.time, err);
        a->done++;
        row.check = b->check;
        if (stages[i].run == run_sweep)
            row.flops = 4.0 * row.n_pair * (double)row.n_score;
        if (!status) append(bench, row);
    }
    if (b) bench_clear(b);
    return status;
}

/* Passes on whether to stop, not the groups that are done. */
static int still(void *ctx, int64_t done, int64_t total)
{
    const rw_asking *a = ctx;
    (void)done;
    (void)total;
    return a->progress ? a->progress(a->ctx, a->done, a->total) : 0;
}

/* The same single-pair work with one and with all threads. */
static ropewalk_status with_threads(rw_bench *bench, const rw_kernels *kernels,
                                    int n_thread, uint64_t seed, rw_asking *a,
                                    ropewalk_error *err)
{
    /* the same for any number of threads, so that counts are */
    const int64_t many = ((int64_t)1 << 22) / bench->context;
    const uint32_t n_query = bench->quick || many < 4 ? 4
                             : many > 32              ? 32
                                                      : (uint32_t)many;
    rw_geometry g = {.n_layer = 1,
                     .n_head = 1,
                     .n_query = n_query,
                     .n_key = KEYS,
                     .head_dim = 128,
                     .rope_theta = 500000.0,
                     .mechanism = "none",
                     .least_context = bench->context < 1024 ? bench->context : 1024,
                     .context = bench->context,
                     .repeat = 3};
    rw_bench_geometry result;
    const ropewalk_status status =
        rw_geometry_run(&g, kernels, n_thread, seed, 0, still, a, &result, err);
    a->done++;
    if (status) return status;
    rw_bench_stage row = {.stage = "threads",
                          .isa = kernels->name,
                          .n_thread = n_thread,
                          .n_pair = 64,
                          .context = bench->context,
                          .n_score = result.n_score_run,
                          .time = result.time};
    for (size_t i = 0; i < result.n_context; i++)
        row.check += result.total[i].inversions;
    append(bench, row);
    return ROPEWALK_OK;
}

ropewalk_status rw_bench_stages(rw_bench *bench, const rw_kernels *kernels, uint64_t seed,
                                rw_pool_progress progress, void *progress_ctx,
                                ropewalk_error *err)
{
    rw_asking a = {progress, progress_ctx, 0, 2 * N_STAGE + 2};
    const rw_kernels *other;
    int runs, n_every = 0;
    for (size_t i = 0; i < N_STAGE; i++)
        n_every += stages[i].every_set;
    for (size_t i = 0; (other = rw_kernels_list(i, &runs)); i++)
        a.total += runs && other != kernels ? n_every : 0;
    if (bench->n_thread == 1) a.total--;

    ropewalk_status status = one_set(bench, kernels, 1, 128, seed, &a, err);
    if (!status) status = one_set(bench, kernels, 1, 64, seed, &a, err);
    for (size_t i = 0; !status && (other = rw_kernels_list(i, &runs)); i++)
        if (runs && other != kernels)
            status = one_set(bench, other, 0, 128, seed, &a, err);
    if (!status) status = with_threads(bench, kernels, 1, seed, &a, err);
    if (!status && bench->n_thread > 1)
        status = with_threads(bench, kernels, bench->n_thread, seed, &a, err);
    if (!status) status = rw_ask(&a, err);
    return status;
}
