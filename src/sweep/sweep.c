/* sweep.c - from a plan to a result: memory asked for first, then cells, then the trade-off. */
#include "sweep/sweep.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/digest.h"
#include "base/team.h"
#include "base/work.h"
#include "sweep/cell.h"

static void pack_table(const rw_sweep_table *t, rw_packer *p)
{
    rw_pack_u32(p, t->info.head_dim);
    rw_pack_f64(p, t->info.score_scale);
    rw_pack_u32(p, t->rotation.rotary_dim);
    rw_pack_u32(p, t->rotation.pairs);
    rw_pack_f64(p, t->rotation.attn_factor);
    for (uint32_t n = 0; n < t->rotation.rotary_dim / 2; n++)
        rw_pack_f64(p, t->rotation.inv_freq[n]);
}

ropewalk_status rw_sweep_key(const rw_sweep_plan *plan, uint64_t *key,
                             ropewalk_error *err)
{
    rw_packer p;
    rw_work_key_begin(&p, "sweep", key);
    rw_pack_u32(&p, plan->n_table);
    rw_pack_u32(&p, plan->n_family);
    rw_pack_u32(&p, plan->n_draw);
    rw_pack_u32(&p, plan->n_context);
    rw_pack_u32(&p, plan->dtypes);
    rw_pack_u32(&p, plan->events);
    rw_pack_u64(&p, plan->seed);
    rw_pack_f64(&p, plan->zeta);
    for (uint32_t i = 0; i < plan->n_context; i++)
        rw_pack_u64(&p, (uint64_t)plan->context[i]);
    for (uint32_t i = 0; i < plan->n_family && !plan->given; i++)
        rw_pack_u32(&p, plan->family[i]);
    ropewalk_status status = rw_work_key_take(&p, key, err);
    for (uint32_t i = 0; i < plan->n_table && !status; i++) {
        pack_table(&plan->table[i], &p);
        status = rw_work_key_take(&p, key, err);
    }
    const rw_sweep_given *g = plan->given;
    if (status || !g) return status;
    const size_t n = (size_t)g->n_draw * g->head_dim * sizeof *g->q;
    *key = rw_digest(*key, g->q, n);
    *key = rw_digest(*key, g->k, n * RW_CELL_KEYS);
    return ROPEWALK_OK;
}

static void list_slots(const rw_sweep_plan *plan, rw_sweep *s)
{
    for (int e = 0; e < RW_N_EVENT; e++) {
        if (!(plan->events >> e & 1)) continue;
        if (!rw_event_is_rounded((rw_event)e)) {
            s->slot[s->n_slot++] = (rw_sweep_slot){(rw_event)e, -1};
            continue;
        }
        for (int d = 0; d < RW_N_DTYPE; d++)
            if (plan->dtypes >> d & 1)
                s->slot[s->n_slot++] = (rw_sweep_slot){(rw_event)e, d};
    }
}

static void list_families(const rw_sweep_plan *plan, rw_sweep *s)
{
    for (uint32_t i = 0; i < s->n_family; i++) {
        rw_sweep_family *f = &s->family[i];
        const char *name = plan->given ? "given" : rw_family_name(plan->family[i]);
        (void)snprintf(f->name, sizeof f->name, "%s", name);
        f->n_draw = s->n_draw;
        /* the aligned key is not random: its events are counted once */
        f->directed = !plan->given && plan->family[i] == RW_FAMILY_ALIGNED;
        f->n_single = f->directed ? 1 : s->n_draw;
    }
}

/* Everything but the values, which may be large. */
static ropewalk_status describe(const rw_sweep_plan *plan, rw_sweep *s,
                                ropewalk_error *err)
{
    s->n_grid = plan->n_grid;
    s->n_table = plan->n_table;
    s->n_model = plan->n_model;
    s->n_family = plan->given ? 1 : plan->n_family;
    s->n_draw = plan->given ? plan->given->n_draw : plan->n_draw;
    s->n_context = plan->n_context;
    s->dtypes = plan->dtypes;
    s->events = plan->events;
    s->zeta = plan->zeta;
    s->seed = plan->seed;
    s->loss_kind = plan->loss;
    s->threshold = plan->threshold;
    if (plan->given)
        (void)snprintf(s->source, sizeof s->source, "%s", plan->given->source);
    s->table = rw_calloc(s->n_table, sizeof *s->table);
    s->model = rw_calloc((size_t)s->n_model + 1, sizeof *s->model);
    s->family = rw_calloc(s->n_family, sizeof *s->family);
    s->context = rw_array(s->n_context, sizeof *s->context);
    if (!s->table || !s->model || !s->family || !s->context)
        return rw_fail_memory(err, "the grid of a sweep");
    for (uint32_t i = 0; i < s->n_table; i++)
        s->table[i] = plan->table[i].info;
    if (s->n_model) memcpy(s->model, plan->model, s->n_model * sizeof *s->model);
    memcpy(s->context, plan->context, s->n_context * sizeof *s->context);
    list_families(plan, s);
    list_slots(plan, s);
    return ROPEWALK_OK;
}

static ropewalk_status check_memory(const rw_sweep_plan *plan, const rw_sweep *s,
                                    double n_cell, ropewalk_error *err)
{
    const double values = n_cell * s->n_context * s->n_slot * sizeof *s->value;
    const double bytes = values + (double)rw_cells_bytes(plan);
    const double there = (double)rw_memory_total();
    if (!(there > 0.0) || bytes < 0.9 * there) return ROPEWALK_OK;
    return rw_fail(err, ROPEWALK_E_MEMORY, 0,
                   "this sweep needs %.1f GiB (%.1f for its results, the rest for %d "
                   "threads at context %lld), this machine has %.1f GiB: use %s",
                   bytes / 0x1p30, values / 0x1p30, plan->n_thread,
                   (long long)s->context[s->n_context - 1], there / 0x1p30,
                   values > 0.5 * bytes ? "fewer cells"
                                        : "fewer threads or shorter contexts");
}

static void note_kept(void *ctx, int64_t n)
{
    rw_cells *c = ctx;
    (void)snprintf(c->stage, sizeof c->stage, "sweeping, %lld kept", (long long)n);
}

static int forward_progress(void *ctx, int64_t done, int64_t total)
{
    rw_cells *c = ctx;
    const rw_sweep_plan *p = c->plan;
    if (!p->progress || !p->progress(p->progress_ctx, c->stage, done, total)) return 0;
    atomic_store(&c->stop, 1); /* what is being counted ends at its next key */
    return 1;
}

ropewalk_status rw_sweep_run(const rw_sweep_plan *plan, rw_sweep *out,
                             ropewalk_error *err)
{
    rw_cells cells = {.plan = plan, .stage = "sweeping"};
    rw_sweep_init(out);
    ropewalk_status status = describe(plan, out, err);
    const double n_cell = (double)out->n_table * out->n_family * out->n_draw;
    if (!status && !(n_cell < 0x1p31))
        status = rw_fail(err, ROPEWALK_E_ARGUMENT, 0,
                         "%.4g cells are more than the %.0f one sweep can number", n_cell,
                         0x1p31);
    if (!status) status = check_memory(plan, out, n_cell, err);
    if (!status) {
        out->value =
            rw_calloc((size_t)n_cell * out->n_context * out->n_slot, sizeof *out->value);
        if (!out->value) status = rw_fail_memory(err, "the values of a sweep");
    }
    if (!status) status = rw_cells_init(&cells, plan, out, err);
    const rw_work work = {.ctx = &cells,
                          .n_item = (int64_t)n_cell,
                          .run = rw_cell_run,
                          .pack = rw_cell_pack,
                          .unpack = rw_cell_unpack,
                          .kept = note_kept};
    if (!status)
        status = rw_work_run(&work, plan->journal, plan->team, plan->n_thread,
                             forward_progress, &cells, err);
    rw_cells_clear(&cells);
    if (!status && rw_team_leads(plan->team))
        status = rw_sweep_summarise(out, plan->n_base, err);
    if (status || !rw_team_leads(plan->team)) rw_sweep_clear(out);
    return status;
}
