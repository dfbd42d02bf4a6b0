/* sweep_json.c - a sweep's document: cells with their counts, and the trade-off drawn from them. */
#include <math.h>

#include "report/sweep_report.h"

static json_t *spread(const rw_sweep_spread *x, json_t *(*number)(double))
{
    json_t *o = json_pack("{s:i}", "n", (int)x->n);
    rw_json_set(&o, "median", number(x->median));
    rw_json_set(&o, "p10", number(x->p10));
    rw_json_set(&o, "p90", number(x->p90));
    return o;
}

/* What the event calls its count, as in the document of `measure`. */
static const char *count_name(rw_event event)
{
    return event == RW_EVENT_POSITION_ALIASING ||
                   event == RW_EVENT_ATTENTION_INVARIANCE ||
                   event == RW_EVENT_CROSS_ALIASING
               ? "pairs"
               : "count";
}

static const char *aside_name(rw_event event)
{
    if (event == RW_EVENT_POSITION_INVERSION) return "ties";
    return event == RW_EVENT_POSITION_ALIASING ? "overflow" : NULL;
}

/* The kind of a prediction, where there is one; all draws have the same unless keys are equal. */
static const char *kind_name(const rw_sweep_value *v)
{
    return v->predicted.kind == RW_ESTIMATE_EXACT ? "exact" : "normal";
}

static bool is_predicted(rw_event event)
{
    return event != RW_EVENT_ATTENTION_INVARIANCE; /* T22 says why */
}

static json_t *event_object(const rw_sweep *s, size_t table, size_t family,
                            size_t context, size_t slot)
{
    const rw_event event = s->slot[slot].event;
    const rw_sweep_summary *sum = rw_sweep_summary_at(s, table, family, context, slot);
    const rw_sweep_value *first = rw_sweep_value_at(s, table, family, 0, context, slot);
    json_t *count = json_array(), *aside = json_array(), *o = json_object();
    for (uint32_t d = 0; d < s->n_draw; d++) {
        const rw_sweep_value *v = rw_sweep_value_at(s, table, family, d, context, slot);
        if (!v->counted) continue;
        rw_json_add(&count, json_integer(v->count));
        rw_json_add(&aside, json_integer(v->aside));
    }
    rw_json_set(&o, count_name(event), count);
    if (aside_name(event))
        rw_json_set(&o, aside_name(event), aside);
    else
        json_decref(aside);
    rw_json_set(&o, "total", json_integer(first->total));
    rw_json_set(&o, "unresolved", json_integer(sum->unresolved));
    rw_json_set(&o, "measured", spread(&sum->measured, rw_json_f64));
    if (!is_predicted(event)) {
        rw_json_set(&o, "predicted", json_null());
        return o;
    }
    json_t *predicted = spread(&sum->predicted, rw_json_f64_12);
    rw_json_set(&predicted, "kind", json_string(kind_name(first)));
    rw_json_set(&o, "predicted", predicted);
    return o;
}

static json_t *context_object(const rw_sweep *s, size_t table, size_t family,
                              size_t context)
{
    json_t *o = json_pack("{s:I}", "context", (json_int_t)s->context[context]);
    json_t *dtypes = json_array();
    for (size_t i = 0; i < s->n_slot; i++)
        if (s->slot[i].dtype < 0)
            rw_json_set(&o, rw_event_name(s->slot[i].event),
                        event_object(s, table, family, context, i));
    for (int d = 0; d < RW_N_DTYPE; d++) {
        if (!(s->dtypes >> d & 1)) continue;
        json_t *row = json_pack("{s:s}", "dtype", rw_dtype_get((rw_dtype)d)->name);
        for (size_t i = 0; i < s->n_slot; i++)
            if (s->slot[i].dtype == d)
                rw_json_set(&row, rw_event_name(s->slot[i].event),
                            event_object(s, table, family, context, i));
        rw_json_add(&dtypes, row);
    }
    rw_json_set(&o, "dtypes", dtypes);
    return o;
}

static json_t *model_names(const rw_sweep *s, size_t table)
{
    json_t *names = json_array();
    for (uint32_t i = 0; i < s->n_model; i++)
        if (s->model[i].table == table)
            rw_json_add(&names, rw_json_str(s->model[i].name));
    return names;
}

static json_t *cell_object(const rw_sweep *s, size_t table, size_t family)
{
    const rw_sweep_table_info *t = &s->table[table];
    json_t *contexts = json_array(), *o = json_object();
    rw_json_set(&o, "in_grid", json_boolean(table < s->n_grid));
    rw_json_set(&o, "models", model_names(s, table));
    rw_json_set(&o, "head_dim", json_integer(t->head_dim));
    rw_json_set(&o, "rotary_dim", json_integer(t->rotary_dim));
    rw_json_set(&o, "rope_theta", rw_json_f64(t->rope_theta));
    rw_json_set(&o, "rope_scaling", json_string(t->scaling));
    rw_json_set(&o, "attn_factor", rw_json_f64(t->attn_factor));
    rw_json_set(&o, "score_scale", rw_json_f64(t->score_scale));
    rw_json_set(&o, "counterfactual", json_boolean(t->counterfactual));
    rw_json_set(&o, "coefficients", json_string(s->family[family].name));
    for (size_t i = 0; i < s->n_context; i++)
        rw_json_add(&contexts, context_object(s, table, family, i));
    rw_json_set(&o, "contexts", contexts);
    return o;
}

static json_t *least(const rw_sweep *s, const rw_sweep_curve *c, const rw_sweep_least *l,
                     double value)
{
    if (l->point == UINT32_MAX) return json_null();
    json_t *o = json_object();
    rw_json_set(&o, "rope_theta",
                rw_json_f64(s->table[c->point[l->point].table].rope_theta));
    rw_json_set(&o, "value", rw_json_f64_12(value));
    rw_json_set(&o, "lower", rw_json_f64(l->lower));
    rw_json_set(&o, "upper", rw_json_f64(l->upper));
    return o;
}

static double at_least(const rw_sweep_curve *c, const rw_sweep_least *l, size_t member)
{
    if (l->point == UINT32_MAX) return (double)NAN;
    const char *point = (const char *)&c->point[l->point];
    return *(const double *)(const void *)(point + member);
}

static json_t *points(const rw_sweep *s, const rw_sweep_curve *c)
{
    json_t *list = json_array();
    for (uint32_t i = 0; i < c->n_point; i++) {
        const rw_sweep_point *p = &c->point[i];
        json_t *o = json_object();
        rw_json_set(&o, "rope_theta", rw_json_f64(s->table[p->table].rope_theta));
        rw_json_set(&o, "position", rw_json_f64(p->position));
        rw_json_set(&o, "position_failure", rw_json_f64(p->failure));
        rw_json_set(&o, "token", rw_json_f64(p->token));
        rw_json_set(&o, "position_predicted", rw_json_f64_12(p->position_predicted));
        rw_json_set(&o, "position_failure_predicted",
                    rw_json_f64_12(p->failure_predicted));
        rw_json_set(&o, "token_predicted", rw_json_f64_12(p->token_predicted));
        rw_json_set(&o, "loss", rw_json_f64(p->loss));
        rw_json_add(&list, o);
    }
    return list;
}

/* Models whose heads are as wide as the curve's: points beside it. */
static json_t *models(const rw_sweep *s, const rw_sweep_curve *c)
{
    const rw_sweep_table_info *t = &s->table[c->point[0].table];
    const size_t position = (size_t)rw_sweep_find_slot(s, RW_EVENT_POSITION_INVERSION),
                 token = (size_t)rw_sweep_find_slot(s, RW_EVENT_TOKEN_INVERSION);
    json_t *list = json_array();
    for (uint32_t i = 0; i < s->n_model; i++) {
        const uint32_t own = s->model[i].table;
        const rw_sweep_table_info *m = &s->table[own];
        const int64_t advertised = s->model[i].advertised;
        if (m->head_dim != t->head_dim) continue;
        const rw_sweep_summary *of_position = rw_sweep_summary_at(s, own, c->family,
                                                                  c->context, position),
                               *of_token = rw_sweep_summary_at(s, own, c->family,
                                                               c->context, token);
        json_t *o = json_object();
        rw_json_set(&o, "model", rw_json_str(s->model[i].name));
        rw_json_set(&o, "rope_theta", rw_json_f64(m->rope_theta));
        rw_json_set(&o, "rope_scaling", json_string(m->scaling));
        rw_json_set(&o, "head_dim", json_integer(m->head_dim));
        rw_json_set(&o, "rotary_dim", json_integer(m->rotary_dim));
        rw_json_set(&o, "advertised_context",
                    advertised ? json_integer(advertised) : json_null());
        rw_json_set(&o, "position", rw_json_f64(of_position->measured.median));
        rw_json_set(&o, "position_failure", rw_json_f64(of_position->failure));
        rw_json_set(&o, "token", rw_json_f64(of_token->measured.median));
        rw_json_add(&list, o);
    }
    return list;
}

static json_t *curve_object(const rw_sweep *s, const rw_sweep_curve *c)
{
    const rw_sweep_table_info *t = &s->table[c->point[0].table];
    json_t *o = json_object();
    rw_json_set(&o, "head_dim", json_integer(t->head_dim));
    rw_json_set(&o, "rope_scaling", json_string(t->scaling));
    rw_json_set(&o, "coefficients", json_string(s->family[c->family].name));
    rw_json_set(&o, "position_failure_is",
                json_string(s->family[c->family].directed ? "p" : "min(p, 1 - p)"));
    rw_json_set(&o, "context", json_integer(s->context[c->context]));
    rw_json_set(&o, "points", points(s, c));
    rw_json_set(&o, "models", models(s, c));
    rw_json_set(&o, "least_position_failure",
                least(s, c, &c->position,
                      at_least(c, &c->position, offsetof(rw_sweep_point, failure))));
    rw_json_set(
        &o, "least_loss",
        least(s, c, &c->loss, at_least(c, &c->loss, offsetof(rw_sweep_point, loss))));
    rw_json_set(
        &o, "least_loss_predicted",
        least(s, c, &c->loss_predicted,
              at_least(c, &c->loss_predicted, offsetof(rw_sweep_point, loss_predicted))));
    json_t *directions = json_object();
    const struct {
        const char *name;
        uint32_t n;
    } steps[] = {{"position_falls_before_least", c->position_falls},
                 {"position_steps_before_least", c->position_left},
                 {"position_rises_after_least", c->position_rises},
                 {"position_steps_after_least", c->position_right},
                 {"token_falls", c->token_falls},
                 {"token_rises", c->token_rises},
                 {"token_steps", c->token_steps}};
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
        rw_json_set(&directions, steps[i].name, json_integer(steps[i].n));
    rw_json_set(&o, "directions", directions);
    json_t *keeping = json_object();
    rw_json_set(&keeping, "threshold", rw_json_f64(s->threshold));
    rw_json_set(&keeping, "n_base", json_integer(c->n_keeping));
    rw_json_set(&keeping, "lowest", rw_json_f64(c->keeping_lower));
    rw_json_set(&keeping, "highest", rw_json_f64(c->keeping_upper));
    rw_json_set(&o, "keeps_both", keeping);
    rw_text said;
    rw_text_init(&said);
    rw_sweep_say(s, c, &said);
    rw_json_set(&o, "statement", said.failed ? NULL : json_string(said.data));
    rw_text_clear(&said);
    return o;
}

static json_t *settings(const rw_sweep *s)
{
    json_t *o = json_object(), *dtypes = json_array(), *events = json_array(),
           *families = json_array(), *contexts = json_array();
    for (int d = 0; d < RW_N_DTYPE; d++)
        if (s->dtypes >> d & 1)
            rw_json_add(&dtypes, json_string(rw_dtype_get((rw_dtype)d)->name));
    for (int e = 0; e < RW_N_EVENT; e++)
        if (s->events >> e & 1)
            rw_json_add(&events, json_string(rw_event_name((rw_event)e)));
    for (uint32_t i = 0; i < s->n_family; i++)
        rw_json_add(&families, json_pack("{s:s, s:i, s:i}", "name", s->family[i].name,
                                         "draws", (int)s->family[i].n_draw,
                                         "draws_of_one_key", (int)s->family[i].n_single));
    for (uint32_t i = 0; i < s->n_context; i++)
        rw_json_add(&contexts, json_integer(s->context[i]));
    rw_json_set(&o, "contexts", contexts);
    rw_json_set(&o, "dtype", dtypes);
    rw_json_set(&o, "events", events);
    rw_json_set(&o, "coefficients", families);
    rw_json_set(&o, "qk", s->source[0] ? rw_json_str(s->source) : json_null());
    rw_json_set(&o, "zeta", rw_json_f64(s->zeta));
    rw_json_set(&o, "loss", json_string(rw_sweep_loss_name(s->loss_kind)));
    rw_json_set(&o, "threshold", rw_json_f64(s->threshold));
    return o;
}

json_t *rw_sweep_json(const rw_sweep *s)
{
    json_t *o = json_object(), *cells = json_array(), *curves = json_array();
    for (size_t i = 0; i < s->n_table; i++)
        for (size_t f = 0; f < s->n_family; f++)
            rw_json_add(&cells, cell_object(s, i, f));
    for (uint32_t i = 0; i < s->n_curve; i++)
        rw_json_add(&curves, curve_object(s, &s->curve[i]));
    rw_json_set(&o, "settings", settings(s));
    rw_json_set(&o, "tradeoff", curves);
    rw_json_set(&o, "cells", cells);
    return o;
}
