/* audit_json.c - the result of an audit, key by key. */
#include "report/audit_json.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

#include "base/base64.h"
#include "report/inspect_json.h"
#include "result/quantity.h"

static json_t *number(double value)
{
    return rw_json_f64_9(value);
}

static json_t *context_or_null(int64_t n)
{
    return n > 0 ? json_integer(n) : json_null();
}

static json_t *interval(double centre, double half)
{
    if (isnan(half) || isnan(centre)) return json_null();
    return json_pack("[o, o]", number(fmax(0.0, centre - half)),
                     number(fmin(1.0, centre + half)));
}

static json_t *cell(const rw_cell *c)
{
    if (isnan(c->measured)) return json_null();
    return json_pack("{s:o, s:o, s:o, s:i, s:i, s:I}", "measured", number(c->measured),
                     "predicted", number(c->predicted), "ci95",
                     interval(c->measured, c->half_width), "n_q", (int)c->n_q, "n_k",
                     (int)c->n_k, "unresolved", (json_int_t)c->unresolved);
}

/* The cells of one event for every working type: the first under the event's own name. */
static void dtype_cells(json_t *o, const char *name, const rw_cell *cells,
                        const rw_audit *a)
{
    for (int d = 0; d < RW_N_DTYPE; d++) {
        if (!(a->dtypes >> d & 1)) continue;
        if (d == (int)a->first_dtype) {
            json_object_set_new(o, name, cell(&cells[d]));
            continue;
        }
        char key[64];
        (void)snprintf(key, sizeof key, "%s_%s", name, rw_dtype_get((rw_dtype)d)->name);
        json_object_set_new(o, key, cell(&cells[d]));
    }
}

static json_t *stratum_object(const rw_audit *a, const rw_head_context *x, int s)
{
    const rw_cell *r = x->single[s];
    json_t *o =
        json_pack("{s:o, s:o, s:o}", "position_inversion", cell(&r[RW_RATE_INVERSION]),
                  "position_inversion_local", cell(&r[RW_RATE_INVERSION_LOCAL]),
                  "position_inversion_beyond", cell(&r[RW_RATE_INVERSION_BEYOND]));
    dtype_cells(o, "position_aliasing", r + RW_RATE_ALIASING, a);
    json_object_set_new(o, "near_aliasing", cell(&r[RW_RATE_NEAR_ALIASING]));
    json_object_set_new(o, "positional_insensitivity", cell(&r[RW_RATE_INSENSITIVITY]));
    json_object_set_new(o, "alias_pairs", number(x->alias_pairs[s]));
    json_object_set_new(o, "alias_distances", number(x->alias_distances[s]));
    return o;
}

static json_t *twin_object(const rw_audit *a, const rw_head_context *x, int s)
{
    const rw_cell *r = x->twin[s];
    json_t *o = json_pack("{s:o}", "token_inversion", cell(&r[RW_TWIN_INVERSION]));
    dtype_cells(o, "token_aliasing", r + RW_TWIN_ALIASING, a);
    dtype_cells(o, "attention_invariance", r + RW_TWIN_INVARIANCE, a);
    dtype_cells(o, "cross_aliasing", r + RW_TWIN_CROSS, a);
    return o;
}

static json_t *head_context(const rw_audit *a, const rw_head_context *x)
{
    json_t *o = json_pack("{s:I, s:I}", "context", (json_int_t)x->context,
                          "effective_context", (json_int_t)x->effective);
    json_object_set_new(o, "attended", stratum_object(a, x, RW_ATTENDED));
    json_object_set_new(o, "random", stratum_object(a, x, RW_RANDOM));
    json_object_set_new(o, "sink", stratum_object(a, x, RW_SINK));
    json_object_set_new(o, "attended_random", twin_object(a, x, RW_ATTENDED_RANDOM));
    json_object_set_new(o, "random_random", twin_object(a, x, RW_RANDOM_RANDOM));
    json_object_set_new(o, "preference", number(x->preference));
    json_object_set_new(o, "energy_nats", number(x->energy_nats));
    json_object_set_new(o, "kind", json_string(rw_kind_name(x->kind)));
    json_object_set_new(o, "token_flip", number(x->token_flip));
    json_object_set_new(o, "gap", number(x->gap));
    json_object_set_new(o, "direction_p_value", number(x->direction_p_value));
    json_object_set_new(o, "direction_p_value_shared", number(x->direction_p_shared));
    json_object_set_new(o, "semantic_score", number(x->semantic_score));
    json_object_set_new(o, "positional_score", number(x->positional_score));
    json_object_set_new(o, "r_high", number(x->r_high));
    json_object_set_new(o, "certificate",
                        json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}", "ks_near",
                                  number(x->ks_near), "ks_far", number(x->ks_far),
                                  "ks_difference", number(x->ks_difference), "max_share",
                                  number(x->max_share), "n_eff", number(x->n_eff),
                                  "turning_share", number(x->turning_share)));
    return o;
}

/* Positions of the keys, text by text: enough to recompute any cell from a capture. */
static json_t *samples_array(const rw_audit *a, const rw_head_result *head)
{
    json_t *list = json_array();
    for (uint32_t t = 0; head->sample && t < a->n_text; t++) {
        const rw_head_sample *s = &head->sample[t];
        const int64_t *position = s->position;
        json_t *random = json_array(), *attended = json_array();
        for (uint32_t i = 0; i < s->n_random; i++)
            json_array_append_new(random, json_integer(*position++));
        for (uint32_t q = 0; q < s->n_query; q++) {
            json_t *row = json_array();
            for (uint32_t j = 0; j < s->n_attended; j++, position++)
                if (*position >= 0) json_array_append_new(row, json_integer(*position));
            json_array_append_new(attended, row);
        }
        json_array_append_new(list, json_pack("{s:o, s:o, s:o}", "text",
                                              rw_json_str(a->text[t].name), "random",
                                              random, "attended", attended));
    }
    return list;
}

static json_t *heads_array(const rw_audit *a)
{
    json_t *heads = json_array();
    for (uint32_t h = 0; h < a->n_head; h++) {
        const rw_head_result *head = &a->head[h];
        json_t *contexts = head->context ? json_array() : json_null();
        for (uint32_t c = 0; head->context && c < a->n_context; c++)
            json_array_append_new(contexts, head_context(a, &head->context[c]));
        json_array_append_new(heads,
                              json_pack("{s:i, s:i, s:i, s:s, s:o, s:o, s:o}", "layer",
                                        (int)head->layer, "head", (int)head->head,
                                        "kv_head", (int)head->kv_head, "class",
                                        rw_head_class_name(head->head_class), "window",
                                        context_or_null(head->window), "contexts",
                                        contexts, "samples", samples_array(a, head)));
    }
    return heads;
}

static json_t *summary_array(const rw_audit *a)
{
    json_t *rows = json_array();
    for (uint32_t i = 0; i < a->n_summary; i++) {
        const rw_summary *s = &a->summary[i];
        json_t *kinds = json_object(), *values = json_object();
        for (int k = 0; k < RW_N_KIND && s->head_class != RW_CLASS_NOPE; k++)
            json_object_set_new(kinds, rw_kind_name((rw_kind)k),
                                number(s->kind_share[k]));
        for (uint32_t v = 0; v < s->n_value; v++) {
            const rw_quantiles *q = &s->value[v];
            json_t *bootstrap = isnan(q->bootstrap_lo)
                                    ? json_null()
                                    : json_pack("[o, o]", number(q->bootstrap_lo),
                                                number(q->bootstrap_hi));
            json_object_set_new(
                values, q->name,
                json_pack("{s:o, s:o, s:o, s:o, s:o}", "median", number(q->median), "p10",
                          number(q->p10), "p90", number(q->p90), "predicted_median",
                          number(q->predicted_median), "bootstrap_ci95", bootstrap));
        }
        json_array_append_new(rows, json_pack("{s:I, s:s, s:i, s:o, s:o}", "context",
                                              (json_int_t)s->context, "class",
                                              rw_head_class_name(s->head_class), "n_head",
                                              (int)s->n_head, "kinds", kinds, "values",
                                              values));
    }
    return rows;
}

static json_t *disagreements_array(const rw_audit *a)
{
    json_t *list = json_array();
    for (uint32_t i = 0; i < a->n_disagreement; i++) {
        const rw_disagreement *d = &a->disagreement[i];
        json_array_append_new(
            list,
            json_pack("{s:s, s:i, s:i, s:I, s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:s}",
                      "event", d->event, "layer", (int)d->layer, "head", (int)d->head,
                      "context", (json_int_t)d->context, "effective_context",
                      (json_int_t)d->effective, "measured", number(d->measured),
                      "predicted", number(d->predicted), "error", number(d->error),
                      "certificate", number(d->certificate), "max_share",
                      number(d->max_share), "n_eff", number(d->n_eff), "turning_share",
                      number(d->turning_share), "cause",
                      rw_disagreement_cause_name(d->cause)));
    }
    return list;
}

static json_t *tables(const rw_audit *a)
{
    json_t *by_text = json_array(), *joint = json_array(), *readout = json_array();
    json_t *baselines = json_array(), *curves = json_array();
    for (uint32_t i = 0; i < a->n_by_text; i++) {
        const rw_text_row *r = &a->by_text[i];
        json_array_append_new(
            by_text, json_pack("{s:o, s:I, s:o, s:o, s:o}", "text",
                               rw_json_str(a->text[r->text].name), "context",
                               (json_int_t)r->context, "median_preference",
                               number(r->median_preference), "median_position_inversion",
                               number(r->median_inversion), "median_token_inversion",
                               number(r->median_token_inversion)));
    }
    for (uint32_t i = 0; i < a->n_joint; i++) {
        const rw_joint_row *r = &a->joint[i];
        json_array_append_new(
            joint, json_pack("{s:I, s:s, s:i, s:i, s:o, s:I, s:I, s:I}", "context",
                             (json_int_t)r->context, "dtype",
                             rw_dtype_get(r->dtype)->name, "set_size", (int)r->set_size,
                             "n_set", (int)r->n_set, "mean_pairs", number(r->mean_pairs),
                             "min_pairs", (json_int_t)r->min_pairs, "max_pairs",
                             (json_int_t)r->max_pairs, "total", (json_int_t)r->total));
    }
    for (uint32_t i = 0; i < a->n_readout; i++) {
        const rw_readout_row *r = &a->readout[i];
        json_array_append_new(
            readout,
            json_pack("{s:i, s:I, s:o, s:o, s:i}", "layer", (int)r->layer, "context",
                      (json_int_t)r->context, "d_best_head", number(r->best_head),
                      "d_all_heads", number(r->all_heads), "n_head", (int)r->n_head));
    }
    for (uint32_t i = 0; i < a->n_baseline; i++) {
        const rw_baseline_row *r = &a->baseline[i];
        json_array_append_new(
            baselines,
            json_pack("{s:I, s:s, s:I, s:I, s:I, s:I, s:I}", "context",
                      (json_int_t)r->context, "dtype", rw_dtype_get(r->dtype)->name,
                      "total", (json_int_t)r->total, "nope", (json_int_t)r->nope, "alibi",
                      (json_int_t)r->alibi, "gaussian_rope", (json_int_t)r->gaussian,
                      "pigeonhole_floor", (json_int_t)r->floor));
    }
    for (uint32_t i = 0; i < a->n_curve; i++) {
        const rw_curve *c = &a->curve[i];
        json_t *distance = json_array(), *score = json_array();
        for (uint32_t p = 0; p < c->n; p++) {
            json_array_append_new(distance, json_integer(c->distance[p]));
            json_array_append_new(score, number(c->score[p]));
        }
        json_array_append_new(
            curves,
            json_pack("{s:i, s:i, s:s, s:o, s:s, s:I, s:I, s:o, s:o, s:o, s:o}", "layer",
                      (int)c->layer, "head", (int)c->head, "kind", rw_kind_name(c->kind),
                      "text", rw_json_str(a->text[c->text].name), "stratum", "attended",
                      "query_position", (json_int_t)c->query_position, "key_position",
                      (json_int_t)c->key_position, "query_token",
                      rw_json_str(c->query_token), "key_token", rw_json_str(c->key_token),
                      "distance", distance, "score", score));
    }
    return json_pack("{s:o, s:o, s:o, s:o, s:o}", "by_text", by_text, "joint_aliasing",
                     joint, "readout", readout, "baselines", baselines, "score_curves",
                     curves);
}

static json_t *vector_rows(const rw_kept_vector *list, uint32_t n, int is_key)
{
    json_t *rows = json_array();
    for (uint32_t i = 0; i < n; i++) {
        const rw_kept_vector *v = &list[i];
        rw_text text;
        rw_text_init(&text);
        for (uint32_t j = 0; j < v->n;
             j += 3) { /* 12 bytes are 16 digits without padding */
            unsigned char bytes[12];
            size_t n_byte = 0;
            for (uint32_t k = j; k < v->n && k < j + 3; k++) {
                uint32_t bits;
                memcpy(&bits, &v->value[k], sizeof bits);
                for (int shift = 0; shift < 32; shift += 8)
                    bytes[n_byte++] = (unsigned char)(bits >> shift & 0xff);
            }
            rw_text_base64(&text, bytes, n_byte);
        }
        json_t *row = json_pack("{s:i, s:i, s:I, s:o, s:o}", "layer", (int)v->layer,
                                is_key ? "kv_head" : "head", (int)v->head, "position",
                                (json_int_t)v->position, "token", rw_json_str(v->token),
                                "f32", json_string(text.data ? text.data : ""));
        if (is_key)
            json_object_set_new(
                row, "stratum",
                json_string(v->stratum == RW_RANDOM ? "random" : "attended"));
        json_array_append_new(rows, text.failed ? NULL : row);
        if (text.failed) json_decref(row);
        rw_text_clear(&text);
    }
    return rows;
}

static json_t *vectors_object(const rw_audit *a)
{
    return json_pack("{s:o, s:o, s:o}", "text",
                     a->kept.n_query ? rw_json_str(a->text[0].name) : json_null(),
                     "queries", vector_rows(a->kept.query, a->kept.n_query, 0), "keys",
                     vector_rows(a->kept.key, a->kept.n_key, 1));
}

/* What the papers report for Llama-3.1-8B, layer 0, head 0, query "pet", 8K, bf16, s = 1. */
static json_t *published(void)
{
    static const struct {
        const char *what, *value;
    } rows[] = {
        {"alias pairs, key \"cat\", context 8192", "77,565"},
        {"alias pairs, key \"dog\", context 8192", "76,321"},
        {"attention-invariant pairs, cat and dog, context 8192", "1,491"},
        {"token-alias distances, cat and dog, context 8192", "about 150"},
        {"position inversion",
         "about 0.3 within a few thousand tokens, near 0.5 beyond 50K"},
        {"order of cat and number", "first flips within 10 tokens, about 0.5 from 20K"},
    };
    json_t *list = json_array();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        json_array_append_new(list, json_pack("{s:s, s:s, s:s}", "what", rows[i].what,
                                              "value", rows[i].value, "model",
                                              "Llama-3.1-8B (arXiv 2605.15514)"));
    return list;
}

static json_t *rate_or_null(int64_t count, int64_t total, int defined)
{
    return total > 0 && defined ? number((double)count / (double)total) : json_null();
}

static json_t *probe_object(const rw_probe *p)
{
    if (!p->present) return json_null();
    json_t *keys = json_array(), *contexts = json_array();
    for (uint32_t k = 0; k < p->n_key; k++)
        json_array_append_new(keys, rw_json_str(p->key[k]));
    for (uint32_t c = 0; c < p->n_context; c++) {
        json_t *singles = json_array(), *pairs = json_array();
        uint32_t pair = 0;
        for (uint32_t k = 0; k < p->n_key; k++) {
            const rw_single *s = &p->single[k * p->n_context + c];
            json_array_append_new(
                singles,
                json_pack("{s:o, s:o, s:I, s:I}", "key", rw_json_str(p->key[k]),
                          "position_inversion",
                          rate_or_null(s->inversion.count, s->inversion.total, !s->blind),
                          "position_aliasing_pairs",
                          (json_int_t)s->aliasing[p->dtype].pairs,
                          "position_aliasing_distances",
                          (json_int_t)s->aliasing[p->dtype].distances));
        }
        for (uint32_t k1 = 0; k1 < p->n_key; k1++)
            for (uint32_t k2 = k1 + 1; k2 < p->n_key; k2++, pair++) {
                const rw_double *d = &p->twin[pair * p->n_context + c];
                json_array_append_new(
                    pairs, json_pack("{s:o, s:o, s:o, s:I, s:I}", "key1",
                                     rw_json_str(p->key[k1]), "key2",
                                     rw_json_str(p->key[k2]), "token_inversion",
                                     rate_or_null(d->inversion.count, d->inversion.total,
                                                  !d->reference_tie),
                                     "token_aliasing",
                                     (json_int_t)d->aliasing[p->dtype].distances,
                                     "attention_invariance",
                                     (json_int_t)d->invariance[p->dtype].pairs));
            }
        json_array_append_new(contexts, json_pack("{s:I, s:o, s:o}", "context",
                                                  (json_int_t)p->context[c], "keys",
                                                  singles, "pairs", pairs));
    }
    return json_pack(
        "{s:i, s:i, s:o, s:o, s:f, s:s, s:o, s:o, s:s}", "layer", (int)p->layer, "head",
        (int)p->head, "query", rw_json_str(p->query), "keys", keys, "score_scale", 1.0,
        "dtype", rw_dtype_get(p->dtype)->name, "contexts", contexts, "published",
        published(), "note",
        "At layer 0 a query and a key depend on their tokens alone. The published "
        "values are of another model and base: they show the size of the effect, not "
        "a target.");
}

static json_t *contexts_array(const int64_t *list, uint32_t n)
{
    json_t *a = json_array();
    for (uint32_t i = 0; i < n; i++)
        json_array_append_new(a, json_integer(list[i]));
    return a;
}

static json_t *settings_object(const rw_audit *a)
{
    json_t *contexts = json_array(), *dtypes = json_array(), *texts = json_array();
    for (uint32_t c = 0; c < a->n_context; c++)
        json_array_append_new(contexts, json_integer(a->context[c]));
    for (int d = 0; d < RW_N_DTYPE; d++)
        if (a->dtypes >> d & 1)
            json_array_append_new(dtypes, json_string(rw_dtype_get((rw_dtype)d)->name));
    for (uint32_t t = 0; t < a->n_text; t++)
        json_array_append_new(
            texts,
            json_pack("{s:o, s:o, s:i, s:o}", "name", rw_json_str(a->text[t].name),
                      "source", rw_json_str(a->text[t].source), "n_token",
                      (int)a->text[t].n_token, "query_positions",
                      contexts_array(a->text[t].query_position, a->text[t].n_query)));
    char profile[32];
    (void)snprintf(profile, sizeof profile, "score_%s",
                   rw_dtype_get(a->first_dtype)->name);
    json_t *o = json_pack("{s:o, s:o, s:o, s:o, s:s}", "contexts", contexts,
                          "advertised_context", context_or_null(a->advertised),
                          "trained_context", context_or_null(a->trained), "dtype", dtypes,
                          "precision_profile", profile);
    json_object_set_new(o, "score_scale",
                        isnan(a->score_scale) ? json_string("model")
                                              : rw_json_f64(a->score_scale));
    json_object_set_new(o, "seed", json_integer((json_int_t)a->seed));
    json_object_set_new(o, "n_query", json_integer(a->n_query));
    json_object_set_new(o, "n_key", json_integer(a->n_attended + a->n_random));
    json_object_set_new(o, "n_attended", json_integer(a->n_attended));
    json_object_set_new(o, "n_random", json_integer(a->n_random));
    json_object_set_new(o, "zeta", rw_json_f64(a->zeta));
    json_object_set_new(o, "near_alias_nat", rw_json_f64(a->near_alias));
    json_object_set_new(o, "n_surrogate", json_integer(a->n_surrogate));
    json_object_set_new(
        o, "thresholds",
        json_pack("{s:f, s:f, s:f, s:f, s:f}", "blind_energy_nats", RW_BLIND_ENERGY_NATS,
                  "chaotic_preference", RW_CHAOTIC_PREFERENCE, "horizon_preference",
                  RW_HORIZON_PREFERENCE, "horizon_token_flip", RW_HORIZON_TOKEN_FLIP,
                  "false_discovery_rate", RW_FALSE_DISCOVERY_RATE));
    json_object_set_new(o, "texts", texts);
    json_object_set_new(o, "excluded",
                        json_pack("{s:I, s:I}", "identical_keys",
                                  (json_int_t)a->skipped_identical, "special_tokens",
                                  (json_int_t)a->skipped_special));
    json_object_set_new(o, "unresolved", json_integer(a->unresolved));
    return o;
}

static json_t *verdict_object(const rw_verdict *v)
{
    json_t *sentences = json_array();
    for (uint32_t i = 0; i < v->n_sentence; i++)
        json_array_append_new(sentences, json_pack("{s:o, s:s}", "text",
                                                   rw_json_str(v->sentence[i].text),
                                                   "tone", v->sentence[i].tone));
    return json_pack(
        "{s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "horizon_position",
        context_or_null(v->horizon_position), "horizon_position_reason",
        rw_json_str(v->horizon_position_reason), "horizon_position_recovers",
        contexts_array(v->position_recovers, v->n_position_recovers), "horizon_token",
        context_or_null(v->horizon_token), "horizon_token_reason",
        rw_json_str(v->horizon_token_reason), "horizon_token_recovers",
        contexts_array(v->token_recovers, v->n_token_recovers), "sentences", sentences);
}

static json_t *advice_array(const rw_verdict *v)
{
    json_t *list = json_array();
    for (uint32_t i = 0; i < v->n_advice; i++)
        json_array_append_new(list, json_pack("{s:o, s:o}", "text",
                                              rw_json_str(v->advice[i].text), "because",
                                              rw_json_str(v->advice[i].because)));
    return list;
}

static json_t *findings_array(const rw_audit *a)
{
    json_t *list = json_array();
    for (uint32_t i = 0; i < a->n_finding; i++) {
        const rw_finding *f = &a->finding[i];
        json_array_append_new(
            list, json_pack("{s:s, s:s, s:o, s:{s:o, s:o}, s:o, s:{s:o, s:o}}", "rule",
                            f->rule, "severity", f->severity, "message",
                            rw_json_str(f->message), "evidence", "measured",
                            number(f->measured), "limit", number(f->limit), "fix",
                            rw_json_str(f->fix), "where", "file", rw_json_str(f->file),
                            "key", f->key[0] ? rw_json_str(f->key) : json_null()));
    }
    return list;
}

static json_t *limits_array(const rw_audit *a)
{
    static const char *const always[] = {
        "Counts are about fixed vectors moved about: in deeper layers a moved token "
        "would also get "
        "other vectors.",
        "50 % means no preference. It is not by itself harm: a head that works by "
        "content alone "
        "sits there, and so does a position-blind one.",
        "Nothing here is task accuracy or an effective length; no task was run.",
        "Position aliasing rounds scores to the stated type. Fused attention kernels "
        "keep scores in "
        "float32: there it does not occur in this form.",
        "Predictions assume normally distributed scores; the Kolmogorov distances beside "
        "them bound "
        "how wrong that is. When one frequency pair dominates (max_share near 1) "
        "aliasing is "
        "predicted up to two times too low.",
        "Attended keys are chosen for a high score at a short distance, which alone "
        "makes near "
        "look better: kinds, preference and directions use random keys only.",
        "Keys and queries are a sample: intervals cover the sampling of vectors, not the "
        "choice of "
        "texts; the bootstrap over texts has only as many texts as were run.",
        "Random keys come from the first half of each text and queries from the second, "
        "so that "
        "every query sees every random key.",
        "Beyond the trained context the distances are counterfactual: the model was not "
        "taught "
        "there.",
    };
    json_t *list = json_array();
    for (size_t i = 0; i < sizeof always / sizeof *always; i++)
        json_array_append_new(list, json_string(always[i]));
    if (a->sampled_rows)
        json_array_append_new(
            list,
            json_string(
                "The captures hold a sample of positions: attended keys are the best "
                "among captured keys, not among all."));
    if (a->n_text < 2)
        json_array_append_new(
            list, json_string("One text only: nothing is said about other kinds "
                              "of content."));
    return list;
}

static json_t *not_evaluated(void)
{
    static const struct {
        const char *rule, *why;
    } rows[] = {
        {"RW001-RW020", "the lint rules are not part of this version"},
        {"precision profiles flash and ggml",
         "this version counts the eager profile only"},
        {"F's M_max",
         "undefined here: no calibrated window; the scale beside each rotation is "
         "about where it would lie"},
    };
    json_t *list = json_array();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        json_array_append_new(
            list, json_pack("{s:s, s:s}", "rule", rows[i].rule, "why", rows[i].why));
    return list;
}

/* A shape that all layers share, else null. */
static json_t *shared(const rw_model_info *m, size_t offset)
{
    uint32_t first = 0;
    for (uint32_t i = 0; i < m->n_layer && m->layers; i++) {
        uint32_t value;
        memcpy(&value, (const char *)&m->layers[i] + offset, sizeof value);
        if (i == 0) first = value;
        if (value != first) return json_null();
    }
    return first ? json_integer(first) : json_null();
}

static void add_shape(json_t *body, const rw_model_info *m)
{
    json_t *model = json_object_get(body, "model");
    if (!json_object_get(model, "name"))
        json_object_set_new(model, "name", rw_json_str(m->name));
    json_object_set_new(model, "n_head_q", shared(m, offsetof(rw_layer_info, n_head_q)));
    json_object_set_new(model, "n_head_kv",
                        shared(m, offsetof(rw_layer_info, n_head_kv)));
    json_object_set_new(model, "head_dim", shared(m, offsetof(rw_layer_info, head_dim)));
}

static const char *why_not(const json_t *rotation)
{
    return json_array_size(json_object_get(rotation, "inv_freq"))
               ? "undefined: no window forces enough reversal (nothing rotates, or two "
                 "pairs have one frequency)"
               : "unknown: the frequencies are not in this file";
}

static void add_m_max(json_t *body, const rw_audit *a)
{
    const rw_quantity_info *about = rw_quantity_get(RW_Q_M_MAX);
    size_t i;
    json_t *rotation;
    json_array_foreach (json_object_get(body, "rotations"), i, rotation) {
        const int held = a->m_max && a->m_max_scale && i < a->model.n_rotation;
        const int known = held && a->m_max[i].state == RW_ESTIMATE_KNOWN;
        json_object_set_new(rotation, "m_max",
                            known ? number(a->m_max[i].value) : json_null());
        json_object_set_new(rotation, "m_max_kind",
                            json_string(rw_estimate_kind_name(about->kind)));
        json_object_set_new(rotation, "m_max_assumption", json_string(about->assumption));
        json_object_set_new(rotation, "m_max_reason",
                            known ? json_null() : json_string(why_not(rotation)));
        json_object_set_new(rotation, "m_max_scale",
                            held ? number(a->m_max_scale[i]) : json_null());
    }
}

static json_t *rotation_check_array(const rw_audit *a)
{
    json_t *list = json_array();
    for (uint32_t i = 0; i < a->n_rotation_check; i++)
        json_array_append_new(list, json_pack("{s:i, s:o}", "layer",
                                              (int)a->rotation_check_layer[i], "worst",
                                              number(a->rotation_check[i])));
    return list;
}

json_t *rw_audit_json(const rw_audit *a, int reproducible)
{
    json_t *body = rw_description_json(&a->model);
    if (!body) return NULL;
    add_shape(body, &a->model);
    add_m_max(body, a);
    if (reproducible) { /* no paths */
        json_t *model = json_object_get(body, "model");
        const char *source = json_string_value(json_object_get(model, "source"));
        const char *slash = source ? strrchr(source, '/') : NULL;
        if (slash) json_object_set_new(model, "source", rw_json_str(slash + 1));
    } else {
        json_object_set_new(body, "elapsed_s", number(a->elapsed_s));
    }
    json_t *table = tables(a);
    json_object_set_new(body, "settings", settings_object(a));
    json_object_set_new(body, "verdict", verdict_object(&a->verdict));
    json_object_set_new(body, "what_to_do", advice_array(&a->verdict));
    json_object_set_new(body, "findings", findings_array(a));
    json_object_set_new(body, "not_evaluated", not_evaluated());
    json_object_set_new(body, "rotation_check", rotation_check_array(a));
    json_object_set_new(body, "summary", summary_array(a));
    if (!table || json_object_update(body, table) != 0) {
        json_decref(table);
        json_decref(body);
        return NULL;
    }
    json_decref(table);
    json_object_set_new(body, "disagreements", disagreements_array(a));
    json_object_set_new(body, "probe", probe_object(&a->probe));
    if (!a->probe.present && a->probe.absent_reason[0])
        json_object_set_new(body, "probe_reason", rw_json_str(a->probe.absent_reason));
    json_object_set_new(body, "limits", limits_array(a));
    json_object_set_new(body, "vectors", vectors_object(a));
    json_object_set_new(body, "heads", heads_array(a));
    return body;
}

/* Ten lines: the model, six sentences in order of weight, three pieces of advice. The page has
 * the rest. */
enum { TERMINAL_SENTENCES = 6 };

void rw_audit_text(const rw_audit *a, rw_text *out)
{
    const rw_verdict *v = &a->verdict;
    /* names come from a stranger's file, and a terminal obeys what it is shown */
    rw_text_plain(out, a->model.name ? a->model.name : "model");
    rw_text_append(out, " (");
    rw_text_plain(out,
                  a->model.architecture ? a->model.architecture : "unknown architecture");
    rw_text_printf(
        out, "), advertised context %lld: fixed vectors moved about, no task was run\n",
        (long long)a->advertised);
    for (uint32_t i = 0; i < v->n_sentence && i < TERMINAL_SENTENCES; i++) {
        rw_text_append(out, i == 0 ? "=> " : " - ");
        rw_text_plain(out, v->sentence[i].text);
        rw_text_append(out, "\n");
    }
    if (a->n_disagreement) { /* of position inversion, the worst */
        const rw_disagreement *d = &a->disagreement[0];
        rw_text_printf(
            out,
            " - Theory and counting differ most in layer %u head %u at %lld: counted "
            "%.3f, predicted %.3f (%s).\n",
            d->layer, d->head, (long long)d->context, d->measured, d->predicted,
            rw_disagreement_cause_name(d->cause));
    }
    for (uint32_t i = 0; i < v->n_advice; i++) {
        rw_text_append(out, " > ");
        rw_text_plain(out, v->advice[i].text);
        rw_text_append(out, "\n");
    }
}
