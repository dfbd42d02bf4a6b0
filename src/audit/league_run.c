/* league_run.c - one run of theory_run.h for each distinct table at its context. */
#include "audit/league_run.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"

/* The distinct tables, by the row that has each first. */
typedef struct plan {
    uint32_t *first; /* [n] */
    uint32_t *group; /* [n_row] */
    uint32_t n;
    int64_t total; /* positions */
} plan;

/* NaN is equal to itself here. */
static bool same_number(double a, double b)
{
    uint64_t x, y;
    memcpy(&x, &a, sizeof x);
    memcpy(&y, &b, sizeof y);
    return x == y;
}

static bool same_table(const rw_theory_table_input *a, const rw_theory_table_input *b)
{
    const rw_rotation *x = a->rotation, *y = b->rotation;
    bool same = a->head_dim == b->head_dim && x->rotary_dim == y->rotary_dim &&
                x->pairs == y->pairs && same_number(a->rope_theta, b->rope_theta) &&
                same_number(a->score_scale, b->score_scale) &&
                same_number(x->attn_factor, y->attn_factor);
    for (uint32_t n = 0; same && n < x->rotary_dim / 2; n++)
        same = same_number(x->inv_freq[n], y->inv_freq[n]);
    return same;
}

static ropewalk_status make_plan(plan *p, rw_league *league,
                                 const rw_theory_table_input *table, ropewalk_error *err)
{
    *p = (plan){.first = rw_calloc((size_t)league->n_row + 1, sizeof *p->first),
                .group = rw_calloc((size_t)league->n_row + 1, sizeof *p->group)};
    if (!p->first || !p->group) return rw_fail_memory(err, "a list of tables");
    for (uint32_t i = 0; i < league->n_row; i++) {
        rw_league_row *row = &league->row[i];
        if (!row->why && !table[i].rotation) row->why = "no rotation";
        if (!row->why && row->effective < 1) row->why = "no advertised context";
        if (row->why) continue;
        uint32_t g = 0;
        while (g < p->n && !(league->row[p->first[g]].effective == row->effective &&
                             same_table(&table[p->first[g]], &table[i])))
            g++;
        p->group[i] = g;
        if (g < p->n) continue;
        p->first[p->n++] = i;
        p->total += row->effective;
    }
    return ROPEWALK_OK;
}

/* Progress of one table as part of all. */
typedef struct part {
    const rw_theory_input *settings;
    int64_t before, weight, total;
    const char *stage;
} part;

static int forward(void *ctx, const char *stage, int64_t done, int64_t total)
{
    const part *p = ctx;
    if (!p->settings->progress) return 0;
    const bool last = (strncmp(stage, "counting", 8) == 0) == p->settings->count;
    const double share = last && total > 0 ? (double)done / (double)total : 0.0;
    return p->settings->progress(p->settings->progress_ctx, p->stage,
                                 p->before + (int64_t)(share * (double)p->weight),
                                 p->total);
}

/* What counting will take all processors, to an order of magnitude. */
static double count_seconds(const plan *p, const rw_league *league,
                            const rw_theory_input *settings)
{
    double positions = 0.0;
    for (uint32_t g = 0; g < p->n && settings->count; g++)
        if (league->row[p->first[g]].effective <= settings->count_limit)
            positions += (double)league->row[p->first[g]].effective;
    return positions * 2.0 * settings->n_family * settings->n_draw * 120e-9 /
           settings->n_thread;
}

ropewalk_status rw_league_run(rw_league *league, const rw_theory_table_input *table,
                              const rw_theory_input *settings, ropewalk_error *err)
{
    plan p;
    ropewalk_status status = make_plan(&p, league, table, err);
    league->n_draw = settings->n_draw;
    league->dtypes = settings->dtypes;
    league->counting = settings->count;
    league->count_limit = settings->count_limit;
    if (!status) {
        league->theory = rw_calloc((size_t)p.n + 1, sizeof *league->theory);
        if (!league->theory) status = rw_fail_memory(err, "tables");
    }
    char stage[48] = "examining tables";
    const double seconds = count_seconds(&p, league, settings);
    if (seconds > 10.0)
        (void)snprintf(stage, sizeof stage, "tables, about %.0f s", seconds);
    int64_t before = 0;
    for (uint32_t g = 0; g < p.n && !status; g++) {
        const rw_league_row *row = &league->row[p.first[g]];
        part here = {settings, before, row->effective, p.total, stage};
        rw_theory_input in = *settings;
        in.table = &table[p.first[g]];
        in.n_table = 1;
        in.context = &row->effective;
        in.n_context = 1;
        in.within = true;
        in.progress = forward;
        in.progress_ctx = &here;
        status = rw_theory_run(&in, &league->theory[g], err);
        if (status) status = rw_fail_context(err, status, "%s", row->model);
        if (!status) league->n_theory++;
        before += row->effective;
    }
    if (!status)
        status = rw_theory_search_bases(league->theory, league->n_theory, settings, err);
    for (uint32_t i = 0; i < league->n_row && !status; i++)
        if (!league->row[i].why) league->row[i].theory = &league->theory[p.group[i]];
    rw_free(p.first);
    rw_free(p.group);
    return status;
}
