/* measure_json.c - rates are formed here, once, from integers. */
#include "report/measure_json.h"

#include <inttypes.h>
#include <math.h>

static int wants(const rw_given *g, rw_event event)
{
    return (g->events >> event & 1) != 0;
}

static json_t *rate(int64_t count, int64_t total, int defined)
{
    return total > 0 && defined ? rw_json_f64((double)count / (double)total)
                                : json_null();
}

static json_t *estimate(rw_estimate e)
{
    return rw_json_f64_12(e.value); /* NaN unless known */
}

/* Null for a zero vector too. */
static json_t *moment(double value, int varies)
{
    return varies ? rw_json_f64_12(value) : json_null();
}

/* `name` is what the event calls its count: count or pairs. */
static json_t *count_object(const char *name, const rw_count *c, int defined,
                            rw_estimate e, int with_ties)
{
    json_t *o = json_pack("{s:I}", name, (json_int_t)c->count);
    if (with_ties) rw_json_set(&o, "ties", json_integer(c->ties));
    rw_json_set(&o, "total", json_integer(c->total));
    rw_json_set(&o, "measured",
                rate(c->count, c->total, defined && c->unresolved < c->total));
    rw_json_set(&o, "predicted", estimate(e));
    rw_json_set(&o, "unresolved", json_integer(c->unresolved));
    return o;
}

static json_t *single_object(const rw_given *g, size_t q, size_t k, size_t i, int dtype)
{
    const size_t at = (q * g->n_k + k) * g->n_context + i;
    const rw_single *s = &g->single[at];
    const rw_single_prediction *p = &g->single_prediction[at];
    const int varies = !s->blind;
    json_t *o = json_pack("{s:i, s:i}", "q", (int)q, "k", (int)k);
    if (wants(g, RW_EVENT_POSITION_INVERSION)) {
        rw_json_set(&o, "position_inversion",
                    count_object("count", &s->inversion, varies, p->inversion, 1));
        rw_json_set(
            &o, "position_inversion_local",
            count_object("count", &s->inversion_local, varies, p->inversion_local, 1));
        rw_json_set(
            &o, "position_inversion_beyond",
            count_object("count", &s->inversion_beyond, varies, p->inversion_beyond, 1));
        json_t *near =
            count_object("pairs", &s->near_aliasing, varies, p->near_aliasing, 0);
        rw_json_set(&near, "threshold", rw_json_f64(g->near_alias));
        rw_json_set(&o, "near_aliasing", near);
    }
    if (wants(g, RW_EVENT_POSITION_ALIASING)) {
        const rw_alias_count *c = &s->aliasing[dtype];
        rw_json_set(&o, "position_aliasing",
                    json_pack("{s:I, s:I, s:I, s:I, s:o, s:o, s:o, s:I}", "pairs",
                              (json_int_t)c->pairs, "distances", (json_int_t)c->distances,
                              "overflow", (json_int_t)c->overflow, "total",
                              (json_int_t)c->total, "measured",
                              rate(c->pairs, c->total, varies), "predicted",
                              estimate(p->alias_pairs[dtype]), "predicted_distances",
                              estimate(p->alias_distances[dtype]), "unresolved",
                              (json_int_t)c->unresolved));
    }
    if (wants(g, RW_EVENT_POSITIONAL_INSENSITIVITY)) {
        const rw_count *c = &s->insensitivity;
        rw_json_set(&o, "positional_insensitivity",
                    json_pack("{s:I, s:I, s:o, s:I, s:f, s:o, s:o}", "count",
                              (json_int_t)c->count, "total", (json_int_t)c->total,
                              "measured", rate(c->count, c->total, varies), "unresolved",
                              (json_int_t)c->unresolved, "zeta", g->zeta,
                              "positional_score", rw_json_f64_12(s->positional_score),
                              "max", rw_json_f64_12(s->positional_max)));
    }
    rw_json_set(&o, "moments",
                json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}", "mean",
                          moment(p->mean, varies), "variance",
                          moment(p->variance, varies), "near_mean",
                          moment(p->near_mean, varies), "near_variance",
                          moment(p->near_variance, varies), "far_mean",
                          moment(p->far_mean, varies), "far_variance",
                          moment(p->far_variance, varies)));
    rw_json_set(&o, "certificate",
                json_pack("{s:o, s:o, s:o, s:o}", "ks_near", rw_json_f64_9(s->ks_near),
                          "ks_far", rw_json_f64_9(s->ks_far), "n_eff",
                          varies ? rw_json_f64_9(s->n_eff) : json_null(), "max_share",
                          varies ? rw_json_f64_9(s->max_share) : json_null()));
    return o;
}

static json_t *double_object(const rw_given *g, size_t q, size_t pair, size_t k1,
                             size_t k2, size_t i, int dtype)
{
    const size_t at = (q * g->n_pair_of_keys + pair) * g->n_context + i;
    const rw_double *d = &g->twin[at];
    const rw_double_prediction *p = &g->twin_prediction[at];
    json_t *o =
        json_pack("{s:i, s:i, s:i, s:b, s:b}", "q", (int)q, "k1", (int)k1, "k2", (int)k2,
                  "swapped", (int)d->swapped, "reference_tie", (int)d->reference_tie);
    if (wants(g, RW_EVENT_TOKEN_INVERSION))
        rw_json_set(
            &o, "token_inversion",
            count_object("count", &d->inversion, !d->reference_tie, p->inversion, 0));
    if (wants(g, RW_EVENT_TOKEN_ALIASING)) {
        const rw_alias_count *c = &d->aliasing[dtype];
        const rw_count as_count = {c->distances, 0, c->total, c->unresolved};
        rw_json_set(&o, "token_aliasing",
                    count_object("count", &as_count, 1, p->aliasing[dtype], 0));
    }
    const rw_event events[2] = {RW_EVENT_ATTENTION_INVARIANCE, RW_EVENT_CROSS_ALIASING};
    const rw_alias_count *counts[2] = {&d->invariance[dtype], &d->cross[dtype]};
    for (int e = 0; e < 2; e++)
        if (wants(g, events[e]))
            rw_json_set(&o, rw_event_name(events[e]),
                        json_pack("{s:I, s:I, s:o, s:I}", "pairs",
                                  (json_int_t)counts[e]->pairs, "total",
                                  (json_int_t)counts[e]->total, "measured",
                                  rate(counts[e]->pairs, counts[e]->total, 1),
                                  "unresolved", (json_int_t)counts[e]->unresolved));
    rw_json_set(&o, "certificate",
                json_pack("{s:o}", "ks_difference", rw_json_f64_9(d->ks_difference)));
    return o;
}

static json_t *settings_object(const rw_given *g)
{
    json_t *dtypes = json_array(), *freq = json_array(), *events = json_array();
    for (int d = 0; d < RW_N_DTYPE; d++)
        if (g->dtypes >> d & 1)
            rw_json_add(&dtypes, json_string(rw_dtype_get((rw_dtype)d)->name));
    for (int e = 0; e < RW_N_EVENT; e++)
        if (wants(g, (rw_event)e))
            rw_json_add(&events, json_string(rw_event_name((rw_event)e)));
    for (uint32_t n = 0; n < g->rotary_dim / 2; n++)
        rw_json_add(&freq, rw_json_f64(g->inv_freq[n]));
    return json_pack("{s:i, s:i, s:s, s:o, s:f, s:f, s:o, s:o, s:o, s:f, s:f}",
                     "head_dim", (int)g->head_dim, "rotary_dim", (int)g->rotary_dim,
                     "pairs", g->interleaved ? "interleaved" : "half", "dtype", dtypes,
                     "score_scale", g->score_scale, "attn_factor", g->attn_factor,
                     "rope_theta", rw_json_f64(g->rope_theta), "inv_freq", freq, "events",
                     events, "zeta", g->zeta, "near_alias", g->near_alias);
}

json_t *rw_measure_json(const rw_given *g)
{
    json_t *contexts = json_array();
    for (size_t i = 0; i < g->n_context; i++)
        for (int d = 0; d < RW_N_DTYPE; d++) {
            if (!(g->dtypes >> d & 1)) continue;
            json_t *single = json_array(), *twin = json_array();
            for (size_t q = 0; q < g->n_q; q++) {
                size_t pair = 0;
                for (size_t k = 0; k < g->n_k; k++)
                    rw_json_add(&single, single_object(g, q, k, i, d));
                for (size_t k1 = 0; k1 < g->n_k; k1++)
                    for (size_t k2 = k1 + 1; k2 < g->n_k; k2++)
                        rw_json_add(&twin, double_object(g, q, pair++, k1, k2, i, d));
            }
            rw_json_add(&contexts, json_pack("{s:I, s:s, s:o, s:o}", "context",
                                             (json_int_t)g->context[i], "dtype",
                                             rw_dtype_get((rw_dtype)d)->name, "single",
                                             single, "double", twin));
        }
    return json_pack("{s:o, s:o}", "settings", settings_object(g), "contexts", contexts);
}

static void text_rate(rw_text *out, int64_t count, int64_t total, int defined,
                      rw_estimate e)
{
    if (total > 0 && defined)
        rw_text_printf(out, "%14" PRId64 "  %8.4f", count, (double)count / (double)total);
    else
        rw_text_printf(out, "%14" PRId64 "  %8s", count, "-");
    if (e.state == RW_ESTIMATE_KNOWN)
        rw_text_printf(out, "  %8.4f", e.value);
    else
        rw_text_append(out, "         -");
}

/* k2 < 0: an event of one key. */
static void text_row(rw_text *out, size_t q, size_t k, int64_t k2, const char *event,
                     int64_t count, int64_t total, int defined, rw_estimate e)
{
    rw_text_printf(out, "%4zu%4zu", q, k);
    if (k2 < 0)
        rw_text_append(out, "    ");
    else
        rw_text_printf(out, "%4" PRId64, k2);
    rw_text_printf(out, "  %-25s", event);
    text_rate(out, count, total, defined, e);
    rw_text_append(out, "\n");
}

static const rw_estimate no_estimate = {(double)NAN, RW_ESTIMATE_NORMAL,
                                        RW_ESTIMATE_UNDEFINED};

static void single_text(const rw_given *g, size_t q, size_t k, size_t i, int dtype,
                        rw_text *out)
{
    const size_t at = (q * g->n_k + k) * g->n_context + i;
    const rw_single *s = &g->single[at];
    const rw_single_prediction *p = &g->single_prediction[at];
    const int varies = !s->blind;
    const struct {
        rw_event event;
        const char *name;
        const rw_count *count;
        rw_estimate estimate;
    } inversions[] = {
        {RW_EVENT_POSITION_INVERSION, "position inversion", &s->inversion, p->inversion},
        {RW_EVENT_POSITION_INVERSION, "position inversion local", &s->inversion_local,
         p->inversion_local},
        {RW_EVENT_POSITION_INVERSION, "position inversion beyond", &s->inversion_beyond,
         p->inversion_beyond},
        {RW_EVENT_POSITION_INVERSION, "near aliasing", &s->near_aliasing,
         p->near_aliasing},
        {RW_EVENT_POSITIONAL_INSENSITIVITY, "positional insensitivity", &s->insensitivity,
         no_estimate}};
    const rw_alias_count *alias = &s->aliasing[dtype];
    for (size_t r = 0; r < sizeof inversions / sizeof *inversions; r++) {
        if (inversions[r].event == RW_EVENT_POSITIONAL_INSENSITIVITY &&
            wants(g, RW_EVENT_POSITION_ALIASING))
            text_row(out, q, k, -1, "position aliasing", alias->pairs, alias->total,
                     varies, p->alias_pairs[dtype]);
        if (wants(g, inversions[r].event))
            text_row(out, q, k, -1, inversions[r].name, inversions[r].count->count,
                     inversions[r].count->total, varies, inversions[r].estimate);
    }
}

static void double_text(const rw_given *g, size_t q, size_t pair, size_t k1, size_t k2,
                        size_t i, int dtype, rw_text *out)
{
    const size_t at = (q * g->n_pair_of_keys + pair) * g->n_context + i;
    const rw_double *d = &g->twin[at];
    const rw_double_prediction *p = &g->twin_prediction[at];
    const int64_t second = (int64_t)k2;
    if (wants(g, RW_EVENT_TOKEN_INVERSION))
        text_row(out, q, k1, second, "token inversion", d->inversion.count,
                 d->inversion.total, !d->reference_tie, p->inversion);
    if (wants(g, RW_EVENT_TOKEN_ALIASING))
        text_row(out, q, k1, second, "token aliasing", d->aliasing[dtype].distances,
                 d->aliasing[dtype].total, 1, p->aliasing[dtype]);
    if (wants(g, RW_EVENT_ATTENTION_INVARIANCE))
        text_row(out, q, k1, second, "attention invariance", d->invariance[dtype].pairs,
                 d->invariance[dtype].total, 1, no_estimate);
    if (wants(g, RW_EVENT_CROSS_ALIASING))
        text_row(out, q, k1, second, "cross aliasing", d->cross[dtype].pairs,
                 d->cross[dtype].total, 1, no_estimate);
}

void rw_measure_text(const rw_given *g, rw_text *out)
{
    for (size_t i = 0; i < g->n_context; i++)
        for (int d = 0; d < RW_N_DTYPE; d++) {
            if (!(g->dtypes >> d & 1)) continue;
            rw_text_printf(out, "context %" PRId64 ", scores rounded to %s\n",
                           g->context[i], rw_dtype_get((rw_dtype)d)->name);
            rw_text_append(out, "   q   k      event                             count"
                                "      rate  predicted\n");
            for (size_t q = 0; q < g->n_q; q++) {
                size_t pair = 0;
                for (size_t k = 0; k < g->n_k; k++)
                    single_text(g, q, k, i, d, out);
                for (size_t k1 = 0; k1 < g->n_k; k1++)
                    for (size_t k2 = k1 + 1; k2 < g->n_k; k2++)
                        double_text(g, q, pair++, k1, k2, i, d, out);
            }
        }
    rw_text_append(out, "rate 0.5 of an inversion means no preference; predicted: normal "
                        "approximation with exact moments\n");
}
