/* layers.c - what several heads do together, and the baselines every alias count stands beside. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "audit/record.h"
#include "audit/run.h"
#include "base/alloc.h"
#include "base/random.h"
#include "base/team.h"
#include "base/work.h"
#include "measure/baseline.h"

enum {
    LAYER_STREAM = 5000000,
    BASELINE_STREAM = 6000,
    N_DRAW = RW_MAX_SET_DRAW, /* random sets of heads a layer, text and size */
    MAX_READOUT = 8192,       /* distances used for the read-out, evenly spread */
};
enum { N_SIZE = RW_N_SET_SIZE };
static const uint32_t set_sizes[N_SIZE] = {1, 2, 3, 8, UINT32_MAX};

typedef struct layer_job {
    rw_audit_run *run;
    const rw_qkfile *file;
    uint32_t text;
    rw_layer_text *result; /* [n_layer of the capture] */
    const uint32_t *unit_of;
} layer_job;

/* The advertised context, cut to what the unit examines. */
static int64_t layer_context(const rw_audit_run *run, const rw_unit *u)
{
    int64_t M = run->settings.advertised;
    if (M > u->effective[u->n_effective - 1]) M = u->effective[u->n_effective - 1];
    return M;
}

/* Coefficients of every head for one query row and one key row. */
static ropewalk_status layer_coefficients(const layer_job *job, uint32_t index,
                                          const rw_unit *u, rw_coefficient *z,
                                          double *terms, ropewalk_error *err)
{
    const rw_qk_layer *layer = rw_qkfile_layer(job->file, index);
    const uint32_t n_row = rw_qkfile_n_row(job->file), half = n_row / 2,
                   d = layer->head_dim;
    const uint64_t seed = job->run->settings.seed;
    const uint64_t stream = LAYER_STREAM + ((uint64_t)job->text << 20) + layer->layer;
    const uint32_t q_row =
        half + (uint32_t)rw_random_below(seed, stream, 0, n_row - half);
    const uint32_t k_row = 1 + (uint32_t)rw_random_below(seed, stream, 1, half - 1);
    const size_t h = u->rotation.rotary_dim / 2 + 1;
    double *q = rw_array(2 * (size_t)d, sizeof *q);
    ropewalk_status status = q ? ROPEWALK_OK : rw_fail_memory(err, "a layer");
    for (uint32_t head = 0; head < layer->n_head_q && !status; head++) {
        const uint32_t kv = head / (layer->n_head_q / layer->n_head_kv);
        z[head].re = terms + 2 * h * head;
        z[head].im = z[head].re + h;
        status = rw_qkfile_read(job->file, 'q', index, q_row, head, q, err);
        if (!status)
            status = rw_qkfile_read(job->file, 'k', index, k_row, kv, q + d, err);
        if (!status)
            status = rw_coefficient_make(&u->rotation, d, u->score_scale, q, q + d,
                                         &z[head], err);
    }
    rw_free(q);
    return status;
}

static ropewalk_status count_sets(const layer_job *job, uint32_t layer,
                                  const int32_t *keys, int64_t M, uint32_t n_head,
                                  rw_layer_text *out, ropewalk_error *err)
{
    uint32_t *label = rw_array((size_t)M, sizeof *label);
    uint32_t *set = rw_array(2 * (size_t)n_head, sizeof *set);
    const uint64_t seed = job->run->settings.seed;
    const uint64_t stream =
        LAYER_STREAM + 7 + ((uint64_t)job->text << 40) + ((uint64_t)layer << 8);
    ropewalk_status status = ROPEWALK_OK;
    if (!label || !set) status = rw_fail_memory(err, "sets of heads");
    for (uint32_t i = 0; i < N_SIZE && !status; i++) {
        const int all = set_sizes[i] == UINT32_MAX;
        const uint32_t size = all ? n_head : set_sizes[i];
        out->size[i] = size;
        if (!all && size >= n_head) continue; /* "all" covers it */
        for (uint32_t draw = 0; draw < (all ? 1 : N_DRAW) && !status; draw++) {
            for (uint32_t j = 0; j < n_head; j++)
                set[j] = j;
            for (uint32_t j = 0; j < size; j++) { /* Fisher and Yates */
                const uint32_t k =
                    j + (uint32_t)rw_random_below(seed, stream + i,
                                                  (uint64_t)draw * 4096 + j, n_head - j);
                const uint32_t swap = set[j];
                set[j] = set[k];
                set[k] = swap;
            }
            int64_t pairs;
            status = rw_joint_aliasing(keys, (size_t)M, set, size, M, label, &pairs, err);
            if (status) break;
            out->pairs_sum[i] += (double)pairs;
            if (out->n_set[i] == 0 || pairs < out->pairs_min[i])
                out->pairs_min[i] = pairs;
            if (out->n_set[i] == 0 || pairs > out->pairs_max[i])
                out->pairs_max[i] = pairs;
            out->n_set[i]++;
        }
    }
    rw_free(label);
    rw_free(set);
    return status;
}

/* n values of t[0 .. M-1], evenly spaced. */
static void spread(const double *t, int64_t M, double *out, size_t n)
{
    for (size_t i = 0; i < n; i++)
        out[i] = t[(int64_t)i * M / (int64_t)n];
}

static ropewalk_status examine_layer(void *ctx, int64_t item, int worker,
                                     ropewalk_error *err)
{
    const layer_job *job = ctx;
    const uint32_t index = (uint32_t)item;
    if (job->unit_of[index] == UINT32_MAX) return ROPEWALK_OK;
    const rw_unit *u = &job->run->unit[job->unit_of[index]];
    rw_workspace *ws = &u->workspace[worker];
    const rw_qk_layer *layer = rw_qkfile_layer(job->file, index);
    const uint32_t n_head = layer->n_head_q;
    const int64_t M = layer_context(job->run, u);
    const size_t n_point = (size_t)(M < MAX_READOUT ? M : MAX_READOUT);
    const rw_dtype first = rw_dtype_first(u->plan.dtypes);
    rw_coefficient *z = rw_calloc(n_head, sizeof *z);
    double *terms =
        rw_array((size_t)n_head * 2 * (u->rotation.rotary_dim / 2 + 1), sizeof *terms);
    int32_t *keys = rw_array((size_t)n_head * (size_t)M, sizeof *keys);
    double *score = rw_array((size_t)n_head * n_point, sizeof *score);
    rw_layer_text *out = &job->result[index];
    ropewalk_status status = ROPEWALK_OK;
    if (!z || !terms || !keys || !score)
        status = rw_fail_memory(err, "the heads of a layer");
    if (!status) status = layer_coefficients(job, index, u, z, terms, err);
    for (uint32_t from = 0; from < n_head && !status; from += (uint32_t)ws->max_key) {
        const size_t left = n_head - from, n = left < ws->max_key ? left : ws->max_key;
        rw_group_fill(ws, z + from, n);
        for (size_t i = 0; i < n && !status; i++) {
            status = rw_group_go_on(ws, err);
            if (!status) status = rw_group_round(ws, i, first, err);
            if (status) break;
            const int32_t *row = ws->keys + i * (size_t)ws->plan->n_distance;
            for (int64_t m = 0; m < M; m++)
                keys[(from + i) * (size_t)M + (size_t)m] = rw_key_stored(first, row[m]);
            spread(ws->series[i].t, M, score + (from + i) * n_point, n_point);
        }
    }
    out->context = M;
    if (!status) status = count_sets(job, layer->layer, keys, M, n_head, out, err);
    if (!status)
        status = rw_readout_separation(score, n_point, n_head, (int64_t)n_point,
                                       &out->readout, err);
    rw_free(z);
    rw_free(terms);
    rw_free(keys);
    rw_free(score);
    return status;
}

static int layer_progress(void *ctx, int64_t done, int64_t total)
{
    const layer_job *job = ctx;
    return rw_audit_tell(job->run, "counting heads together", done, total);
}

static void pack_layer(void *ctx, int64_t item, rw_packer *out)
{
    const layer_job *job = ctx;
    if (job->unit_of[item] != UINT32_MAX) rw_layer_pack(&job->result[item], out);
}

static ropewalk_status unpack_layer(void *ctx, int64_t item, rw_unpacker *in,
                                    ropewalk_error *err)
{
    const layer_job *job = ctx;
    if (job->unit_of[item] == UINT32_MAX && rw_unpack_complete(in)) return ROPEWALK_OK;
    const ropewalk_status status = rw_layer_unpack(in, &job->result[item], err);
    if (status || job->unit_of[item] == UINT32_MAX) return status;
    const int64_t M = layer_context(job->run, &job->run->unit[job->unit_of[item]]);
    return job->result[item].context == M
               ? ROPEWALK_OK
               : rw_fail(err, ROPEWALK_E_FORMAT, 0, "a kept layer has another context");
}

static rw_joint_row *joint_row(rw_audit_run *run, int64_t context, uint32_t size)
{
    for (uint32_t i = 0; i < run->n_joint; i++)
        if (run->joint[i].context == context && run->joint[i].set_size == size)
            return &run->joint[i];
    rw_joint_row *rows = rw_realloc(run->joint, (size_t)run->n_joint + 1, sizeof *rows);
    if (!rows) return NULL;
    run->joint = rows;
    const rw_dtype first = rw_dtype_first(run->settings.dtypes);
    rows[run->n_joint] = (rw_joint_row){.context = context,
                                        .dtype = first,
                                        .set_size = size,
                                        .total = context * (context - 1) / 2};
    return &rows[run->n_joint++];
}

static ropewalk_status keep_layer(rw_audit_run *run, const rw_layer_text *r,
                                  uint32_t layer, uint32_t n_head, ropewalk_error *err)
{
    for (uint32_t i = 0; i < N_SIZE; i++) {
        if (r->n_set[i] == 0) continue;
        rw_joint_row *row = joint_row(run, r->context, r->size[i]);
        if (!row) return rw_fail_memory(err, "joint aliasing");
        if (row->n_set == 0 || r->pairs_min[i] < row->min_pairs)
            row->min_pairs = r->pairs_min[i];
        if (row->n_set == 0 || r->pairs_max[i] > row->max_pairs)
            row->max_pairs = r->pairs_max[i];
        row->sum_pairs += r->pairs_sum[i];
        row->n_set += r->n_set[i];
        row->mean_pairs = row->sum_pairs / row->n_set;
    }
    if (isnan(r->readout.all_heads)) return ROPEWALK_OK;
    rw_readout_row *at = NULL;
    for (uint32_t i = 0; i < run->n_readout; i++)
        if (run->readout[i].layer == layer) at = &run->readout[i];
    if (!at) {
        rw_readout_row *rows =
            rw_realloc(run->readout, (size_t)run->n_readout + 1, sizeof *rows);
        if (!rows) return rw_fail_memory(err, "the read-out");
        run->readout = rows;
        at = &rows[run->n_readout++];
        *at = (rw_readout_row){.layer = layer, .n_head = n_head, .context = r->context};
    }
    const double n = at->n_text;
    at->best_head = (at->best_head * n + r->readout.best_head) / (n + 1.0);
    at->all_heads = (at->all_heads * n + r->readout.all_heads) / (n + 1.0);
    at->n_text++;
    return ROPEWALK_OK;
}

ropewalk_status rw_layers_examine(rw_audit_run *run, const rw_qkfile *file, uint32_t text,
                                  ropewalk_error *err)
{
    const uint32_t n_layer = rw_qkfile_n_layer(file);
    uint32_t *unit_of = rw_array(n_layer, sizeof *unit_of);
    rw_layer_text *result = rw_calloc(n_layer, sizeof *result);
    ropewalk_status status = ROPEWALK_OK;
    if (!unit_of || !result) status = rw_fail_memory(err, "the layers");
    if (!status) {
        for (uint32_t i = 0; i < n_layer; i++)
            unit_of[i] = UINT32_MAX;
        for (uint32_t u = 0; u < run->n_unit; u++)
            for (uint32_t j = 0; j < run->unit[u].n_layer; j++)
                unit_of[run->unit[u].layer[j]] = u;
        layer_job job = {
            .run = run, .file = file, .text = text, .result = result, .unit_of = unit_of};
        const rw_work work = {.ctx = &job,
                              .stage = 2 * text + 1,
                              .n_item = n_layer,
                              .run = examine_layer,
                              .pack = pack_layer,
                              .unpack = unpack_layer};
        status = rw_work_run(&work, run->settings.journal, run->settings.team,
                             run->settings.n_thread, layer_progress, &job, err);
    }
    const int leads = rw_team_leads(run->settings.team);
    for (uint32_t i = 0; i < n_layer && !status && leads; i++)
        if (unit_of[i] != UINT32_MAX)
            status = keep_layer(run, &result[i], rw_qkfile_layer(file, i)->layer,
                                rw_qkfile_layer(file, i)->n_head_q, err);
    rw_free(unit_of);
    rw_free(result);
    return status;
}

/* One count swings by a factor of two with the draw: the median of several stands for it. */
enum { N_GAUSSIAN = 9 };

static int by_count(const void *a, const void *b)
{
    const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}

/* Rows of one working type: N_GAUSSIAN draws of a query and a key. */
static ropewalk_status baseline_rows(rw_audit_run *run, const rw_unit *u, rw_dtype dtype,
                                     rw_baseline *rows, ropewalk_error *err)
{
    const size_t d = u->head_dim, h = u->rotation.rotary_dim / 2 + 1, n = u->n_effective;
    double *q = rw_array(2 * d, sizeof *q), *terms = rw_array(2 * h, sizeof *terms);
    int64_t *draws = rw_calloc(n * N_GAUSSIAN, sizeof *draws);
    rw_coefficient z = {.re = terms, .im = terms ? terms + h : NULL};
    ropewalk_status status = ROPEWALK_OK;
    if (!q || !terms || !draws) status = rw_fail_memory(err, "baselines");
    for (size_t draw = 0; draw < N_GAUSSIAN && !status; draw++) {
        for (size_t i = 0; i < 2 * d; i++)
            q[i] = rw_random_normal(run->settings.seed, BASELINE_STREAM + draw, i);
        status = rw_coefficient_make(&u->rotation, u->head_dim, u->score_scale, q, q + d,
                                     &z, err);
        if (!status) status = rw_baseline_counts(&u->workspace[0], &z, dtype, rows, err);
        for (size_t i = 0; i < n && !status; i++)
            draws[i * N_GAUSSIAN + draw] = rows[i].gaussian;
    }
    for (size_t i = 0; i < n && !status; i++) {
        qsort(draws + i * N_GAUSSIAN, N_GAUSSIAN, sizeof *draws, by_count);
        rows[i].gaussian = draws[i * N_GAUSSIAN + N_GAUSSIAN / 2];
    }
    rw_free(q);
    rw_free(terms);
    rw_free(draws);
    return status;
}

ropewalk_status rw_baselines_examine(rw_audit_run *run, ropewalk_error *err)
{
    const rw_unit *u = NULL; /* the unit that sees the longest contexts */
    for (uint32_t i = 0; i < run->n_unit; i++)
        if (!u || run->unit[i].n_effective > u->n_effective) u = &run->unit[i];
    if (!u) return ROPEWALK_OK;
    rw_baseline *rows = rw_calloc(u->n_effective, sizeof *rows);
    run->baseline = rw_calloc((size_t)u->n_effective * RW_N_DTYPE, sizeof *run->baseline);
    ropewalk_status status = ROPEWALK_OK;
    if (!rows || !run->baseline) status = rw_fail_memory(err, "baselines");
    for (int dtype = 0; dtype < RW_N_DTYPE && !status; dtype++) {
        if (!(run->settings.dtypes >> dtype & 1)) continue;
        status = baseline_rows(run, u, (rw_dtype)dtype, rows, err);
        for (uint32_t i = 0; i < u->n_effective && !status; i++)
            run->baseline[run->n_baseline++] =
                (rw_baseline_row){.context = u->effective[i],
                                  .dtype = (rw_dtype)dtype,
                                  .total = rows[i].total,
                                  .nope = rows[i].nope,
                                  .alibi = rows[i].alibi,
                                  .gaussian = rows[i].gaussian,
                                  .floor = rows[i].floor};
    }
    rw_free(rows);
    return status;
}
