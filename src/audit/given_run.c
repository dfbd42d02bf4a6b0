/* given_run.c - plan, count, predict; the counts and the predictions meet only in the result. */
#include "audit/given_run.h"

#include <string.h>

#include "audit/given_record.h"
#include "base/alloc.h"
#include "base/team.h"
#include "base/work.h"
#include "measure/group.h"
#include "theory/predictor.h"

typedef struct run {
    const rw_given_input *in;
    rw_given *out;
    rw_scoretable table;
    rw_measure_plan plan;
    rw_predictor predictor;
    rw_workspace *workspace; /* one a thread */
    rw_key_pair *pair;
    atomic_int stop;
} run;

static int watch(void *ctx, int64_t done, int64_t total)
{
    run *r = ctx;
    const rw_given_input *in = r->in;
    if (!in->progress || !in->progress(in->progress_ctx, done, total)) return 0;
    atomic_store(&r->stop, 1);
    return 1;
}

/* While tables are made, no query is done. */
static int watch_tables(void *ctx, int64_t done, int64_t total)
{
    (void)done;
    (void)total;
    return watch(ctx, 0, ((const run *)ctx)->in->n_q);
}

static ropewalk_status measure_query(void *ctx, int64_t item, int worker,
                                     ropewalk_error *err)
{
    const run *r = ctx;
    const rw_given_input *in = r->in;
    rw_given *out = r->out;
    const size_t n_k = in->n_k, n_pair = out->n_pair_of_keys,
                 h = in->rotation->rotary_dim / 2;
    const size_t query = (size_t)item;
    rw_coefficient *z = rw_calloc(n_k, sizeof *z);
    double *terms = rw_array(2 * n_k * (h + 1), sizeof *terms);
    ropewalk_status status = ROPEWALK_OK;
    if (!z || !terms) status = rw_fail_memory(err, "coefficients");
    for (size_t k = 0; k < n_k && !status; k++) {
        z[k].re = terms + 2 * k * (h + 1);
        z[k].im = z[k].re + h + 1;
        status = rw_coefficient_make(in->rotation, in->head_dim, in->score_scale,
                                     in->q + query * in->head_dim,
                                     in->k + k * in->head_dim, &z[k], err);
        if (status)
            status = rw_fail_context(err, status, "q row %zu, k row %zu", query, k);
    }
    if (!status)
        status = rw_group_measure(
            &r->workspace[worker], z, n_k, out->single + query * n_k * out->n_context,
            r->pair, n_pair, out->twin + query * n_pair * out->n_context, err);
    for (size_t i = 0; i < out->n_context && !status; i++) {
        for (size_t k = 0; k < n_k; k++)
            rw_predict_single(
                &r->predictor, i, &z[k],
                &out->single_prediction[(query * n_k + k) * out->n_context + i]);
        for (size_t p = 0; p < n_pair; p++)
            rw_predict_double(
                &r->predictor, i, &z[r->pair[p].k1], &z[r->pair[p].k2],
                &out->twin_prediction[(query * n_pair + p) * out->n_context + i]);
    }
    rw_free(z);
    rw_free(terms);
    return status;
}

static void pack_query(void *ctx, int64_t item, rw_packer *out)
{
    const run *r = ctx;
    rw_given_pack(r->out, (uint32_t)item, out);
}

static ropewalk_status unpack_query(void *ctx, int64_t item, rw_unpacker *in,
                                    ropewalk_error *err)
{
    const run *r = ctx;
    return rw_given_unpack(in, (uint32_t)item, r->out, err);
}

static ropewalk_status allocate(const rw_given_input *in, rw_given *out,
                                ropewalk_error *err)
{
    const size_t n_k = in->n_k, half = in->rotation->rotary_dim / 2;
    const size_t singles = (size_t)in->n_q * n_k * in->n_context;
    const size_t twins = (size_t)in->n_q * (n_k * (n_k - 1) / 2) * in->n_context;
    *out = (rw_given){.head_dim = in->head_dim,
                      .rotary_dim = in->rotation->rotary_dim,
                      .n_q = in->n_q,
                      .n_k = in->n_k,
                      .n_pair_of_keys = (uint32_t)(n_k * (n_k - 1) / 2),
                      .interleaved = in->rotation->pairs == RW_PAIRS_INTERLEAVED,
                      .score_scale = in->score_scale,
                      .attn_factor = in->rotation->attn_factor,
                      .rope_theta = in->rope_theta,
                      .dtypes = in->dtypes,
                      .events = in->events,
                      .zeta = in->zeta,
                      .near_alias = in->near_alias,
                      .n_context = in->n_context};
    out->inv_freq = rw_array(half + 1, sizeof *out->inv_freq);
    out->context = rw_array(in->n_context, sizeof *out->context);
    out->single = rw_calloc(singles, sizeof *out->single);
    out->single_prediction = rw_calloc(singles, sizeof *out->single_prediction);
    out->twin = rw_calloc(twins, sizeof *out->twin);
    out->twin_prediction = rw_calloc(twins, sizeof *out->twin_prediction);
    if (!out->inv_freq || !out->context || !out->single || !out->single_prediction ||
        !out->twin || !out->twin_prediction)
        return rw_fail(err, ROPEWALK_E_MEMORY, 0,
                       "no memory for the results of %u queries and %u keys", in->n_q,
                       in->n_k);
    if (half) memcpy(out->inv_freq, in->rotation->inv_freq, half * sizeof *out->inv_freq);
    memcpy(out->context, in->context, in->n_context * sizeof *out->context);
    return ROPEWALK_OK;
}

static ropewalk_status prepare(run *r, int n_thread, ropewalk_error *err)
{
    const rw_given_input *in = r->in;
    const int64_t largest = in->context[in->n_context - 1];
    const int inversion = (int)(in->events >> RW_EVENT_POSITION_INVERSION & 1);
    /* the windows beyond M triple the work: examined while that stays small */
    const int64_t span = rw_measure_span_beyond(in->context, in->n_context);
    const int64_t limit = inversion && !in->within && span <= 1 << 22 ? span : largest;
    const rw_scoretable shape = {.n_block = limit / RW_BLOCK + 1};
    r->plan = (rw_measure_plan){.context = r->out->context,
                                .n_context = in->n_context,
                                .n_distance = limit,
                                .dtypes = in->dtypes,
                                .events = in->events,
                                .zeta = in->zeta,
                                .near_alias = in->near_alias,
                                .certificates = 1};
    const uint64_t bytes =
        rw_workspace_bytes(&shape, &r->plan, in->n_k) * (uint64_t)n_thread;
    if (rw_memory_total() && bytes > rw_memory_total() / 10 * 9)
        return rw_fail(
            err, ROPEWALK_E_MEMORY, 0,
            "context %lld with %u keys and %d threads needs %.1f GiB, this machine has "
            "%.1f GiB: use fewer keys or threads",
            (long long)largest, in->n_k, n_thread, (double)bytes / 0x1p30,
            (double)rw_memory_total() / 0x1p30);
    ropewalk_status status = rw_scoretable_make(
        &r->table, in->kernels, in->rotation, limit, in->n_thread, watch_tables, r, err);
    if (status) return status;
    status = rw_predictor_init(&r->predictor, in->rotation, r->out->context,
                               in->n_context, in->dtypes, in->near_alias, limit, err);
    if (status) return status;
    r->workspace = rw_calloc((size_t)n_thread, sizeof *r->workspace);
    r->pair = rw_array((size_t)r->out->n_pair_of_keys + 1, sizeof *r->pair);
    if (!r->workspace || !r->pair) return rw_fail_memory(err, "a measurement");
    size_t n = 0;
    for (size_t a = 0; a < in->n_k; a++)
        for (size_t b = a + 1; b < in->n_k; b++)
            r->pair[n++] = (rw_key_pair){a, b};
    for (int i = 0; i < n_thread && !status; i++) {
        status = rw_workspace_init(&r->workspace[i], &r->table, &r->plan, in->n_k, err);
        r->workspace[i].stop = &r->stop;
    }
    return status;
}

ropewalk_status rw_given_run(const rw_given_input *in, rw_given *out, ropewalk_error *err)
{
    run r = {.in = in, .out = out};
    int n_thread = in->n_thread < 1 ? 1 : in->n_thread;
    if ((uint32_t)n_thread > in->n_q) n_thread = (int)in->n_q;
    ropewalk_status status = allocate(in, out, err);
    if (!status) status = prepare(&r, n_thread, err);
    const rw_work work = {.ctx = &r,
                          .n_item = in->n_q,
                          .run = measure_query,
                          .pack = pack_query,
                          .unpack = unpack_query};
    if (!status) status = rw_work_run(&work, NULL, in->team, n_thread, watch, &r, err);
    for (int i = 0; r.workspace && i < n_thread; i++)
        rw_workspace_clear(&r.workspace[i]);
    rw_free(r.workspace);
    rw_free(r.pair);
    rw_predictor_clear(&r.predictor);
    rw_scoretable_clear(&r.table);
    if (status || !rw_team_leads(in->team)) rw_given_clear(out);
    return status;
}
