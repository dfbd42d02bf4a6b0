/* theory_text.c - what `theory` says for people, and the same as comma-separated values. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "report/frontier_report.h"
#include "report/theory_report.h"

/* Rates to four places, all else to six digits; "-" where there is no answer. */
static const char *shown(char out[24], rw_quantity q, double value)
{
    const rw_estimate_kind kind = rw_quantity_get(q)->kind;
    if (isnan(value))
        (void)snprintf(out, 24, "-");
    else if (kind == RW_ESTIMATE_NORMAL && value >= 1e-4)
        (void)snprintf(out, 24, "%.4f", value);
    else
        (void)snprintf(out, 24, "%.6g", value);
    return out;
}

static void row(rw_text *out, rw_quantity q, const rw_answer *a, uint32_t n_draw,
                bool counted)
{
    const rw_quantity_info *info = rw_quantity_get(q);
    char value[24], low[24], high[24];
    rw_text_printf(out, "    %-32s %10s", info->label, shown(value, q, a->value));
    if (n_draw > 1)
        rw_text_printf(out, " %10s %10s", shown(low, q, a->p10), shown(high, q, a->p90));
    if (counted) rw_text_printf(out, " %10s", shown(value, q, a->measured));
    rw_text_printf(out, "  %-10s %s\n",
                   a->state == RW_ESTIMATE_UNABLE ? "unable"
                                                  : rw_estimate_kind_name(a->kind),
                   info->statement);
}

static void rows(rw_text *out, rw_scope scope, const rw_answer *value)
{
    const int first = (int)rw_quantity_first(scope);
    for (int q = first; q < (int)rw_quantity_first((rw_scope)((int)scope + 1)); q++)
        row(out, (rw_quantity)q, &value[q - first], 1, false);
}

static void set_rows(rw_text *out, const rw_theory *t, const rw_score_set *set,
                     rw_scope scope, const rw_answer *value, bool counted)
{
    const int first = (int)rw_quantity_first(scope);
    for (int q = first; q < (int)rw_quantity_first((rw_scope)((int)scope + 1)); q++)
        if (rw_score_set_has(t, set, (rw_quantity)q))
            row(out, (rw_quantity)q, &value[q - first], t->n_draw, counted);
}

static void set_heading(rw_text *out, const rw_theory *t, const rw_score_set *set,
                        bool counted)
{
    char what[64];
    if (t->n_draw > 1)
        (void)snprintf(what, sizeof what, "%s, %" PRIu32 " draws", set->coefficients,
                       t->n_draw);
    else if (set->one && set->two)
        (void)snprintf(what, sizeof what, "%s, one draw", set->coefficients);
    else if (set->two)
        (void)snprintf(what, sizeof what,
                       "query %" PRIu32 ", keys %" PRIu32 " and %" PRIu32, set->q,
                       set->k1, set->k2);
    else
        (void)snprintf(what, sizeof what, "query %" PRIu32 ", key %" PRIu32, set->q,
                       set->k1);
    rw_text_printf(out, "  %-34s %10s", what, t->n_draw > 1 ? "median" : "predicted");
    if (t->n_draw > 1) rw_text_printf(out, " %10s %10s", "p10", "p90");
    if (counted) rw_text_printf(out, " %10s", "counted");
    rw_text_append(out, "\n");
}

static void not_counted(rw_text *out, const rw_theory *t,
                        const rw_theory_context *context)
{
    const double seconds = fmax(1.0, context->count_seconds);
    const double time = seconds < 6000.0 ? seconds : seconds / 3600.0;
    const double digit = pow(10.0, floor(log10(time))); /* one is all that is known */
    rw_text_printf(
        out,
        "; not counted: beyond --count-limit %" PRId64 ", about %.0f %s of one processor",
        t->count_limit, ceil(time / digit) * digit, seconds < 6000.0 ? "s" : "h");
}

static void context_text(rw_text *out, const rw_theory *t,
                         const rw_theory_context *context)
{
    rw_text_printf(out, "\n  context %" PRId64, context->context);
    if (context->effective != context->context)
        rw_text_printf(out, ", of which these layers see %" PRId64, context->effective);
    if (t->counting && !context->counted) not_counted(out, t, context);
    rw_text_append(out, "\n");
    rows(out, RW_SCOPE_CONTEXT, context->value);
    for (int d = 0; d < RW_N_DTYPE; d++) {
        if (!(t->dtypes >> d & 1)) continue;
        rw_text_printf(out, "   in %s\n", rw_dtype_get((rw_dtype)d)->name);
        rows(out, RW_SCOPE_FORMAT, context->format[d]);
    }
    for (uint32_t s = 0; s < t->n_set; s++) {
        const rw_score_set *set = &t->set[s];
        set_heading(out, t, set, context->counted);
        set_rows(out, t, set, RW_SCOPE_SCORE, context->score[s].value, context->counted);
        for (int d = 0; d < RW_N_DTYPE; d++) {
            if (!(t->dtypes >> d & 1)) continue;
            rw_text_printf(out, "   scores rounded to %s\n",
                           rw_dtype_get((rw_dtype)d)->name);
            set_rows(out, t, set, RW_SCOPE_DTYPE, context->score[s].by_dtype[d],
                     context->counted);
        }
    }
}

static void table_text(rw_text *out, const rw_theory *t, const rw_theory_table *table)
{
    char theta[32];
    rw_format_double(theta, table->rope_theta);
    rw_text_plain(out, table->name);
    rw_text_printf(out, ": %s%shead_dim %" PRIu32 ", %" PRIu32 " pairs, base %s",
                   table->mechanism, table->mechanism[0] ? " scaling, " : "",
                   table->head_dim, table->rotary_dim / 2,
                   isnan(table->rope_theta) ? "unknown" : theta);
    rw_format_double(theta, table->score_scale);
    rw_text_printf(out, ", score scale %s\n", theta);
    rows(out, RW_SCOPE_TABLE, table->value);
    for (uint32_t c = 0; c < t->n_context; c++)
        context_text(out, t, &table->context[c]);
}

/* The first quantity from `from` with the same assumption, and the same statement if asked. */
static int first_like(int from, int q, bool statement)
{
    const rw_quantity_info *wanted = rw_quantity_get((rw_quantity)q);
    for (int k = from; k < q; k++) {
        const rw_quantity_info *info = rw_quantity_get((rw_quantity)k);
        if (strcmp(info->assumption, wanted->assumption) == 0 &&
            (!statement || strcmp(info->statement, wanted->statement) == 0))
            return k;
    }
    return q;
}

/* What statements assume, each sentence once. */
static void assumptions(rw_text *out)
{
    rw_text_append(out, "\nassumed by\n");
    for (int q = 0; q < RW_N_QUANTITY; q++) {
        const rw_quantity_info *info = rw_quantity_get((rw_quantity)q);
        if (!*info->assumption || first_like(0, q, false) != q) continue;
        rw_text names;
        rw_text_init(&names);
        for (int k = q; k < RW_N_QUANTITY; k++)
            if (first_like(q, k, false) == q && first_like(q, k, true) == k)
                rw_text_printf(&names, names.len ? ", %s" : "%s",
                               rw_quantity_get((rw_quantity)k)->statement);
        rw_text_printf(out, "    %-24s ", names.data ? names.data : "");
        rw_text_wrap(out, info->assumption, 29, 100);
        out->failed = out->failed || names.failed;
        rw_text_clear(&names);
    }
}

void rw_theory_text(const rw_theory_view *view, rw_text *out)
{
    const rw_theory *t = view->theory;
    if (view->source) {
        rw_text_append(out, "model ");
        rw_text_plain(out, view->source);
        rw_text_append(out, "\n");
    }
    for (uint32_t i = 0; i < t->n_table; i++) {
        if (i) rw_text_append(out, "\n");
        table_text(out, t, &t->table[i]);
        if (view->frontier) rw_frontier_text(view->frontier, i, out);
    }
    assumptions(out);
    rw_text_append(
        out,
        "\nexact: an identity. normal: exact moments, scores taken as normal. "
        "asymptotic: "
        "describes a limit,\nthe constant of a rate is ours. bound: holds for every case "
        "in "
        "its reach; L's are inferred from secondary\nsources, the paper was not read. "
        "unable: has "
        "an answer that was not computed. -: no answer. Statements\n(T3, ...) are in "
        "docs/theory.md; 0.5 of an inversion is no "
        "preference.\n");
}

/* --- comma-separated values --------------------------------------------------------------- */

/* Twelve digits: the same on every machine. */
static void csv_number(rw_text *out, double value)
{
    if (isnan(value))
        rw_text_append(out, ",");
    else
        rw_text_printf(out, ",%.12g", value);
}

static void csv_row(rw_text *out, const char *front, rw_quantity q, const rw_answer *a,
                    uint32_t n_draw)
{
    const rw_quantity_info *info = rw_quantity_get(q);
    rw_text_printf(out, "%s,%s,%s,%s", front, info->name, rw_estimate_kind_name(a->kind),
                   rw_estimate_state_name(a->state));
    csv_number(out, a->value);
    csv_number(out, n_draw > 1 ? a->p10 : (double)NAN);
    csv_number(out, n_draw > 1 ? a->p90 : (double)NAN);
    csv_number(out, a->measured);
    if (a->total > 0)
        rw_text_printf(out, ",%" PRId64 ",%" PRId64 "\n", a->count, a->total);
    else
        rw_text_append(out, ",,\n");
}

/* The quantities of a scope behind `front`; set NULL: those of a table or a context. */
static void csv_scope(rw_text *out, const rw_theory *t, const char *front,
                      const rw_score_set *set, rw_scope scope, const rw_answer *value)
{
    const int first = (int)rw_quantity_first(scope);
    for (int q = first; q < (int)rw_quantity_first((rw_scope)((int)scope + 1)); q++)
        if (!set || rw_score_set_has(t, set, (rw_quantity)q))
            csv_row(out, front, (rw_quantity)q, &value[q - first], set ? t->n_draw : 1);
}

static void csv_context(rw_text *out, const rw_theory *t, uint32_t table,
                        const rw_theory_context *context)
{
    char place[64], line[192];
    (void)snprintf(place, sizeof place, "%" PRIu32 ",%" PRId64 ",%" PRId64, table,
                   context->context, context->effective);
    (void)snprintf(line, sizeof line, "%s,,,,,", place);
    csv_scope(out, t, line, NULL, RW_SCOPE_CONTEXT, context->value);
    for (int d = 0; d < RW_N_DTYPE; d++) {
        if (!(t->dtypes >> d & 1)) continue;
        (void)snprintf(line, sizeof line, "%s,,,,,%s", place,
                       rw_dtype_get((rw_dtype)d)->name);
        csv_scope(out, t, line, NULL, RW_SCOPE_FORMAT, context->format[d]);
    }
    for (uint32_t s = 0; s < t->n_set; s++) {
        const rw_score_set *set = &t->set[s];
        char second[16] = "", whose[96];
        if (set->two) (void)snprintf(second, sizeof second, "%" PRIu32, set->k2);
        (void)snprintf(whose, sizeof whose, "%s,%" PRIu32 ",%" PRIu32 ",%s",
                       set->coefficients, set->q, set->k1, second);
        (void)snprintf(line, sizeof line, "%s,%s,", place, whose);
        csv_scope(out, t, line, set, RW_SCOPE_SCORE, context->score[s].value);
        for (int d = 0; d < RW_N_DTYPE; d++) {
            if (!(t->dtypes >> d & 1)) continue;
            (void)snprintf(line, sizeof line, "%s,%s,%s", place, whose,
                           rw_dtype_get((rw_dtype)d)->name);
            csv_scope(out, t, line, set, RW_SCOPE_DTYPE, context->score[s].by_dtype[d]);
        }
    }
}

void rw_theory_csv(const rw_theory_view *view, rw_text *out)
{
    const rw_theory *t = view->theory;
    rw_text_append(out, "table,context,effective_context,coefficients,q,k1,k2,dtype,"
                        "quantity,kind,state,value,p10,p90,measured,count,total\n");
    for (uint32_t i = 0; i < t->n_table; i++) {
        char front[32];
        (void)snprintf(front, sizeof front, "%" PRIu32 ",,,,,,,", i);
        csv_scope(out, t, front, NULL, RW_SCOPE_TABLE, t->table[i].value);
        for (uint32_t c = 0; c < t->n_context; c++)
            csv_context(out, t, i, &t->table[i].context[c]);
    }
}
