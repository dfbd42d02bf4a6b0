/* live.c - requests of numbers, checked and handed to the same functions as the command line's. */
#include "live/live.h"

#include <math.h>
#include <string.h>

#include "api/handle.h"
#include "audit/given_run.h"
#include "base/alloc.h"
#include "base/fpenv.h"
#include "format/limits.h"
#include "measure/scoretable.h"
#include "position/mechanism.h"
#include "position/synthetic.h"
#include "report/measure_json.h"
#include "result/measured.h"
#include "rw_version.h"

enum { MOST_VECTOR = 4096 };

static const double longest = RW_LIVE_MOST_CONTEXT;

void *rw_live_take(size_t n_byte)
{
    return rw_array(n_byte, 1);
}

void rw_live_release(void *block)
{
    rw_free(block);
}

/* A whole number within lo .. hi; anything else, NaN too, is named. */
static ropewalk_status whole(const char *name, double value, double lo, double hi,
                             int64_t *out, ropewalk_error *err)
{
    *out = 0;
    if (!(value >= lo && value <= hi) || floor(value) < value)
        return rw_fail(err, ROPEWALK_E_ARGUMENT, 0,
                       "%s %.17g is no whole number from %.17g to %.17g", name, value, lo,
                       hi);
    *out = (int64_t)value;
    return ROPEWALK_OK;
}

static ropewalk_status shape_of(double head_dim, double rotary_dim, uint32_t *width,
                                uint32_t *rotated, ropewalk_error *err)
{
    int64_t d = 0, r = 0;
    ropewalk_status status = whole("head_dim", head_dim, 1, RW_MAX_HEAD_DIM, &d, err);
    if (!status) status = whole("rotary_dim", rotary_dim, 0, RW_MAX_HEAD_DIM, &r, err);
    if (!status && (r > d || r % 2 != 0))
        status = rw_fail(err, ROPEWALK_E_ARGUMENT, 0,
                         "rotary_dim %lld must be even and at most head_dim %lld",
                         (long long)r, (long long)d);
    *width = (uint32_t)d;
    *rotated = (uint32_t)r;
    return status;
}

static ropewalk_status finite(const char *name, const double *x, size_t n_row,
                              size_t n_column, ropewalk_error *err)
{
    for (size_t i = 0; i < n_row * n_column; i++)
        if (!isfinite(x[i]))
            return rw_fail(err, ROPEWALK_E_ARGUMENT, 0, "%s row %zu column %zu is %s",
                           name, i / n_column, i % n_column,
                           isnan(x[i]) ? "not a number" : "infinite");
    return ROPEWALK_OK;
}

/* The document as text; `doc` is consumed. */
static ropewalk_status answer(json_t *doc, rw_live_reply *reply)
{
    rw_text t;
    rw_text_init(&t);
    if (doc) rw_json_write(doc, 0, &t);
    json_decref(doc);
    if (doc && !t.failed) {
        reply->text = t.data;
        return ROPEWALK_OK;
    }
    rw_text_clear(&t);
    return rw_fail_memory(&reply->error, "the document");
}

static json_t *parameter(const rw_param *p)
{
    static const char *const extents[] = {"scalar", "per_pair", "flag"};
    json_t *o = json_object();
    rw_json_set(&o, "key", rw_json_str(p->name));
    rw_json_set(&o, "value", rw_json_f64(p->fallback));
    rw_json_set(&o, "required", isinf(p->fallback) ? json_true() : json_false());
    rw_json_set(&o, "lo", rw_json_f64(p->lo));
    rw_json_set(&o, "hi", rw_json_f64(p->hi));
    rw_json_set(&o, "extent", rw_json_str(extents[p->extent]));
    return o;
}

static json_t *mechanisms(void)
{
    json_t *all = json_array();
    for (size_t i = 0; rw_mech_table[i]; i++) {
        const rw_mech *m = rw_mech_table[i];
        json_t *o = json_object(), *parameters = json_array();
        for (size_t p = 0; p < m->n_param; p++)
            rw_json_add(&parameters, parameter(&m->params[p]));
        rw_json_set(&o, "name", rw_json_str(m->name));
        rw_json_set(&o, "source", rw_json_str(m->source));
        rw_json_set(&o, "parameters", parameters);
        rw_json_add(&all, o);
    }
    return all;
}

ropewalk_status rw_live_about(rw_live_reply *reply)
{
    *reply = (rw_live_reply){0};
    json_t *o = json_object(), *dtypes = json_array(), *events = json_array(),
           *families = json_array();
    for (int d = 0; d < RW_N_DTYPE; d++)
        rw_json_add(&dtypes, rw_json_str(rw_dtype_get((rw_dtype)d)->name));
    for (int e = 0; e < RW_N_EVENT; e++)
        rw_json_add(&events, rw_json_str(rw_event_name((rw_event)e)));
    for (int f = 0; f < RW_N_FAMILY; f++)
        rw_json_add(&families, rw_json_str(rw_family_name((rw_family)f)));
    rw_json_set(&o, "version", rw_json_str(RW_VERSION));
    rw_json_set(&o, "mechanisms", mechanisms());
    rw_json_set(&o, "dtypes", dtypes);
    rw_json_set(&o, "events", events);
    rw_json_set(&o, "families", families);
    rw_json_set(&o, "most_context", json_integer(RW_LIVE_MOST_CONTEXT));
    rw_json_set(&o, "most_contexts", json_integer(RW_LIVE_MOST_CONTEXTS));
    rw_json_set(&o, "most_scores", json_integer(RW_LIVE_MOST_SCORES));
    return answer(o, reply);
}

/* Names and values of a request, in pairs. */
static ropewalk_status settings_of(const rw_live_table_request *r, rw_setting *settings,
                                   size_t *n, ropewalk_error *err)
{
    int64_t n_setting = 0, n_value = 0;
    ropewalk_status status =
        whole("the number of parameters", r->n_setting, 0, RW_MAX_PARAM, &n_setting, err);
    const char *name = r->names;
    const double *value = r->values;
    for (int64_t i = 0; i < n_setting && !status; i++) {
        status = whole("a parameter's number of values", r->n_values[i], 0,
                       RW_MAX_HEAD_DIM, &n_value, err);
        settings[i] = (rw_setting){.name = name,
                                   .num = n_value ? (double)NAN : *value,
                                   .values = n_value ? value : NULL,
                                   .n_value = (uint32_t)n_value};
        value += n_value ? n_value : 1;
        name += strlen(name) + 1;
    }
    *n = (size_t)n_setting;
    return status;
}

ropewalk_status rw_live_table(const rw_live_table_request *r, double *out,
                              rw_live_reply *reply)
{
    ropewalk_error *err = &reply->error;
    *reply = (rw_live_reply){0};
    rw_layer_shape shape = {.n_head_q = 1, .n_head_kv = 1, .rope_theta = r->rope_theta};
    rw_setting settings[RW_MAX_PARAM];
    size_t n_setting = 0;
    const rw_mech *mech = rw_mech_find(r->mechanism);
    ropewalk_status status =
        shape_of(r->head_dim, r->rotary_dim, &shape.head_dim, &shape.rotary_dim, err);
    if (!status && !mech)
        status =
            rw_fail(err, ROPEWALK_E_ARGUMENT, 0,
                    "rope scaling \"%.100s\" is unknown: see `ropewalk list mechanisms`",
                    r->mechanism);
    if (!status)
        status = whole("context_length", r->context_length, 0, 0x1p31,
                       &shape.context_length, err);
    if (!status) status = whole("length", r->length, 0, 0x1p31, &shape.length, err);
    if (!status) status = settings_of(r, settings, &n_setting, err);
    if (status) return status;
    rw_rotation rotation;
    status = rw_mech_build(mech, &shape, settings, n_setting, &rotation, err);
    if (status) return status;
    const size_t half = shape.rotary_dim / 2;
    if (half) memcpy(out, rotation.inv_freq, half * sizeof *out);
    out[half] = rotation.attn_factor;
    rw_rotation_clear(&rotation);
    return ROPEWALK_OK;
}

/* What measure and scores are both asked with. */
typedef struct given {
    rw_rotation rotation;
    uint32_t head_dim, n_q, n_k;
    const rw_kernels *kernels;
} given;

static ropewalk_status take_given(const rw_live_request *r, given *g, ropewalk_error *err)
{
    int64_t n_q = 0, n_k = 0, interleaved = 0;
    uint32_t rotary_dim = 0;
    *g = (given){.kernels = rw_kernels_pick(NULL)};
    rw_rotation_init(&g->rotation);
    ropewalk_status status = rw_fpenv_check(err);
    if (!status)
        status = shape_of(r->head_dim, r->rotary_dim, &g->head_dim, &rotary_dim, err);
    if (!status) status = whole("interleaved", r->interleaved, 0, 1, &interleaved, err);
    if (!status)
        status = whole("the number of queries", r->n_q, 1, MOST_VECTOR, &n_q, err);
    if (!status) status = whole("the number of keys", r->n_k, 1, MOST_VECTOR, &n_k, err);
    if (!status) status = finite("q", r->q, (size_t)n_q, g->head_dim, err);
    if (!status) status = finite("k", r->k, (size_t)n_k, g->head_dim, err);
    if (!status)
        status = rw_check_thresholds(r->score_scale, r->zeta, r->near_alias, err);
    for (uint32_t n = 0; n < rotary_dim / 2 && !status; n++)
        if (!(r->inv_freq[n] >= 0.0 && r->inv_freq[n] <= RW_MAX_INV_FREQ))
            status =
                rw_fail(err, ROPEWALK_E_ARGUMENT, 0, "inv_freq %u is %g, outside 0 to %g",
                        n, r->inv_freq[n], RW_MAX_INV_FREQ);
    if (!status && !(r->attn_factor > 0.0 && isfinite(r->attn_factor)))
        status = rw_fail(err, ROPEWALK_E_ARGUMENT, 0,
                         "attn_factor %g must be positive and finite", r->attn_factor);
    if (status) return status;
    g->n_q = (uint32_t)n_q;
    g->n_k = (uint32_t)n_k;
    status = rw_rotation_alloc(&g->rotation, rotary_dim, err);
    if (status) return status;
    g->rotation.pairs = interleaved ? RW_PAIRS_INTERLEAVED : RW_PAIRS_HALF_SPLIT;
    g->rotation.attn_factor = r->attn_factor;
    if (rotary_dim)
        memcpy(g->rotation.inv_freq, r->inv_freq,
               (size_t)rotary_dim / 2 * sizeof *g->rotation.inv_freq);
    return ROPEWALK_OK;
}

static ropewalk_status contexts_of(const rw_live_request *r, int64_t **out, uint32_t *n,
                                   ropewalk_error *err)
{
    int64_t n_context = 0;
    *out = NULL;
    ropewalk_status status = whole("the number of contexts", r->n_context, 1,
                                   RW_LIVE_MOST_CONTEXTS, &n_context, err);
    if (status) return status;
    int64_t *list = rw_array((size_t)n_context, sizeof *list);
    if (!list) return rw_fail_memory(err, "contexts");
    for (int64_t i = 0; i < n_context && !status; i++)
        status = whole("context", r->context[i], 1, longest, &list[i], err);
    if (!status) status = rw_sort_contexts(list, (size_t)n_context, out, n, err);
    rw_free(list);
    return status;
}

/* Refused rather than begun: what would hold a page for minutes. */
static ropewalk_status bounded(const rw_given_input *in, ropewalk_error *err)
{
    const double n_k = in->n_k, longest_here = (double)in->context[in->n_context - 1];
    const double n = in->n_q * (n_k * 3.0 + n_k * (n_k - 1.0) / 2.0) * longest_here;
    const double width = in->rotation->rotary_dim;
    if (n > RW_LIVE_MOST_SCORES)
        return rw_fail(err, ROPEWALK_E_ARGUMENT, 0,
                       "%u queries, %u keys and context %.0f are %.0f scores, more than "
                       "the %d counted in a page: `ropewalk measure` has no such limit",
                       in->n_q, in->n_k, longest_here, n, RW_LIVE_MOST_SCORES);
    if (in->n_context * width * width > RW_LIVE_MOST_MOMENTS)
        return rw_fail(err, ROPEWALK_E_ARGUMENT, 0,
                       "the moments of %u contexts and %.0f rotated dimensions are more "
                       "than a page predicts: `ropewalk measure` has no such limit",
                       in->n_context, width);
    return ROPEWALK_OK;
}

ropewalk_status rw_live_measure(const rw_live_request *r, rw_live_reply *reply)
{
    ropewalk_error *err = &reply->error;
    *reply = (rw_live_reply){0};
    given g;
    rw_given counted;
    int64_t *contexts = NULL;
    rw_given_input job = {.rope_theta = (double)NAN, .n_thread = 1};
    rw_given_init(&counted);
    ropewalk_status status = take_given(r, &g, err);
    if (!status) status = rw_parse_dtypes(r->dtypes, &job.dtypes, err);
    if (!status) status = rw_parse_events(r->events, &job.events, err);
    if (!status) status = contexts_of(r, &contexts, &job.n_context, err);
    if (!status) {
        job.q = r->q;
        job.k = r->k;
        job.n_q = g.n_q;
        job.n_k = g.n_k;
        job.head_dim = g.head_dim;
        job.rotation = &g.rotation;
        job.kernels = g.kernels;
        job.score_scale = isnan(r->score_scale) ? 1.0 : r->score_scale;
        job.context = contexts;
        job.zeta = isnan(r->zeta) ? 0.01 : r->zeta;
        job.near_alias = isnan(r->near_alias) ? 0.1 : r->near_alias;
        status = bounded(&job, err);
    }
    if (!status) status = rw_given_run(&job, &counted, err);
    if (!status) {
        json_t *doc = rw_measure_json(&counted);
        json_t *rows = json_incref(json_object_get(doc, "contexts"));
        json_decref(doc);
        status = answer(rows, reply);
    }
    rw_given_clear(&counted);
    rw_rotation_clear(&g.rotation);
    rw_free(contexts);
    return status;
}

static ropewalk_status fill(const given *g, const rw_coefficient *z, int64_t from,
                            int64_t n, double *out, ropewalk_error *err)
{
    rw_scoretable table;
    ropewalk_status status =
        rw_scoretable_init(&table, g->kernels, &g->rotation, from + n, err);
    if (status) return status;
    double *room = rw_array(rw_series_size(&table), sizeof *room);
    double *scratch = rw_array(RW_SERIES_SCRATCH(table.n_pair), sizeof *scratch);
    if (room && scratch) {
        rw_series series;
        rw_series_init(&series, &table, z, room);
        rw_series_fill(&series, scratch);
        for (int64_t i = 0; i < n; i++)
            out[i] = z->constant + room[from + i];
    } else {
        status = rw_fail_memory(err, "scores");
    }
    rw_free(room);
    rw_free(scratch);
    rw_scoretable_clear(&table);
    return status;
}

ropewalk_status rw_live_scores(const rw_live_request *r, double *out,
                               rw_live_reply *reply)
{
    ropewalk_error *err = &reply->error;
    *reply = (rw_live_reply){0};
    given g;
    int64_t from = 0, n = 0;
    ropewalk_status status = take_given(r, &g, err);
    if (!status) status = whole("from", r->from, 0, longest, &from, err);
    if (!status) status = whole("n", r->n_score, 1, longest - (double)from, &n, err);
    double *terms = rw_array((size_t)g.rotation.rotary_dim + 2, sizeof *terms);
    if (!status && !terms) status = rw_fail_memory(err, "coefficients");
    if (!status) {
        rw_coefficient z = {.re = terms, .im = terms + g.rotation.rotary_dim / 2 + 1};
        status = rw_coefficient_make(&g.rotation, g.head_dim,
                                     isnan(r->score_scale) ? 1.0 : r->score_scale, r->q,
                                     r->k, &z, err);
        if (!status) status = fill(&g, &z, from, n, out, err);
    }
    rw_free(terms);
    rw_rotation_clear(&g.rotation);
    return status;
}

ropewalk_status rw_live_vectors(const rw_live_vector_request *r, double *out,
                                rw_live_reply *reply)
{
    ropewalk_error *err = &reply->error;
    *reply = (rw_live_reply){0};
    uint32_t head_dim = 0, rotary_dim = 0;
    int64_t interleaved = 0, seed = 0, draw = 0, n_k = 0;
    rw_family family = RW_FAMILY_ALIGNED;
    ropewalk_status status =
        shape_of(r->head_dim, r->rotary_dim, &head_dim, &rotary_dim, err);
    if (!status) status = whole("interleaved", r->interleaved, 0, 1, &interleaved, err);
    if (!status) status = whole("seed", r->seed, 0, 0x1p53, &seed, err);
    if (!status) status = whole("draw", r->draw, 0, 0x1p31, &draw, err);
    if (!status) status = whole("the number of keys", r->n_k, 1, MOST_VECTOR, &n_k, err);
    if (!status && !rw_family_find(r->family, &family))
        status = rw_fail(err, ROPEWALK_E_ARGUMENT, 0,
                         "coefficients \"%.100s\" are no family of vectors", r->family);
    if (status) return status;
    rw_synthetic_vectors(family, head_dim, rotary_dim,
                         interleaved ? RW_PAIRS_INTERLEAVED : RW_PAIRS_HALF_SPLIT,
                         (uint64_t)seed, (uint64_t)draw, out, out + head_dim,
                         (uint32_t)n_k);
    return ROPEWALK_OK;
}
