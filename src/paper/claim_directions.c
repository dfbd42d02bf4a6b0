/* claim_directions.c - P's table of directions: four failures over the context and over the base. */
#include <math.h>
#include <stdio.h>

#include "base/alloc.h"
#include "paper/family_trial.h"
#include "paper/figure.h"
#include "paper/trend.h"
#include "report/markup.h"

enum { N_BASE = 11, N_CONTEXT = 8, N_DRAW = 16, N_EVENT = 4, THE_BASE = 6 };

static const double base_of[N_BASE] = {1e3, 3e3, 1e4, 3e4, 1e5, 2e5,
                                       5e5, 1e6, 1e7, 1e8, 1e9};

typedef enum failure { INVERSION, ALIASING, TOKEN_INVERSION, TOKEN_ALIASING } failure;

static const struct {
    const char *name, *unit, *slug;
    int over_base; /* +1: claimed to grow with the base */
} event[N_EVENT] = {
    {"Position inversion", "share of position pairs", "position-inversion", +1},
    {"Position aliasing", "position pairs, bf16", "position-aliasing", +1},
    {"Token inversion", "share of distances", "token-inversion", -1},
    {"Token aliasing", "distances, bf16", "token-aliasing", -1}};

typedef struct cube {
    uint32_t n_draw, n_context;
    int64_t context[N_CONTEXT];
    rw_trial *trial; /* [N_BASE][n_draw] */
} cube;

static double counted(const cube *c, failure e, int base, uint32_t draw, uint32_t at)
{
    const rw_trial *t = &c->trial[(size_t)base * c->n_draw + draw];
    const rw_single *s = rw_trial_single(t, 0, at);
    const rw_double *d = rw_trial_double(t, at);
    switch (e) {
    case INVERSION: return rw_rate_of(&s->inversion);
    case ALIASING: return (double)s->aliasing[RW_BF16].pairs;
    case TOKEN_INVERSION: return rw_rate_of(&d->inversion);
    case TOKEN_ALIASING: break;
    }
    return (double)d->aliasing[RW_BF16].distances;
}

static double predicted(const cube *c, failure e, int base, uint32_t draw, uint32_t at)
{
    const rw_trial *t = &c->trial[(size_t)base * c->n_draw + draw];
    const rw_single_prediction *s = rw_trial_single_prediction(t, 0, at);
    const rw_double_prediction *d = rw_trial_double_prediction(t, at);
    const double M = (double)c->context[at];
    switch (e) {
    case INVERSION: return s->inversion.value;
    case ALIASING: return s->alias_pairs[RW_BF16].value * M * (M - 1) / 2;
    case TOKEN_INVERSION: return d->inversion.value;
    case TOKEN_ALIASING: break;
    }
    return d->aliasing[RW_BF16].value * M;
}

/* The aligned key is the same in every draw: position events have one draw. */
static uint32_t draws_of(const cube *c, failure e)
{
    return e == TOKEN_INVERSION || e == TOKEN_ALIASING ? c->n_draw : 1;
}

static double mean_of(const cube *c, failure e, int base, uint32_t at,
                      double (*value)(const cube *, failure, int, uint32_t, uint32_t))
{
    double sum = 0;
    const uint32_t n = draws_of(c, e);
    for (uint32_t d = 0; d < n; d++)
        sum += value(c, e, base, d, at);
    return sum / n;
}

static void number(rw_text *t, failure e, double value)
{
    if (e == ALIASING || e == TOKEN_ALIASING)
        rw_markup_count(t, nearbyint(value));
    else
        rw_text_printf(t, "%.3f", value);
}

static rw_trend over_context(const cube *c, failure e, int base)
{
    double y[N_DRAW * N_CONTEXT];
    const uint32_t n = draws_of(c, e);
    for (uint32_t d = 0; d < n; d++)
        for (uint32_t i = 0; i < c->n_context; i++)
            y[d * c->n_context + i] = counted(c, e, base, d, i);
    return rw_trend_of(y, n, c->n_context, +1);
}

static rw_trend over_base(const cube *c, failure e, uint32_t at)
{
    double y[N_DRAW * N_BASE];
    const uint32_t n = draws_of(c, e);
    for (uint32_t d = 0; d < n; d++)
        for (int b = 0; b < N_BASE; b++)
            y[d * N_BASE + (uint32_t)b] = counted(c, e, b, d, at);
    return rw_trend_of(y, n, N_BASE, event[e].over_base);
}

static void steps(rw_text *t, const rw_trend *trend, const char *along)
{
    rw_text_printf(t, "%zu steps %s with the claim, %zu against, %zu flat", trend->n_with,
                   along, trend->n_against, trend->n_flat);
}

static void at_base(rw_text *t, const cube *c, failure e, int base, uint32_t at)
{
    number(t, e, mean_of(c, e, base, at, counted));
    rw_text_append(t, " at base ");
    rw_text_base(t, base_of[base]);
    rw_text_append(t, ", ");
}

static void judge(const cube *c, failure e, rw_section *s)
{
    const uint32_t last = c->n_context - 1;
    rw_trend t = over_context(c, e, THE_BASE);
    rw_judgement *j = rw_section_judge(s, t.outcome);
    rw_text_printf(&j->what, "%s with the context M", event[e].name);
    rw_text_append(&j->published, "grows");
    number(&j->ours, e, mean_of(c, e, THE_BASE, 0, counted));
    rw_text_append(&j->ours, " at ");
    rw_markup_tokens(&j->ours, (double)c->context[0]);
    rw_text_append(&j->ours, ", ");
    number(&j->ours, e, mean_of(c, e, THE_BASE, last, counted));
    rw_text_append(&j->ours, " at ");
    rw_markup_tokens(&j->ours, (double)c->context[last]);
    rw_text_append(&j->ours, " (base 5e5)");
    steps(&j->reason, &t, "of the context");

    t = over_base(c, e, last);
    j = rw_section_judge(s, t.outcome);
    rw_text_printf(&j->what, "%s with the base", event[e].name);
    rw_text_append(&j->published, event[e].over_base > 0 ? "grows" : "shrinks");
    at_base(&j->ours, c, e, 0, last);
    if (t.turn) at_base(&j->ours, c, e, (int)t.turn, last);
    at_base(&j->ours, c, e, N_BASE - 1, last);
    rw_text_append(&j->ours, "M = ");
    rw_markup_tokens(&j->ours, (double)c->context[last]);
    steps(&j->reason, &t, "of the base");
    if (t.turn) {
        rw_text_append(&j->reason, "; turns at base ");
        rw_text_base(&j->reason, base_of[t.turn]);
        rw_text_printf(&j->reason, ", %.2g M",
                       base_of[t.turn] / (double)c->context[last]);
    }
}

/* Counted with predicted beneath, a row a context and a column a base. */
static void table(const cube *c, failure e, rw_section *s)
{
    rw_text *t = &s->body;
    rw_text_printf(t, "\n### %s (%s)\n\nMean over %u %s, counted / predicted.\n",
                   event[e].name, event[e].unit, draws_of(c, e),
                   draws_of(c, e) == 1 ? "draw: the aligned key" : "draws");
    rw_text cells;
    rw_text_init(&cells);
    rw_text_append(&cells, "M");
    for (int b = 0; b < N_BASE; b++) {
        rw_text_append(&cells, " | ");
        rw_text_base(&cells, base_of[b]);
    }
    if (cells.data) rw_section_table(s, cells.data, N_BASE + 1);
    for (uint32_t i = 0; i < c->n_context; i++) {
        rw_text_append(t, "| ");
        rw_markup_count(t, (double)c->context[i]);
        for (int b = 0; b < N_BASE; b++) {
            rw_text_append(t, " | ");
            number(t, e, mean_of(c, e, b, i, counted));
            rw_text_append(t, " / ");
            number(t, e, mean_of(c, e, b, i, predicted));
        }
        rw_text_append(t, " |\n");
    }
    if (cells.failed) t->failed = true;
    rw_text_clear(&cells);
}

static void turns(const cube *c, rw_section *s)
{
    rw_text_append(
        &s->body,
        "\n### Where the direction over the base turns\n\nThe base from which on "
        "no step of the table above goes against the claim, and the same in units "
        "of M; \"-\" where the largest base is reached first.\n");
    rw_section_table(s,
                     "M | position inversion | position aliasing | token inversion | "
                     "token aliasing",
                     5);
    for (uint32_t i = 0; i < c->n_context; i++) {
        rw_text_append(&s->body, "| ");
        rw_markup_count(&s->body, (double)c->context[i]);
        for (int e = 0; e < N_EVENT; e++) {
            const rw_trend t = over_base(c, (failure)e, i);
            rw_text_append(&s->body, " | ");
            if (!t.turn) {
                rw_text_append(&s->body, "-");
                continue;
            }
            rw_text_base(&s->body, base_of[t.turn]);
            rw_text_printf(&s->body, " (%.2g M)",
                           base_of[t.turn] / (double)c->context[i]);
        }
        rw_text_append(&s->body, " |\n");
    }
}

/* One event over the context (curves: bases) or over the base (curves: contexts). */
static void picture(const cube *c, failure e, bool along_base, rw_section *s)
{
    static const int curve_base[] = {0, 2, 4, 6, 8};
    static const uint32_t curve_context[] = {0, 2, 4, 6, 7};
    double x[N_BASE + N_CONTEXT], y[5][N_BASE + N_CONTEXT], guess[5][N_BASE + N_CONTEXT];
    rw_text label[5];
    char title[96], name[64];
    for (int k = 0; k < 5; k++)
        rw_text_init(&label[k]);
    rw_figure_series series[10];
    double low = INFINITY, high = 0;
    const size_t n = along_base ? N_BASE : c->n_context;
    const bool share = e == INVERSION || e == TOKEN_INVERSION;
    size_t n_series = 0;
    for (int k = 0; k < 5; k++) {
        if (along_base && curve_context[k] >= c->n_context) break;
        for (uint32_t i = 0; i < n; i++) {
            const int b = along_base ? (int)i : curve_base[k];
            const uint32_t at = along_base ? curve_context[k] : i;
            x[i] = along_base ? base_of[i] : (double)c->context[i];
            y[k][i] = mean_of(c, e, b, at, counted);
            guess[k][i] = mean_of(c, e, b, at, predicted);
            if (y[k][i] > 0) low = fmin(low, y[k][i]);
            if (!share && !(y[k][i] > 0))
                y[k][i] = (double)NAN;                     /* no place on its axis */
            high = fmax(high, fmax(y[k][i], guess[k][i])); /* of a NaN the other */
        }
        rw_text_append(&label[k], along_base ? "M = " : "base ");
        if (along_base)
            rw_markup_tokens(&label[k], (double)c->context[curve_context[k]]);
        else
            rw_text_base(&label[k], base_of[curve_base[k]]);
        if (label[k].failed) s->body.failed = true;
        series[n_series++] =
            (rw_figure_series){label[k].data, x, y[k], n, RW_STROKE_MARKED, k};
        series[n_series++] =
            (rw_figure_series){NULL, x, guess[k], n, RW_STROKE_DASHED, k};
    }
    (void)snprintf(title, sizeof title, "%s over the %s", event[e].name,
                   along_base ? "base" : "context");
    (void)snprintf(name, sizeof name, "directions-%s-%s", event[e].slug,
                   along_base ? "base" : "context");
    const rw_figure figure = {
        .title = title,
        .x = {along_base ? "base of the frequencies (log)" : "context M in tokens (log)",
              along_base ? RW_SCALE_DECADES : RW_SCALE_TOKENS, x[0], x[n - 1]},
        .y = {event[e].unit, share ? RW_SCALE_LINEAR : RW_SCALE_DECADES,
              share ? 0 : low / 1.5, share ? fmax(0.55, high) : high * 1.5},
        .series = series,
        .n_series = n_series,
        .reference = share ? 0.5 : (double)NAN,
        .reference_label = "0.5: a coin"};
    rw_figure_draw(&figure,
                   rw_section_picture(s, name,
                                      along_base
                                          ? "Counted (marks) and predicted (dashed) over "
                                            "the base, one curve a context"
                                          : "Counted (marks) and predicted (dashed) over "
                                            "the context, one curve a base"));
    for (int k = 0; k < 5; k++)
        rw_text_clear(&label[k]);
}

static ropewalk_status check(const rw_paper *paper, rw_section *s, ropewalk_error *err)
{
    cube c = {.n_draw = rw_paper_draws(paper, N_DRAW)};
    const int64_t largest = rw_paper_context(paper, 131072);
    for (int64_t M = 1024; M <= largest && c.n_context < N_CONTEXT; M *= 2)
        c.context[c.n_context++] = M;
    const size_t n = (size_t)N_BASE * c.n_draw;
    c.trial = rw_calloc(n, sizeof *c.trial);
    if (!c.trial) return rw_fail_memory(err, "trials");
    for (size_t i = 0; i < n; i++)
        c.trial[i] = (rw_trial){
            .rope_theta = base_of[i / c.n_draw],
            .head_dim = 128,
            .family = RW_FAMILY_ALIGNED,
            .draw = i % c.n_draw,
            .n_key = 2,
            .context = c.context,
            .n_context = c.n_context,
            .dtypes = 1u << RW_BF16,
            .events = 1u << RW_EVENT_TOKEN_INVERSION | 1u << RW_EVENT_TOKEN_ALIASING |
                      ((i % c.n_draw) ? 0
                                      : 1u << RW_EVENT_POSITION_INVERSION |
                                            1u << RW_EVENT_POSITION_ALIASING)};
    const ropewalk_status status = rw_trials_run(paper, c.trial, n, err);
    if (!status) {
        rw_text_printf(
            &s->body,
            "`head_dim` 128. Position events: the key that agrees with the query in "
            "every "
            "pair, z_n = 1, the case of P's theorems. Token events: that key against one "
            "of "
            "amplitude 1 and random phases, %u draws. Inversions are judged by rate, "
            "aliasing by count, as P states them; the share of aliasing pairs is a claim "
            "of "
            "its own below. A step between neighbouring columns or rows counts as flat "
            "when "
            "the mean of its differences over draws is within two standard errors of "
            "0.\n",
            c.n_draw);
        for (int e = 0; e < N_EVENT; e++)
            judge(&c, (failure)e, s);
        turns(&c, s);
        picture(&c, INVERSION, true, s);
        picture(&c, INVERSION, false, s);
        picture(&c, TOKEN_INVERSION, true, s);
        picture(&c, ALIASING, false, s);
        picture(&c, TOKEN_ALIASING, true, s);
        for (int e = 0; e < N_EVENT; e++)
            table(&c, (failure)e, s);
        rw_trials_clear(c.trial, n);
    }
    rw_free(c.trial);
    return status;
}

const rw_claim rw_claim_directions = {
    .order = 10,
    .name = "directions",
    .title = "Directions: four failures over context and base",
    .source = "P, Table 1",
    .statement =
        "All four failures grow with the context M. A larger base shrinks both token "
        "failures and grows both position failures, so no base serves both.",
    .check = check};
