/* claim_reversal.c - F's proposition: who answers a step of one position must reverse keys. */
#include <math.h>

#include "base/alloc.h"
#include "paper/family_trial.h"
#include "report/markup.h"
#include "theory/reversal.h"

enum { DIM = 128, HALF = DIM / 2, N_BASE = 4, N_CONTEXT = 4, N_SHAPE = 5, N_DRAW = 6 };

static const double base_of[N_BASE] = {100, 1e4, 5e5, 1e7};
static const int64_t context_of[N_CONTEXT] = {4096, 16384, 65536, 131072};
/* The last two have no energy outside the high band of the largest context. */
static const struct {
    const char *name;
    rw_family family;
    bool fast_only;
} shape_of[N_SHAPE] = {{"gaussian", RW_FAMILY_GAUSSIAN, false},
                       {"flat", RW_FAMILY_FLAT, false},
                       {"fast-heavy", RW_FAMILY_FAST_HEAVY, false},
                       {"gaussian, fast pairs only", RW_FAMILY_GAUSSIAN, true},
                       {"flat, fast pairs only", RW_FAMILY_FLAT, true}};

typedef struct margin {
    double q[DIM],
        k[2 * DIM]; /* the second key is 0: the score of the first is the margin's */
    double re[HALF + 1], im[HALF + 1];
    rw_coefficient z;
} margin;

typedef struct tally {
    size_t n, broken, vacuous;
    double tightest; /* largest left side over right side */
} tally;

static void compare(tally *t, double left, double right, bool says_something)
{
    t->n++;
    if (!says_something) {
        t->vacuous++;
        return;
    }
    t->broken += !(left <= right * (1 + 1e-9));
    t->tightest = fmax(t->tightest, left / right);
}

static void draw(const rw_paper *paper, const double *freq, double least, int shape,
                 uint64_t number, margin *m)
{
    rw_synthetic_vectors(shape_of[shape].family, DIM, DIM, RW_PAIRS_HALF_SPLIT,
                         paper->seed, number, m->q, m->k, 1);
    for (int i = 0; i < DIM; i++)
        m->k[DIM + i] = 0;
    for (int n = 0; n < HALF && shape_of[shape].fast_only; n++)
        if (freq[n] < least) m->k[n] = m->k[n + HALF] = 0;
}

typedef struct result {
    tally response, mean, deviation, reversal;
} result;

/* One base: all shapes and draws at all contexts. */
static ropewalk_status examine(const rw_paper *paper, double base, uint32_t n_context,
                               uint32_t n_draw, result *out, double row[N_SHAPE][4],
                               ropewalk_error *err)
{
    const size_t n = (size_t)N_SHAPE * n_draw;
    rw_reversal_rule rule = RW_REVERSAL_THEOREM;
    double none[2][HALF + 1];
    const double zero[DIM] = {0};
    rw_coefficient nothing = {.re = none[0], .im = none[1]};
    rule.tau = 0; /* each head's own certificate is taken instead */
    rw_rotation rot;
    rw_reversal_table table = {.n_pair = 0};
    rw_rotation_init(&rot);
    margin *m = rw_calloc(n, sizeof *m);
    rw_trial *trial = rw_calloc(n, sizeof *trial);
    ropewalk_status status = m && trial ? ROPEWALK_OK : rw_fail_memory(err, "trials");
    if (!status) status = rw_rotation_alloc(&rot, DIM, err);
    if (!status) {
        rot.attn_factor = 1;
        rw_inv_freq_unscaled(base, DIM, rot.inv_freq);
        status = rw_reversal_init(&table, rot.inv_freq, HALF, base, &rule, err);
        if (!status)
            status = rw_coefficient_make(&rot, DIM, 1.0, zero, zero, &nothing, err);
    }
    const double least = table.gamma / (double)context_of[n_context - 1];
    for (size_t i = 0; i < n && !status; i++) {
        draw(paper, rot.inv_freq, least, (int)(i / n_draw), i % n_draw, &m[i]);
        m[i].z = (rw_coefficient){.re = m[i].re, .im = m[i].im};
        status = rw_coefficient_make(&rot, DIM, 1.0, m[i].q, m[i].k, &m[i].z, err);
        trial[i] = (rw_trial){.rotation = &rot,
                              .rope_theta = base,
                              .head_dim = DIM,
                              .q = m[i].q,
                              .k = m[i].k,
                              .n_key = 2,
                              .context = context_of,
                              .n_context = n_context,
                              .events = 1u << RW_EVENT_POSITIONAL_INSENSITIVITY |
                                        1u << RW_EVENT_TOKEN_INVERSION};
    }
    if (!status) status = rw_trials_run(paper, trial, n, err);
    for (size_t i = 0; i < n && !status; i++)
        for (uint32_t c = 0; c < n_context; c++) {
            const rw_single *one = rw_trial_single(&trial[i], 0, c);
            const rw_double *two = rw_trial_double(&trial[i], c);
            const double U = sqrt(m[i].z.energy);
            if (!(U > 0)) continue;
            const double r =
                fmin(1, rw_reversal_share(&table, context_of[c], &m[i].z, &nothing));
            const rw_reversal_at at = rw_reversal_of_share(&table, context_of[c], r);
            const double cap =
                r * table.response + table.gamma * sqrt(HALF) / (double)context_of[c];
            compare(&out->response, one->positional_max, cap, cap < 2 * sqrt(HALF));
            compare(&out->mean, fabs(one->mean), at.u * U, at.u < sqrt(HALF));
            compare(&out->deviation, at.v * U, sqrt(one->variance), at.v > 0);
            const double bound = at.psi.value;
            const double reversed = rw_rate_of(&two->inversion);
            compare(&out->reversal, bound - two->ks_difference,
                    fmin(reversed, 1 - reversed), bound > two->ks_difference);
            if (c + 1 < n_context) continue;
            double *best = row[i / n_draw];
            best[0] += r / n_draw;
            best[1] = fmax(best[1], one->positional_max / cap);
            best[2] = fmax(best[2], fabs(one->mean) / (at.u * U));
            best[3] += reversed / n_draw;
        }
    if (trial) rw_trials_clear(trial, n);
    rw_reversal_clear(&table);
    rw_rotation_clear(&rot);
    rw_free(trial);
    rw_free(m);
    return status;
}

static void verdict(rw_section *s, const tally *t, const char *what,
                    const char *published, const char *reason)
{
    rw_judgement *j =
        rw_section_judge(s, t->broken || t->vacuous == t->n ? RW_OUTCOME_NOT_REPRODUCED
                                                            : RW_OUTCOME_EXACTLY);
    rw_text_append(&j->what, what);
    rw_text_append(&j->published, published);
    rw_text_printf(
        &j->ours,
        "broken by %zu of %zu margins; it says something of %zu, and the closest is at "
        "%.3f of it",
        t->broken, t->n, t->n - t->vacuous, t->tightest);
    rw_text_append(&j->reason, reason);
}

static ropewalk_status check(const rw_paper *paper, rw_section *s, ropewalk_error *err)
{
    result all = {.response = {.n = 0}};
    uint32_t n_context = 1; /* the least of them is quick */
    const uint32_t n_draw = rw_paper_draws(paper, N_DRAW);
    while (n_context < N_CONTEXT &&
           context_of[n_context] <= rw_paper_context(paper, context_of[N_CONTEXT - 1]))
        n_context++;
    double row[N_BASE][N_SHAPE][4] = {{{0}}};
    ropewalk_status status = ROPEWALK_OK;
    for (int b = 0; b < N_BASE && !status; b++)
        status = examine(paper, base_of[b], n_context, n_draw, &all, row[b], err);
    if (status) return status;
    verdict(s, &all.response, "An answer to a step needs energy in the high band",
            "largest step / U at most r_H R_F + Gamma sqrt(h) / M",
            "an inequality with a proof (T15 a); steps counted at every distance");
    verdict(s, &all.mean, "The margin's mean over a window is small", "mean at most u U",
            "an inequality with a proof (T14, T15 b)");
    verdict(s, &all.deviation, "Its deviation is not", "deviation at least v U",
            "an inequality with a proof (T14, T15 b)");
    verdict(
        s, &all.reversal, "So the keys change places",
        "share of distances at least Phi(-u / v) minus the distance to the normal law",
        "an inequality with a proof (T15 c); it says something only of margins with "
        "nearly all "
        "energy in fast pairs, and reversal is then near a coin's");
    rw_text_printf(
        &s->body,
        "Margins d = z1 - z2 of random vectors, `head_dim` 128, four bases, %u contexts, "
        "%u draws of each shape; C_F = 2 pi and eps = 0.1 as in the theorem. At M = ",
        n_context, n_draw);
    rw_markup_count(&s->body, (double)context_of[n_context - 1]);
    rw_text_append(&s->body,
                   ": share r_H of U in the high band, largest step and largest mean as "
                   "fractions of their bounds, mean share of distances reversed.\n");
    rw_section_table(s, "margin | base | r_H | step / bound | mean / bound | reversed",
                     6);
    for (int k = 0; k < N_SHAPE; k++)
        for (int b = 0; b < N_BASE; b++) {
            rw_text_printf(&s->body, "| %s | ", shape_of[k].name);
            rw_text_base(&s->body, base_of[b]);
            rw_text_printf(&s->body, " | %.3f | %.3f | %.3f | %.3f |\n", row[b][k][0],
                           row[b][k][1], row[b][k][2], row[b][k][3]);
        }
    return ROPEWALK_OK;
}

const rw_claim rw_claim_reversal = {
    .order = 70,
    .name = "reversal",
    .title = "Who answers a step must reverse keys",
    .source = "F (its proposition on response and reversal)",
    .statement =
        "A margin between two keys that answers a move by one position must hold energy "
        "in the high band H of the frequencies; there its mean over the window is at "
        "most "
        "u U and its deviation at least v U, so the two keys change places at a share of "
        "distances near Phi(-u / v) or more. (Statement as in [theory.md](theory.md) "
        "T14, "
        "T15.)",
    .check = check};
