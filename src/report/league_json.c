/* league_json.c - the document of `theory --models`: a transcription, nothing is computed. */
#include <math.h>

#include "report/league_report.h"
#include "report/theory_report.h"

const rw_league_event rw_league_events[RW_N_LEAGUE_EVENT] = {
    {RW_Q_POSITION_INVERSION, "position_inversion", "pos. inversion", false},
    {RW_Q_PREFERENCE, "preference", "preference", false},
    {RW_Q_TOKEN_INVERSION, "token_inversion", "tok. inversion", false},
    {RW_Q_NEAR_ALIASING, "near_aliasing", "near aliasing", false},
    {RW_Q_POSITION_ALIASING, "position_aliasing", "pos. aliasing", true},
    {RW_Q_TOKEN_ALIASING, "token_aliasing", "tok. aliasing", true},
};

const rw_answer *rw_league_answer(const rw_league *league, const rw_league_row *row,
                                  uint32_t set, const rw_league_event *event)
{
    const rw_score_answers *a = &row->theory->table[0].context[0].score[set];
    return event->typed ? &a->by_dtype[rw_dtype_first(league->dtypes)]
                                      [event->quantity - RW_Q_POSITION_ALIASING]
                        : &a->value[event->quantity - RW_Q_MEAN];
}

double rw_league_base_bound(const rw_league_row *row)
{
    return row->theory->table[0]
        .context[0]
        .value[RW_Q_BASE_FIRST - RW_Q_PAIRS_TURNED]
        .value;
}

static json_t *count_or_null(int64_t n)
{
    return n > 0 ? json_integer((json_int_t)n) : json_null();
}

static json_t *rate(const rw_league *league, const rw_answer *a, bool counted)
{
    json_t *o = json_object();
    rw_json_set(&o, "measured", rw_json_f64_9(a->measured));
    rw_json_set(&o, "predicted", rw_json_f64_12(a->value));
    if (league->n_draw > 1) {
        rw_json_set(&o, "p10", rw_json_f64_12(a->p10));
        rw_json_set(&o, "p90", rw_json_f64_12(a->p90));
        if (counted) {
            rw_json_set(&o, "measured_p10", rw_json_f64_9(a->measured_p10));
            rw_json_set(&o, "measured_p90", rw_json_f64_9(a->measured_p90));
        }
    }
    rw_json_set(&o, "kind", json_string(rw_estimate_kind_name(a->kind)));
    rw_json_set(&o, "state", json_string(rw_estimate_state_name(a->state)));
    if (a->unresolved)
        rw_json_set(&o, "unresolved", json_integer((json_int_t)a->unresolved));
    return o;
}

static json_t *not_counted(const rw_league *league, const rw_league_row *row)
{
    if (row->why) return json_string(row->why);
    if (!league->counting) return json_string("counts were not asked for");
    return row->theory->table[0].context[0].counted
               ? json_null()
               : json_string("its context is beyond the limit of counting");
}

static json_t *row_object(const rw_league *league, const rw_league_row *row)
{
    json_t *o = json_object();
    const bool turns = row->theory != NULL;
    rw_json_set(&o, "model", rw_json_str(row->model));
    rw_json_set(&o, "title", rw_json_str(row->title));
    rw_json_set(&o, "attention", json_string(rw_attention_name(row->attention)));
    rw_json_set(&o, "layers", rw_json_str(row->layers));
    rw_json_set(&o, "n_layer", json_integer(row->n_layer));
    rw_json_set(&o, "mechanism",
                row->mechanism[0] ? rw_json_str(row->mechanism) : json_null());
    rw_json_set(&o, "head_dim", json_integer(row->head_dim));
    rw_json_set(&o, "rotary_dim", json_integer(row->rotary_dim));
    rw_json_set(&o, "rope_theta", rw_json_f64(row->rope_theta));
    rw_json_set(&o, "attn_factor", rw_json_f64(row->attn_factor));
    rw_json_set(&o, "context", count_or_null(row->context));
    rw_json_set(&o, "trained_context", count_or_null(row->trained));
    rw_json_set(&o, "window", count_or_null(row->window));
    rw_json_set(&o, "effective_context", count_or_null(row->effective));
    rw_json_set(&o, "pairs", turns ? json_integer(row->n_pair) : json_null());
    rw_json_set(&o, "never_turned",
                turns ? json_integer(row->never_turned) : json_null());
    rw_json_set(&o, "never_turned_trained",
                turns && row->trained > 0 ? json_integer(row->never_turned_trained)
                                          : json_null());
    rw_json_set(&o, "not_counted", not_counted(league, row));
    if (!turns) return o;
    const rw_theory_table *table = &row->theory->table[0];
    rw_json_set(&o, "base_bound", rw_json_f64_12(rw_league_base_bound(row)));
    rw_json_set(&o, "context_bound", rw_json_f64(table->value[RW_Q_CONTEXT_BOUND].value));
    rw_json_set(&o, "m_max", rw_json_f64(table->value[RW_Q_M_MAX].value));
    rw_json_set(&o, "table", rw_answers_json(RW_SCOPE_TABLE, table->value));
    rw_json_set(&o, "at_context",
                rw_answers_json(RW_SCOPE_CONTEXT, table->context[0].value));
    for (uint32_t s = 0; s < row->theory->n_set; s++) {
        json_t *events = json_object();
        for (int e = 0; e < RW_N_LEAGUE_EVENT; e++)
            rw_json_set(&events, rw_league_events[e].name,
                        rate(league,
                             rw_league_answer(league, row, s, &rw_league_events[e]),
                             table->context[0].counted));
        rw_json_set(&o, row->theory->set[s].coefficients, events);
    }
    return o;
}

json_t *rw_league_json(const rw_league *league)
{
    json_t *o = json_object(), *rows = json_array(), *settings = json_object(),
           *families = json_array();
    const rw_theory *any = league->n_theory ? &league->theory[0] : NULL;
    for (uint32_t s = 0; any && s < any->n_set; s++)
        rw_json_add(&families, json_string(any->set[s].coefficients));
    rw_json_set(&settings, "coefficients", families);
    rw_json_set(&settings, "draws", json_integer(league->n_draw));
    rw_json_set(&settings, "dtype",
                json_string(rw_dtype_get(rw_dtype_first(league->dtypes))->name));
    rw_json_set(&settings, "score_scale",
                any ? rw_json_f64(any->table[0].score_scale) : json_null());
    rw_json_set(&settings, "near_alias",
                any ? rw_json_f64(any->near_alias) : json_null());
    rw_json_set(&settings, "count", json_boolean(league->counting));
    rw_json_set(&settings, "count_limit",
                league->counting ? json_integer((json_int_t)league->count_limit)
                                 : json_null());
    for (uint32_t i = 0; i < league->n_row; i++)
        rw_json_add(&rows, row_object(league, &league->row[i]));
    rw_json_set(&o, "settings", settings);
    rw_json_set(&o, "quantities", rw_quantities_json());
    rw_json_set(&o, "rows", rows);
    return o;
}
