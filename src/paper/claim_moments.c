/* claim_moments.c - exact moments of a window against the moments of the scores themselves. */
#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "paper/family_trial.h"
#include "position/mechanism.h"
#include "report/markup.h"

enum { N_TABLE = 6, N_CONTEXT = 6, N_DRAW = 4, DIM = 128 };

static const struct {
    const char *name, *mechanism;
    double rope_theta, factor;
} table_of[N_TABLE] = {{"base 100", "none", 100, 0},
                       {"base 1e4", "none", 1e4, 0},
                       {"base 5e5", "none", 5e5, 0},
                       {"base 1e9", "none", 1e9, 0},
                       {"base 5e5, llama3 x 8", "llama3", 5e5, 8},
                       {"base 1e6, yarn x 4", "yarn", 1e6, 4}};

static ropewalk_status build(int i, rw_rotation *rot, ropewalk_error *err)
{
    const rw_layer_shape shape = {.head_dim = DIM,
                                  .rotary_dim = DIM,
                                  .n_head_q = 1,
                                  .n_head_kv = 1,
                                  .context_length = 131072,
                                  .rope_theta = table_of[i].rope_theta,
                                  .pairs = RW_PAIRS_HALF_SPLIT};
    const rw_setting llama3[] = {{.name = "factor", .num = table_of[i].factor},
                                 {.name = "low_freq_factor", .num = 1},
                                 {.name = "high_freq_factor", .num = 4},
                                 {.name = "original_context_length", .num = 8192}},
                     yarn[] = {{.name = "factor", .num = table_of[i].factor},
                               {.name = "original_context_length", .num = 32768}};
    const rw_mech *mech = rw_mech_find(table_of[i].mechanism);
    const bool is_llama3 = strcmp(table_of[i].mechanism, "llama3") == 0,
               is_yarn = strcmp(table_of[i].mechanism, "yarn") == 0;
    return rw_mech_build(mech, &shape, is_llama3 ? llama3 : yarn,
                         is_llama3 ? 4
                         : is_yarn ? 2
                                   : 0,
                         rot, err);
}

/* Rounding noise is not the same on every machine: below the tolerance it is not printed. */
static void difference(rw_text *t, double value)
{
    if (value < 1e-9)
        rw_text_append(t, "below 1e-9");
    else
        rw_text_printf(t, "%.0e", value);
}

static ropewalk_status check(const rw_paper *paper, rw_section *s, ropewalk_error *err)
{
    static const int64_t context[N_CONTEXT] = {2, 100, 1024, 4096, 32768, 131072};
    const uint32_t n_draw = rw_paper_draws(paper, N_DRAW);
    uint32_t n_context = 0;
    while (n_context < N_CONTEXT &&
           context[n_context] <= rw_paper_context(paper, context[N_CONTEXT - 1]))
        n_context++;
    const size_t per = (size_t)RW_N_FAMILY * n_draw, n = N_TABLE * per;
    rw_rotation rot[N_TABLE];
    ropewalk_status status = ROPEWALK_OK;
    for (int i = 0; i < N_TABLE; i++)
        rw_rotation_init(&rot[i]);
    for (int i = 0; i < N_TABLE && !status; i++)
        status = build(i, &rot[i], err);
    rw_trial *trial = rw_calloc(n, sizeof *trial);
    if (!status && !trial) status = rw_fail_memory(err, "trials");
    for (size_t i = 0; i < n && !status; i++)
        trial[i] = (rw_trial){.rotation = &rot[i / per],
                              .rope_theta = table_of[i / per].rope_theta,
                              .head_dim = DIM,
                              .family = (rw_family)(i % per / n_draw),
                              .draw = i % n_draw,
                              .n_key = 1,
                              .context = context,
                              .n_context = n_context,
                              .events = 1u << RW_EVENT_POSITIONAL_INSENSITIVITY};
    if (!status) status = rw_trials_run(paper, trial, n, err);
    if (!status) {
        double worst_mean = 0, worst_variance = 0;
        size_t n_window = 0;
        rw_text_append(
            &s->body,
            "Largest difference over five families of vectors and their draws, in "
            "units of U (mean) and U^2 (variance); U is at most sum a_n, the unit the "
            "identity is bounded in.\n");
        rw_section_table(s, "table | windows | mean | variance", 4);
        for (int i = 0; i < N_TABLE; i++) {
            double mean = 0, variance = 0;
            for (size_t k = 0; k < per; k++)
                for (uint32_t c = 0; c < n_context; c++) {
                    const rw_trial *t = &trial[(size_t)i * per + k];
                    const rw_single *one = rw_trial_single(t, 0, c);
                    const rw_single_prediction *p = rw_trial_single_prediction(t, 0, c);
                    const double a2 = rot[i].attn_factor * rot[i].attn_factor,
                                 U2 = a2 * a2 * DIM / 2;
                    mean = fmax(mean, fabs(one->mean - p->mean) / sqrt(U2));
                    variance = fmax(variance, fabs(one->variance - p->variance) / U2);
                }
            n_window += per * n_context;
            rw_text_printf(&s->body, "| %s | %zu | ", table_of[i].name, per * n_context);
            difference(&s->body, mean);
            rw_text_append(&s->body, " | ");
            difference(&s->body, variance);
            rw_text_append(&s->body, " |\n");
            worst_mean = fmax(worst_mean, mean);
            worst_variance = fmax(worst_variance, variance);
        }
        const bool same = worst_mean < 1e-9 && worst_variance < 1e-9;
        rw_judgement *j =
            rw_section_judge(s, same ? RW_OUTCOME_EXACTLY : RW_OUTCOME_NOT_REPRODUCED);
        rw_text_append(&j->what, "Exact moments equal sample moments");
        rw_text_append(&j->published, "identities");
        rw_text_printf(&j->ours, "equal %s in %zu windows",
                       same ? "to 1e-9 of U and U^2" : "not", n_window);
        rw_text_append(&j->reason,
                       "identities; what differs is float64 arithmetic on both sides");
    }
    if (trial) rw_trials_clear(trial, n);
    rw_free(trial);
    for (int i = 0; i < N_TABLE; i++)
        rw_rotation_clear(&rot[i]);
    return status;
}

const rw_claim rw_claim_moments = {.order = 60,
                                   .name = "moments",
                                   .title = "Moments of the score over a window",
                                   .source = "P, Remark 2.1; F, App. G",
                                   .statement =
                                       "Mean and variance of the score over a window of "
                                       "distances have closed forms (T1, "
                                       "T2), for any frequencies.",
                                   .check = check};
