/* disagree.c - the heads whose counts are furthest from what theory predicts. */
#include "audit/disagree.h"

#include <math.h>

#include "base/alloc.h"

static const char *const event_name[RW_N_DISAGREEMENT_EVENT] = {
    "position_inversion", "token_inversion", "position_aliasing"};
enum { POSITION_INVERSION, TOKEN_INVERSION, POSITION_ALIASING };

/* From this on a diagnostic counts as a cause. */
static const double dominant_share = 0.5, turned_share = 0.5, enough_pairs = 8;

rw_disagreement_cause rw_disagree_cause(double max_share, double turning_share,
                                        double n_eff)
{
    if (max_share >= dominant_share) return RW_CAUSE_DOMINANT_PAIR;
    if (turning_share < turned_share) return RW_CAUSE_SHORT_WINDOW;
    if (n_eff < enough_pairs) return RW_CAUSE_FEW_PAIRS;
    return RW_CAUSE_NONE;
}

static const rw_cell *cell_of(const rw_audit *a, const rw_head_context *x, int event)
{
    if (event == POSITION_INVERSION) return &x->single[RW_RANDOM][RW_RATE_INVERSION];
    if (event == TOKEN_INVERSION) return &x->twin[RW_RANDOM_RANDOM][RW_TWIN_INVERSION];
    return &x->single[RW_RANDOM][RW_RATE_ALIASING + (int)a->first_dtype];
}

static double error_of(const rw_cell *c, int event)
{
    if (event != POSITION_ALIASING) return fabs(c->measured - c->predicted);
    return c->measured > 0 && c->predicted > 0 ? fabs(log(c->measured / c->predicted))
                                               : (double)NAN;
}

/* The worst context of a head; false when it has no answer anywhere. */
static int worst_context(const rw_audit *a, const rw_head_result *head, int event,
                         rw_disagreement *out)
{
    int found = 0;
    for (uint32_t i = 0; head->context && i < a->n_context; i++) {
        const rw_head_context *x = &head->context[i];
        const rw_cell *c = cell_of(a, x, event);
        const double error = error_of(c, event);
        if (isnan(error) || (found && !(error > out->error))) continue;
        found = 1;
        *out = (rw_disagreement){
            .event = event_name[event],
            .layer = head->layer,
            .head = head->head,
            .context = x->context,
            .effective = x->effective,
            .measured = c->measured,
            .predicted = c->predicted,
            .error = error,
            .certificate = event == POSITION_INVERSION ? x->ks_near + x->ks_far
                           : event == TOKEN_INVERSION  ? x->ks_difference
                                                       : (double)NAN,
            .max_share = x->max_share,
            .n_eff = x->n_eff,
            .turning_share = x->turning_share,
            .cause = rw_disagree_cause(x->max_share, x->turning_share, x->n_eff)};
    }
    return found;
}

ropewalk_status rw_disagree_find(rw_audit *a, ropewalk_error *err)
{
    rw_disagreement *list =
        rw_calloc((size_t)RW_N_DISAGREEMENT_EVENT * RW_DISAGREEMENT_ROWS, sizeof *list);
    if (!list) return rw_fail_memory(err, "the disagreements");
    uint32_t n = 0;
    for (int event = 0; event < RW_N_DISAGREEMENT_EVENT; event++) {
        const uint32_t first = n;
        for (uint32_t h = 0; h < a->n_head; h++) {
            rw_disagreement d;
            if (!worst_context(a, &a->head[h], event, &d)) continue;
            uint32_t at =
                n; /* a later head stands behind an equal one: order is stable */
            while (at > first && list[at - 1].error < d.error)
                at--;
            if (at == first + RW_DISAGREEMENT_ROWS) continue;
            if (n < first + RW_DISAGREEMENT_ROWS) n++;
            for (uint32_t k = n - 1; k > at; k--)
                list[k] = list[k - 1];
            list[at] = d;
        }
    }
    rw_free(a->disagreement);
    a->disagreement = list;
    a->n_disagreement = n;
    return ROPEWALK_OK;
}
