/* claim_normality.c - how normal the score is, as the number of pairs grows. */
#include <math.h>

#include "base/alloc.h"
#include "paper/family_trial.h"
#include "paper/figure.h"
#include "paper/trend.h"
#include "report/markup.h"

enum { N_SIZE = 6, N_SET = 5, N_DRAW = 7 };

static const uint32_t size_of[N_SIZE] = {16, 32, 64, 128, 256, 512}; /* head_dim */
static const struct {
    const char *name;
    rw_family family;
    double base;
} set_of[N_SET] = {{"flat, base 30", RW_FAMILY_FLAT, 30},
                   {"gaussian, base 30", RW_FAMILY_GAUSSIAN, 30},
                   {"flat, base 1e4", RW_FAMILY_FLAT, 1e4},
                   {"flat, base 5e5", RW_FAMILY_FLAT, 5e5},
                   {"slow-heavy, base 5e5", RW_FAMILY_SLOW_HEAVY, 5e5}};

/* Power of h from 8 to 256. */
static double power_of(const double *mean)
{
    return log(mean[N_SIZE - 1] / mean[0]) /
           log((double)size_of[N_SIZE - 1] / size_of[0]);
}

static void powers(rw_text *t, const char *name, const double *mean)
{
    rw_text_printf(t, "%.4f at h = 8, %.4f at 64, %.4f at 256, power %.2f (%s)", mean[0],
                   mean[3], mean[5], power_of(mean), name);
}

static void report(const rw_trial *trial, uint32_t n_draw, int64_t M, rw_section *s)
{
    double x[N_SIZE], mean[N_SET][N_SIZE], y[N_DRAW * N_SIZE], error[N_SET] = {0},
                                                               certificate[N_SET] = {0};
    rw_outcome outcome[N_SET];
    bool kept = true;
    size_t n_kept = 0;
    for (uint32_t i = 0; i < N_SET; i++) {
        for (uint32_t k = 0; k < N_SIZE; k++) {
            x[k] = 0.5 * (double)size_of[k];
            for (uint32_t d = 0; d < n_draw; d++) {
                const rw_trial *t = &trial[((size_t)i * N_SIZE + k) * n_draw + d];
                const rw_single *one = rw_trial_single(t, 0, 0);
                const double off =
                    fabs(rw_rate_of(&one->inversion) -
                         rw_trial_single_prediction(t, 0, 0)->inversion.value);
                y[d * N_SIZE + k] = one->ks_far;
                kept = kept && off <= one->ks_near + one->ks_far;
                n_kept++;
                if (k == 3) {
                    error[i] = fmax(error[i], off);
                    certificate[i] = fmax(certificate[i], one->ks_near + one->ks_far);
                }
            }
            mean[i][k] = rw_draw_mean(y, n_draw, N_SIZE, k, NULL);
        }
        outcome[i] = rw_trend_of(y, n_draw, N_SIZE, -1).outcome;
    }
    rw_judgement *j = rw_section_judge(s, outcome[0] <= RW_OUTCOME_APPROXIMATELY &&
                                                  outcome[1] <= RW_OUTCOME_APPROXIMATELY
                                              ? RW_OUTCOME_LIMIT
                                              : RW_OUTCOME_NOT_REPRODUCED);
    rw_text_append(&j->what,
                   "Scores tend to a normal law as h grows, M far beyond the base");
    rw_text_append(&j->published, "distance of order h^-1/2 at worst");
    powers(&j->ours, set_of[0].name, mean[0]);
    rw_text_append(&j->ours, "; ");
    powers(&j->ours, set_of[1].name, mean[1]);
    rw_text_append(&j->reason,
                   "with M thousands of times the base all pairs turn often and apart "
                   "from each other; no power can be read off near the floor that so "
                   "many distances have");
    bool falls = true;
    for (int i = 2; i < 4; i++)
        falls =
            falls && outcome[i] <= RW_OUTCOME_APPROXIMATELY && power_of(mean[i]) < -0.4;
    j = rw_section_judge(s, falls ? RW_OUTCOME_APPROXIMATELY : RW_OUTCOME_NOT_REPRODUCED);
    rw_text_append(&j->what, "The same at the bases of models");
    rw_text_append(&j->published, "as above, read without its conditions");
    powers(&j->ours, set_of[2].name, mean[2]);
    rw_text_append(&j->ours, "; ");
    powers(&j->ours, set_of[3].name, mean[3]);
    rw_text_append(&j->reason,
                   "at a fixed window more pairs stand closer together: the share of "
                   "the energy that has not turned apart within M stays what it is");
    j = rw_section_judge(s, kept ? RW_OUTCOME_EXACTLY : RW_OUTCOME_NOT_REPRODUCED);
    rw_text_append(&j->what, "The error of the predicted rate is below its certificate");
    rw_text_append(&j->published,
                   "counted minus predicted at most KS(near) + KS(far) (T10)");
    rw_text_printf(&j->ours, "%s in all of %zu heads", kept ? "kept" : "broken: not",
                   n_kept);
    rw_text_append(&j->reason, "an inequality with a proof; checked on each head");

    rw_text_printf(
        &s->body,
        "Two-sided Kolmogorov distance of the scores of the far half to the normal "
        "law of their mean and variance, M = ");
    rw_markup_count(&s->body, (double)M);
    rw_text_printf(&s->body,
                   ", mean of %u draws; the last columns are the largest error of the "
                   "predicted position inversion at h = 64 and its certificate:\n",
                   n_draw);
    rw_section_table(s,
                     "amplitudes | h = 8 | 16 | 32 | 64 | 128 | 256 | power of h | error "
                     "| certificate",
                     10);
    rw_figure_series series[N_SET];
    for (uint32_t i = 0; i < N_SET; i++) {
        rw_text_printf(&s->body, "| %s", set_of[i].name);
        for (uint32_t k = 0; k < N_SIZE; k++)
            rw_text_printf(&s->body, " | %.4f", mean[i][k]);
        rw_text_printf(&s->body, " | %.2f | %.4f | %.4f |\n", power_of(mean[i]), error[i],
                       certificate[i]);
        series[i] = (rw_figure_series){set_of[i].name,   x,     mean[i], N_SIZE,
                                       RW_STROKE_MARKED, (int)i};
    }
    const rw_figure figure = {
        .title = "Distance of the scores to a normal law",
        .x = {"pairs h of a head (log)", RW_SCALE_TOKENS, 8, 256},
        .y = {"Kolmogorov distance, far half (log)", RW_SCALE_DECADES, 1e-3, 0.3},
        .series = series,
        .n_series = N_SET,
        .reference = (double)NAN};
    rw_figure_draw(&figure,
                   rw_section_picture(s, "normality",
                                      "Kolmogorov distance to the normal law over "
                                      "the number of pairs"));
    rw_text_printf(
        &s->body,
        "For scale: as many independent draws as the window has distances would "
        "lie %.4f from the normal law of their own mean and variance on average "
        "(0.63 / sqrt(N), simulated). Rows near that have no room to fall, and "
        "their powers are too shallow.\n\n",
        0.63 / sqrt(0.5 * (double)M));
    rw_text_append(
        &s->body,
        "Symmetric sums have no skewness, so where pairs are independent the distance "
        "falls faster than Berry and Esseen's h^-1/2. Two pairs are as good as "
        "independent over a window when their difference turns in it: M w (1 - rho) "
        "large, rho = base^(-1/h), and 1 - rho shrinks as ln(base) / h. So h must not "
        "grow without M: the normal law is a limit of both, and F's high band (T14) "
        "is its condition. Where slow pairs carry the energy the number of pairs that "
        "count is not h: see the disagreements below.\n");
}

static ropewalk_status check(const rw_paper *paper, rw_section *s, ropewalk_error *err)
{
    const uint32_t n_draw = rw_paper_draws(paper, N_DRAW);
    const int64_t M = rw_paper_context(paper, 131072);
    const size_t n = (size_t)N_SET * N_SIZE * n_draw;
    rw_trial *trial = rw_calloc(n, sizeof *trial);
    if (!trial) return rw_fail_memory(err, "trials");
    for (size_t i = 0; i < n; i++)
        trial[i] = (rw_trial){.rope_theta = set_of[i / n_draw / N_SIZE].base,
                              .head_dim = size_of[i / n_draw % N_SIZE],
                              .family = set_of[i / n_draw / N_SIZE].family,
                              .draw = i % n_draw,
                              .n_key = 1,
                              .context = &M,
                              .n_context = 1,
                              .events = 1u << RW_EVENT_POSITION_INVERSION};
    const ropewalk_status status = rw_trials_run(paper, trial, n, err);
    if (!status) report(trial, n_draw, M, s);
    rw_trials_clear(trial, n);
    rw_free(trial);
    return status;
}

const rw_claim rw_claim_normality = {
    .order = 50,
    .name = "normality",
    .title = "Normality as the number of pairs grows",
    .source = "P (Berry and Esseen), F",
    .statement =
        "The score over a window tends to a normal law as the number of pairs h grows, "
        "for regular amplitudes; at fixed h it is bounded and never normal.",
    .check = check};
