/* claim_disagreements.c - where theory and counting differ over the heads of a real model, and why. */
#include <math.h>
#include <string.h>

#include "audit/disagree.h"
#include "base/alloc.h"
#include "paper/audit_doc.h"
#include "paper/claim.h"
#include "paper/figure.h"
#include "report/markup.h"

/* Every head at a context: counted against predicted, and whether the certificate holds. */
typedef struct cloud {
    double *predicted, *measured;
    size_t n;
    double worst, sum;
    size_t n_kept;
} cloud;

static ropewalk_status collect(const json_t *audit, int64_t context, cloud *c,
                               ropewalk_error *err)
{
    const json_t *heads = json_object_get(audit, "heads"), *head;
    size_t i;
    *c = (cloud){.n = 0};
    c->predicted = rw_array(json_array_size(heads) + 1, sizeof *c->predicted);
    c->measured = rw_array(json_array_size(heads) + 1, sizeof *c->measured);
    if (!c->predicted || !c->measured) return rw_fail_memory(err, "the heads");
    json_array_foreach (heads, i, head) {
        const double m = rw_doc_head(head, context, "random.position_inversion.measured"),
                     p = rw_doc_head(head, context,
                                     "random.position_inversion.predicted"),
                     near = rw_doc_head(head, context, "certificate.ks_near"),
                     far = rw_doc_head(head, context, "certificate.ks_far");
        if (isnan(m) || isnan(p)) continue;
        c->measured[c->n] = m;
        c->predicted[c->n++] = p;
        c->worst = fmax(c->worst, fabs(m - p));
        c->sum += fabs(m - p);
        c->n_kept += fabs(m - p) <= near + far + 1e-6;
    }
    return ROPEWALK_OK;
}

static void clear(cloud *c)
{
    rw_free(c->predicted);
    rw_free(c->measured);
}

static void causes(rw_text *t, const size_t count[RW_N_CAUSE])
{
    for (int k = 0; k < RW_N_CAUSE; k++)
        rw_text_printf(t, "%s%s %zu", k ? ", " : "",
                       rw_disagreement_cause_name((rw_disagreement_cause)k), count[k]);
}

static void table(const json_t *rows, rw_section *s)
{
    size_t i, count[RW_N_CAUSE] = {0};
    const json_t *row;
    rw_section_table(
        s,
        "event | layer | head | M | counted | predicted | certificate | largest "
        "pair's share | energy that turns | n_eff | explained by",
        11);
    json_array_foreach (rows, i, row) {
        static const char *const key[] = {"measured",  "predicted",     "certificate",
                                          "max_share", "turning_share", "n_eff"};
        rw_text_append(&s->body, "| ");
        rw_markup_str(&s->body, row, "event", "-");
        rw_text_printf(&s->body, " | %.0f | %.0f | ", rw_doc_number(row, "layer"),
                       rw_doc_number(row, "head"));
        rw_markup_count(&s->body, rw_doc_number(row, "effective_context"));
        for (int k = 0; k < 6; k++) {
            rw_text_append(&s->body, " | ");
            if (k < 5)
                rw_markup_rate(&s->body, rw_doc_number(row, key[k]));
            else
                rw_text_printf(&s->body, "%.1f", rw_doc_number(row, key[k]));
        }
        rw_text_append(&s->body, " | ");
        rw_markup_str(&s->body, row, "cause", "-");
        rw_text_append(&s->body, " |\n");
        for (int k = 0; k < RW_N_CAUSE; k++)
            count[k] += strcmp(rw_doc_string(row, "cause"),
                               rw_disagreement_cause_name((rw_disagreement_cause)k)) == 0;
    }
    const size_t n = json_array_size(rows);
    rw_judgement *j =
        rw_section_judge(s, !n                     ? RW_OUTCOME_NOT_RUN
                            : count[RW_CAUSE_NONE] ? RW_OUTCOME_APPROXIMATELY
                                                   : RW_OUTCOME_EXACTLY);
    rw_text_append(&j->what, "The worst disagreements are where the conditions fail");
    rw_text_append(&j->published, "P and F ask for regular amplitudes and long windows");
    causes(&j->ours, count);
    rw_text_append(&j->reason,
                   n ? "each of the worst heads of three events, by the diagnostics of "
                       "its vectors (A13); see the next row for all heads"
                     : "the audit was made by an older program: audit again");
}

/* How many heads meet the conditions at all, and what meeting them is worth. */
static void all_heads(const json_t *audit, int64_t context, rw_section *s)
{
    size_t i, count[RW_N_CAUSE] = {0}, n = 0;
    double error[RW_N_CAUSE] = {0};
    const json_t *head;
    json_array_foreach (json_object_get(audit, "heads"), i, head) {
        const double off =
            fabs(rw_doc_head(head, context, "random.position_inversion.measured") -
                 rw_doc_head(head, context, "random.position_inversion.predicted"));
        const double n_eff = rw_doc_head(head, context, "certificate.n_eff");
        if (isnan(off) || isnan(n_eff)) continue;
        const rw_disagreement_cause cause = rw_disagree_cause(
            rw_doc_head(head, context, "certificate.max_share"),
            rw_doc_head(head, context, "certificate.turning_share"), n_eff);
        count[cause]++;
        error[cause] += off;
        n++;
    }
    rw_judgement *j =
        rw_section_judge(s, !n                              ? RW_OUTCOME_NOT_RUN
                            : 2 * count[RW_CAUSE_NONE] >= n ? RW_OUTCOME_APPROXIMATELY
                                                            : RW_OUTCOME_NOT_REPRODUCED);
    rw_text_append(&j->what, "Real heads have regular amplitudes");
    rw_text_append(&j->published, "the condition of P's theorems");
    rw_text_printf(&j->ours, "of %zu heads at ", n);
    rw_markup_tokens(&j->ours, (double)context);
    rw_text_append(&j->ours, ": ");
    causes(&j->ours, count);
    rw_text_append(&j->ours, "; median n_eff ");
    rw_text_printf(&j->ours, "%.1f",
                   rw_doc_median(audit, context, "certificate.n_eff", NULL));
    rw_text_append(
        &j->reason,
        "so a dominant pair singles nobody out among these heads; the prediction of "
        "inversions stands up to it better than its conditions promise");
    rw_text_append(&s->body,
                   "\nAll heads at that context by cause, and the mean error of their "
                   "predicted position inversion:\n");
    rw_section_table(s, "cause | heads | mean error", 3);
    for (int k = 0; k < RW_N_CAUSE; k++) {
        rw_text_printf(&s->body, "| %s | %zu | ",
                       rw_disagreement_cause_name((rw_disagreement_cause)k), count[k]);
        rw_markup_rate(&s->body, count[k] ? error[k] / (double)count[k] : (double)NAN);
        rw_text_append(&s->body, " |\n");
    }
}

static ropewalk_status check(const rw_paper *paper, rw_section *s, ropewalk_error *err)
{
    const json_t *audit = paper->audit;
    const int64_t context[] = {rw_doc_advertised(audit), rw_doc_largest(audit)};
    cloud c[2];
    ropewalk_status status = collect(audit, context[0], &c[0], err);
    c[1] = (cloud){.n = 0};
    if (!status) status = collect(audit, context[1], &c[1], err);
    if (!status) {
        const double n = (double)c[0].n;
        rw_judgement *j =
            rw_section_judge(s, !c[0].n              ? RW_OUTCOME_NOT_RUN
                                : c[0].sum / n < .02 ? RW_OUTCOME_APPROXIMATELY
                                                     : RW_OUTCOME_NOT_REPRODUCED);
        rw_text_append(&j->what, "The normal law predicts real heads");
        rw_text_append(&j->published, "exact moments, scores taken as normal (T3)");
        rw_text_printf(
            &j->ours,
            "position inversion of %zu heads at the advertised length: off by %.4f on "
            "average, %.3f at most; at the largest context %.4f and %.3f",
            c[0].n, c[0].sum / n, c[0].worst, c[1].sum / (double)c[1].n, c[1].worst);
        rw_text_append(&j->reason,
                       "means over sampled queries and random keys of each head");
        j = rw_section_judge(s, c[0].n_kept == c[0].n && c[1].n_kept == c[1].n
                                    ? RW_OUTCOME_EXACTLY
                                    : RW_OUTCOME_NOT_REPRODUCED);
        rw_text_append(&j->what, "Certificates of real heads");
        rw_text_append(&j->published, "the error is at most KS(near) + KS(far) (T10)");
        rw_text_printf(&j->ours, "kept by %zu of %zu heads", c[0].n_kept + c[1].n_kept,
                       c[0].n + c[1].n);
        rw_text_append(&j->reason, "an inequality with a proof");
        const double line[] = {0, 1};
        rw_text label[2];
        rw_figure_series series[3];
        for (int k = 0; k < 2; k++) {
            rw_text_init(&label[k]);
            rw_text_append(&label[k], "M = ");
            rw_markup_tokens(&label[k], (double)context[k]);
            if (label[k].failed) s->body.failed = true;
            series[k] = (rw_figure_series){label[k].data, c[k].predicted,   c[k].measured,
                                           c[k].n,        RW_STROKE_POINTS, k};
        }
        series[2] = (rw_figure_series){"equal", line, line, 2, RW_STROKE_DASHED, 5};
        const rw_figure figure = {
            .title = "Position inversion of every head: counted over predicted",
            .x = {"predicted (T3)", RW_SCALE_LINEAR, 0, 1},
            .y = {"counted (E1), mean over random keys", RW_SCALE_LINEAR, 0, 1},
            .series = series,
            .n_series = 3,
            .reference = (double)NAN};
        rw_figure_draw(&figure,
                       rw_section_picture(s, "disagreements",
                                          "A point a head: counted position inversion "
                                          "over the predicted one"));
        for (int k = 0; k < 2; k++)
            rw_text_clear(&label[k]);
        rw_text_append(
            &s->body,
            "The heads furthest from their prediction, ten an event, each at its "
            "worst context; counts are exact, so it is the normal law that "
            "fails:\n");
        table(json_object_get(audit, "disagreements"), s);
        all_heads(audit, context[1], s);
    }
    clear(&c[0]);
    clear(&c[1]);
    return status;
}

const rw_claim rw_claim_disagreements = {
    .order = 170,
    .name = "disagreements",
    .title = "Where theory and counting disagree",
    .source = "P, F; the diagnostics are ours",
    .statement = "Predictions rest on a normal law, for regular amplitudes and windows "
                 "in which the "
                 "pairs turn.",
    .needs_audit = true,
    .check = check};
