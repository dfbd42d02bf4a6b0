/* run.c - begin, add texts, finish. */
#include "audit/run.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "audit/direction.h"
#include "audit/disagree.h"
#include "audit/record.h"
#include "audit/verdict.h"
#include "base/alloc.h"
#include "base/digest.h"
#include "base/json.h"
#include "base/team.h"
#include "base/work.h"
#include "theory/highband.h"
#include "theory/reversal.h"

enum { QUERY_STREAM = 1000 };

ropewalk_status rw_audit_key(const rw_audit_settings *s, uint64_t *key,
                             ropewalk_error *err)
{
    rw_packer p;
    rw_work_key_begin(&p, "audit", key);
    rw_pack_u64(&p, s->n_context);
    for (uint32_t i = 0; i < s->n_context; i++)
        rw_pack_u64(&p, (uint64_t)s->context[i]);
    rw_pack_u64(&p, (uint64_t)s->advertised);
    rw_pack_u64(&p, s->dtypes);
    rw_pack_f64(&p, isnan(s->score_scale) ? 0.0 : s->score_scale);
    rw_pack_f64(&p, s->zeta);
    rw_pack_f64(&p, s->near_alias);
    rw_pack_u64(&p, s->n_query);
    rw_pack_u64(&p, s->n_attended);
    rw_pack_u64(&p, s->n_random);
    rw_pack_u64(&p, s->seed);
    return rw_work_key_take(&p, key, err);
}

static ropewalk_status list_heads(rw_audit_run *run, const rw_qkfile *first,
                                  ropewalk_error *err)
{
    for (uint32_t i = 0; i < rw_qkfile_n_layer(first); i++)
        run->n_head += rw_qkfile_layer(first, i)->n_head_q;
    run->place = rw_calloc((size_t)run->n_head + 1, sizeof *run->place);
    run->head = rw_calloc((size_t)run->n_head + 1, sizeof *run->head);
    run->drawn = rw_calloc((size_t)run->n_head + 1, sizeof *run->drawn);
    if (!run->place || !run->head || !run->drawn) return rw_fail_memory(err, "the heads");
    uint32_t n = 0;
    for (uint32_t i = 0; i < rw_qkfile_n_layer(first); i++) {
        const rw_qk_layer *layer = rw_qkfile_layer(first, i);
        uint32_t unit = UINT32_MAX;
        for (uint32_t u = 0; u < run->n_unit; u++)
            for (uint32_t j = 0; j < run->unit[u].n_layer; j++)
                if (run->unit[u].layer[j] == i) unit = u;
        for (uint32_t h = 0; h < layer->n_head_q; h++, n++) {
            run->place[n] = (rw_head_place){unit, i, h};
            run->head[n] =
                (rw_head_result){.layer = layer->layer,
                                 .head = h,
                                 .kv_head = h / (layer->n_head_q / layer->n_head_kv),
                                 .head_class = unit == UINT32_MAX ? RW_CLASS_NOPE
                                               : layer->window    ? RW_CLASS_SLIDING
                                                                  : RW_CLASS_FULL,
                                 .window = layer->window};
        }
    }
    return ROPEWALK_OK;
}

/* What the tables and workspaces of all units will take. */
static ropewalk_status check_memory(const rw_audit_settings *s, ropewalk_error *err)
{
    const int64_t most = s->context[s->n_context - 1];
    const rw_scoretable shape = {.n_block = most / RW_BLOCK + 1};
    const rw_measure_plan plan = {
        .n_distance = most, .dtypes = s->dtypes, .events = RW_ALL_EVENTS};
    const uint64_t bytes =
        rw_workspace_bytes(&shape, &plan, s->n_attended + s->n_random + 1) *
        (uint64_t)s->n_thread;
    if (rw_memory_total() == 0 || bytes < rw_memory_total() / 10 * 9) return ROPEWALK_OK;
    return rw_fail(
        err, ROPEWALK_E_MEMORY, 0,
        "context %lld with %d threads needs %.1f GiB, this machine has %.1f GiB: use "
        "fewer threads or shorter contexts",
        (long long)most, s->n_thread, (double)bytes / 0x1p30,
        (double)rw_memory_total() / 0x1p30);
}

static int watch_tables(void *ctx, int64_t done, int64_t total)
{
    return rw_audit_tell(ctx, "making tables", done, total);
}

ropewalk_status rw_audit_begin(const rw_audit_settings *settings, const rw_qkfile *first,
                               rw_audit_run **out, ropewalk_error *err)
{
    *out = NULL;
    if (!rw_qkfile_is_capture(first))
        return rw_fail(err, ROPEWALK_E_ARGUMENT, 0,
                       "the file holds plain vectors: an audit needs a capture");
    ropewalk_status status = check_memory(settings, err);
    if (status) return status;
    rw_audit_run *run = rw_calloc(1, sizeof *run);
    if (!run) return rw_fail_memory(err, "an audit");
    run->settings = *settings;
    const rw_unit_settings unit = {.context = run->settings.context,
                                   .n_context = settings->n_context,
                                   .dtypes = settings->dtypes,
                                   .zeta = settings->zeta,
                                   .near_alias = settings->near_alias,
                                   .score_scale = settings->score_scale,
                                   .n_key = settings->n_attended + settings->n_random + 1,
                                   .n_surrogate = settings->n_surrogate,
                                   .seed = settings->seed,
                                   .n_thread = settings->n_thread,
                                   .kernels = settings->kernels,
                                   .progress = watch_tables,
                                   .progress_ctx = run};
    status = rw_units_make(first, &unit, &run->unit, &run->n_unit, err);
    for (uint32_t u = 0; u < run->n_unit; u++)
        for (int i = 0; i < run->unit[u].n_thread; i++)
            run->unit[u].workspace[i].stop = &run->stop;
    if (!status) status = list_heads(run, first, err);
    if (!status && rw_team_leads(settings->team)) status = rw_baselines_examine(run, err);
    if (status)
        rw_audit_end(run);
    else
        *out = run;
    return status;
}

void rw_audit_end(rw_audit_run *run)
{
    if (!run) return;
    for (uint32_t u = 0; u < run->n_unit; u++)
        rw_unit_clear(&run->unit[u]);
    rw_free(run->unit);
    for (uint32_t t = 0; t < RW_MAX_TEXT; t++) {
        for (uint32_t h = 0; run->text[t].head && h < run->n_head; h++)
            rw_head_text_clear(&run->text[t].head[h]);
        rw_free(run->text[t].head);
    }
    rw_free(run->direction);
    rw_free(run->place);
    rw_free(run->head);
    rw_free(run->drawn);
    rw_kept_vectors_clear(&run->kept);
    rw_free(run->joint);
    rw_free(run->readout);
    rw_free(run->baseline);
    rw_free(run);
}

typedef struct text_job {
    rw_audit_run *run;
    const rw_qkfile *file;
    const rw_selection *queries;
    rw_angles *angles; /* one a unit */
    uint32_t text;
    const char *name;
    char stage[48];
} text_job;

static ropewalk_status examine_item(void *ctx, int64_t item, int worker,
                                    ropewalk_error *err)
{
    const text_job *t = ctx;
    const rw_head_place *place = &t->run->place[item];
    if (place->unit == UINT32_MAX) return ROPEWALK_OK;
    const rw_head_job job = {.file = t->file,
                             .unit = &t->run->unit[place->unit],
                             .angles = &t->angles[place->unit],
                             .queries = t->queries,
                             .dtypes = t->run->settings.dtypes,
                             .seed = t->run->settings.seed,
                             .text = t->text};
    return rw_head_examine(&job, place->index, place->head, worker,
                           &t->run->text[t->text].head[item], err);
}

static rw_record_shape head_shape(const text_job *t, int64_t item)
{
    const rw_head_place *place = &t->run->place[item];
    if (place->unit == UINT32_MAX) return (rw_record_shape){0};
    const rw_unit *u = &t->run->unit[place->unit];
    return (rw_record_shape){.n_effective = u->n_effective,
                             .n_freq = u->table.n_pair,
                             .n_query = t->queries->found_query,
                             .n_attended = t->queries->n_attended,
                             .n_random = t->queries->n_random,
                             .n_row = rw_qkfile_n_row(t->file)};
}

static void pack_item(void *ctx, int64_t item, rw_packer *out)
{
    const text_job *t = ctx;
    const rw_record_shape shape = head_shape(t, item);
    rw_head_pack(&t->run->text[t->text].head[item], &shape, out);
}

static ropewalk_status unpack_item(void *ctx, int64_t item, rw_unpacker *in,
                                   ropewalk_error *err)
{
    const text_job *t = ctx;
    const rw_record_shape shape = head_shape(t, item);
    return rw_head_unpack(in, &shape, &t->run->text[t->text].head[item], err);
}

static void note_kept(void *ctx, int64_t n)
{
    text_job *t = ctx;
    (void)snprintf(t->stage, sizeof t->stage, "counting %.16s, %lld kept", t->name,
                   (long long)n);
}

int rw_audit_tell(rw_audit_run *run, const char *stage, int64_t done, int64_t total)
{
    const rw_audit_settings *s = &run->settings;
    if (!s->progress || !s->progress(s->progress_ctx, stage, done, total)) return 0;
    atomic_store(&run->stop, 1); /* what is being counted ends at its next key */
    return 1;
}

static int forward_progress(void *ctx, int64_t done, int64_t total)
{
    const text_job *t = ctx;
    return rw_audit_tell(t->run, t->stage, done, total);
}

/* Token strings of the pairs kept for drawing, from the capture's metadata. */
static void note_tokens(rw_audit_run *run, const rw_qkfile *file, uint32_t text)
{
    json_t *tokens = NULL;
    const char *meta = rw_qkfile_meta(file, "tokens");
    if (meta) (void)rw_json_parse(meta, strlen(meta), "tokens", &tokens, NULL);
    for (uint32_t h = 0; h < run->n_head; h++) {
        const rw_head_text *from = &run->text[text].head[h];
        if (!from->curve) continue;
        struct rw_drawn *to = &run->drawn[h];
        const char *q = json_string_value(json_array_get(tokens, from->curve_query_row));
        const char *k = json_string_value(json_array_get(tokens, from->curve_key_row));
        to->query_position = rw_qkfile_position(file, from->curve_query_row);
        to->key_position = rw_qkfile_position(file, from->curve_key_row);
        (void)snprintf(to->query_token, sizeof to->query_token, "%s", q ? q : "");
        (void)snprintf(to->key_token, sizeof to->key_token, "%s", k ? k : "");
    }
    json_decref(tokens);
}

static int is_sampled(const rw_qkfile *file)
{
    const uint32_t n = rw_qkfile_n_row(file);
    return n > 0 &&
           rw_qkfile_position(file, n - 1) - rw_qkfile_position(file, 0) != n - 1;
}

/* The first capture's heads, one by one: layer, number, key head. */
static int same_heads(const rw_audit_run *run, const rw_qkfile *file)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < rw_qkfile_n_layer(file); i++) {
        const rw_qk_layer *layer = rw_qkfile_layer(file, i);
        for (uint32_t h = 0; h < layer->n_head_q; h++, n++)
            if (n == run->n_head || run->head[n].layer != layer->layer ||
                run->head[n].head != h ||
                run->head[n].kv_head != h / (layer->n_head_q / layer->n_head_kv))
                return 0;
    }
    return n == run->n_head;
}

ropewalk_status rw_audit_add_text(rw_audit_run *run, const rw_qkfile *file,
                                  const char *name, const char *source, uint64_t digest,
                                  ropewalk_error *err)
{
    const uint32_t text = run->n_text;
    if (text == RW_MAX_TEXT)
        return rw_fail(err, ROPEWALK_E_ARGUMENT, 0, "at most %d texts in one audit",
                       RW_MAX_TEXT);
    if (!same_heads(run, file) ||
        !rw_units_match(run->unit, run->n_unit, file, run->settings.score_scale))
        return rw_fail(
            err, ROPEWALK_E_FORMAT, 0,
            "%s was captured from another model or with other RoPE settings than the "
            "first capture",
            name);
    rw_selection queries;
    const rw_audit_settings *s = &run->settings;
    ropewalk_status status =
        rw_selection_init(&queries, s->n_query, s->n_attended, s->n_random, err);
    if (status) return status;
    if (s->journal)
        status = rw_journal_agree(s->journal, UINT32_MAX, text, digest,
                                  "the checkpoint was made with another capture of this "
                                  "text: keep captures, or remove the checkpoint",
                                  err);
    text_job job = {
        .run = run, .file = file, .queries = &queries, .text = text, .name = name};
    (void)snprintf(job.stage, sizeof job.stage, "counting %s", name);
    job.angles = rw_calloc((size_t)run->n_unit + 1, sizeof *job.angles);
    run->text[text].head =
        rw_calloc((size_t)run->n_head + 1, sizeof *run->text[text].head);
    if (!status && (!job.angles || !run->text[text].head))
        status = rw_fail_memory(err, "a text's heads");
    if (!status)
        status = rw_select_queries(&queries, file, s->seed, QUERY_STREAM + text, err);
    for (uint32_t u = 0; u < run->n_unit && !status; u++)
        status = rw_angles_init(&job.angles[u], file, &run->unit[u].rotation, err);
    const rw_work work = {.ctx = &job,
                          .stage = 2 * text,
                          .n_item = run->n_head,
                          .run = examine_item,
                          .pack = pack_item,
                          .unpack = unpack_item,
                          .kept = note_kept};
    if (!status)
        status = rw_work_run(&work, s->journal, s->team, s->n_thread, forward_progress,
                             &job, err);
    if (!status) status = rw_layers_examine(run, file, text, err);
    if (!status && text == 0 && rw_team_leads(s->team))
        status = rw_vectors_keep(run, file, err);
    if (!status) {
        if (text == 0) note_tokens(run, file, text);
        rw_text_info *info = &run->text_info[text];
        (void)snprintf(info->name, sizeof info->name, "%s", name);
        (void)snprintf(info->source, sizeof info->source, "%s", source);
        info->n_token = rw_qkfile_n_row(file);
        info->n_query = queries.found_query;
        for (uint32_t q = 0; q < queries.found_query; q++)
            info->query_position[q] = rw_qkfile_position(file, queries.query[q]);
        run->sampled_rows |= is_sampled(file);
        run->n_text++;
    }
    for (uint32_t u = 0; job.angles && u < run->n_unit; u++)
        rw_angles_clear(&job.angles[u]);
    rw_free(job.angles);
    rw_selection_clear(&queries);
    return status;
}

static void copy_settings(const rw_audit_run *run, rw_audit *out)
{
    const rw_audit_settings *s = &run->settings;
    memcpy(out->context, s->context, sizeof out->context);
    out->n_context = s->n_context;
    out->advertised = s->advertised;
    out->trained = s->trained;
    out->dtypes = s->dtypes;
    const rw_dtype first = rw_dtype_first(s->dtypes);
    out->first_dtype = first;
    out->score_scale = s->score_scale;
    out->seed = s->seed;
    for (uint32_t t = 0; t < run->n_text; t++)
        out->n_query += run->text_info[t].n_query;
    out->n_attended = s->n_attended;
    out->n_random = s->n_random;
    out->n_surrogate = s->n_surrogate;
    out->zeta = s->zeta;
    out->near_alias = s->near_alias;
    out->n_text = run->n_text;
    out->sampled_rows = run->sampled_rows;
    memcpy(out->text, run->text_info, sizeof out->text);
    for (uint32_t t = 0; t < run->n_text; t++)
        for (uint32_t h = 0; h < run->n_head; h++) {
            out->skipped_identical += run->text[t].head[h].skipped_identical;
            out->skipped_special += run->text[t].head[h].skipped_special;
        }
}

/* T16 and T8 of one rotation; its pairs of frequency 0 do not rotate. */
static ropewalk_status describe_rotation(const rw_rotation_info *r, rw_estimate *m_max,
                                         double *scale, ropewalk_error *err)
{
    const rw_reversal_rule theorem = RW_REVERSAL_THEOREM;
    const uint32_t n_pair = r->rotary_dim / 2;
    *m_max = (rw_estimate){(double)NAN, RW_ESTIMATE_BOUND, RW_ESTIMATE_UNDEFINED};
    *scale = (double)NAN;
    if (!r->inv_freq) return ROPEWALK_OK;
    double *freq = rw_array((size_t)n_pair + 1, sizeof *freq);
    if (!freq) return rw_fail_memory(err, "the rotations");
    uint32_t n = 0;
    for (uint32_t i = 0; i < n_pair; i++)
        if (r->inv_freq[i] != 0.0) freq[n++] = r->inv_freq[i];
    ropewalk_status status = ROPEWALK_OK;
    if (n) {
        rw_reversal_table table;
        status = rw_reversal_init(&table, freq, n, r->rope_theta, &theorem, err);
        if (!status) {
            *m_max = rw_reversal_m_max(&table);
            if (table.geometric) *scale = rw_m_max_scale(r->rope_theta, n, theorem.eps);
            rw_reversal_clear(&table);
        }
    }
    rw_free(freq);
    return status;
}

static ropewalk_status describe_rotations(rw_audit *out, ropewalk_error *err)
{
    const rw_model_info *m = &out->model;
    out->m_max = rw_array((size_t)m->n_rotation + 1, sizeof *out->m_max);
    out->m_max_scale = rw_array((size_t)m->n_rotation + 1, sizeof *out->m_max_scale);
    if (!out->m_max || !out->m_max_scale) return rw_fail_memory(err, "the rotations");
    ropewalk_status status = ROPEWALK_OK;
    for (uint32_t r = 0; r < m->n_rotation && !status; r++)
        status = describe_rotation(&m->rotations[r], &out->m_max[r], &out->m_max_scale[r],
                                   err);
    return status;
}

static void move_rows(rw_audit_run *run, rw_audit *out)
{
    out->joint = run->joint;
    out->n_joint = run->n_joint;
    out->readout = run->readout;
    out->n_readout = run->n_readout;
    out->baseline = run->baseline;
    out->n_baseline = run->n_baseline;
    out->kept = run->kept;
    run->kept = (rw_kept_vectors){0};
    run->joint = NULL;
    run->readout = NULL;
    run->baseline = NULL;
    run->n_joint = run->n_readout = run->n_baseline = 0;
}

ropewalk_status rw_audit_finish(rw_audit_run *run, rw_audit *out, ropewalk_error *err)
{
    ropewalk_status status = rw_directions_test(run, err);
    if (status || !rw_team_leads(run->settings.team)) return status;
    copy_settings(run, out);
    move_rows(run, out);
    status = describe_rotations(out, err);
    if (!status) status = rw_audit_combine(run, out, err);
    if (!status) status = rw_audit_curves(run, out, err);
    if (!status) status = rw_disagree_find(out, err);
    if (!status) status = rw_verdict_make(out, err);
    return status;
}
