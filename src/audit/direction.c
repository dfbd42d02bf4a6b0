/* direction.c - samples of all texts joined, tested, and shared out over processes. */
#include "audit/direction.h"

#include "audit/record.h"
#include "base/alloc.h"
#include "base/team.h"

enum { SURROGATE_STREAM = 70000000 };
enum { STAGE = 2 * RW_MAX_TEXT }; /* texts have those below */

/* A head's pairs of all texts: queries and keys of different texts are different vectors. */
typedef struct sample {
    rw_sampled_pair *pair;
    uint32_t n, n_query, n_key; /* keys are numbered in order of appearance */
    double *direction;          /* of samples that came from rank 0, else NULL */
} sample;

typedef struct direction_job {
    rw_audit_run *run;
    sample *received; /* [n_head], of ranks other than 0 */
} direction_job;

static void clear(sample *s)
{
    rw_free(s->pair);
    rw_free(s->direction);
    *s = (sample){0};
}

static ropewalk_status join_texts(const rw_audit_run *run, uint32_t head, sample *out,
                                  ropewalk_error *err)
{
    uint32_t n = 0;
    for (uint32_t t = 0; t < run->n_text; t++)
        n += run->text[t].head[head].n_sampled;
    *out = (sample){.pair = rw_calloc((size_t)n + 1, sizeof *out->pair)};
    uint32_t *row_of = rw_calloc((size_t)n + 1, sizeof *row_of);
    if (!out->pair || !row_of) {
        rw_free(row_of);
        clear(out);
        return rw_fail_memory(err, "the pairs of a head");
    }
    for (uint32_t t = 0; t < run->n_text; t++) {
        const rw_head_text *from = &run->text[t].head[head];
        const uint32_t first_query = out->n_query, first_key = out->n_key;
        for (uint32_t i = 0; i < from->n_sampled; i++) {
            uint32_t key = first_key;
            while (key < out->n_key && row_of[key] != from->sampled[i].key)
                key++;
            if (key == out->n_key) row_of[out->n_key++] = from->sampled[i].key;
            const uint32_t query = first_query + from->sampled[i].query;
            out->pair[out->n++] = (rw_sampled_pair){
                .query = query, .key = key, .direction = from->sampled[i].direction};
            if (query >= out->n_query) out->n_query = query + 1;
        }
    }
    rw_free(row_of);
    return ROPEWALK_OK;
}

/* One phase for all pairs turns their sum: as a single pair, their mean, would be turned. */
static ropewalk_status test_shared(const rw_surrogates *u, const sample *s, uint64_t seed,
                                   uint64_t stream, double *p_shared, ropewalk_error *err)
{
    const size_t width = 2 * (size_t)u->n_pair;
    double *mean = rw_calloc(width + 1, sizeof *mean), gap[RW_MAX_AUDIT_CONTEXT];
    if (!mean) return rw_fail_memory(err, "the pairs of a head");
    for (uint32_t i = 0; i < s->n; i++)
        for (size_t n = 0; n < width; n++)
            mean[n] += s->pair[i].direction[n] / s->n;
    const rw_sampled_pair all = {.direction = mean};
    const ropewalk_status status =
        rw_surrogate_test(u, &all, s->n > 0, 1, 1, seed, stream, gap, p_shared, err);
    rw_free(mean);
    return status;
}

static ropewalk_status test_head(void *ctx, int64_t item, int worker, ropewalk_error *err)
{
    const direction_job *job = ctx;
    const rw_audit_run *run = job->run;
    const rw_head_place *place = &run->place[item];
    (void)worker;
    if (place->unit == UINT32_MAX) return ROPEWALK_OK;
    sample joined = {0}, *s = &job->received[item];
    ropewalk_status status = ROPEWALK_OK;
    if (!s->pair) {
        s = &joined;
        status = join_texts(run, (uint32_t)item, s, err);
    }
    const rw_surrogates *u = &run->unit[place->unit].surrogates;
    const rw_head_result *h = &run->head[item];
    const uint64_t seed = run->settings.seed;
    const uint64_t stream = SURROGATE_STREAM + ((uint64_t)h->layer << 16) + h->head;
    rw_direction *out = &run->direction[item];
    if (!status)
        status = rw_surrogate_test(u, s->pair, s->n, s->n_query, s->n_key, seed, stream,
                                   out->gap, out->p_value, err);
    if (!status) status = test_shared(u, s, seed, stream, out->p_shared, err);
    clear(s);
    return status;
}

/* --- between processes -------------------------------------------------------------------------- */
static void pack_sample(void *ctx, int64_t item, rw_packer *out)
{
    const rw_audit_run *run = ((const direction_job *)ctx)->run;
    sample s;
    if (run->place[item].unit == UINT32_MAX) return;
    if (join_texts(run, (uint32_t)item, &s, NULL)) {
        out->failed = 1;
        return;
    }
    rw_pack_u64(out, s.n_query);
    rw_pack_u64(out, s.n_key);
    rw_pairs_pack(s.pair, s.n, run->unit[run->place[item].unit].surrogates.n_pair, out);
    clear(&s);
}

static ropewalk_status unpack_sample(void *ctx, int64_t item, rw_unpacker *in,
                                     ropewalk_error *err)
{
    const direction_job *job = ctx;
    const rw_head_place *place = &job->run->place[item];
    if (place->unit == UINT32_MAX) return ROPEWALK_OK;
    sample *s = &job->received[item];
    s->n_query = (uint32_t)rw_unpack_count(in, (int64_t)RW_MAX_QUERY * RW_MAX_TEXT);
    s->n_key = (uint32_t)rw_unpack_count(in, (int64_t)(in->n / 8));
    const rw_pair_limits most = {.n_pair = (int64_t)(in->n / 8),
                                 .n_query = s->n_query,
                                 .n_key = s->n_key,
                                 .n_freq = job->run->unit[place->unit].surrogates.n_pair};
    const ropewalk_status status =
        rw_pairs_unpack(in, &most, &s->pair, &s->direction, &s->n, err);
    if (status || rw_unpack_complete(in)) return status;
    return rw_fail(err, ROPEWALK_E_FORMAT, 0, "a head's pairs do not fit");
}

static void pack_result(void *ctx, int64_t item, rw_packer *out)
{
    const rw_audit_run *run = ((const direction_job *)ctx)->run;
    const rw_head_place *place = &run->place[item];
    if (place->unit == UINT32_MAX) return;
    for (uint32_t e = 0; e < run->unit[place->unit].n_effective; e++) {
        rw_pack_f64(out, run->direction[item].gap[e]);
        rw_pack_f64(out, run->direction[item].p_value[e]);
        rw_pack_f64(out, run->direction[item].p_shared[e]);
    }
}

static ropewalk_status unpack_result(void *ctx, int64_t item, rw_unpacker *in,
                                     ropewalk_error *err)
{
    const rw_audit_run *run = ((const direction_job *)ctx)->run;
    const rw_head_place *place = &run->place[item];
    rw_direction *to = &run->direction[item];
    if (place->unit != UINT32_MAX)
        for (uint32_t e = 0; e < run->unit[place->unit].n_effective; e++) {
            to->gap[e] = rw_unpack_f64(in);
            to->p_value[e] = rw_unpack_f64(in);
            to->p_shared[e] = rw_unpack_f64(in);
        }
    return rw_unpack_complete(in)
               ? ROPEWALK_OK
               : rw_fail(err, ROPEWALK_E_FORMAT, 0, "a head's direction does not fit");
}

static int progress(void *ctx, int64_t done, int64_t total)
{
    const direction_job *job = ctx;
    return rw_audit_tell(job->run, "testing directions", done, total);
}

ropewalk_status rw_directions_test(rw_audit_run *run, ropewalk_error *err)
{
    direction_job job = {
        .run = run, .received = rw_calloc((size_t)run->n_head + 1, sizeof *job.received)};
    run->direction = rw_calloc((size_t)run->n_head + 1, sizeof *run->direction);
    ropewalk_status status = ROPEWALK_OK;
    if (!job.received || !run->direction) status = rw_fail_memory(err, "the heads");
    const rw_work work = {.ctx = &job,
                          .stage = STAGE,
                          .n_item = run->n_head,
                          .pack_input = pack_sample,
                          .unpack_input = unpack_sample,
                          .run = test_head,
                          .pack = pack_result,
                          .unpack = unpack_result};
    /* no journal: a result here is of all texts, a checkpoint's are of one */
    if (!status)
        status = rw_work_run(&work, NULL, run->settings.team, run->settings.n_thread,
                             progress, &job, err);
    for (uint32_t h = 0; job.received && h < run->n_head; h++)
        clear(&job.received[h]);
    rw_free(job.received);
    return status;
}
