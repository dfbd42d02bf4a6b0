/* league_text.c - the shipped models side by side for people, and as comma-separated values. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "report/league_report.h"

static const char *rate(char out[16], double value)
{
    if (isnan(value))
        (void)snprintf(out, 16, "-");
    else if (value > 0.0 && value < 5e-4)
        (void)snprintf(out, 16, "%.0e", value);
    else if (value > 0.0 && value < 0.1)
        (void)snprintf(out, 16, "%.4f", value);
    else
        (void)snprintf(out, 16, "%.3f", value);
    return out;
}

static void tokens(rw_text *out, int64_t n)
{
    if (n > 0)
        rw_text_printf(out, " %9" PRId64, n);
    else
        rw_text_printf(out, " %9s", "-");
}

/* Aligned keys have one position inversion; of random ones its median says nothing, the mean
 * preference does. */
static bool shown(const rw_score_set *set, const rw_league_event *event)
{
    const bool aligned = strcmp(set->coefficients, "aligned") == 0;
    return event->quantity != RW_Q_NEAR_ALIASING &&
           event->quantity != (aligned ? RW_Q_PREFERENCE : RW_Q_POSITION_INVERSION);
}

static void number(rw_text *out, int width, double value)
{
    if (isnan(value))
        rw_text_printf(out, " %*s", width, "-");
    else
        rw_text_printf(out, " %*.3g", width, value);
}

static void text_row(rw_text *out, const rw_league *league, const rw_league_row *row)
{
    char a[16], b[16];
    rw_text_printf(out, "%-25s", row->model);
    tokens(out, row->effective);
    tokens(out, row->trained);
    if (!row->theory) {
        rw_text_printf(out, "  layers %s: %s\n", row->layers, row->why);
        return;
    }
    const rw_theory_table *table = &row->theory->table[0];
    rw_text_printf(out, " %9.4g", row->rope_theta);
    number(out, 8, rw_league_base_bound(row));
    number(out, 8, table->value[RW_Q_CONTEXT_BOUND].value);
    rw_text_printf(out, " %3" PRIu32 "/%-3" PRIu32, row->never_turned, row->n_pair);
    if (row->trained > 0)
        rw_text_printf(out, " %3" PRIu32, row->never_turned_trained);
    else
        rw_text_append(out, "   -");
    number(out, 8, table->value[RW_Q_M_MAX].value);
    for (uint32_t s = 0; s < row->theory->n_set; s++)
        for (int e = 0; e < RW_N_LEAGUE_EVENT; e++) {
            if (!shown(&row->theory->set[s], &rw_league_events[e])) continue;
            const rw_answer *answer =
                rw_league_answer(league, row, s, &rw_league_events[e]);
            rw_text_printf(out, " %6s %6s ", rate(a, answer->value),
                           rate(b, answer->measured));
        }
    rw_text_append(out, "\n");
}

static void heading(rw_text *out, const rw_league *league)
{
    const rw_theory *any = league->n_theory ? &league->theory[0] : NULL;
    rw_text_printf(out, "%-25s %9s %9s %9s %8s %8s %7s %3s %8s", "", "", "", "",
                   "B: base", "B: con-", "never", "", "");
    for (uint32_t s = 0; any && s < any->n_set; s++)
        rw_text_printf(out, " %-59s", any->set[s].coefficients);
    rw_text_printf(out, "\n%-25s %9s %9s %9s %8s %8s %7s %3s %8s", "model", "context",
                   "trained", "base", "needed", "text", "turn", "tr.", "M_max");
    for (uint32_t s = 0; any && s < any->n_set; s++)
        for (int e = 0; e < RW_N_LEAGUE_EVENT; e++)
            if (shown(&any->set[s], &rw_league_events[e]))
                rw_text_printf(out, " %-14.14s", rw_league_events[e].label);
    rw_text_append(out, "\n");
}

/* Largest context first, then in the order given: ranks the rows of one class. */
static bool before(const rw_league *l, uint32_t a, uint32_t b)
{
    const int64_t x = l->row[a].effective, y = l->row[b].effective;
    return x != y ? x > y : a < b;
}

static void class_text(rw_text *out, const rw_league *league, bool full)
{
    int64_t last = -1;
    uint32_t n = 0;
    for (uint32_t i = 0; i < league->n_row; i++)
        n += (league->row[i].attention == RW_ATTENTION_FULL) == full;
    if (!n) return;
    rw_text_append(out, full ? "layers that see the whole context\n"
                             : "\nlayers that see a window, at that window\n");
    heading(out, league);
    while (n--) { /* the next of this class after `last` */
        int64_t best = -1;
        for (uint32_t i = 0; i < league->n_row; i++)
            if ((league->row[i].attention == RW_ATTENTION_FULL) == full &&
                (last < 0 || before(league, (uint32_t)last, i)) &&
                (best < 0 || before(league, i, (uint32_t)best)))
                best = i;
        text_row(out, league, &league->row[best]);
        last = best;
    }
}

void rw_league_text(const rw_league *league, rw_text *out)
{
    class_text(out, league, true);
    class_text(out, league, false);
    rw_text_printf(
        out,
        "\nUnder each event: predicted (normal approximation, exact moments), then "
        "counted exactly; of %" PRIu32
        " draws the\nmedian. Aliasing in %s. Score scale 1: "
        "these are statements about tables and families of vectors, not about a\nmodel's "
        "heads. B: the least base that as many unscaled pairs need for "
        "the context (--base-bound),\nand the context that this table passes. never "
        "turn: pairs that complete no turn within the context, of those "
        "that "
        "turn at all; tr.: within the\ntrained length. M_max: docs/theory.md T16, a "
        "bound "
        "under F's assumptions. -: no answer, or not counted (context beyond\n",
        league->n_draw, rw_dtype_get(rw_dtype_first(league->dtypes))->name);
    if (league->counting)
        rw_text_printf(out, "--count-limit %" PRId64 ").\n", league->count_limit);
    else
        rw_text_append(out, "any limit: --count).\n");
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

static void csv_tokens(rw_text *out, int64_t n)
{
    if (n > 0)
        rw_text_printf(out, ",%" PRId64, n);
    else
        rw_text_append(out, ",");
}

static void csv_row(rw_text *out, const rw_league *league, const rw_league_row *row,
                    uint32_t n_set)
{
    rw_text_csv(out, row->model);
    rw_text_printf(out, ",%s,", rw_attention_name(row->attention));
    rw_text_csv(out, row->layers);
    rw_text_printf(out, ",%" PRIu32 ",", row->n_layer);
    rw_text_csv(out, row->mechanism);
    rw_text_printf(out, ",%" PRIu32 ",%" PRIu32, row->head_dim, row->rotary_dim);
    csv_number(out, row->rope_theta);
    csv_tokens(out, row->context);
    csv_tokens(out, row->trained);
    csv_tokens(out, row->window);
    csv_tokens(out, row->effective);
    const rw_theory_table *table = row->theory ? &row->theory->table[0] : NULL;
    if (table)
        rw_text_printf(out, ",%" PRIu32 ",%" PRIu32, row->n_pair, row->never_turned);
    else
        rw_text_append(out, ",,");
    csv_number(out, table && row->trained > 0 ? row->never_turned_trained : (double)NAN);
    csv_number(out, table ? rw_league_base_bound(row) : (double)NAN);
    csv_number(out, table ? table->value[RW_Q_CONTEXT_BOUND].value : (double)NAN);
    csv_number(out, table ? table->value[RW_Q_M_MAX].value : (double)NAN);
    csv_number(out, table ? table->value[RW_Q_M_MAX_SCALE].value : (double)NAN);
    for (uint32_t s = 0; s < n_set; s++)
        for (int e = 0; e < RW_N_LEAGUE_EVENT; e++) {
            const rw_answer *a =
                table ? rw_league_answer(league, row, s, &rw_league_events[e]) : NULL;
            csv_number(out, a ? a->value : (double)NAN);
            csv_number(out, a ? a->measured : (double)NAN);
        }
    rw_text_append(out, "\n");
}

void rw_league_csv(const rw_league *league, rw_text *out)
{
    const rw_theory *any = league->n_theory ? &league->theory[0] : NULL;
    const uint32_t n_set = any ? any->n_set : 0;
    rw_text_append(out, "model,attention,layers,n_layer,mechanism,head_dim,rotary_dim,"
                        "rope_theta,context,trained_context,window,effective_context,"
                        "pairs,never_turned,never_turned_trained,base_bound,"
                        "context_bound,m_max,m_max_scale");
    for (uint32_t s = 0; s < n_set; s++)
        for (int e = 0; e < RW_N_LEAGUE_EVENT; e++)
            rw_text_printf(out, ",%s_%s_predicted,%s_%s_measured",
                           any->set[s].coefficients, rw_league_events[e].name,
                           any->set[s].coefficients, rw_league_events[e].name);
    rw_text_append(out, "\n");
    for (uint32_t i = 0; i < league->n_row; i++)
        csv_row(out, league, &league->row[i], n_set);
}
