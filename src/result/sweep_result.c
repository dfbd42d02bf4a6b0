/* sweep_result.c - memory and indices of a sweep's result. */
#include "result/sweep_result.h"

#include "base/alloc.h"

void rw_sweep_init(rw_sweep *s)
{
    *s = (rw_sweep){0};
}

void rw_sweep_clear(rw_sweep *s)
{
    for (uint32_t i = 0; s->curve && i < s->n_curve; i++)
        rw_free(s->curve[i].point);
    rw_free(s->curve);
    rw_free(s->table);
    rw_free(s->model);
    rw_free(s->family);
    rw_free(s->context);
    rw_free(s->value);
    rw_free(s->summary);
    *s = (rw_sweep){0};
}

int rw_sweep_find_slot(const rw_sweep *s, rw_event event)
{
    for (uint32_t i = 0; i < s->n_slot; i++)
        if (s->slot[i].event == event) return (int)i;
    return -1;
}

const rw_sweep_value *rw_sweep_value_at(const rw_sweep *s, size_t table, size_t family,
                                        size_t draw, size_t context, size_t slot)
{
    const size_t cell = (table * s->n_family + family) * s->n_draw + draw;
    return &s->value[(cell * s->n_context + context) * s->n_slot + slot];
}

const rw_sweep_summary *rw_sweep_summary_at(const rw_sweep *s, size_t table,
                                            size_t family, size_t context, size_t slot)
{
    const size_t at = (table * s->n_family + family) * s->n_context + context;
    return &s->summary[at * s->n_slot + slot];
}

uint32_t rw_sweep_draws(const rw_sweep *s, size_t family, size_t slot)
{
    const rw_sweep_family *f = &s->family[family];
    return rw_event_is_single(s->slot[slot].event) ? f->n_single : f->n_draw;
}

bool rw_event_is_single(rw_event event)
{
    return event == RW_EVENT_POSITION_INVERSION || event == RW_EVENT_POSITION_ALIASING ||
           event == RW_EVENT_POSITIONAL_INSENSITIVITY;
}

bool rw_event_is_rounded(rw_event event)
{
    return event == RW_EVENT_POSITION_ALIASING || event == RW_EVENT_TOKEN_ALIASING ||
           event == RW_EVENT_ATTENTION_INVARIANCE || event == RW_EVENT_CROSS_ALIASING;
}

const char *rw_sweep_loss_name(rw_sweep_loss loss)
{
    return loss == RW_LOSS_MAX ? "max" : "sum";
}
