/* theory_json.c - the document of `theory`: a transcription, nothing is computed. */
#include <math.h>

#include "report/frontier_report.h"
#include "report/theory_report.h"

bool rw_score_set_has(const rw_theory *theory, const rw_score_set *set,
                      rw_quantity quantity)
{
    const rw_quantity_info *info = rw_quantity_get(quantity);
    if (info->counted && !theory->counting) return false;
    return info->n_key == 1 ? set->one : set->two;
}

/* What is counted alone has no prediction beside it: its value is what was counted. */
static json_t *answer(rw_quantity quantity, const rw_answer *a, uint32_t n_draw,
                      bool counted)
{
    const rw_quantity_info *info = rw_quantity_get(quantity);
    json_t *o = json_object();
    if (!info->counted) {
        rw_json_set(&o, "value", rw_json_f64_12(a->value));
        rw_json_set(&o, "state", json_string(rw_estimate_state_name(a->state)));
        if (n_draw > 1 && info->scope >= RW_SCOPE_SCORE) {
            rw_json_set(&o, "p10", rw_json_f64_12(a->p10));
            rw_json_set(&o, "p90", rw_json_f64_12(a->p90));
            rw_json_set(&o, "n", json_integer(a->n));
        }
    }
    rw_json_set(&o, "kind", json_string(rw_estimate_kind_name(a->kind)));
    if (!counted) return o;
    /* a rate of integers in full, all else to digits that no instruction set changes */
    rw_json_set(&o, "measured",
                a->total > 0 && n_draw == 1 ? rw_json_f64(a->measured)
                                            : rw_json_f64_9(a->measured));
    if (n_draw > 1) {
        rw_json_set(&o, "measured_p10", rw_json_f64_9(a->measured_p10));
        rw_json_set(&o, "measured_p90", rw_json_f64_9(a->measured_p90));
        rw_json_set(&o, "n_measured", json_integer(a->n_measured));
    }
    if (a->total > 0) {
        rw_json_set(&o, "count", json_integer((json_int_t)a->count));
        rw_json_set(&o, "total", json_integer((json_int_t)a->total));
        rw_json_set(&o, "unresolved", json_integer((json_int_t)a->unresolved));
    }
    return o;
}

json_t *rw_answers_json(rw_scope scope, const rw_answer *value)
{
    json_t *o = json_object();
    const int first = (int)rw_quantity_first(scope);
    for (int q = first; q < (int)rw_quantity_first((rw_scope)((int)scope + 1)); q++)
        rw_json_set(&o, rw_quantity_get((rw_quantity)q)->name,
                    answer((rw_quantity)q, &value[q - first], 1, false));
    return o;
}

static json_t *set_answers(const rw_theory *t, const rw_score_set *set, rw_scope scope,
                           const rw_answer *value, bool counted)
{
    json_t *o = json_object();
    const int first = (int)rw_quantity_first(scope);
    for (int q = first; q < (int)rw_quantity_first((rw_scope)((int)scope + 1)); q++)
        if (rw_score_set_has(t, set, (rw_quantity)q))
            rw_json_set(&o, rw_quantity_get((rw_quantity)q)->name,
                        answer((rw_quantity)q, &value[q - first], t->n_draw, counted));
    return o;
}

/* `values` is consumed. */
static json_t *typed(rw_dtype dtype, json_t *values)
{
    json_t *o = json_object();
    rw_json_set(&o, "dtype", json_string(rw_dtype_get(dtype)->name));
    rw_json_set(&o, "values", values);
    return o;
}

static json_t *score(const rw_theory *t, const rw_theory_context *context, uint32_t s)
{
    const rw_score_set *set = &t->set[s];
    const rw_score_answers *answers = &context->score[s];
    json_t *o = json_object(), *dtypes = json_array();
    rw_json_set(&o, "coefficients", json_string(set->coefficients));
    rw_json_set(&o, "q", json_integer(set->q));
    rw_json_set(&o, "k1", json_integer(set->k1));
    rw_json_set(&o, "k2", set->two ? json_integer(set->k2) : json_null());
    rw_json_set(&o, "values",
                set_answers(t, set, RW_SCOPE_SCORE, answers->value, context->counted));
    for (int d = 0; d < RW_N_DTYPE; d++) {
        if (!(t->dtypes >> d & 1)) continue;
        rw_json_add(&dtypes, typed((rw_dtype)d,
                                   set_answers(t, set, RW_SCOPE_DTYPE,
                                               answers->by_dtype[d], context->counted)));
    }
    rw_json_set(&o, "dtypes", dtypes);
    return o;
}

static json_t *context_object(const rw_theory *t, const rw_theory_context *context)
{
    json_t *o = json_object(), *scores = json_array(), *dtypes = json_array();
    rw_json_set(&o, "context", json_integer((json_int_t)context->context));
    rw_json_set(&o, "effective_context", json_integer((json_int_t)context->effective));
    rw_json_set(&o, "counted", json_boolean(context->counted));
    rw_json_set(&o, "count_seconds", rw_json_f64_9(context->count_seconds));
    rw_json_set(&o, "values", rw_answers_json(RW_SCOPE_CONTEXT, context->value));
    for (int d = 0; d < RW_N_DTYPE; d++)
        if (t->dtypes >> d & 1)
            rw_json_add(&dtypes, typed((rw_dtype)d, rw_answers_json(RW_SCOPE_FORMAT,
                                                                    context->format[d])));
    rw_json_set(&o, "dtypes", dtypes);
    for (uint32_t s = 0; s < t->n_set; s++)
        rw_json_add(&scores, score(t, context, s));
    rw_json_set(&o, "scores", scores);
    return o;
}

static json_t *table_object(const rw_theory *t, const rw_theory_table *table)
{
    json_t *o = json_object(), *freq = json_array(), *contexts = json_array();
    for (uint32_t n = 0; n < table->rotary_dim / 2; n++)
        rw_json_add(&freq, rw_json_f64(table->inv_freq[n]));
    for (uint32_t c = 0; c < t->n_context; c++)
        rw_json_add(&contexts, context_object(t, &table->context[c]));
    rw_json_set(&o, "name", rw_json_str(table->name));
    rw_json_set(&o, "mechanism",
                table->mechanism[0] ? json_string(table->mechanism) : json_null());
    rw_json_set(&o, "head_dim", json_integer(table->head_dim));
    rw_json_set(&o, "n_layer",
                table->n_layer ? json_integer(table->n_layer) : json_null());
    rw_json_set(&o, "rotary_dim", json_integer(table->rotary_dim));
    rw_json_set(&o, "pairs", json_string(table->interleaved ? "interleaved" : "half"));
    rw_json_set(&o, "rope_theta", rw_json_f64(table->rope_theta));
    rw_json_set(&o, "attn_factor", rw_json_f64(table->attn_factor));
    rw_json_set(&o, "score_scale", rw_json_f64(table->score_scale));
    rw_json_set(&o, "window",
                table->window > 0 ? json_integer((json_int_t)table->window)
                                  : json_null());
    rw_json_set(&o, "inv_freq", freq);
    rw_json_set(&o, "values", rw_answers_json(RW_SCOPE_TABLE, table->value));
    rw_json_set(&o, "contexts", contexts);
    return o;
}

static json_t *settings(const rw_theory_view *view)
{
    const rw_theory *t = view->theory;
    json_t *o = json_object(), *dtypes = json_array();
    for (int d = 0; d < RW_N_DTYPE; d++)
        if (t->dtypes >> d & 1)
            rw_json_add(&dtypes, json_string(rw_dtype_get((rw_dtype)d)->name));
    rw_json_set(&o, "source", rw_json_str(view->source));
    rw_json_set(&o, "dtype", dtypes);
    rw_json_set(&o, "draws", json_integer(t->n_draw));
    rw_json_set(&o, "near_alias", rw_json_f64(t->near_alias));
    rw_json_set(&o, "count", json_boolean(t->counting));
    rw_json_set(&o, "count_limit",
                t->counting ? json_integer((json_int_t)t->count_limit) : json_null());
    return o;
}

json_t *rw_quantities_json(void)
{
    static const char *const scopes[RW_N_SCOPE] = {
        [RW_SCOPE_TABLE] = "table",          [RW_SCOPE_CONTEXT] = "context",
        [RW_SCOPE_FORMAT] = "context_dtype", [RW_SCOPE_SCORE] = "score",
        [RW_SCOPE_DTYPE] = "score_dtype",
    };
    json_t *all = json_object();
    for (int q = 0; q < RW_N_QUANTITY; q++) {
        const rw_quantity_info *info = rw_quantity_get((rw_quantity)q);
        json_t *o = json_object();
        rw_json_set(&o, "label", json_string(info->label));
        rw_json_set(&o, "of", json_string(scopes[info->scope]));
        rw_json_set(&o, "kind", json_string(rw_estimate_kind_name(info->kind)));
        rw_json_set(&o, "statement", json_string(info->statement));
        rw_json_set(&o, "assumption",
                    info->assumption[0] ? json_string(info->assumption) : json_null());
        rw_json_set(&all, info->name, o);
    }
    return all;
}

json_t *rw_theory_json(const rw_theory_view *view)
{
    const rw_theory *t = view->theory;
    json_t *o = json_object(), *tables = json_array();
    for (uint32_t i = 0; i < t->n_table; i++)
        rw_json_add(&tables, table_object(t, &t->table[i]));
    rw_json_set(&o, "settings", settings(view));
    rw_json_set(&o, "quantities", rw_quantities_json());
    rw_json_set(&o, "tables", tables);
    if (view->frontier) rw_json_set(&o, "frontiers", rw_frontier_json(view->frontier));
    return o;
}
