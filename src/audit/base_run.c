/* base_run.c - B's bounds on the base beside the tables they are about. */
#include <inttypes.h>
#include <stdio.h>

#include "audit/theory_run.h"
#include "theory/base_bound.h"

enum { LONGEST = 1 << 24 };

/* Where the answers of one table within one context stand. */
typedef struct place {
    uint32_t n_pair; /* 0: unscaled RoPE has no such table */
    int64_t length;
    rw_answer *answer; /* base_first, base_window_end, base_safe */
} place;

static place place_of(const rw_theory_table *table, rw_theory_context *context)
{
    place p = {.length = context->effective,
               .answer = &context->value[RW_Q_BASE_FIRST - RW_Q_PAIRS_TURNED]};
    const double turning = table->value[RW_Q_PAIRS].value;
    const uint32_t half = table->rotary_dim / 2;
    if (!(turning < half)) p.n_pair = half;
    return p;
}

static void put(rw_answer *a, rw_estimate_state state, double value)
{
    a->state = state;
    a->n = state == RW_ESTIMATE_KNOWN;
    if (state == RW_ESTIMATE_KNOWN) a->value = a->p10 = a->p90 = value;
}

typedef struct watcher {
    const rw_theory_input *settings;
    char stage[48];
} watcher;

static int watch(void *ctx, int64_t done, int64_t total)
{
    const watcher *w = ctx;
    return w->settings->progress
               ? w->settings->progress(w->settings->progress_ctx, w->stage, done, total)
               : 0;
}

static ropewalk_status search(const place *p, const rw_theory_input *settings,
                              ropewalk_error *err)
{
    watcher w = {.settings = settings};
    (void)snprintf(w.stage, sizeof w.stage, "bases for %" PRId64, p->length);
    const rw_base_search job = {.n_pair = p->n_pair,
                                .length = p->length,
                                .base_end = RW_BASE_END,
                                .n_thread = settings->n_thread,
                                .progress = watch,
                                .progress_ctx = &w};
    rw_base_first first;
    rw_base_safe safe;
    ropewalk_status status = rw_base_first_find(&job, &first, err);
    if (!status) status = rw_base_safe_find(&job, &safe, err);
    if (status) return status;
    put(&p->answer[0], first.state, first.high);
    /* a window whose end is not decided has one all the same */
    put(&p->answer[1],
        first.state == RW_ESTIMATE_KNOWN && !(first.window_end > 0.0) ? RW_ESTIMATE_UNABLE
                                                                      : first.state,
        first.window_end);
    put(&p->answer[2], safe.state, safe.high);
    return ROPEWALK_OK;
}

/* The answers of an earlier place that asks the same, or NULL. */
static const rw_answer *earlier(rw_theory *list, uint32_t n, const place *p)
{
    for (uint32_t i = 0; i < n; i++)
        for (uint32_t t = 0; t < list[i].n_table; t++)
            for (uint32_t c = 0; c < list[i].n_context; c++) {
                const place q = place_of(&list[i].table[t], &list[i].table[t].context[c]);
                if (q.answer == p->answer) return NULL;
                if (q.n_pair == p->n_pair && q.length == p->length) return q.answer;
            }
    return NULL;
}

ropewalk_status rw_theory_search_bases(rw_theory *list, uint32_t n,
                                       const rw_theory_input *settings,
                                       ropewalk_error *err)
{
    ropewalk_status status = ROPEWALK_OK;
    for (uint32_t i = 0; i < n && !status; i++)
        for (uint32_t t = 0; t < list[i].n_table && !status; t++)
            for (uint32_t c = 0; c < list[i].n_context && !status; c++) {
                const place p = place_of(&list[i].table[t], &list[i].table[t].context[c]);
                if (p.n_pair == 0) continue;
                const rw_answer *same = earlier(list, n, &p);
                for (int a = 0; a < 3; a++) {
                    if (same)
                        p.answer[a] = same[a];
                    else
                        put(&p.answer[a], RW_ESTIMATE_UNABLE, 0.0);
                }
                if (!same && settings->bases && p.length <= LONGEST)
                    status = search(&p, settings, err);
            }
    return status;
}
