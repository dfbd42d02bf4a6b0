/* claim_reference.c - the reference table: an aligned key, counted and predicted. */
#include <math.h>

#include "paper/family_trial.h"
#include "report/markup.h"

enum { N_BASE = 3, N_CONTEXT = 5 };

static const double base_of[N_BASE] = {1e4, 5e5, 1e7};
static const int64_t context_of[N_CONTEXT] = {600, 1024, 4600, 8192, 32768};
/* As docs/theory.md section 5 prints them, in units of 1e-4. */
static const int counted_as[N_BASE][N_CONTEXT] = {{758, 884, 1319, 1524, 4228},
                                                  {1053, 1416, 1500, 1723, 1862},
                                                  {1262, 1386, 1670, 1808, 2012}};
static const int predicted_as[N_BASE][N_CONTEXT] = {{1183, 1232, 1513, 1677, 4019},
                                                    {1311, 1573, 1610, 1792, 1902},
                                                    {1407, 1503, 1728, 1848, 2025}};

static bool prints_as(double value, int digits)
{
    return fabs(value * 1e4 - digits) <= 0.5 + 1e-9;
}

static ropewalk_status check(const rw_paper *paper, rw_section *s, ropewalk_error *err)
{
    rw_trial trial[N_BASE];
    uint32_t n_context = 0;
    while (n_context < N_CONTEXT &&
           context_of[n_context] <= rw_paper_context(paper, context_of[N_CONTEXT - 1]))
        n_context++;
    for (int b = 0; b < N_BASE; b++)
        trial[b] = (rw_trial){.rope_theta = base_of[b],
                              .head_dim = 128,
                              .family = RW_FAMILY_ALIGNED,
                              .n_key = 1,
                              .context = context_of,
                              .n_context = n_context,
                              .events = 1u << RW_EVENT_POSITION_INVERSION};
    const ropewalk_status status = rw_trials_run(paper, trial, N_BASE, err);
    if (status) return status;
    uint32_t n_counted = 0, n_predicted = 0;
    const uint32_t n = N_BASE * n_context;
    rw_text_append(&s->body,
                   "Every cell: counted, inversions of pairs, predicted (T3).\n");
    rw_section_table(s, "M | base 1e4 | base 5e5 | base 1e7", N_BASE + 1);
    for (uint32_t i = 0; i < n_context; i++) {
        rw_text_append(&s->body, "| ");
        rw_markup_count(&s->body, (double)context_of[i]);
        for (int b = 0; b < N_BASE; b++) {
            const rw_count *c = &rw_trial_single(&trial[b], 0, i)->inversion;
            const double p = rw_trial_single_prediction(&trial[b], 0, i)->inversion.value;
            n_counted += prints_as(rw_rate_of(c), counted_as[b][i]);
            n_predicted += prints_as(p, predicted_as[b][i]);
            rw_text_printf(&s->body, " | %.4f = ", rw_rate_of(c));
            rw_markup_count(&s->body, (double)c->count);
            rw_text_append(&s->body, " / ");
            rw_markup_count(&s->body, (double)c->total);
            rw_text_printf(&s->body, "; %.4f", p);
        }
        rw_text_append(&s->body, " |\n");
    }
    rw_trials_clear(trial, N_BASE);
    rw_judgement *j = rw_section_judge(s, n_counted == n && n_predicted == n
                                              ? RW_OUTCOME_EXACTLY
                                              : RW_OUTCOME_NOT_REPRODUCED);
    rw_text_append(&j->what, "The reference table of an aligned key");
    rw_text_append(&j->published, "15 rates counted and 15 predicted, to four digits");
    rw_text_printf(&j->ours, "%u of %u counted and %u of %u predicted agree", n_counted,
                   n, n_predicted, n);
    rw_text_append(
        &j->reason,
        "the counts were first made by an independent program; they are exact");
    return ROPEWALK_OK;
}

const rw_claim rw_claim_reference = {.order = 80,
                                     .name = "reference",
                                     .title = "Reference values",
                                     .source = "[theory.md](theory.md), section 5",
                                     .statement =
                                         "Position inversion of a key that agrees with "
                                         "the query in every pair, `head_dim` "
                                         "128, unscaled RoPE.",
                                     .check = check};
