/* measure_call.c - ropewalk_measure(): from a file and options to a measurement. */
#include <math.h>
#include <string.h>

#include "api/handle.h"
#include "audit/given_run.h"
#include "audit/unit.h"
#include "base/alloc.h"
#include "format/qkfile.h"
#include "position/declared.h"
#include "report/measure_json.h"

/* Everything a measurement needs, gathered from the file and the options. */
typedef struct inputs {
    double *q, *k;
    uint32_t n_q, n_k, head_dim;
    rw_rotation rotation;
    double rope_theta, score_scale;
} inputs;

static void inputs_clear(inputs *in)
{
    rw_free(in->q);
    rw_free(in->k);
    rw_rotation_clear(&in->rotation);
}

static ropewalk_status allocate(inputs *in, ropewalk_error *err)
{
    in->q = rw_array((size_t)in->n_q * in->head_dim, sizeof *in->q);
    in->k = rw_array((size_t)in->n_k * in->head_dim, sizeof *in->k);
    return in->q && in->k ? ROPEWALK_OK : rw_fail_memory(err, "the vectors");
}

static ropewalk_status parse_pairs(const char *name, rw_pairs *pairs, ropewalk_error *err)
{
    *pairs = RW_PAIRS_HALF_SPLIT;
    if (!name || strcmp(name, "half") == 0) return ROPEWALK_OK;
    *pairs = RW_PAIRS_INTERLEAVED;
    if (strcmp(name, "interleaved") == 0) return ROPEWALK_OK;
    return rw_fail(err, ROPEWALK_E_ARGUMENT, 0,
                   "pairs must be half or interleaved, not \"%s\"", name);
}

static ropewalk_status read_given(const ropewalk_measure_params *p, const rw_qkfile *file,
                                  inputs *in, ropewalk_error *err)
{
    rw_pairs pairs;
    uint32_t n_freq;
    if (p->layer >= 0 || p->head >= 0)
        return rw_fail(
            err, ROPEWALK_E_ARGUMENT, 0,
            "--layer and --head choose vectors of a capture; this file holds plain q "
            "and k");
    ropewalk_status status =
        rw_qkfile_given_shape(file, &in->n_q, &in->n_k, &in->head_dim, err);
    if (!status) status = parse_pairs(p->pairs, &pairs, err);
    if (!status) status = allocate(in, err);
    if (!status) status = rw_qkfile_given_read(file, in->q, in->k, err);
    if (status) return status;
    const double *freq = rw_qkfile_given_inv_freq(file, &n_freq);
    const int64_t dim = p->rotary_dim >= 0 ? p->rotary_dim
                        : n_freq           ? (int64_t)n_freq * 2
                                           : (int64_t)in->head_dim;
    if (dim > in->head_dim || dim % 2 != 0)
        return rw_fail(err, ROPEWALK_E_ARGUMENT, 0,
                       "rotary_dim %lld must be even and at most head_dim %u",
                       (long long)dim, in->head_dim);
    in->rope_theta = p->rope.rope_theta;
    in->score_scale = p->model_scale          ? 1.0 / sqrt((double)in->head_dim)
                      : isnan(p->score_scale) ? 1.0
                                              : p->score_scale;
    if (n_freq && isnan(p->rope.rope_theta)) {
        if ((int64_t)n_freq * 2 != dim)
            return rw_fail(err, ROPEWALK_E_ARGUMENT, 0,
                           "inv_freq has %u values, rotary_dim %lld needs %lld", n_freq,
                           (long long)dim, (long long)(dim / 2));
        status = rw_rotation_alloc(&in->rotation, (uint32_t)dim, err);
        if (status) return status;
        memcpy(in->rotation.inv_freq, freq, n_freq * sizeof *freq);
        in->rotation.attn_factor = isnan(p->rope.attn_factor) ? 1.0 : p->rope.attn_factor;
        in->rotation.pairs = pairs;
        return ROPEWALK_OK;
    }
    if (isnan(p->rope.rope_theta))
        return rw_fail(
            err, ROPEWALK_E_ARGUMENT, 0,
            "plain vectors need --rope-theta, or a tensor inv_freq: there is no "
            "default");
    const rw_layer_shape shape = {.head_dim = in->head_dim,
                                  .rotary_dim = (uint32_t)dim,
                                  .n_head_q = 1,
                                  .n_head_kv = 1,
                                  .rope_theta = p->rope.rope_theta,
                                  .pairs = pairs};
    return rw_declared_rotation(&p->rope, &shape, &in->rotation, err);
}

static ropewalk_status read_capture(const ropewalk_measure_params *p,
                                    const rw_qkfile *file, inputs *in,
                                    ropewalk_error *err)
{
    if (p->layer < 0 || p->head < 0)
        return rw_fail(err, ROPEWALK_E_ARGUMENT, 0, "a capture needs --layer and --head");
    if (!isnan(p->rope.rope_theta) || p->rope.scaling || p->pairs || p->rotary_dim >= 0)
        return rw_fail(err, ROPEWALK_E_ARGUMENT, 0,
                       "a capture brings its own rotation: --rope-theta, --rope-scaling, "
                       "--pairs and --rotary-dim are for plain vectors");
    uint32_t index = 0;
    const rw_qk_layer *layer = NULL;
    for (uint32_t i = 0; i < rw_qkfile_n_layer(file); i++)
        if (rw_qkfile_layer(file, i)->layer == (uint32_t)p->layer) {
            layer = rw_qkfile_layer(file, i);
            index = i;
        }
    if (!layer)
        return rw_fail(err, ROPEWALK_E_ARGUMENT, 0, "layer %d is not in the capture",
                       p->layer);
    if ((uint32_t)p->head >= layer->n_head_q)
        return rw_fail(err, ROPEWALK_E_ARGUMENT, 0,
                       "head %d: layer %d has %u query heads", p->head, p->layer,
                       layer->n_head_q);
    const int64_t n_row = rw_qkfile_n_row(file);
    const int64_t query = p->query_row < 0 ? n_row - 1 : p->query_row;
    const int64_t first = query > 8 ? query - 8 : 0;
    in->n_q = 1;
    in->n_k = p->n_key_row ? (uint32_t)p->n_key_row : (uint32_t)(query - first);
    in->head_dim = layer->head_dim;
    if (query >= n_row || in->n_k == 0)
        return rw_fail(err, ROPEWALK_E_ARGUMENT, 0,
                       "query row %lld has no key before it among the %lld captured rows",
                       (long long)query, (long long)n_row);
    ropewalk_status status = allocate(in, err);
    const uint32_t kv = (uint32_t)p->head / (layer->n_head_q / layer->n_head_kv);
    if (!status)
        status = rw_qkfile_read(file, 'q', index, (uint32_t)query, (uint32_t)p->head,
                                in->q, err);
    for (uint32_t i = 0; i < in->n_k && !status; i++) {
        const int64_t row = p->n_key_row ? p->key_row[i] : first + i;
        if (row < 0 || row >= n_row)
            return rw_fail(err, ROPEWALK_E_ARGUMENT, 0,
                           "key row %lld is not among the %lld rows", (long long)row,
                           (long long)n_row);
        status = rw_qkfile_read(file, 'k', index, (uint32_t)row, kv,
                                in->k + (size_t)i * in->head_dim, err);
    }
    if (!status) status = rw_rotation_of_layer(layer, &in->rotation, err);
    if (status) return status;
    in->rope_theta = layer->rope_theta;
    in->score_scale = !isnan(p->score_scale)        ? p->score_scale
                      : isnan(layer->softmax_scale) ? 1.0 / sqrt((double)layer->head_dim)
                                                    : layer->softmax_scale;
    return ROPEWALK_OK;
}

typedef struct forward {
    const ropewalk_run *run;
} forward;

static int report_progress(void *ctx, int64_t done, int64_t total)
{
    const ropewalk_run *run = ((forward *)ctx)->run;
    return run->progress ? run->progress(run->progress_ctx, "measuring", done, total) : 0;
}

static ropewalk_status check_options(const ropewalk_measure_params *p,
                                     ropewalk_error *err)
{
    if (!p->qk)
        return rw_fail(err, ROPEWALK_E_ARGUMENT, 0,
                       "--qk names the file with the vectors");
    if (!isnan(p->score_scale) && (!isfinite(p->score_scale) || p->score_scale <= 0.0))
        return rw_fail(err, ROPEWALK_E_ARGUMENT, 0, "score scale %g must be positive",
                       p->score_scale);
    if (!isnan(p->zeta) && !(p->zeta > 0.0 && p->zeta < 4.0))
        return rw_fail(err, ROPEWALK_E_ARGUMENT, 0, "zeta %g must be between 0 and 4",
                       p->zeta);
    if (!isnan(p->near_alias) && !(p->near_alias >= 0.0 && isfinite(p->near_alias)))
        return rw_fail(err, ROPEWALK_E_ARGUMENT, 0, "near-alias %g must not be negative",
                       p->near_alias);
    return ROPEWALK_OK;
}

ropewalk_status ropewalk_measure(const ropewalk_measure_params *p,
                                 const ropewalk_run *run, ropewalk_result **result,
                                 ropewalk_error *err)
{
    static const int64_t default_context = 8192;
    ropewalk_run settings;
    inputs in = {.rope_theta = (double)NAN};
    rw_given_input job = {0};
    rw_qkfile *file = NULL;
    int64_t *contexts = NULL;
    rw_given given;
    rw_given_init(&given);
    rw_rotation_init(&in.rotation);
    *result = NULL;
    ropewalk_status status = rw_run_resolve(run, &settings, &job.kernels, err);
    if (!status) status = check_options(p, err);
    if (!status) status = rw_parse_dtypes(p->dtypes, &job.dtypes, err);
    if (!status) status = rw_parse_events(p->events, &job.events, err);
    if (!status)
        status = rw_sort_contexts(p->n_context ? p->context : &default_context,
                                  p->n_context ? p->n_context : 1, &contexts,
                                  &job.n_context, err);
    if (!status) status = rw_qkfile_open(p->qk, &file, err);
    if (!status)
        status = rw_qkfile_is_capture(file) ? read_capture(p, file, &in, err)
                                            : read_given(p, file, &in, err);
    rw_qkfile_close(file);
    if (!status) {
        forward f = {&settings};
        job.q = in.q;
        job.k = in.k;
        job.n_q = in.n_q;
        job.n_k = in.n_k;
        job.head_dim = in.head_dim;
        job.rotation = &in.rotation;
        job.rope_theta = in.rope_theta;
        job.score_scale = in.score_scale;
        job.context = contexts;
        job.zeta = isnan(p->zeta) ? 0.01 : p->zeta;
        job.near_alias = isnan(p->near_alias) ? 0.1 : p->near_alias;
        job.n_thread = settings.n_thread;
        job.progress = report_progress;
        job.progress_ctx = &f;
        status = rw_given_run(&job, &given, err);
    }
    if (!status) {
        *result = rw_result_new(err);
        status = *result ? ROPEWALK_OK : ROPEWALK_E_MEMORY;
    }
    if (!status) {
        rw_measure_text(&given, &(*result)->text);
        status =
            rw_result_finish(result, "measure", rw_measure_json(&given), &settings, err);
    }
    rw_given_clear(&given);
    inputs_clear(&in);
    rw_free(contexts);
    return status;
}
