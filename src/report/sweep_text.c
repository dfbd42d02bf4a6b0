/* sweep_text.c - a sweep for people: what each curve says, and its values; rows of CSV. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "report/sweep_report.h"

static double base_of(const rw_sweep *s, const rw_sweep_curve *c, uint32_t point)
{
    return s->table[c->point[point].table].rope_theta;
}

/* "1e+05 (the grid's neighbours: 10000 and 1e+06)" */
static void say_place(const rw_sweep *s, const rw_sweep_curve *c, const rw_sweep_least *l,
                      rw_text *t)
{
    rw_text_printf(t, "base %.6g", base_of(s, c, l->point));
    if (isnan(l->lower) || isnan(l->upper))
        rw_text_printf(t, " (the %s of the grid)", isnan(l->lower) ? "first" : "last");
    else
        rw_text_printf(t, " (somewhere between its neighbours %.6g and %.6g)", l->lower,
                       l->upper);
}

static void say_directions(const rw_sweep *s, const rw_sweep_curve *c, rw_text *t)
{
    rw_text_printf(t, "Position failure%s is least, %.4f, at ",
                   s->family[c->family].directed
                       ? ""
                       : " (min(p, 1 - p): these keys have no direction of their own)",
                   c->point[c->position.point].failure);
    say_place(s, c, &c->position, t);
    if (c->position_left && c->position_right)
        rw_text_printf(t, "; before it %u of %u steps fall, after it %u of %u rise: %s. ",
                       c->position_falls, c->position_left, c->position_rises,
                       c->position_right,
                       2 * c->position_falls > c->position_left &&
                               2 * c->position_rises > c->position_right
                           ? "U-shaped, and the direction \"position failure grows with "
                             "the base\" holds right of the least only"
                           : "neither direction holds throughout");
    else if (c->position_right)
        rw_text_printf(t, "; %u of %u steps rise with the base. ", c->position_rises,
                       c->position_right);
    else
        rw_text_printf(t,
                       "; %u of %u steps fall with the base: the direction \"position "
                       "failure grows with the base\" does not hold in this range. ",
                       c->position_falls, c->position_left);
    rw_text_printf(t, "Token inversion falls in %u of %u steps and rises in %u. ",
                   c->token_falls, c->token_steps, c->token_rises);
}

void rw_sweep_say(const rw_sweep *s, const rw_sweep_curve *c, rw_text *t)
{
    if (c->position.point == UINT32_MAX || c->loss.point == UINT32_MAX) {
        rw_text_append(t, "No base has both rates: there is no trade-off to speak of.");
        return;
    }
    const rw_sweep_point *best = &c->point[c->loss.point];
    say_directions(s, c, t);
    rw_text_printf(t, "The loss (%s of both) is least, %.4f, at ",
                   s->loss_kind == RW_LOSS_SUM ? "sum" : "larger", best->loss);
    say_place(s, c, &c->loss, t);
    rw_text_printf(t, ": position %.4f, token %.4f. ", best->failure, best->token);
    if (c->n_keeping == 0)
        rw_text_printf(t, "No base of this grid keeps both at or below %g.",
                       s->threshold);
    else
        rw_text_printf(t,
                       "%u of %u bases keep both at or below %g, from %.6g to %.6g: at "
                       "this length \"no base keeps both\" does not hold.",
                       c->n_keeping, c->n_point, s->threshold, c->keeping_lower,
                       c->keeping_upper);
}

static void number(rw_text *t, int width, double value)
{
    if (isnan(value))
        rw_text_printf(t, "%*s", width, "-");
    else
        rw_text_printf(t, "%*.4f", width, value);
}

/* The models that advertise the curve's context, or the vectors' own rotation. */
static void points_text(const rw_sweep *s, const rw_sweep_curve *c, rw_text *t)
{
    const size_t position = (size_t)rw_sweep_find_slot(s, RW_EVENT_POSITION_INVERSION),
                 token = (size_t)rw_sweep_find_slot(s, RW_EVENT_TOKEN_INVERSION);
    for (uint32_t i = 0; i < s->n_model; i++) {
        const rw_sweep_model *m = &s->model[i];
        const rw_sweep_table_info *own = &s->table[m->table];
        if (own->head_dim != s->table[c->point[0].table].head_dim ||
            (!s->source[0] && m->advertised != s->context[c->context]))
            continue;
        const rw_sweep_summary *p = rw_sweep_summary_at(s, m->table, c->family,
                                                        c->context, position),
                               *k = rw_sweep_summary_at(s, m->table, c->family,
                                                        c->context, token);
        rw_text_printf(t, "%12.6g", own->rope_theta);
        number(t, 11, p->measured.median);
        number(t, 11, p->predicted.median);
        number(t, 11, p->failure);
        number(t, 11, k->measured.median);
        number(t, 11, k->predicted.median);
        rw_text_append(t, "           ");
        rw_text_plain(t, m->name);
        rw_text_printf(t, " (%s)\n", own->scaling);
    }
}

static void curve_text(const rw_sweep *s, const rw_sweep_curve *c, rw_text *t)
{
    const rw_sweep_table_info *info = &s->table[c->point[0].table];
    rw_text_printf(t, "head_dim %u, scaling %s, %s coefficients, context %" PRId64 "\n",
                   info->head_dim, info->scaling, s->family[c->family].name,
                   s->context[c->context]);
    rw_text_append(t, "        base   position  predicted    failure      token  "
                      "predicted       loss\n");
    for (uint32_t i = 0; i < c->n_point; i++) {
        const rw_sweep_point *p = &c->point[i];
        rw_text_printf(t, "%12.6g", s->table[p->table].rope_theta);
        number(t, 11, p->position);
        number(t, 11, p->position_predicted);
        number(t, 11, p->failure);
        number(t, 11, p->token);
        number(t, 11, p->token_predicted);
        number(t, 11, p->loss);
        rw_text_append(t, i == c->loss.point ? " <\n" : "\n");
    }
    points_text(s, c, t);
    rw_text said;
    rw_text_init(&said);
    rw_sweep_say(s, c, &said);
    if (said.failed)
        t->failed = true;
    else
        rw_text_wrap(t, said.data, 0, 100);
    rw_text_clear(&said);
    rw_text_append(t, "\n");
}

/* Without curves: one line an event. */
static void cells_text(const rw_sweep *s, rw_text *t)
{
    rw_text_append(t,
                   "head_dim        base scaling     coefficients     context event      "
                   "               dtype     median        p10        p90  predicted\n");
    for (uint32_t i = 0; i < s->n_table; i++)
        for (uint32_t f = 0; f < s->n_family; f++)
            for (uint32_t m = 0; m < s->n_context; m++)
                for (uint32_t e = 0; e < s->n_slot; e++) {
                    const rw_sweep_table_info *info = &s->table[i];
                    const rw_sweep_summary *sum = rw_sweep_summary_at(s, i, f, m, e);
                    const int dtype = s->slot[e].dtype;
                    rw_text_printf(t, "%8u%12.6g %-12s%-12s%12" PRId64 " %-25s%-6s",
                                   info->head_dim, info->rope_theta, info->scaling,
                                   s->family[f].name, s->context[m],
                                   rw_event_name(s->slot[e].event),
                                   dtype < 0 ? "-" : rw_dtype_get((rw_dtype)dtype)->name);
                    number(t, 10, sum->measured.median);
                    number(t, 11, sum->measured.p10);
                    number(t, 11, sum->measured.p90);
                    number(t, 11, sum->predicted.median);
                    rw_text_append(t, "\n");
                }
}

void rw_sweep_text(const rw_sweep *s, rw_text *t)
{
    for (uint32_t i = 0; i < s->n_curve; i++)
        curve_text(s, &s->curve[i], t);
    if (!s->n_curve) cells_text(s, t);
    int64_t unresolved = 0;
    for (size_t i = 0; i < (size_t)s->n_table * s->n_family * s->n_context * s->n_slot;
         i++)
        unresolved += s->summary[i].unresolved;
    if (unresolved)
        rw_text_printf(t,
                       "%" PRId64 " comparisons are undecided even by the exact "
                       "evaluation\n",
                       unresolved);
    if (s->source[0])
        rw_text_append(t,
                       "counterfactual: real vectors under bases that are not theirs; a "
                       "model trained with such a\nbase would have other vectors\n");
    rw_text_append(t, "rates are medians over draws; 0.5 of an inversion means no "
                      "preference; predicted: normal\napproximation with exact moments; "
                      "vectors are fixed and moved about, not drawn anew\n");
}

/* An empty field where there is no answer. Predictions have 12 digits, as in the document. */
static void csv_number(rw_text *t, double value, bool predicted)
{
    char digits[32];
    rw_text_append(t, ",");
    if (isnan(value)) return;
    if (predicted)
        (void)snprintf(digits, sizeof digits, "%.12g", value);
    else
        rw_format_double(digits, value);
    rw_text_append(t, digits);
}

static void csv_spread(rw_text *t, const rw_sweep_spread *x, bool predicted)
{
    csv_number(t, x->median, predicted);
    csv_number(t, x->p10, predicted);
    csv_number(t, x->p90, predicted);
}

/* Names by blanks: a capture's model is called as its file says. */
static void csv_models(const rw_sweep *s, uint32_t table, rw_text *t)
{
    rw_text names;
    rw_text_init(&names);
    for (uint32_t i = 0; i < s->n_model; i++) {
        if (s->model[i].table != table) continue;
        if (names.len) rw_text_append(&names, " ");
        rw_text_append(&names, s->model[i].name);
    }
    if (names.data) rw_text_csv(t, names.data);
    t->failed = t->failed || names.failed;
    rw_text_clear(&names);
}

static void csv_row(const rw_sweep *s, uint32_t table, uint32_t family, uint32_t context,
                    uint32_t slot, rw_text *t)
{
    const rw_sweep_table_info *info = &s->table[table];
    const rw_sweep_summary *sum = rw_sweep_summary_at(s, table, family, context, slot);
    const int dtype = s->slot[slot].dtype;
    csv_models(s, table, t);
    rw_text_printf(t, ",%u,%u", info->head_dim, info->rotary_dim);
    csv_number(t, info->rope_theta, false);
    rw_text_printf(t, ",%s,%s,%" PRId64 ",%s,%s,%u", info->scaling,
                   s->family[family].name, s->context[context],
                   dtype < 0 ? "" : rw_dtype_get((rw_dtype)dtype)->name,
                   rw_event_name(s->slot[slot].event), sum->measured.n);
    csv_spread(t, &sum->measured, false);
    csv_spread(t, &sum->predicted, true);
    rw_text_printf(t, ",%" PRId64 ",%" PRId64 ",",
                   rw_sweep_value_at(s, table, family, 0, context, slot)->total,
                   sum->unresolved);
    const char *between = "";
    for (uint32_t d = 0; d < s->n_draw; d++) {
        const rw_sweep_value *v = rw_sweep_value_at(s, table, family, d, context, slot);
        if (!v->counted) continue;
        rw_text_printf(t, "%s%" PRId64, between, v->count);
        between = " ";
    }
    rw_text_append(t, "\n");
}

void rw_sweep_csv(const rw_sweep *s, rw_text *t)
{
    rw_text_append(t, "models,head_dim,rotary_dim,rope_theta,rope_scaling,coefficients,"
                      "context,dtype,event,draws,median,p10,p90,predicted_median,"
                      "predicted_p10,predicted_p90,total,unresolved,counts\n");
    for (uint32_t i = 0; i < s->n_table; i++)
        for (uint32_t f = 0; f < s->n_family; f++)
            for (uint32_t m = 0; m < s->n_context; m++)
                for (uint32_t e = 0; e < s->n_slot; e++)
                    csv_row(s, i, f, m, e, t);
}
