/* forecast.c - a straight line through two depths, and the tokens of a plan. */
#include "task/forecast.h"

#include <math.h>
#include <string.h>

#include "base/clock.h"

enum { SHORT = 512, LONG = 1536, PIECE = 512 };

static ropewalk_status time_prompt(const rw_lm *lm, int64_t n_filler,
                                   const char *question, double *seconds,
                                   ropewalk_error *err)
{
    static const char *const option[] = {"0", "1"};
    double weight[2];
    rw_lm_usage usage;
    const rw_lm_prompt p = {
        .segment = {{"The rope stood near the wall for most of the day. ", n_filler,
                     false},
                    {question, -1, false}},
        .n_segment = 2};
    const double begin = rw_clock_wall();
    const ropewalk_status status =
        lm->weigh(lm->ctx, &p, option, 2, weight, NULL, &usage, err);
    *seconds = rw_clock_wall() - begin;
    return status;
}

ropewalk_status rw_forecast_measure(const rw_lm *lm, rw_forecast *out,
                                    ropewalk_error *err)
{
    double warm, few, many, question;
    *out = (rw_forecast){0};
    if (!(lm->can & RW_LM_WEIGHS))
        return rw_fail(err, ROPEWALK_E_UNSUPPORTED, 0,
                       "how long a server takes is not known");
    const int64_t n_short =
                      lm->context && lm->context < SHORT + 64 ? lm->context / 4 : SHORT,
                  n_long =
                      lm->context && lm->context < LONG + 64 ? lm->context / 2 : LONG;
    ropewalk_status status = time_prompt(lm, 8, "\nA warm start: ", &warm, err);
    if (!status) status = time_prompt(lm, n_short, "\nWhich one is it: ", &few, err);
    if (!status)
        status = time_prompt(lm, n_short, "\nWhich one was it: ", &question, err);
    if (!status) status = time_prompt(lm, n_long, "\nWhich one is it: ", &many, err);
    if (status) return status;
    /* the pieces of the short one are there already, so `many` is what lies between */
    const double first = fmax(few - question, 0.0) / (double)n_short,
                 later = fmax(many - question, 0.0) / (double)(n_long - n_short),
                 apart = 0.5 * (double)n_long;
    out->token_s_a_depth = fmax(later - first, 0.0) / apart;
    out->token_s = fmax(first - out->token_s_a_depth * 0.5 * (double)n_short, 0.0);
    out->question_s = question;
    out->longest = (double)n_long;
    return ROPEWALK_OK;
}

/* Tokens from depth `from` to depth `to`. */
static double reading(const rw_forecast *f, double from, double to)
{
    if (!(to > from)) return 0.0;
    return (to - from) * (f->token_s + f->token_s_a_depth * 0.5 * (from + to));
}

/* Where reading begins for a moved list: what a shorter gap of the same kind has left behind. */
static double begin_of(const rw_task_result *r, size_t group)
{
    const rw_task_group *g = &r->group[group];
    if (g->gap <= 0) return 0.0;
    const double list = g->n_token - (double)g->gap;
    const bool before = strcmp(g->cell, "dilution") == 0,
               leaves = strcmp(g->cell, "distance") == 0;
    int64_t there = 0;
    for (size_t i = 0; i < r->n_group; i++) {
        const rw_task_group *h = &r->group[i];
        const bool same_place = strcmp(h->cell, "dilution") == 0 ? before : !before;
        if (strcmp(h->task, g->task) != 0 || strcmp(h->factors, g->factors) != 0 ||
            h->gap <= 0 || !same_place)
            continue;
        if (leaves && h->gap == g->gap && strcmp(h->cell, "both") == 0)
            return g->n_token; /* read by the cell in which it stays */
        if (h->gap < g->gap && h->gap - h->gap % PIECE > there)
            there = h->gap - h->gap % PIECE;
    }
    return (before ? 0.0 : list) + (double)there;
}

double rw_forecast_seconds(const rw_forecast *f, const rw_task_result *r,
                           int64_t n_written)
{
    double total = 0.0;
    for (size_t i = 0; i < r->n_group; i++) {
        const rw_task_group *g = &r->group[i];
        const double n_question = (double)g->n_inquiry;
        double read = reading(f, begin_of(r, i), g->n_token);
        /* windows are read for each question, and a recital is written */
        const bool windows = strcmp(g->strategy, "chunked") == 0,
                   recites = strcmp(g->strategy, "recite") == 0;
        if (isnan(g->n_token)) return (double)NAN;
        read *= windows ? n_question : (double)r->n_list;
        total +=
            read + n_question * f->question_s +
            0.5 * f->question_s * n_question * (double)(n_written + (recites ? 96 : 0));
        if (g->gate || g->gap == 0 || g->gap < 0)
            total += n_question * f->question_s; /* without its list, once */
    }
    return total;
}
