/* claim_token_aliasing.c - how often two keys round to one score, and how that scales. */
#include <math.h>
#include <stdio.h>

#include "base/alloc.h"
#include "base/elementary.h"
#include "base/random.h"
#include "paper/family_trial.h"
#include "paper/figure.h"
#include "paper/trend.h"
#include "report/markup.h"

enum { N_DRAW = 16, N_SET = 5, N_SIZE = 6, MAX_DIM = 512 };

static const double the_base = 5e5;
static const uint32_t size_of[N_SIZE] = {16, 32, 64, 128, 256, 512}; /* head_dim */

/* Two tokens of one kind: z_n of amplitude 1 whose phases are uniform within +-spread, each key's
 * its own. spread pi is two keys that have nothing to do with the query. */
static const struct {
    const char *name;
    double spread; /* of 0: the families of D2 */
    rw_family family;
} set_of[N_SET] = {
    {"aligned key against a random one", 0, RW_FAMILY_ALIGNED},
    {"Gaussian query and keys", 0, RW_FAMILY_GAUSSIAN},
    {"two keys within a quarter turn of the query", 0x1.921fb54442d18p+0, RW_FAMILY_FLAT},
    {"two keys within an eighth of a turn of it", 0x1.921fb54442d18p-1, RW_FAMILY_FLAT},
    {"two keys within a 64th of a turn of it", 0x1.921fb54442d18p-4, RW_FAMILY_FLAT}};

static void vectors(uint64_t seed, uint64_t draw, double spread, uint32_t dim, double *q,
                    double *k)
{
    for (uint32_t i = 0; i < dim; i++)
        q[i] = i < dim / 2 ? 1.0 : 0.0;
    for (uint32_t key = 0; key < 2; key++)
        for (uint32_t n = 0; n < dim / 2; n++) {
            const double phase =
                spread * (2 * rw_random_unit(seed, 7000000 + 2 * draw + key, n) - 1);
            k[key * dim + n] = rw_cos(phase);
            k[key * dim + n + dim / 2] = -rw_sin(phase);
        }
}

typedef struct job {
    uint32_t set, size;
} job;

/* All draws of all sets at one head size, or of one set at all sizes. */
static ropewalk_status run(const rw_paper *paper, const job *jobs, size_t n_job,
                           uint32_t n_draw, const int64_t *M, uint32_t dtypes,
                           rw_trial **out, ropewalk_error *err)
{
    const size_t n = n_job * n_draw;
    rw_trial *trial = rw_calloc(n, sizeof *trial);
    double *room = rw_array(n * 3 * MAX_DIM, sizeof *room);
    ropewalk_status status = ROPEWALK_OK;
    if (!trial || !room) status = rw_fail_memory(err, "trials");
    for (size_t i = 0; i < n && !status; i++) {
        const job *at = &jobs[i / n_draw];
        const uint32_t dim = size_of[at->size];
        double *q = room + i * 3 * MAX_DIM;
        trial[i] = (rw_trial){.rope_theta = the_base,
                              .head_dim = dim,
                              .family = set_of[at->set].family,
                              .draw = i % n_draw,
                              .n_key = 2,
                              .context = M,
                              .n_context = 1,
                              .dtypes = dtypes,
                              .events = 1u << RW_EVENT_TOKEN_ALIASING};
        if (!(set_of[at->set].spread > 0)) continue;
        vectors(paper->seed, i % n_draw, set_of[at->set].spread, dim, q, q + dim);
        trial[i].q = q;
        trial[i].k = q + dim;
    }
    if (!status) status = rw_trials_run(paper, trial, n, err);
    rw_free(room);
    if (status) {
        rw_free(trial);
        trial = NULL;
    }
    *out = trial;
    return status;
}

static void shares(const rw_trial *trial, uint32_t n_draw, rw_dtype dtype, double *mean,
                   double *least, double *most, double *predicted)
{
    *mean = *predicted = *most = 0;
    *least = 1;
    for (uint32_t d = 0; d < n_draw; d++) {
        const double share =
            rw_alias_rate_of(&rw_trial_double(&trial[d], 0)->aliasing[dtype], true);
        *mean += share / n_draw;
        *least = fmin(*least, share);
        *most = fmax(*most, share);
        *predicted +=
            rw_trial_double_prediction(&trial[d], 0)->aliasing[dtype].value / n_draw;
    }
}

/* Slope of log y over log x by least squares, where y is positive. */
static double slope(const double *x, const double *y, size_t n)
{
    double sx = 0, sy = 0, sxx = 0, sxy = 0, count = 0;
    for (size_t i = 0; i < n; i++) {
        if (!(y[i] > 0)) continue;
        count++;
        const double a = log(x[i]), b = log(y[i]);
        sx += a;
        sy += b;
        sxx += a * a;
        sxy += a * b;
    }
    return (count * sxy - sx * sy) / (count * sxx - sx * sx);
}

static ropewalk_status level(const rw_paper *paper, uint32_t n_draw, int64_t M,
                             rw_section *s, ropewalk_error *err)
{
    job jobs[N_SET];
    for (uint32_t i = 0; i < N_SET; i++)
        jobs[i] = (job){i, 3};
    rw_trial *trial;
    const uint32_t types = (1u << RW_N_DTYPE) - 1;
    ropewalk_status status = run(paper, jobs, N_SET, n_draw, &M, types, &trial, err);
    if (status) return status;
    rw_text_append(&s->body, "h = 64, base 5e5, M = ");
    rw_markup_count(&s->body, (double)M);
    rw_text_printf(&s->body,
                   ", %u draws. Distances at which two keys round to one bf16 score:\n",
                   n_draw);
    rw_section_table(
        s, "keys | of M | share | least draw | largest draw | predicted (T6)", 6);
    double low = 1, high = 0, mean, least, most, predicted;
    for (uint32_t i = 0; i < N_SET; i++) {
        shares(&trial[(size_t)i * n_draw], n_draw, RW_BF16, &mean, &least, &most,
               &predicted);
        low = fmin(low, mean);
        high = fmax(high, mean);
        rw_text_printf(&s->body,
                       "| %s | %.1f | %.3f %% | %.3f %% | %.3f %% | %.3f %% |\n",
                       set_of[i].name, mean * (double)M, 100 * mean, 100 * least,
                       100 * most, 100 * predicted);
    }
    rw_judgement *j =
        rw_section_judge(s, low <= 0.05 ? RW_OUTCOME_LIMIT : RW_OUTCOME_NOT_REPRODUCED);
    rw_text_append(&j->what, "5 % of positions: 1.6K of 32K (bf16, h = 64)");
    rw_text_append(&j->published, "at most of order 5 %");
    rw_text_printf(&j->ours, "%.2g %% to %.2g %% on average, by how alike the keys are",
                   100 * low, 100 * high);
    rw_text_append(
        &j->reason,
        high <= 0.05
            ? "an upper bound by order, kept with much room: it is approached as "
              "the two keys become alike and agree with the query"
            : "no upper bound without a condition: the more alike two keys are, the "
              "more they alias, and equal ones everywhere. Of the right size for keys "
              "that are alike and agree with the query; for others far too large");

    static const struct {
        rw_dtype dtype;
        const char *name;
    } type[] = {{RW_E5M2, "e5m2"}, {RW_E4M3, "e4m3"}, {RW_BF16, "bf16"}, {RW_F16, "f16"}};
    double cell[4], share[N_SET][4];
    rw_text_append(
        &s->body,
        "\nThe same by number format, f significand bits, share of distances:\n");
    rw_section_table(s, "keys | e5m2 (3) | e4m3 (4) | bf16 (8) | f16 (11)", 5);
    for (uint32_t i = 0; i < N_SET; i++) {
        rw_text_printf(&s->body, "| %s", set_of[i].name);
        for (int t = 0; t < 4; t++) {
            cell[t] = pow(2, -rw_dtype_get(type[t].dtype)->significand_bits);
            shares(&trial[(size_t)i * n_draw], n_draw, type[t].dtype, &share[i][t],
                   &least, &most, &predicted);
            rw_text_printf(&s->body, " | %.4f %%", 100 * share[i][t]);
        }
        rw_text_append(&s->body, " |\n");
    }
    double first = INFINITY,
           last = -INFINITY; /* of rows that are not near all or nothing */
    for (uint32_t i = 0; i < N_SET; i++) {
        if (share[i][0] > 0.3 || !(share[i][3] > 0)) continue;
        const double power = slope(cell, share[i], 4);
        first = fmin(first, power);
        last = fmax(last, power);
    }
    j = rw_section_judge(s, first > 0.9 && last < 1.1 ? RW_OUTCOME_APPROXIMATELY
                                                      : RW_OUTCOME_NOT_REPRODUCED);
    rw_text_append(&j->what, "Token aliasing falls as 2^-f");
    rw_text_append(&j->published, "power 1 of 2^-f");
    rw_text_printf(&j->ours, "power %.2f to %.2f from 3 to 11 bits", first, last);
    rw_text_append(&j->reason,
                   "least-squares slopes of the rows by number format whose share "
                   "stays below 30 %");
    rw_trials_clear(trial, (size_t)N_SET * n_draw);
    rw_free(trial);
    return ROPEWALK_OK;
}

static ropewalk_status sizes(const rw_paper *paper, uint32_t n_draw, int64_t M,
                             rw_section *s, ropewalk_error *err)
{
    job jobs[N_SET * N_SIZE];
    for (uint32_t i = 0; i < N_SET * N_SIZE; i++)
        jobs[i] = (job){i / N_SIZE, i % N_SIZE};
    rw_trial *trial;
    ropewalk_status status =
        run(paper, jobs, (size_t)N_SET * N_SIZE, n_draw, &M, 1u << RW_BF16, &trial, err);
    if (status) return status;
    double x[N_SIZE], y[N_SET][N_SIZE], power[N_SET], law[N_SIZE];
    rw_text_append(&s->body, "\nThe same in bf16 by the number of pairs h, share of "
                             "distances, and the power of h that fits best:\n");
    rw_section_table(s, "keys | 8 | 16 | 32 | 64 | 128 | 256 | power", 8);
    for (uint32_t i = 0; i < N_SET; i++) {
        rw_text_printf(&s->body, "| %s", set_of[i].name);
        for (uint32_t k = 0; k < N_SIZE; k++) {
            double least, most, predicted;
            x[k] = 0.5 * (double)size_of[k];
            law[k] = sqrt(x[k]) / 256;
            shares(&trial[(size_t)(i * N_SIZE + k) * n_draw], n_draw, RW_BF16, &y[i][k],
                   &least, &most, &predicted);
            rw_text_printf(&s->body, " | %.3f %%", 100 * y[i][k]);
            if (!(y[i][k] > 0)) y[i][k] = (double)NAN;
        }
        power[i] = slope(x, y[i], N_SIZE);
        rw_text_printf(&s->body, " | %.2f |\n", power[i]);
    }
    double nearest = INFINITY;
    int best = 0;
    for (int i = 0; i < N_SET; i++)
        if (fabs(power[i] - 0.5) < nearest) {
            nearest = fabs(power[i] - 0.5);
            best = i;
        }
    rw_judgement *j = rw_section_judge(s, nearest < 0.15 ? RW_OUTCOME_LIMIT
                                                         : RW_OUTCOME_NOT_REPRODUCED);
    rw_text_append(&j->what, "Token aliasing grows as sqrt(h)");
    rw_text_append(&j->published, "power 0.5 of h, as an upper bound");
    rw_text_printf(&j->ours, "power %.2f for %s", power[best], set_of[best].name);
    for (int i = 0; i < N_SET; i++)
        if (i != best)
            rw_text_printf(&j->ours, "; %.2f for %s", power[i], set_of[i].name);
    rw_text_append(
        &j->reason,
        "sqrt(h) comes from scores near h whose difference is of size sqrt(h): "
        "without agreement with the query the scores themselves are that small");
    rw_figure_series series[N_SET + 1];
    for (int i = 0; i < N_SET; i++)
        series[i] =
            (rw_figure_series){set_of[i].family == RW_FAMILY_ALIGNED ? "aligned / random"
                               : i == 1                              ? "Gaussian"
                               : i == 2 ? "within a quarter turn"
                               : i == 3 ? "within an eighth turn"
                                        : "within a 64th turn",
                               x,
                               y[i],
                               N_SIZE,
                               RW_STROKE_MARKED,
                               i};
    series[N_SET] =
        (rw_figure_series){"2^-8 sqrt(h)", x, law, N_SIZE, RW_STROKE_DASHED, 5};
    const rw_figure figure = {
        .title = "Token aliasing over the number of pairs",
        .x = {"pairs h of a head (log)", RW_SCALE_TOKENS, 8, 256},
        .y = {"share of distances, bf16 (log)", RW_SCALE_DECADES, 1e-6, 0.3},
        .series = series,
        .n_series = N_SET + 1,
        .reference = 0.05,
        .reference_label = "5 %"};
    rw_figure_draw(&figure,
                   rw_section_picture(s, "token-aliasing-pairs",
                                      "Share of distances at which two keys alias, "
                                      "over the number of pairs of a head"));
    rw_trials_clear(trial, (size_t)N_SET * N_SIZE * n_draw);
    rw_free(trial);
    return ROPEWALK_OK;
}

static ropewalk_status check(const rw_paper *paper, rw_section *s, ropewalk_error *err)
{
    const uint32_t n_draw = rw_paper_draws(paper, N_DRAW);
    const int64_t M = rw_paper_context(paper, 32768);
    ropewalk_status status = level(paper, n_draw, M, s, err);
    if (!status) status = sizes(paper, n_draw, M, s, err);
    return status;
}

const rw_claim rw_claim_token_aliasing = {
    .order = 30,
    .name = "token-aliasing",
    .title = "Token aliasing: 5 % of positions",
    .source = "P",
    .statement =
        "Two different keys round to one score at no more than a number of distances of "
        "order 2^-f sqrt(h) M, f significand bits and h pairs: about 5 % of positions, "
        "1.6K of 32K, for bf16 and h = 64.",
    .check = check};
