/* claim_tradeoff.c - position failure against token failure over the base. */
#include <math.h>

#include "base/alloc.h"
#include "paper/family_trial.h"
#include "paper/figure.h"
#include "report/markup.h"

enum { N_BASE = 13, N_CONTEXT = 3, N_DRAW = 8 };

static const double base_of[N_BASE] = {1e3, 3e3, 1e4, 3e4, 1e5, 2e5, 5e5,
                                       1e6, 2e6, 5e6, 1e7, 1e8, 1e9};

static ropewalk_status check(const rw_paper *paper, rw_section *s, ropewalk_error *err)
{
    const uint32_t n_draw = rw_paper_draws(paper, N_DRAW);
    const int64_t largest = rw_paper_context(paper, 131072),
                  context[N_CONTEXT] = {largest / 16, largest / 4, largest};
    const size_t n = (size_t)N_BASE * n_draw;
    rw_trial *trial = rw_calloc(n, sizeof *trial);
    if (!trial) return rw_fail_memory(err, "trials");
    for (size_t i = 0; i < n; i++)
        trial[i] =
            (rw_trial){.rope_theta = base_of[i / n_draw],
                       .head_dim = 128,
                       .family = RW_FAMILY_ALIGNED,
                       .draw = 100 + i % n_draw,
                       .n_key = 2,
                       .context = context,
                       .n_context = N_CONTEXT,
                       .events = 1u << RW_EVENT_TOKEN_INVERSION |
                                 ((i % n_draw) ? 0 : 1u << RW_EVENT_POSITION_INVERSION)};
    const ropewalk_status status = rw_trials_run(paper, trial, n, err);
    if (status) {
        rw_free(trial);
        return status;
    }
    double position[N_CONTEXT][N_BASE], token[N_CONTEXT][N_BASE], loss[N_CONTEXT];
    int best[N_CONTEXT];
    rw_text label[N_CONTEXT];
    rw_figure_series series[N_CONTEXT];
    for (uint32_t c = 0; c < N_CONTEXT; c++) {
        loss[c] = INFINITY;
        best[c] = 0;
        for (int b = 0; b < N_BASE; b++) {
            const rw_trial *t = &trial[(size_t)b * n_draw];
            position[c][b] = rw_rate_of(&rw_trial_single(t, 0, c)->inversion);
            token[c][b] = 0;
            for (uint32_t d = 0; d < n_draw; d++)
                token[c][b] += rw_rate_of(&rw_trial_double(&t[d], c)->inversion) / n_draw;
            const double worse = fmax(position[c][b], token[c][b]);
            if (!(worse < loss[c])) continue;
            loss[c] = worse;
            best[c] = b;
        }
        rw_text_init(&label[c]);
        rw_text_append(&label[c], "M = ");
        rw_markup_tokens(&label[c], (double)context[c]);
        if (label[c].failed) s->body.failed = true;
        series[c] = (rw_figure_series){label[c].data, token[c],         position[c],
                                       N_BASE,        RW_STROKE_MARKED, (int)c};
    }
    rw_trials_clear(trial, n);
    rw_free(trial);
    double worst = 0;
    for (int c = 0; c < N_CONTEXT; c++)
        worst = fmax(worst, loss[c]);
    rw_judgement *j =
        rw_section_judge(s, worst < 0.3 ? RW_OUTCOME_LIMIT : RW_OUTCOME_APPROXIMATELY);
    rw_text_append(&j->what, "No base keeps both positions and tokens");
    rw_text_append(&j->published,
                   "a larger base trades token failures for position failures");
    for (int c = 0; c < N_CONTEXT; c++) {
        rw_text_printf(&j->ours, "%sat ", c ? "; " : "");
        rw_markup_tokens(&j->ours, (double)context[c]);
        rw_text_append(&j->ours, " base ");
        rw_text_base(&j->ours, base_of[best[c]]);
        rw_text_printf(&j->ours, " (%.1f M) keeps both at %.2f or less",
                       base_of[best[c]] / (double)context[c], loss[c]);
    }
    rw_text_append(
        &j->reason,
        worst < 0.3
            ? "at a fixed base both go to a coin's as M grows; at any finite M here a "
              "base of some M keeps both well below, and the price of a larger one is "
              "small"
            : "no base of the grid keeps both below 0.3");
    rw_text_append(
        &s->body,
        "An aligned key (position inversion) and that key against one of random "
        "phases (token inversion), `head_dim` 128, counted; the best base of "
        "the grid makes the larger of the two rates least.\n");
    const rw_figure figure = {
        .title = "Position failure against token failure, base 1e3 to 1e9",
        .x = {"token inversion, share of distances", RW_SCALE_LINEAR, 0, 0.6},
        .y = {"position inversion, share of position pairs", RW_SCALE_LINEAR, 0, 0.6},
        .series = series,
        .n_series = N_CONTEXT,
        .reference = 0.5,
        .reference_label = "0.5: a coin"};
    rw_figure_draw(
        &figure,
        rw_section_picture(s, "tradeoff",
                           "One curve a context: from a small base at the upper right "
                           "down to the best, then up the left side"));
    for (int c = 0; c < N_CONTEXT; c++)
        rw_text_clear(&label[c]);
    rw_section_table(
        s,
        "base | position, least M | token | position, M x 4 | token | position, "
        "M x 16 | token",
        7);
    for (int b = 0; b < N_BASE; b++) {
        rw_text_append(&s->body, "| ");
        rw_text_base(&s->body, base_of[b]);
        for (int c = 0; c < N_CONTEXT; c++)
            rw_text_printf(&s->body, " | %.3f | %.3f", position[c][b], token[c][b]);
        rw_text_append(&s->body, " |\n");
    }
    return ROPEWALK_OK;
}

const rw_claim rw_claim_tradeoff = {.order = 15,
                                    .name = "tradeoff",
                                    .title = "One base for both",
                                    .source = "P",
                                    .statement =
                                        "The base cannot be chosen so that neither "
                                        "positions nor tokens are lost: it trades "
                                        "one for the other.",
                                    .check = check};
