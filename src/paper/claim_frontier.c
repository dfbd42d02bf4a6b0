/* claim_frontier.c - what a frequency table lets any head do: separating near from far while it
 * resolves neighbours. */
#include <math.h>

#include "base/normal.h"
#include "paper/family_trial.h"
#include "paper/figure.h"
#include "report/markup.h"
#include "theory/frontier.h"

enum { N_BASE = 4, N_RATE = 7, DIM = 128, HALF = DIM / 2, N_HEAD = 40 };

static const double base_of[N_BASE] = {1e4, 1e5, 5e5, 1e7};
static const double rate_of[N_RATE] = {.45, .4, .3, .2, .1, .01, .001};

/* Random heads on the same plane: how many lie above the bound at their own separation. */
static ropewalk_status place_heads(const rw_paper *paper, const rw_rotation *rot,
                                   const rw_response *r, const double *p,
                                   const double *bound, uint32_t *n_above,
                                   uint32_t *n_head, ropewalk_error *err)
{
    double q[DIM], k[DIM], re[HALF + 1], im[HALF + 1];
    for (uint32_t i = 0; i < N_HEAD * RW_N_FAMILY; i++) {
        rw_coefficient z = {.re = re, .im = im};
        rw_head_place at;
        rw_synthetic_vectors((rw_family)(i / N_HEAD), DIM, DIM, RW_PAIRS_HALF_SPLIT,
                             paper->seed, 500 + i % N_HEAD, q, k, 1);
        const ropewalk_status status = rw_coefficient_make(rot, DIM, 1.0, q, k, &z, err);
        if (status) return status;
        rw_response_place(r, &z, &at);
        ++*n_head;
        const double rate = rw_normal_cdf(-fabs(at.separation));
        for (int c = 0; c < N_RATE; c++)
            *n_above += rate <= p[c] && at.step > bound[c];
    }
    return ROPEWALK_OK;
}

static ropewalk_status check(const rw_paper *paper, rw_section *s, ropewalk_error *err)
{
    const int64_t M = rw_paper_context(paper, 131072);
    double step[N_BASE][N_RATE], free_step = 0, gap = 0;
    uint32_t n_above = 0, n_head = 0;
    rw_figure_series series[N_BASE];
    rw_text label[N_BASE];
    for (int b = 0; b < N_BASE; b++)
        rw_text_init(&label[b]);
    ropewalk_status status = ROPEWALK_OK;
    for (int b = 0; b < N_BASE && !status; b++) {
        rw_rotation rot;
        rw_response r = {.n = 0};
        rw_frontier f = {.n_point = 0};
        rw_rotation_init(&rot);
        status = rw_rotation_alloc(&rot, DIM, err);
        if (!status) {
            rot.attn_factor = 1;
            rw_inv_freq_unscaled(base_of[b], DIM, rot.inv_freq);
            status = rw_response_init(&r, rot.inv_freq, HALF, M, err);
        }
        if (!status)
            status = rw_frontier_make(&r, RW_FRONTIER_POSITION, rate_of, N_RATE, &f, err);
        free_step = fmax(free_step, f.greatest_step);
        for (size_t i = 0; i < f.n_point && !status; i++) {
            step[b][i] = f.point[i].bound;
            gap = fmax(gap, f.point[i].bound - f.point[i].attained);
        }
        if (!status)
            status =
                place_heads(paper, &rot, &r, rate_of, step[b], &n_above, &n_head, err);
        rw_text_append(&label[b], "base ");
        rw_text_base(&label[b], base_of[b]);
        series[b] = (rw_figure_series){label[b].data, rate_of,          step[b],
                                       N_RATE,        RW_STROKE_MARKED, b};
        rw_frontier_clear(&f);
        rw_response_clear(&r);
        rw_rotation_clear(&rot);
    }
    if (!status) {
        rw_judgement *j = rw_section_judge(s, step[0][4] < 0.05 && step[2][4] > 0.3
                                                  ? RW_OUTCOME_LIMIT
                                                  : RW_OUTCOME_NOT_REPRODUCED);
        rw_text_append(&j->what,
                       "No head can separate near from far and resolve neighbours");
        rw_text_append(&j->published, "P and F: in conflict as M grows");
        rw_text_printf(
            &j->ours,
            "at M = %lld, predicted inversion .1: step at most %.4f at base 1e4, %.4f at "
            "5e5 (of %.3f without a condition)",
            (long long)M, step[0][4], step[2][4], free_step);
        rw_text_append(&j->reason,
                       "a wall near M of some bases, proven for every query and key; "
                       "before it the conflict is small (R1 to R6)");
        j = rw_section_judge(s, n_above || !(gap < 1e-6) ? RW_OUTCOME_NOT_REPRODUCED
                                                         : RW_OUTCOME_EXACTLY);
        rw_text_append(&j->what, "The frontier is attained and not passed");
        rw_text_append(&j->published, "ours");
        rw_text_printf(
            &j->ours,
            "%u of %u random heads above it; bound and attaining head differ %s", n_above,
            n_head, gap < 1e-6 ? "by less than 1e-6" : "by more than 1e-6");
        rw_text_append(&j->reason, "a bound with a proof and an optimal head beside it");
        rw_text_append(&s->body,
                       "Greatest step of any head, root mean square of S(m+1) - S(m) in "
                       "units of U, whose near and far halves are so far apart that the "
                       "predicted position inversion is p or less. `head_dim` 128, M = ");
        rw_markup_count(&s->body, (double)M);
        rw_text_append(&s->body, ".\n");
        rw_section_table(s, "base | p = .45 | .4 | .3 | .2 | .1 | .01 | .001",
                         N_RATE + 1);
        for (int b = 0; b < N_BASE; b++) {
            rw_text_append(&s->body, "| ");
            rw_text_base(&s->body, base_of[b]);
            for (int i = 0; i < N_RATE; i++)
                rw_text_printf(&s->body, " | %.4f", step[b][i]);
            rw_text_append(&s->body, " |\n");
        }
        const rw_figure figure = {
            .title = "What a table lets any head do",
            .x = {"predicted position inversion p asked for (log)", RW_SCALE_DECADES,
                  1e-3, 0.5},
            .y = {"greatest step, in units of U (log)", RW_SCALE_DECADES, 1e-3, 1},
            .series = series,
            .n_series = N_BASE,
            .reference = (double)NAN};
        rw_figure_draw(&figure,
                       rw_section_picture(s, "frontier",
                                          "Greatest step of any head over the inversion "
                                          "rate asked for, one curve a base"));
    }
    for (int b = 0; b < N_BASE; b++) {
        if (label[b].failed) s->body.failed = true;
        rw_text_clear(&label[b]);
    }
    return status;
}

const rw_claim rw_claim_frontier = {
    .order = 110,
    .name = "frontier",
    .title = "The frontier of a frequency table",
    .source = "P, F; the finite statement is ours ([theory.md](theory.md) section 7)",
    .statement =
        "Telling near from far, and a position from the next, are in conflict, for every "
        "query and key.",
    .check = check};
