/* cell.c - counting and predicting one cell; the two meet only in its values. */
#include "sweep/cell.h"

#include <math.h>

#include "base/alloc.h"
#include "position/coefficient.h"

static const rw_estimate none = {(double)NAN, RW_ESTIMATE_NORMAL, RW_ESTIMATE_UNDEFINED};

static uint32_t largest_dim(const rw_sweep_plan *p, bool rotary)
{
    uint32_t most = 2;
    for (uint32_t i = 0; i < p->n_table; i++) {
        const uint32_t dim =
            rotary ? p->table[i].rotation.rotary_dim : p->table[i].info.head_dim;
        if (dim > most) most = dim;
    }
    return most;
}

static rw_measure_plan counted(const rw_sweep_plan *p)
{
    return (rw_measure_plan){.context = p->context,
                             .n_context = p->n_context,
                             .n_distance = p->context[p->n_context - 1],
                             .dtypes = p->dtypes,
                             .events = p->events,
                             .halves_only = 1,
                             .zeta = p->zeta};
}

static rw_scoretable largest_table(const rw_sweep_plan *p)
{
    const int64_t n = p->context[p->n_context - 1];
    return (rw_scoretable){.kernels = p->kernels,
                           .n_pair = largest_dim(p, true) / 2,
                           .n_distance = n,
                           .n_block = (n + RW_BLOCK - 1) / RW_BLOCK};
}

uint64_t rw_cells_bytes(const rw_sweep_plan *p)
{
    const rw_scoretable shape = largest_table(p);
    const rw_measure_plan measure = counted(p);
    return (uint64_t)p->n_thread *
           (rw_workspace_bytes(&shape, &measure, RW_CELL_KEYS) +
            rw_tables_bytes(shape.n_pair, shape.n_distance, p->n_context));
}

static ropewalk_status init_room(const rw_cells *c, rw_cell_room *room,
                                 ropewalk_error *err)
{
    const rw_sweep_plan *p = c->plan;
    const size_t dim = largest_dim(p, false), h = c->shape.n_pair;
    room->vectors = rw_array((1 + RW_CELL_KEYS) * dim, sizeof *room->vectors);
    room->terms = rw_array((size_t)RW_CELL_KEYS * 2 * (h + 1), sizeof *room->terms);
    room->single = rw_array(p->n_context, sizeof *room->single);
    room->twin = rw_array(p->n_context, sizeof *room->twin);
    if (!room->vectors || !room->terms || !room->single || !room->twin)
        return rw_fail_memory(err, "the cells of a sweep");
    const ropewalk_status status =
        rw_workspace_init(&room->workspace, &c->shape, &c->measure, RW_CELL_KEYS, err);
    room->workspace.stop = &c->stop;
    return status;
}

ropewalk_status rw_cells_init(rw_cells *c, const rw_sweep_plan *plan, rw_sweep *out,
                              ropewalk_error *err)
{
    c->plan = plan;
    c->out = out;
    c->measure = counted(plan);
    c->shape = largest_table(plan);
    ropewalk_status status = rw_tables_init(&c->tables, plan, c->shape.n_distance, err);
    if (status) return status;
    c->room = rw_calloc((size_t)plan->n_thread, sizeof *c->room);
    if (!c->room) status = rw_fail_memory(err, "the cells of a sweep");
    for (int i = 0; i < plan->n_thread && !status; i++)
        status = init_room(c, &c->room[i], err);
    return status;
}

void rw_cells_clear(rw_cells *c)
{
    for (int i = 0; c->room && i < c->plan->n_thread; i++) {
        rw_cell_room *room = &c->room[i];
        rw_workspace_clear(&room->workspace);
        rw_free(room->vectors);
        rw_free(room->terms);
        rw_free(room->single);
        rw_free(room->twin);
    }
    rw_free(c->room);
    rw_tables_clear(&c->tables);
    c->room = NULL;
}

/* Where a cell stands in the grid. */
typedef struct place {
    uint32_t table, family, draw;
} place;

static place place_of(const rw_sweep *s, int64_t item)
{
    const uint32_t cell = (uint32_t)item;
    return (place){cell / s->n_draw / s->n_family, cell / s->n_draw % s->n_family,
                   cell % s->n_draw};
}

static rw_sweep_value *values_of(const rw_cells *c, int64_t item)
{
    return c->out->value + (size_t)item * c->out->n_context * c->out->n_slot;
}

/* The query and both keys as terms of the score. */
static ropewalk_status coefficients(const rw_cells *c, place at, rw_cell_room *room,
                                    rw_coefficient z[RW_CELL_KEYS], ropewalk_error *err)
{
    const rw_sweep_plan *p = c->plan;
    const rw_sweep_table *t = &p->table[at.table];
    const uint32_t dim = t->info.head_dim;
    const double *q = room->vectors, *k = room->vectors + dim;
    if (p->given) {
        q = p->given->q + (size_t)at.draw * dim;
        k = p->given->k + (size_t)at.draw * RW_CELL_KEYS * dim;
    } else {
        rw_synthetic_vectors(p->family[at.family], dim, t->rotation.rotary_dim,
                             t->rotation.pairs, p->seed, at.draw, room->vectors,
                             room->vectors + dim, RW_CELL_KEYS);
    }
    for (size_t i = 0; i < RW_CELL_KEYS; i++) {
        z[i] = (rw_coefficient){.re = room->terms + 2 * i * (c->shape.n_pair + 1)};
        z[i].im = z[i].re + c->shape.n_pair + 1;
        const ropewalk_status status = rw_coefficient_make(
            &t->rotation, dim, t->info.score_scale, q, k + i * dim, &z[i], err);
        if (status) return rw_fail_context(err, status, "draw %u", at.draw);
    }
    return ROPEWALK_OK;
}

static rw_sweep_value of_count(const rw_count *c, bool defined, int64_t aside,
                               rw_estimate e)
{
    return (rw_sweep_value){.count = c->count,
                            .total = c->total,
                            .unresolved = c->unresolved,
                            .aside = aside,
                            .counted = true,
                            .defined = defined && c->total > 0,
                            .predicted = e};
}

static rw_sweep_value of_alias(const rw_alias_count *c, int64_t count, bool defined,
                               rw_estimate e)
{
    return (rw_sweep_value){.count = count,
                            .total = c->total,
                            .unresolved = c->unresolved,
                            .aside = c->overflow,
                            .counted = true,
                            .defined = defined && c->total > 0,
                            .predicted = e};
}

static rw_sweep_value value_of(rw_sweep_slot slot, const rw_single *s,
                               const rw_single_prediction *sp, const rw_double *d,
                               const rw_double_prediction *dp)
{
    switch (slot.event) {
    case RW_EVENT_POSITION_INVERSION:
        return of_count(&s->inversion, !s->blind, s->inversion.ties, sp->inversion);
    case RW_EVENT_POSITION_ALIASING:
        return of_alias(&s->aliasing[slot.dtype], s->aliasing[slot.dtype].pairs,
                        !s->blind, sp->alias_pairs[slot.dtype]);
    case RW_EVENT_POSITIONAL_INSENSITIVITY:
        return of_count(&s->insensitivity, !s->blind, 0, none);
    case RW_EVENT_TOKEN_INVERSION:
        return of_count(&d->inversion, !d->reference_tie, 0, dp->inversion);
    case RW_EVENT_TOKEN_ALIASING:
        return of_alias(&d->aliasing[slot.dtype], d->aliasing[slot.dtype].distances, true,
                        dp->aliasing[slot.dtype]);
    case RW_EVENT_ATTENTION_INVARIANCE:
        return of_alias(&d->invariance[slot.dtype], d->invariance[slot.dtype].pairs, true,
                        none);
    case RW_EVENT_CROSS_ALIASING:
        return of_alias(&d->cross[slot.dtype], d->cross[slot.dtype].pairs, true, none);
    case RW_N_EVENT: break;
    }
    return (rw_sweep_value){.predicted = none};
}

/* The predictions that need more than a predictor's windows. */
static ropewalk_status predict_rest(const rw_cells *c, const rw_made *made, uint32_t i,
                                    rw_sweep_slot slot, const rw_coefficient *z,
                                    rw_sweep_value *value, ropewalk_error *err)
{
    if (slot.event == RW_EVENT_CROSS_ALIASING)
        value->predicted = rw_predict_cross_aliasing(&made->predictor, i, &z[0], &z[1],
                                                     (rw_dtype)slot.dtype);
    if (slot.event != RW_EVENT_POSITIONAL_INSENSITIVITY || !made->steps ||
        made->steps[i].end == 0)
        return ROPEWALK_OK;
    rw_adjacent_prediction steps;
    const ropewalk_status status = rw_predict_adjacent(&made->steps[i], made->freq, &z[0],
                                                       c->plan->zeta, &steps, err);
    if (!status) value->predicted = steps.insensitivity;
    return status;
}

static ropewalk_status count(rw_cell_room *room, bool single, bool twin,
                             const rw_coefficient *z, ropewalk_error *err)
{
    static const rw_key_pair pair = {0, 1};
    ropewalk_status status = ROPEWALK_OK;
    if (single) /* of the first key alone */
        status =
            rw_group_measure(&room->workspace, z, 1, room->single, NULL, 0, NULL, err);
    if (!status && twin)
        status = rw_group_measure(&room->workspace, z, RW_CELL_KEYS, NULL, &pair, 1,
                                  room->twin, err);
    return status;
}

ropewalk_status rw_cell_run(void *ctx, int64_t item, int worker, ropewalk_error *err)
{
    rw_cells *c = ctx;
    const rw_sweep *s = c->out;
    const place at = place_of(s, item);
    rw_cell_room *room = &c->room[worker];
    rw_coefficient z[RW_CELL_KEYS];
    rw_made *made = NULL;
    const rw_sweep_family *family = &s->family[at.family];
    bool asked[2] = {false, false}; /* of two keys, of one */
    for (uint32_t i = 0; i < s->n_slot; i++) {
        const bool single = rw_event_is_single(s->slot[i].event);
        asked[single] |= at.draw < (single ? family->n_single : family->n_draw);
    }
    ropewalk_status status = rw_tables_acquire(&c->tables, at.table, &made, err);
    if (!status) status = coefficients(c, at, room, z, err);
    if (!status) {
        room->workspace.table = &made->scores;
        status = count(room, asked[1], asked[0], z, err);
    }
    rw_sweep_value *value = values_of(c, item);
    for (uint32_t i = 0; i < s->n_context && !status; i++) {
        rw_single_prediction single;
        rw_double_prediction twin;
        if (asked[1]) rw_predict_single(&made->predictor, i, &z[0], &single);
        if (asked[0]) rw_predict_double(&made->predictor, i, &z[0], &z[1], &twin);
        for (uint32_t j = 0; j < s->n_slot && !status; j++, value++) {
            *value = (rw_sweep_value){.predicted = none};
            if (!asked[rw_event_is_single(s->slot[j].event)]) continue;
            *value =
                value_of(s->slot[j], &room->single[i], &single, &room->twin[i], &twin);
            status = predict_rest(c, made, i, s->slot[j], z, value, err);
        }
    }
    if (made) rw_tables_release(&c->tables, made);
    return status;
}

void rw_cell_pack(void *ctx, int64_t item, rw_packer *out)
{
    const rw_cells *c = ctx;
    const rw_sweep_value *v = values_of(c, item);
    for (size_t i = 0; i < (size_t)c->out->n_context * c->out->n_slot; i++, v++) {
        rw_pack_u64(out, (uint64_t)v->count);
        rw_pack_u64(out, (uint64_t)v->total);
        rw_pack_u64(out, (uint64_t)v->unresolved);
        rw_pack_u64(out, (uint64_t)v->aside);
        rw_pack_f64(out, v->predicted.value);
        rw_pack_u32(out, (uint32_t)v->counted | (uint32_t)v->defined << 1 |
                             (uint32_t)v->predicted.kind << 2 |
                             (uint32_t)v->predicted.state << 4);
    }
}

ropewalk_status rw_cell_unpack(void *ctx, int64_t item, rw_unpacker *in,
                               ropewalk_error *err)
{
    const rw_cells *c = ctx;
    rw_sweep_value *v = values_of(c, item);
    bool good = true;
    for (size_t i = 0; i < (size_t)c->out->n_context * c->out->n_slot; i++, v++) {
        v->count = rw_unpack_count(in, INT64_MAX);
        v->total = rw_unpack_count(in, INT64_MAX);
        v->unresolved = rw_unpack_count(in, INT64_MAX);
        v->aside = rw_unpack_count(in, INT64_MAX);
        v->predicted.value = rw_unpack_f64(in);
        const uint32_t flags = rw_unpack_u32(in);
        v->counted = flags & 1;
        v->defined = flags >> 1 & 1;
        v->predicted.kind = (rw_estimate_kind)(flags >> 2 & 3);
        v->predicted.state = (rw_estimate_state)(flags >> 4 & 3);
        good = good && flags < 3u << 4 && v->count <= v->total;
    }
    if (good && rw_unpack_complete(in)) return ROPEWALK_OK;
    return rw_fail(err, ROPEWALK_E_FORMAT, 0, "a kept result does not fit this sweep");
}
