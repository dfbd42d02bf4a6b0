/* grid.c - building the tables of a grid one by one. */
#include "sweep/grid.h"

#include <math.h>
#include <stdio.h>

#include "base/alloc.h"
#include "position/declared.h"

double rw_sweep_axes_count(const rw_sweep_axes *axes)
{
    return (double)axes->n_head_dim * axes->n_rope_theta * axes->n_scaling;
}

ropewalk_status rw_sweep_axes_table(const rw_sweep_axes *axes, uint32_t i,
                                    rw_sweep_table *out, ropewalk_error *err)
{
    const uint32_t base = i % axes->n_rope_theta, rest = i / axes->n_rope_theta;
    const uint32_t dim = axes->head_dim[rest / axes->n_scaling];
    const int64_t rotary = axes->rotary_dim < 0 ? dim : axes->rotary_dim;
    *out = (rw_sweep_table){0};
    if (rotary > dim || rotary % 2 != 0)
        return rw_fail(err, ROPEWALK_E_ARGUMENT, 0,
                       "rotary_dim %lld must be even and at most head_dim %u",
                       (long long)rotary, dim);
    ropewalk_rope rope = *axes->rope;
    rope.scaling = axes->scaling[rest % axes->n_scaling];
    (void)rw_declared_keep(&rope);
    const rw_layer_shape shape = {.head_dim = dim,
                                  .rotary_dim = (uint32_t)rotary,
                                  .n_head_q = 1,
                                  .n_head_kv = 1,
                                  .context_length = isnan(axes->rope->orig_ctx)
                                                        ? axes->context
                                                        : (int64_t)axes->rope->orig_ctx,
                                  .length = axes->context,
                                  .rope_theta = axes->rope_theta[base],
                                  .pairs = axes->pairs};
    const ropewalk_status status =
        rw_declared_rotation(&rope, &shape, &out->rotation, err);
    if (status == ROPEWALK_E_MEMORY) return status;
    if (status) return rw_fail_context(err, status, "head_dim %u", dim);
    rw_sweep_table_info *info = &out->info;
    (void)snprintf(info->scaling, sizeof info->scaling, "%s", rope.scaling);
    info->head_dim = dim;
    info->rotary_dim = out->rotation.rotary_dim;
    info->rope_theta = shape.rope_theta;
    info->attn_factor = out->rotation.attn_factor;
    info->score_scale =
        isnan(axes->score_scale) ? 1.0 / sqrt((double)dim) : axes->score_scale;
    return ROPEWALK_OK;
}

/* A parameter that no scaling of the list has is a mistake. */
static ropewalk_status check_parameters(const rw_sweep_axes *axes, ropewalk_error *err)
{
    uint32_t used = 0;
    ropewalk_rope all = *axes->rope;
    all.scaling = NULL;
    all.orig_ctx = (double)NAN; /* a length of the grid too, for tables that grow */
    const uint32_t given = rw_declared_keep(&all);
    for (uint32_t i = 0; i < axes->n_scaling; i++) {
        ropewalk_rope rope = *axes->rope;
        rope.scaling = axes->scaling[i];
        used |= rw_declared_keep(&rope);
    }
    for (uint32_t bit = 0; bit < 32; bit++)
        if ((given & ~used) >> bit & 1)
            return rw_fail(err, ROPEWALK_E_ARGUMENT, 0,
                           "%s is given, and none of the scalings has it",
                           rw_declared_name(bit));
    return ROPEWALK_OK;
}

ropewalk_status rw_sweep_axes_tables(const rw_sweep_axes *axes, uint32_t n_more,
                                     rw_sweep_table **out, uint32_t *n,
                                     ropewalk_error *err)
{
    const uint32_t n_grid = (uint32_t)rw_sweep_axes_count(axes);
    *out = NULL;
    *n = 0;
    ropewalk_status status = check_parameters(axes, err);
    if (status) return status;
    rw_sweep_table *table = rw_calloc((size_t)n_grid + n_more, sizeof *table);
    if (!table) return rw_fail_memory(err, "the tables of a sweep");
    for (uint32_t i = 0; i < n_grid && !status; i++)
        status = rw_sweep_axes_table(axes, i, &table[i], err);
    if (status) {
        rw_sweep_tables_free(table, n_grid);
        return status;
    }
    *out = table;
    *n = n_grid;
    return ROPEWALK_OK;
}

void rw_sweep_tables_free(rw_sweep_table *table, uint32_t n)
{
    for (uint32_t i = 0; table && i < n; i++)
        rw_rotation_clear(&table[i].rotation);
    rw_free(table);
}
