/* unit.c - grouping layers, and what each group needs once. */
#include "audit/unit.h"

#include <math.h>
#include <string.h>

#include "base/alloc.h"

ropewalk_status rw_rotation_of_layer(const rw_qk_layer *layer, rw_rotation *out,
                                     ropewalk_error *err)
{
    rw_rotation_init(out);
    const ropewalk_status status = rw_rotation_alloc(out, layer->rotary_dim, err);
    if (status) return status;
    if (layer->rotary_dim)
        memcpy(out->inv_freq, layer->inv_freq, layer->rotary_dim / 2 * sizeof(double));
    out->attn_factor = layer->attn_factor;
    out->pairs = layer->interleaved ? RW_PAIRS_INTERLEAVED : RW_PAIRS_HALF_SPLIT;
    return ROPEWALK_OK;
}

static double scale_of(const rw_qk_layer *layer, double wanted)
{
    if (!isnan(wanted)) return wanted;
    return isnan(layer->softmax_scale) ? 1.0 / sqrt((double)layer->head_dim)
                                       : layer->softmax_scale;
}

static int same(double a, double b)
{
    return !(a < b) && !(a > b);
}

static int belongs(const rw_unit *u, const rw_qk_layer *layer, double scale)
{
    const rw_rotation *r = &u->rotation;
    return r->rotary_dim == layer->rotary_dim && u->head_dim == layer->head_dim &&
           (r->pairs == RW_PAIRS_INTERLEAVED) == layer->interleaved &&
           same(r->attn_factor, layer->attn_factor) && same(u->score_scale, scale) &&
           u->window == layer->window &&
           memcmp(r->inv_freq, layer->inv_freq, layer->rotary_dim / 2 * sizeof(double)) ==
               0;
}

void rw_unit_clear(rw_unit *u)
{
    rw_rotation_clear(&u->rotation);
    for (int i = 0; u->workspace && i < u->n_thread; i++)
        rw_workspace_clear(&u->workspace[i]);
    rw_free(u->workspace);
    rw_surrogates_clear(&u->surrogates);
    rw_predictor_clear(&u->predictor);
    rw_scoretable_clear(&u->table);
    rw_free(u->effective);
    rw_free(u->effective_of);
    rw_free(u->layer);
    *u = (rw_unit){0};
}

static ropewalk_status make_contexts(rw_unit *u, const rw_unit_settings *s,
                                     ropewalk_error *err)
{
    u->effective = rw_array(s->n_context, sizeof *u->effective);
    u->effective_of = rw_array(s->n_context, sizeof *u->effective_of);
    if (!u->effective || !u->effective_of) return rw_fail_memory(err, "contexts");
    for (uint32_t i = 0; i < s->n_context; i++) {
        const int64_t M =
            u->window && u->window < s->context[i] ? u->window : s->context[i];
        if (u->n_effective == 0 || u->effective[u->n_effective - 1] != M)
            u->effective[u->n_effective++] = M;
        u->effective_of[i] = u->n_effective - 1;
    }
    return ROPEWALK_OK;
}

static ropewalk_status prepare(rw_unit *u, const rw_unit_settings *s, ropewalk_error *err)
{
    ropewalk_status status = make_contexts(u, s, err);
    if (status) return status;
    const int64_t most = u->effective[u->n_effective - 1];
    u->plan = (rw_measure_plan){.context = u->effective,
                                .n_context = u->n_effective,
                                .n_distance = most,
                                .dtypes = s->dtypes,
                                .events = RW_ALL_EVENTS,
                                .zeta = s->zeta,
                                .near_alias = s->near_alias,
                                .certificates = 1};
    status = rw_scoretable_make(&u->table, s->kernels, &u->rotation, most, s->n_thread,
                                s->progress, s->progress_ctx, err);
    if (status) return status;
    status = rw_predictor_init(&u->predictor, &u->rotation, u->effective, u->n_effective,
                               s->dtypes, s->near_alias, most, err);
    if (status) return status;
    status = rw_surrogates_init(&u->surrogates, &u->table, u->effective, u->n_effective,
                                s->n_surrogate, err);
    if (status) return status;
    u->workspace = rw_calloc((size_t)s->n_thread, sizeof *u->workspace);
    if (!u->workspace) return rw_fail_memory(err, "an audit");
    u->n_thread = s->n_thread;
    for (int i = 0; i < s->n_thread && !status; i++)
        status = rw_workspace_init(&u->workspace[i], &u->table, &u->plan, s->n_key, err);
    return status;
}

static ropewalk_status begin(rw_unit *u, const rw_qk_layer *layer, double scale,
                             uint32_t n_layer, ropewalk_error *err)
{
    *u = (rw_unit){.score_scale = scale,
                   .rope_theta = layer->rope_theta,
                   .window = layer->window,
                   .head_dim = layer->head_dim};
    const ropewalk_status status = rw_rotation_of_layer(layer, &u->rotation, err);
    if (status) return status;
    u->layer = rw_calloc(n_layer, sizeof *u->layer);
    return u->layer ? ROPEWALK_OK : rw_fail_memory(err, "an audit");
}

ropewalk_status rw_units_make(const rw_qkfile *file, const rw_unit_settings *settings,
                              rw_unit **units, uint32_t *n_unit, ropewalk_error *err)
{
    const uint32_t n_layer = rw_qkfile_n_layer(file);
    rw_unit *made = rw_calloc((size_t)n_layer + 1, sizeof *made);
    uint32_t n = 0;
    ropewalk_status status = made ? ROPEWALK_OK : rw_fail_memory(err, "an audit");
    for (uint32_t i = 0; i < n_layer && !status; i++) {
        const rw_qk_layer *layer = rw_qkfile_layer(file, i);
        if (layer->rotary_dim == 0) continue;
        const double scale = scale_of(layer, settings->score_scale);
        uint32_t at = 0;
        while (at < n && !belongs(&made[at], layer, scale))
            at++;
        if (at == n) status = begin(&made[n++], layer, scale, n_layer, err);
        if (!status) made[at].layer[made[at].n_layer++] = i;
    }
    for (uint32_t i = 0; i < n && !status; i++)
        status = prepare(&made[i], settings, err);
    if (status) {
        for (uint32_t i = 0; i < n; i++)
            rw_unit_clear(&made[i]);
        rw_free(made);
        made = NULL;
        n = 0;
    }
    *units = made;
    *n_unit = n;
    return status;
}

int rw_units_match(const rw_unit *units, uint32_t n_unit, const rw_qkfile *file,
                   double score_scale)
{
    uint32_t rotated = 0, matched = 0;
    for (uint32_t i = 0; i < rw_qkfile_n_layer(file); i++)
        rotated += rw_qkfile_layer(file, i)->rotary_dim > 0;
    for (uint32_t u = 0; u < n_unit; u++)
        for (uint32_t j = 0; j < units[u].n_layer; j++) {
            if (units[u].layer[j] >= rw_qkfile_n_layer(file)) return 0;
            const rw_qk_layer *layer = rw_qkfile_layer(file, units[u].layer[j]);
            if (!belongs(&units[u], layer, scale_of(layer, score_scale))) return 0;
            matched++;
        }
    return rotated == matched;
}
