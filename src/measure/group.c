/* group.c - one query's keys through all counters, and the memory they share. */
#include "measure/group.h"

#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "measure/event.h"

int64_t rw_measure_span_beyond(const int64_t *context, size_t n_context)
{
    int64_t most = 0;
    for (size_t i = 0; i < n_context; i++)
        if (context[i] > most) most = context[i];
    return 3 * most + 1;
}

static int wants(const rw_measure_plan *plan, rw_event event)
{
    return (plan->events >> event & 1) != 0;
}

/* Keys of all types but f32 are few enough for a plain table. */
static int is_wide(uint32_t dtypes)
{
    return (dtypes >> RW_F32 & 1) != 0;
}

/* Keys of both signs of bf16, and of all types but f32. */
static uint64_t few_keys(void)
{
    return 2 * ((uint64_t)rw_dtype_get(RW_BF16)->max_key + 1) + 1;
}

/* Doubles for one series, or for the exact sums of two. */
static size_t scratch_size(const rw_scoretable *table)
{
    const size_t terms = RW_SERIES_SCRATCH(table->n_pair),
                 exact = (size_t)4 * (table->n_pair + 4);
    return terms > exact ? terms : exact;
}

/* Doubles for the difference of two series, where it is looked at. */
static size_t difference_size(const rw_scoretable *table, const rw_measure_plan *plan)
{
    const bool wanted = wants(plan, RW_EVENT_TOKEN_INVERSION) && plan->certificates;
    return wanted ? rw_series_size(table) : 0;
}

static uint64_t hashed_bytes(int64_t n)
{
    uint64_t slots = 64;
    while (slots < 2 * (uint64_t)n)
        slots *= 2;
    return slots * 12;
}

/* The windows of one key, and those of the difference of two. */
static ropewalk_status init_windows(const rw_measure_plan *plan, rw_windows *windows,
                                    rw_windows *wholes, ropewalk_error *err)
{
    uint32_t kinds = 0, whole = 0;
    if (wants(plan, RW_EVENT_POSITION_INVERSION)) {
        kinds = 1u << RW_HALVES;
        if (!plan->halves_only) kinds |= 1u << RW_LOCAL | 1u << RW_BEYOND;
        if (plan->near_alias > 0.0) kinds |= 1u << RW_WHOLE;
    }
    if (wants(plan, RW_EVENT_TOKEN_INVERSION) && plan->certificates)
        whole = 1u << RW_WHOLE;
    ropewalk_status status = rw_windows_init(windows, plan->context, plan->n_context,
                                             plan->n_distance, kinds, err);
    if (!status)
        status = rw_windows_init(wholes, plan->context, plan->n_context, plan->n_distance,
                                 whole, err);
    return status;
}

/* Whether more is made of the order of scores than position inversion. */
static bool keeps_order(const rw_measure_plan *plan)
{
    return plan->certificates || plan->near_alias > 0.0;
}

/* Scores and edges that the buckets need room for. */
static void room_of(const rw_windows *windows, const rw_windows *wholes, int64_t *n,
                    size_t *n_edge)
{
    int64_t n2;
    size_t n_edge2;
    rw_windows_room(windows, n, n_edge);
    rw_windows_room(wholes, &n2, &n_edge2);
    *n = n2 > *n ? n2 : *n;
    *n_edge = n_edge2 > *n_edge ? n_edge2 : *n_edge;
}

/* Edges of a batch, at most: its windows end within a factor of eight, at M or 3 M. */
static size_t most_edges(const rw_measure_plan *plan)
{
    size_t most = plan->context ? 0 : RW_MAX_EDGE;
    for (size_t i = 0, first = 0; i < plan->n_context && plan->context; i++) {
        while (plan->context[i] >= 24 * plan->context[first])
            first++;
        most = i - first + 1 > most ? i - first + 1 : most;
    }
    const size_t n_edge = 3 + 5 * most; /* 0, 1, 129; M/2, M, M + 1, 2 M + 1, 3 M + 1 */
    return n_edge < RW_MAX_EDGE ? n_edge : RW_MAX_EDGE;
}

uint64_t rw_workspace_bytes(const rw_scoretable *table, const rw_measure_plan *plan,
                            size_t max_key)
{
    const uint64_t n = (uint64_t)plan->n_distance, series = rw_series_size(table) + 8;
    uint64_t bytes = max_key * (series * 8 + n * 4 + sizeof(rw_series) + 64) +
                     RW_STRIP * sizeof(uint32_t) +
                     (difference_size(table, plan) + scratch_size(table)) * 8;
    if (wants(plan, RW_EVENT_POSITION_INVERSION) || wants(plan, RW_EVENT_TOKEN_INVERSION))
        bytes += rw_buckets_bytes(plan->n_distance, most_edges(plan), keeps_order(plan)) +
                 (uint64_t)8 * plan->n_context * sizeof(rw_window);
    if (wants(plan, RW_EVENT_ATTENTION_INVARIANCE))
        bytes += rw_coincidences_bytes(plan->n_distance, plan->n_context);
    return bytes +
           2 * (is_wide(plan->dtypes) ? hashed_bytes(plan->n_distance)
                                      : few_keys() * RW_TALLY_TABLES * sizeof(uint32_t)) +
           (1 << 16);
}

void rw_workspace_clear(rw_workspace *ws)
{
    rw_free(ws->room);
    rw_free(ws->series);
    rw_free(ws->scratch);
    rw_windows_clear(&ws->windows);
    rw_windows_clear(&ws->wholes);
    rw_buckets_clear(&ws->buckets);
    rw_doubt_clear(&ws->doubt);
    rw_free(ws->keys);
    rw_free(ws->doubtful);
    for (size_t i = 0; ws->undecided && i < ws->max_key; i++)
        rw_free(ws->undecided[i]);
    rw_free(ws->undecided);
    rw_free(ws->n_undecided);
    rw_free(ws->cap_undecided);
    rw_free(ws->difference);
    rw_tally_clear(&ws->small);
    rw_tally_clear(&ws->small2);
    rw_coincidences_clear(&ws->both);
    *ws = (rw_workspace){0};
}

static ropewalk_status init_tallies(rw_workspace *ws, ropewalk_error *err)
{
    const uint64_t n = (uint64_t)ws->plan->context[ws->plan->n_context - 1];
    rw_tally *const both[2] = {&ws->small, &ws->small2};
    for (int i = 0; i < 2; i++) {
        const ropewalk_status status =
            is_wide(ws->plan->dtypes) ? rw_tally_init_hashed(both[i], n, err)
                                      : rw_tally_init_direct(both[i], few_keys(), err);
        if (status) return status;
    }
    if (!wants(ws->plan, RW_EVENT_ATTENTION_INVARIANCE)) return ROPEWALK_OK;
    return rw_coincidences_init(&ws->both, (int64_t)n, ws->plan->n_context, err);
}

static ropewalk_status init_buckets(rw_workspace *ws, ropewalk_error *err)
{
    int64_t n;
    size_t n_edge;
    const ropewalk_status status = init_windows(ws->plan, &ws->windows, &ws->wholes, err);
    if (status) return status;
    room_of(&ws->windows, &ws->wholes, &n, &n_edge);
    return n ? rw_buckets_init(&ws->buckets, n, n_edge, keeps_order(ws->plan), err)
             : ROPEWALK_OK;
}

static void all_tied(const rw_workspace *ws, rw_single *row)
{
    for (size_t i = 0; i < ws->windows.n_window; i++) {
        const rw_window *w = &ws->windows.window[i];
        rw_single *at = &row[w->context];
        const int64_t pairs = (w->near_end - w->near_first) * (w->far_end - w->far_first);
        const rw_count tied = {.ties = pairs, .total = pairs};
        if (w->kind == RW_HALVES) at->inversion = tied;
        if (w->kind == RW_LOCAL) at->inversion_local = tied;
        if (w->kind == RW_BEYOND) at->inversion_beyond = tied;
        if (w->kind == RW_WHOLE) {
            const int64_t whole = w->near_end * (w->near_end - 1) / 2;
            at->near_aliasing = (rw_count){.count = whole, .total = whole};
        }
    }
}

/* The spread of t over [from, to), edges of `b`, from those of the stretches between edges. */
static rw_spread spread_between(const rw_buckets *b, const rw_spread *stretch,
                                int64_t from, int64_t to)
{
    rw_spread all = {0.0, 0.0, 0.0};
    for (size_t e = 1; e < b->edges.n; e++)
        if (b->edges.at[e - 1] >= from && b->edges.at[e] <= to)
            all = rw_spread_join(all, stretch[e]);
    return all;
}

static void spreads(const rw_buckets *b, rw_spread *stretch)
{
    for (size_t e = 1; e < b->edges.n; e++)
        stretch[e] =
            rw_spread_of(b->t + b->edges.at[e - 1], b->edges.at[e] - b->edges.at[e - 1]);
}

/* Near aliasing and certificates of the windows in one batch. */
static bool beside_inversion(rw_workspace *ws, const rw_series *s, const rw_batch *batch,
                             rw_single *row)
{
    const rw_measure_plan *plan = ws->plan;
    const double amplitude = s->z->amplitude_sum,
                 least_variance = 1e-12 * amplitude * amplitude;
    rw_spread stretch[RW_MAX_EDGE] = {{0.0, 0.0, 0.0}};
    if (plan->certificates) spreads(&ws->buckets, stretch);
    bool ok = true;
    for (size_t i = batch->first; i < batch->last && ok; i++) {
        const rw_window *w = &ws->windows.window[i];
        rw_single *at = &row[w->context];
        if (keeps_order(plan)) rw_buckets_forget(&ws->buckets, w->far_end);
        if (w->kind == RW_WHOLE)
            ok = rw_count_near_aliasing(&ws->buckets, &ws->doubt, s, w->near_end,
                                        plan->near_alias, &at->near_aliasing);
        if (w->kind != RW_HALVES || !plan->certificates) continue;
        ok = rw_ks_normal(
                 &ws->buckets, w->near_first, w->near_end,
                 spread_between(&ws->buckets, stretch, w->near_first, w->near_end),
                 least_variance, &at->ks_near) &&
             rw_ks_normal(&ws->buckets, w->far_first, w->far_end,
                          spread_between(&ws->buckets, stretch, w->far_first, w->far_end),
                          least_variance, &at->ks_far);
    }
    return ok;
}

/* A key of ten million distances takes seconds, a group of them minutes: asked key by key. */
ropewalk_status rw_group_go_on(const rw_workspace *ws, ropewalk_error *err)
{
    if (!ws->stop || !atomic_load_explicit(ws->stop, memory_order_relaxed))
        return ROPEWALK_OK;
    return rw_fail(err, ROPEWALK_E_INTERRUPTED, 0, "interrupted");
}

ropewalk_status rw_group_invert(rw_workspace *ws, const rw_series *s, rw_single *row,
                                ropewalk_error *err)
{
    const rw_windows *list = &ws->windows;
    if (rw_coefficient_is_constant(s->z)) {
        all_tied(ws, row);
        return ROPEWALK_OK;
    }
    rw_batch batch;
    ws->doubt.stop = ws->stop;
    for (size_t i = 0; i < list->n_window; i = batch.last) {
        rw_windows_batch(list, i, &batch);
        const ropewalk_status status =
            rw_buckets_fill(&ws->buckets, ws->table->kernels, s->t, &batch.edges,
                            s->t_error, s->least, s->most, err);
        if (status) return status;
        if (!rw_count_position_inversion(&ws->buckets, &ws->doubt, s,
                                         list->window + batch.first,
                                         batch.last - batch.first, row) ||
            !beside_inversion(ws, s, &batch, row)) {
            const ropewalk_status stopped = rw_group_go_on(ws, err);
            return stopped ? stopped : rw_fail_memory(err, "exact comparisons");
        }
    }
    return ROPEWALK_OK;
}

ropewalk_status rw_workspace_init(rw_workspace *ws, const rw_scoretable *table,
                                  const rw_measure_plan *plan, size_t max_key,
                                  ropewalk_error *err)
{
    *ws = (rw_workspace){.table = table, .plan = plan, .max_key = max_key};
    const size_t n = (size_t)plan->n_distance;
    ws->room = rw_array(max_key * rw_series_size(table), sizeof(double));
    ws->series = rw_calloc(max_key, sizeof *ws->series);
    ws->scratch = rw_array(scratch_size(table), sizeof(double));
    ws->keys = rw_array(max_key * n, sizeof *ws->keys);
    ws->doubtful = rw_array(RW_STRIP, sizeof *ws->doubtful);
    ws->undecided = rw_calloc(max_key, sizeof *ws->undecided);
    ws->n_undecided = rw_calloc(max_key, sizeof *ws->n_undecided);
    ws->cap_undecided = rw_calloc(max_key, sizeof *ws->cap_undecided);
    ws->difference = rw_array(difference_size(table, plan), sizeof(double));
    ropewalk_status status = ROPEWALK_OK;
    if (!ws->room || !ws->series || !ws->scratch || !ws->keys || !ws->doubtful ||
        !ws->undecided || !ws->n_undecided || !ws->cap_undecided || !ws->difference)
        status =
            rw_fail(err, ROPEWALK_E_MEMORY, 0, "no memory for %lld distances of %zu keys",
                    (long long)plan->n_distance, max_key);
    if (!status) status = init_buckets(ws, err);
    if (!status) status = init_tallies(ws, err);
    if (status) {
        rw_workspace_clear(ws);
    }
    return status;
}

static rw_rounding rounding_of(rw_dtype dtype)
{
    const rw_dtype_info *t = rw_dtype_get(dtype);
    const int p = t->significand_bits;
    return (rw_rounding){.drop = 53 - p,
                         .bias = (uint64_t)(1023 + t->min_exponent - 1) << (p - 1),
                         .top = (uint64_t)t->max_key + 1,
                         .min_normal = ldexp(1.0, t->min_exponent),
                         .quantum_2_52 = ldexp(1.0, 52 + t->min_exponent - p + 1)};
}

static int64_t undecided_below(const rw_workspace *ws, size_t k, int64_t M)
{
    int64_t n = 0;
    for (size_t i = 0; i < ws->n_undecided[k]; i++)
        n += ws->undecided[k][i] < M;
    return n;
}

/* What is done to one key strip by strip, to each while it is in the nearest caches. */
typedef struct strips {
    bool fill;  /* scores are made; else they are there */
    bool round; /* and rounded to `dtype` */
    bool keep;  /* in ws->keys, all of them; else one strip's at a time */
    rw_dtype dtype;
    rw_single *row; /* NULL, or position aliasing's results */
} strips;

static bool note_undecided(rw_workspace *ws, size_t k, uint32_t m)
{
    if (ws->n_undecided[k] == ws->cap_undecided[k]) {
        const size_t cap = ws->cap_undecided[k] ? 2 * ws->cap_undecided[k] : 16;
        uint32_t *more = rw_realloc(ws->undecided[k], cap, sizeof *more);
        if (!more) return false;
        ws->undecided[k] = more;
        ws->cap_undecided[k] = cap;
    }
    ws->undecided[k][ws->n_undecided[k]++] = m;
    return true;
}

/* Rounded keys of n distances of one strip, every one certified or noted. */
static ropewalk_status round_strip(rw_workspace *ws, size_t k, rw_dtype dtype,
                                   int64_t from, int64_t n, int32_t *keys,
                                   ropewalk_error *err)
{
    const rw_series *s = &ws->series[k];
    const rw_rounding how = rounding_of(dtype);
    const size_t n_doubtful = ws->table->kernels->round_keys(
        &how, s->t + from, (size_t)n, s->z->constant, s->s_error, keys, ws->doubtful);
    for (size_t i = 0; i < n_doubtful; i++) {
        const uint32_t at = ws->doubtful[i], m = (uint32_t)from + at;
        if (!rw_series_exact_key(s, m, dtype, ws->scratch, &keys[at]) &&
            !note_undecided(ws, k, m))
            return rw_fail_memory(err, "undecided roundings");
    }
    return ROPEWALK_OK;
}

static ropewalk_status go_through(rw_workspace *ws, size_t k, const strips *what,
                                  ropewalk_error *err)
{
    const rw_measure_plan *plan = ws->plan;
    const int64_t n_round = what->round ? plan->context[plan->n_context - 1] : 0,
                  end = what->fill ? plan->n_distance : n_round;
    int32_t *keys = ws->keys + k * (size_t)plan->n_distance;
    ropewalk_status status = ROPEWALK_OK;
    rw_aliasing aliasing;
    if (what->round) ws->n_undecided[k] = 0;
    if (what->row)
        rw_aliasing_begin(&aliasing, ws->table->kernels, what->dtype, plan, &ws->small,
                          what->row);
    for (int64_t from = 0; from < end && !status; from += RW_STRIP) {
        if (what->fill) rw_series_fill_strip(&ws->series[k], from, ws->scratch);
        if (from >= n_round) continue;
        const int64_t n = n_round - from < RW_STRIP ? n_round - from : RW_STRIP;
        int32_t *at = what->keep ? keys + from : keys;
        status = round_strip(ws, k, what->dtype, from, n, at, err);
        if (what->row && !status) rw_aliasing_add(&aliasing, at, n);
    }
    if (!what->row) return status;
    rw_aliasing_end(&aliasing);
    for (size_t i = 0; i < plan->n_context; i++)
        what->row[i].aliasing[what->dtype].unresolved =
            undecided_below(ws, k, plan->context[i]);
    return status;
}

ropewalk_status rw_group_round(rw_workspace *ws, size_t k, rw_dtype dtype,
                               ropewalk_error *err)
{
    const strips what = {.round = true, .keep = true, .dtype = dtype};
    return go_through(ws, k, &what, err);
}

/* What a type takes, if the plan asks for it; row: NULL or one key's results. */
static strips rounding_to(rw_dtype dtype, bool keep, const rw_measure_plan *plan,
                          rw_single *row)
{
    const bool asked = (plan->dtypes >> dtype & 1) != 0;
    return (strips){.round = asked,
                    .keep = keep,
                    .dtype = dtype,
                    .row = asked && wants(plan, RW_EVENT_POSITION_ALIASING) ? row : NULL};
}

/* The scores of one key in one more type. */
static ropewalk_status round_key(rw_workspace *ws, size_t k, rw_dtype dtype, bool keep,
                                 rw_single *row, ropewalk_error *err)
{
    const strips what = rounding_to(dtype, keep, ws->plan, row);
    const ropewalk_status status = rw_group_go_on(ws, err);
    return status ? status : go_through(ws, k, &what, err);
}

/* What pairs of rounded keys have in common. */
static ropewalk_status count_rounded(rw_workspace *ws, rw_dtype dtype,
                                     const rw_key_pair *pair, size_t n_pair,
                                     rw_double *out, ropewalk_error *err)
{
    const rw_measure_plan *plan = ws->plan;
    const size_t n_context = plan->n_context, stride = (size_t)plan->n_distance;
    for (size_t p = 0; p < n_pair; p++) {
        const ropewalk_status status = rw_group_go_on(ws, err);
        if (status) return status;
        const int32_t *k1 = ws->keys + pair[p].k1 * stride,
                      *k2 = ws->keys + pair[p].k2 * stride;
        rw_double *row = out + p * n_context;
        if (wants(plan, RW_EVENT_TOKEN_ALIASING))
            rw_count_token_aliasing(ws->table->kernels, k1, k2, dtype, plan, row);
        if (wants(plan, RW_EVENT_ATTENTION_INVARIANCE))
            rw_count_attention_invariance(k1, k2, dtype, plan, &ws->both, row);
        if (wants(plan, RW_EVENT_CROSS_ALIASING))
            rw_count_cross_aliasing(ws->table->kernels, k1, k2, dtype, plan, &ws->small,
                                    &ws->small2, row);
        for (size_t i = 0; i < n_context; i++) {
            const int64_t undecided = undecided_below(ws, pair[p].k1, plan->context[i]) +
                                      undecided_below(ws, pair[p].k2, plan->context[i]);
            row[i].aliasing[dtype].unresolved = undecided;
            row[i].invariance[dtype].unresolved = undecided;
            row[i].cross[dtype].unresolved = undecided;
        }
    }
    return ROPEWALK_OK;
}

/* Kolmogorov distance of S1 - S2 over each context. */
static ropewalk_status measure_difference(rw_workspace *ws, rw_double *row,
                                          double amplitude, ropewalk_error *err)
{
    const double least_variance = 1e-12 * amplitude * amplitude;
    rw_buckets *b = &ws->buckets;
    rw_batch batch;
    for (size_t i = 0; i < ws->wholes.n_window; i = batch.last) {
        rw_spread stretch[RW_MAX_EDGE] = {{0.0, 0.0, 0.0}};
        double least, most;
        rw_windows_batch(&ws->wholes, i, &batch);
        ws->table->kernels->range(
            ws->difference, (size_t)batch.edges.at[batch.edges.n - 1], &least, &most);
        const ropewalk_status status = rw_buckets_fill(
            b, ws->table->kernels, ws->difference, &batch.edges, 0.0, least, most, err);
        if (status) return status;
        if (!rw_buckets_order(b, NULL, 0)) return rw_fail_memory(err, "certificates");
        spreads(b, stretch);
        for (size_t j = batch.first; j < batch.last; j++) {
            const rw_window *w = &ws->wholes.window[j];
            rw_buckets_forget(b, w->far_end);
            if (!rw_ks_normal(b, 0, w->near_end,
                              spread_between(b, stretch, 0, w->near_end), least_variance,
                              &row[w->context].ks_difference))
                return rw_fail_memory(err, "certificates");
        }
    }
    return ROPEWALK_OK;
}

static void clear_results(const rw_measure_plan *plan, size_t n_key, rw_single *single,
                          size_t n_pair, rw_double *out)
{
    for (size_t i = 0; single && i < n_key * plan->n_context; i++) {
        single[i] = (rw_single){0};
        single[i].positional_score = single[i].positional_max = NAN;
        single[i].mean = single[i].variance = NAN;
        single[i].ks_near = single[i].ks_far = NAN;
    }
    for (size_t i = 0; i < n_pair * plan->n_context; i++) {
        out[i] = (rw_double){0};
        out[i].ks_difference = NAN;
    }
}

/* What a row says of its coefficients alone. */
static void describe(const rw_coefficient *z, const rw_measure_plan *plan, rw_single *row)
{
    for (size_t i = 0; i < plan->n_context; i++) {
        row[i].n_eff = z->n_eff;
        row[i].max_share = z->max_share;
        row[i].blind = rw_coefficient_is_constant(z);
    }
}

static void begin_series(rw_workspace *ws, const rw_coefficient *z, size_t k)
{
    rw_series_init(&ws->series[k], ws->table, z,
                   ws->room + k * rw_series_size(ws->table));
}

void rw_group_fill(rw_workspace *ws, const rw_coefficient *z, size_t n_key)
{
    for (size_t k = 0; k < n_key; k++) {
        begin_series(ws, &z[k], k);
        rw_series_fill(&ws->series[k], ws->scratch);
    }
}

/* The scores of one key in the first type, and all that is counted of them unrounded. */
static ropewalk_status measure_key(rw_workspace *ws, const rw_coefficient *z, size_t k,
                                   bool keep, rw_single *row, ropewalk_error *err)
{
    const rw_measure_plan *plan = ws->plan;
    const rw_series *s = &ws->series[k];
    strips what = rounding_to(rw_dtype_first(plan->dtypes), keep, plan, row);
    ropewalk_status status = rw_group_go_on(ws, err);
    if (status) return status;
    begin_series(ws, z, k);
    what.fill = true;
    status = go_through(ws, k, &what, err);
    if (!row || status) return status;
    describe(z, plan, row);
    if (plan->certificates) rw_sample_moments(s, plan, row);
    if (wants(plan, RW_EVENT_POSITIONAL_INSENSITIVITY))
        rw_count_insensitivity(s, plan, row);
    if (!wants(plan, RW_EVENT_POSITION_INVERSION)) return ROPEWALK_OK;
    return rw_group_invert(ws, s, row, err);
}

/* The order of each pair of keys, and their difference. */
static ropewalk_status measure_order(rw_workspace *ws, const rw_coefficient *z,
                                     const rw_key_pair *pair, size_t n_pair,
                                     rw_double *out, ropewalk_error *err)
{
    const rw_measure_plan *plan = ws->plan;
    for (size_t p = 0; p < n_pair; p++) {
        ropewalk_status status = rw_group_go_on(ws, err);
        if (status) return status;
        const size_t k1 = pair[p].k1, k2 = pair[p].k2;
        rw_double *row = out + p * plan->n_context;
        rw_count_token_inversion(&ws->series[k1], &ws->series[k2], plan, ws->scratch,
                                 plan->certificates ? ws->difference : NULL, row);
        if (!plan->certificates) continue;
        status =
            measure_difference(ws, row, z[k1].amplitude_sum + z[k2].amplitude_sum, err);
        if (status) return status;
    }
    return ROPEWALK_OK;
}

ropewalk_status rw_group_measure(rw_workspace *ws, const rw_coefficient *z, size_t n_key,
                                 rw_single *single, const rw_key_pair *pair,
                                 size_t n_pair, rw_double *out, ropewalk_error *err)
{
    const rw_measure_plan *plan = ws->plan;
    const rw_dtype first = rw_dtype_first(plan->dtypes);
    const bool keep = n_pair > 0;
    ropewalk_status status = ROPEWALK_OK;
    clear_results(plan, n_key, single, n_pair, out);
    for (size_t k = 0; k < n_key && !status; k++) {
        rw_single *row = single ? single + k * plan->n_context : NULL;
        const size_t at = keep ? k : 0; /* without pairs all in one place, in the cache */
        status = measure_key(ws, &z[k], at, keep, row, err);
        for (int dtype = (int)first + 1; dtype < RW_N_DTYPE && !keep && !status; dtype++)
            status = round_key(ws, at, (rw_dtype)dtype, keep, row, err);
    }
    if (!keep || status) return status;
    if (wants(plan, RW_EVENT_TOKEN_INVERSION))
        status = measure_order(ws, z, pair, n_pair, out, err);
    for (int dtype = 0; dtype < RW_N_DTYPE && !status; dtype++) {
        if (!(plan->dtypes >> dtype & 1)) continue;
        for (size_t k = 0; k < n_key && !status && dtype != (int)first; k++)
            status = round_key(ws, k, (rw_dtype)dtype, keep,
                               single ? single + k * plan->n_context : NULL, err);
        if (!status) status = count_rounded(ws, (rw_dtype)dtype, pair, n_pair, out, err);
    }
    return status;
}
