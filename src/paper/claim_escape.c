/* claim_escape.c - a head with no inversion at all, and what it pays: resolution. */
#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "base/elementary.h"
#include "measure/group.h"
#include "paper/family_trial.h"
#include "paper/figure.h"
#include "report/markup.h"

enum { DIM = 128, HALF = DIM / 2, N_BASE = 9, N_CONTEXT = 11 };

static const double pi = 0x1.921fb54442d18p+1;

/* Energy in the slowest pair alone: amplitude 1, this phase. */
static void vectors(double phase, double q[DIM], double k[DIM])
{
    memset(q, 0, DIM * sizeof *q);
    memset(k, 0, DIM * sizeof *k);
    q[HALF - 1] = 1;
    k[HALF - 1] = rw_cos(phase);
    k[DIM - 1] = -rw_sin(phase);
}

/* How many different bf16 values the first M scores have, from the rounded scores themselves. */
static ropewalk_status distinct(const rw_paper *paper, double rope_theta, const double *q,
                                const double *k, int64_t M, int64_t *out,
                                ropewalk_error *err)
{
    rw_rotation rot;
    rw_rotation_init(&rot);
    rw_scoretable table = {0};
    rw_workspace ws = {0};
    double re[HALF + 1], im[HALF + 1];
    rw_coefficient z = {.re = re, .im = im};
    const rw_measure_plan plan = {.context = &M,
                                  .n_context = 1,
                                  .n_distance = M,
                                  .dtypes = 1u << RW_BF16,
                                  .events = 1u << RW_EVENT_POSITION_ALIASING};
    uint8_t *seen = NULL;
    ropewalk_status status = rw_rotation_alloc(&rot, DIM, err);
    if (!status) {
        rot.attn_factor = 1;
        rw_inv_freq_unscaled(rope_theta, DIM, rot.inv_freq);
        status = rw_coefficient_make(&rot, DIM, 1.0, q, k, &z, err);
    }
    if (!status) status = rw_scoretable_init(&table, paper->kernels, &rot, M, err);
    if (!status) status = rw_workspace_init(&ws, &table, &plan, 1, err);
    if (!status) {
        rw_group_fill(&ws, &z, 1);
        status = rw_group_round(&ws, 0, RW_BF16, err);
    }
    if (!status) {
        int32_t low = INT32_MAX, high = INT32_MIN;
        for (int64_t m = 0; m < M; m++) {
            low = ws.keys[m] < low ? ws.keys[m] : low;
            high = ws.keys[m] > high ? ws.keys[m] : high;
        }
        seen = rw_calloc((size_t)((int64_t)high - low + 1), 1);
        if (!seen) status = rw_fail_memory(err, "distinct values");
        *out = 0;
        for (int64_t m = 0; seen && m < M; m++) {
            uint8_t *cell = &seen[(int64_t)ws.keys[m] - low];
            *out += !*cell;
            *cell = 1;
        }
    }
    rw_free(seen);
    rw_workspace_clear(&ws);
    rw_scoretable_clear(&table);
    rw_rotation_clear(&rot);
    return status;
}

typedef struct point {
    double base, angle; /* angle: M w + phase at the end of the window */
    int64_t context, distinct;
    rw_count inversion;
    int64_t alias_pairs, alias_total;
} point;

static ropewalk_status measure(const rw_paper *paper, const double *base, size_t n_base,
                               const int64_t *context, uint32_t n_context, point *out,
                               ropewalk_error *err)
{
    const double phase = 0.9 * pi / 4;
    double q[DIM], k[DIM];
    vectors(phase, q, k);
    rw_trial trial[N_BASE];
    for (size_t b = 0; b < n_base; b++)
        trial[b] = (rw_trial){.rope_theta = base[b],
                              .head_dim = DIM,
                              .q = q,
                              .k = k,
                              .n_key = 1,
                              .context = context,
                              .n_context = n_context,
                              .dtypes = 1u << RW_BF16,
                              .events = 1u << RW_EVENT_POSITION_INVERSION |
                                        1u << RW_EVENT_POSITION_ALIASING};
    ropewalk_status status = rw_trials_run(paper, trial, n_base, err);
    for (size_t b = 0; b < n_base && !status; b++)
        for (uint32_t i = 0; i < n_context && !status; i++) {
            const rw_single *s = rw_trial_single(&trial[b], 0, i);
            point *p = &out[b * n_context + i];
            *p = (point){.base = base[b],
                         .context = context[i],
                         .inversion = s->inversion,
                         .alias_pairs = s->aliasing[RW_BF16].pairs,
                         .alias_total = s->aliasing[RW_BF16].total};
            p->angle =
                phase + (double)context[i] *
                            trial[b].result.inv_freq[trial[b].result.rotary_dim / 2 - 1];
            status = distinct(paper, base[b], q, k, context[i], &p->distinct, err);
        }
    rw_trials_clear(trial, n_base);
    return status;
}

static void row(rw_text *t, const point *p, bool by_base)
{
    rw_text_append(t, "| ");
    if (by_base)
        rw_text_base(t, p->base);
    else
        rw_markup_count(t, (double)p->context);
    rw_text_printf(t, " | %.3f | ", p->angle / pi);
    rw_markup_count(t, (double)p->inversion.count);
    rw_text_append(t, " | ");
    rw_markup_count(t, (double)p->inversion.total);
    rw_text_printf(t, " | %.4f | ", rw_rate_of(&p->inversion));
    rw_markup_count(t, (double)p->distinct);
    rw_text_printf(t, " | %.4f |\n", (double)p->alias_pairs / (double)p->alias_total);
}

static void picture(const point *p, size_t n, bool by_base, rw_section *s)
{
    bool any = false; /* 0 has no place on a logarithmic axis */
    double x[N_CONTEXT], inversion[N_CONTEXT], alias[N_CONTEXT], resolution[N_CONTEXT];
    for (size_t i = 0; i < n; i++) {
        x[i] = by_base ? p[i].base : (double)p[i].context;
        inversion[i] = p[i].inversion.count ? rw_rate_of(&p[i].inversion) : (double)NAN;
        any = any || p[i].inversion.count;
        alias[i] = (double)p[i].alias_pairs / (double)p[i].alias_total;
        resolution[i] = (double)p[i].distinct / (double)p[i].context;
    }
    const rw_figure_series series[] = {
        {any ? "position inversion" : "inversion: 0 all along", x, inversion, n,
         RW_STROKE_MARKED, 0},
        {"pairs that alias, bf16", x, alias, n, RW_STROKE_MARKED, 1},
        {"distinct values / M", x, resolution, n, RW_STROKE_MARKED, 2}};
    const rw_figure figure = {
        .title =
            by_base ? "One slow pair, over the base" : "One slow pair, over the context",
        .x = {by_base ? "base of the frequencies (log)" : "context M in tokens (log)",
              by_base ? RW_SCALE_DECADES : RW_SCALE_TOKENS, x[0], x[n - 1]},
        .y = {"share (log)", RW_SCALE_DECADES, 1e-5, 1},
        .series = series,
        .n_series = 3,
        .reference = (double)NAN};
    rw_figure_draw(
        &figure, rw_section_picture(
                     s, by_base ? "escape-base" : "escape-context",
                     "Position inversion, aliasing pairs and distinct values of the head "
                     "with all its energy in the slowest pair"));
}

static const char columns[] =
    " | (M w + phase) / pi | inversions | pairs | rate | distinct "
    "bf16 values | aliasing pairs, share";

static void heads(rw_section *s, const char *first)
{
    rw_text cells;
    rw_text_init(&cells);
    rw_text_printf(&cells, "%s%s", first, columns);
    if (cells.data) rw_section_table(s, cells.data, 7);
    if (cells.failed) s->body.failed = true;
    rw_text_clear(&cells);
}

static ropewalk_status check(const rw_paper *paper, rw_section *s, ropewalk_error *err)
{
    static const double base[N_BASE] = {1e3, 1e4, 3e4, 1e5, 2e5, 5e5, 1e6, 1e7, 1e8},
                        one_base[] = {5e5};
    int64_t context[N_CONTEXT];
    uint32_t n_context = 0, at = 0;
    const int64_t M = rw_paper_context(paper, 131072);
    int64_t m = 1024;
    do {
        if (m == M) at = n_context;
        context[n_context++] = m;
        m *= 2;
    } while (m <= 8 * M && n_context < N_CONTEXT);
    point by_context[N_CONTEXT], by_base[N_BASE];
    ropewalk_status status =
        measure(paper, one_base, 1, context, n_context, by_context, err);
    if (!status) status = measure(paper, base, N_BASE, &M, 1, by_base, err);
    if (status) return status;

    const point *p = &by_context[at];
    rw_judgement *j = rw_section_judge(
        s, p->inversion.count == 0 ? RW_OUTCOME_EXACTLY : RW_OUTCOME_NOT_REPRODUCED);
    rw_text_append(&j->what, "A head that escapes inversion");
    rw_text_append(&j->published, "0 of 4,294,967,296 inversions at M = 131,072 (ours, "
                                  "against P's unconditional reading)");
    rw_markup_count(&j->ours, (double)p->inversion.count);
    rw_text_append(&j->ours, " of ");
    rw_markup_count(&j->ours, (double)p->inversion.total);
    rw_text_append(&j->reason,
                   "counted exactly; P's theorem needs regular amplitudes, and "
                   "this head has one pair");
    j = rw_section_judge(s, p->distinct < 100 ? RW_OUTCOME_EXACTLY
                                              : RW_OUTCOME_NOT_REPRODUCED);
    rw_text_append(&j->what, "What it pays: resolution");
    rw_text_append(&j->published, "fewer than 100 distinct bf16 values");
    rw_text_printf(&j->ours, "%lld distinct values at ", (long long)p->distinct);
    rw_markup_count(&j->ours, (double)p->context);
    rw_text_printf(&j->ours, " positions, %.2f %% of position pairs alias",
                   100 * (double)p->alias_pairs / (double)p->alias_total);
    rw_text_append(&j->reason, "counted from the rounded scores");

    /* the condition, on every row: falls while the angle stays within pi */
    size_t n_within = 0, n_zero = 0, n_beyond = 0, n_some = 0;
    for (size_t i = 0; i < n_context + (size_t)N_BASE; i++) {
        const point *r = i < n_context ? &by_context[i] : &by_base[i - n_context];
        if (r->angle <= pi) {
            n_within++;
            n_zero += r->inversion.count == 0;
        } else {
            n_beyond++;
            n_some += r->inversion.count > 0;
        }
    }
    j = rw_section_judge(s, n_zero == n_within ? RW_OUTCOME_EXACTLY
                                               : RW_OUTCOME_NOT_REPRODUCED);
    rw_text_append(&j->what, "The condition for it");
    rw_text_append(&j->published, "no inversion while M w + phase < pi / 2");
    rw_text_printf(
        &j->ours,
        "no inversion in %zu of %zu windows within pi, some in %zu of %zu beyond", n_zero,
        n_within, n_some, n_beyond);
    rw_text_append(
        &j->reason,
        "a cosine falls up to pi: pi / 2 is needed only for the order of keys of "
        "one phase and different amplitude, whose scores shrink to 0 there");

    rw_text_append(
        &s->body,
        "`head_dim` 128, all energy in the slowest pair (amplitude 1, phase 0.9 "
        "pi/4), w its frequency. Base 5e5, over the context:\n");
    heads(s, "M");
    for (uint32_t i = 0; i < n_context; i++)
        row(&s->body, &by_context[i], false);
    picture(by_context, n_context, false, s);
    rw_text_append(&s->body, "M = ");
    rw_markup_count(&s->body, (double)M);
    rw_text_append(&s->body, ", over the base:\n");
    heads(s, "base");
    for (size_t i = 0; i < N_BASE; i++)
        row(&s->body, &by_base[i], true);
    picture(by_base, N_BASE, true, s);
    rw_text_append(
        &s->body,
        "The slower the pair, the safer the order and the fewer the values: a head "
        "that never inverts sees about as many positions as its cosine crosses "
        "cells of the number format. Such heads are not exotic: F reports a "
        "Qwen3-8B layer 0 margin with 92.35 % of its energy in one pair.\n");
    return ROPEWALK_OK;
}

const rw_claim rw_claim_escape = {
    .order = 20,
    .name = "escape",
    .title = "A head that escapes",
    .source = "P; the counterexample is ours",
    .statement =
        "Read without its conditions, P says that with growing context every head "
        "inverts positions at about chance. Its theorem asks for regular amplitudes.",
    .check = check};
