/* llama_shim.c - reading llama.cpp's compute graphs. */
#include "llama_shim.h"

#include <ggml-backend.h>
#include <ggml.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"

/* K rows stored under a cache tensor, and the node that made them. */
struct rw_shim_store {
    const struct ggml_tensor *cache;
    const struct ggml_tensor *rows;
};

enum { MAX_WALK = 24 };

/* --- small readings ----------------------------------------------------------------------- */

static float param_f32(const struct ggml_tensor *t, int index)
{
    float value;
    memcpy(&value, &t->op_params[index], sizeof value);
    return value;
}

static const struct ggml_tensor *root_of(const struct ggml_tensor *t)
{
    while (t->view_src)
        t = t->view_src;
    return t;
}

/* The layer in "name-<l>", or -1. */
static long layer_of(const char *name)
{
    const char *dash = strrchr(name, '-');
    if (!dash || dash[1] < '0' || dash[1] > '9') return -1;
    char *end;
    const long layer = strtol(dash + 1, &end, 10);
    if (*end != '\0' && *end != ' ') return -1;
    return layer < RW_SHIM_MAX_LAYER ? layer : -1;
}

static rw_shim_node node_of(const struct ggml_tensor *t)
{
    rw_shim_node n = {.op = t->op};
    snprintf(n.name, sizeof n.name, "%s", t->name);
    return n;
}

bool rw_shim_is_node(const rw_shim_node *n, const struct ggml_tensor *t)
{
    return t->op == n->op && strncmp(t->name, n->name, sizeof n->name - 1) == 0;
}

uint32_t rw_shim_n_token(const struct ggml_tensor *t)
{
    return (uint32_t)t->ne[2];
}

void rw_shim_version(char *out, size_t n)
{
    snprintf(out, n, "llama.cpp %s, ggml %s (%s)", llama_version(), ggml_version(),
             ggml_commit());
    for (size_t i = 0; i < ggml_backend_dev_count(); i++) {
        ggml_backend_dev_t dev = ggml_backend_dev_get(i);
        const size_t len = strlen(out);
        if (ggml_backend_dev_type(dev) == GGML_BACKEND_DEVICE_TYPE_ACCEL)
            snprintf(out + len, n - len, ", %s", ggml_backend_dev_description(dev));
    }
}

/* --- the walk from the score back to the vectors -------------------------------------------- */

/* Operators that only move values about. */
static bool only_moves(enum ggml_op op)
{
    return op == GGML_OP_VIEW || op == GGML_OP_RESHAPE || op == GGML_OP_PERMUTE ||
           op == GGML_OP_TRANSPOSE || op == GGML_OP_CONT || op == GGML_OP_CPY ||
           op == GGML_OP_DUP;
}

typedef struct walk {
    const struct ggml_tensor *rope;   /* NULL when none was reached */
    const struct ggml_tensor *vector; /* deepest node still [head_dim, n_head, n_token] */
    const struct ggml_tensor *end;    /* what stopped the walk */
    float scale;
    bool biased;
} walk;

/* From an operand of the score back to its RoPE, through moves and scalings. */
static walk walk_back(const struct ggml_tensor *t)
{
    walk w = {.scale = 1.0f};
    for (int step = 0; t && step < MAX_WALK; step++) {
        w.end = t;
        if (t->op == GGML_OP_ROPE) {
            w.rope = t;
            return w;
        }
        if (layer_of(t->name) >= 0 && t->type == GGML_TYPE_F32 && t->ne[3] == 1 &&
            !strchr(t->name, ' ') && (!w.vector || ggml_are_same_shape(w.vector, t)))
            w.vector = t;
        if (t->op == GGML_OP_SCALE) {
            w.scale *= param_f32(t, 0);
            w.biased |= param_f32(t, 1) != 0.0f;
        } else if (!only_moves(t->op)) {
            return w;
        }
        t = t->src[0];
    }
    return w;
}

static void fail(rw_shim_graph *g, ropewalk_status status)
{
    if (!g->status) g->status = status;
}

static const char *op_text(const struct ggml_tensor *t)
{
    return t ? ggml_op_name(t->op) : "nothing";
}

/* Is there a RoPE of this layer among the sources of t, nearby? */
static bool rope_behind(const struct ggml_tensor *t, uint32_t layer, int depth)
{
    if (!t || depth == 0) return false;
    const long own = layer_of(t->name);
    if (own >= 0 && own != (long)layer) return false;
    if (t->op == GGML_OP_ROPE) return true;
    for (int i = 0; i < 2; i++)
        if (rope_behind(t->src[i], layer, depth - 1)) return true;
    return false;
}

/* Fill one side of a layer. @return false after a refusal. */
static bool read_side(rw_shim_graph *g, rw_shim_layer *l, const struct ggml_tensor *from,
                      const char *what, rw_shim_side *side,
                      const struct ggml_tensor **rope)
{
    const walk w = walk_back(from);
    *rope = w.rope;
    if (w.biased) {
        fail(g,
             rw_fail(
                 &g->err, ROPEWALK_E_UNSUPPORTED, 0,
                 "layer %u adds a constant to its %s after RoPE, which is not modelled",
                 l->layer, what));
        return false;
    }
    const struct ggml_tensor *before = w.rope ? w.rope->src[0] : w.vector;
    if (!w.rope && rope_behind(w.end, l->layer, 6)) {
        fail(g, rw_fail(
                    &g->err, ROPEWALK_E_UNSUPPORTED, 0,
                    "layer %u passes its %s through %s after RoPE, which is not modelled",
                    l->layer, what, op_text(w.end)));
        return false;
    }
    if (!before || before->type != GGML_TYPE_F32 || before->ne[3] != 1) {
        fail(
            g,
            rw_fail(
                &g->err, ROPEWALK_E_UNSUPPORTED, 0,
                "layer %u: the %s comes from %s, where no un-rotated F32 vector is known",
                l->layer, what, op_text(w.end)));
        return false;
    }
    side->before = node_of(before);
    side->after = w.rope ? node_of(w.rope) : side->before;
    side->n_head = (uint32_t)before->ne[1];
    side->scale_after = w.scale;
    if (l->head_dim == 0) l->head_dim = (uint32_t)before->ne[0];
    if (l->head_dim != (uint32_t)before->ne[0]) {
        fail(g, rw_fail(&g->err, ROPEWALK_E_UNSUPPORTED, 0,
                        "layer %u has a %s of %u dimensions beside one of %u", l->layer,
                        what, (unsigned)before->ne[0], l->head_dim));
        return false;
    }
    return true;
}

/* --- RoPE's parameters ---------------------------------------------------------------------- */

static rw_rope_params rope_params(const struct ggml_tensor *t)
{
    rw_rope_params p = {.n_dims = (uint32_t)t->op_params[1],
                        .interleaved = t->op_params[2] == GGML_ROPE_TYPE_NORMAL,
                        .n_ctx_orig = (uint32_t)t->op_params[4],
                        .freq_base = (double)param_f32(t, 5),
                        .freq_scale = (double)param_f32(t, 6),
                        .ext_factor = (double)param_f32(t, 7),
                        .attn_factor = (double)param_f32(t, 8),
                        .beta_fast = (double)param_f32(t, 9),
                        .beta_slow = (double)param_f32(t, 10)};
    return p;
}

bool rw_shim_same_rope(const struct ggml_tensor *rope, const rw_shim_layer *layer)
{
    const rw_rope_params p = rope_params(rope), *o = &layer->rope;
    return p.n_dims == o->n_dims && rope->op_params[2] == layer->mode &&
           p.n_ctx_orig == o->n_ctx_orig && p.freq_base == o->freq_base &&
           p.freq_scale == o->freq_scale && p.ext_factor == o->ext_factor &&
           p.attn_factor == o->attn_factor && p.beta_fast == o->beta_fast &&
           p.beta_slow == o->beta_slow && (rope->src[2] != NULL) == layer->freq_factors;
}

/* M-RoPE gives each pair one of four position axes; in plain text the first three are equal and
 * the fourth is 0, so its pairs do not turn. */
static bool on_fourth_axis(const rw_shim_layer *l, uint32_t pair)
{
    const int32_t *s = l->sections;
    const int32_t all = s[0] + s[1] + s[2] + s[3];
    if (all <= 0) return false;
    const int32_t sector = (int32_t)pair % all;
    if (l->mode == GGML_ROPE_TYPE_IMROPE) {
        for (int axis = 0; axis < 3; axis++)
            if (sector % 3 == axis && sector < 3 * s[axis]) return false;
        return true;
    }
    return sector >= s[0] + s[1] + s[2];
}

static void read_rope(rw_shim_graph *g, rw_shim_layer *l, const struct ggml_tensor *rope)
{
    l->rope = rope_params(rope);
    l->mode = rope->op_params[2];
    memcpy(l->sections, &rope->op_params[11], sizeof l->sections);
    const bool known =
        l->mode == GGML_ROPE_TYPE_NORMAL || l->mode == GGML_ROPE_TYPE_NEOX ||
        l->mode == GGML_ROPE_TYPE_MROPE || l->mode == GGML_ROPE_TYPE_IMROPE;
    if (!known || rope->op_params[15] != 0) {
        fail(g,
             rw_fail(
                 &g->err, ROPEWALK_E_UNSUPPORTED, 0,
                 "layer %u rotates in mode %d from dimension %d, which is not modelled",
                 l->layer, (int)l->mode, (int)rope->op_params[15]));
        return;
    }
    const uint32_t n_dims = l->rope.n_dims;
    if (n_dims == 0 || n_dims % 2 != 0 || n_dims > l->head_dim) {
        fail(g, rw_fail(&g->err, ROPEWALK_E_UNSUPPORTED, 0,
                        "layer %u rotates %u of %u dimensions", l->layer, n_dims,
                        l->head_dim));
        return;
    }
    const uint32_t n_pair = n_dims / 2;
    double *inv_freq = rw_array(n_pair, sizeof *inv_freq);
    double *rounding = rw_array(n_pair, sizeof *rounding);
    float *factors = rw_array(n_pair, sizeof *factors);
    const struct ggml_tensor *f = rope->src[2];
    if (!inv_freq || !rounding || !factors) {
        fail(g, rw_fail_memory(&g->err, "frequencies"));
    } else if (f &&
               (f->type != GGML_TYPE_F32 || f->ne[0] < (int64_t)n_pair || !f->buffer)) {
        fail(g, rw_fail(&g->err, ROPEWALK_E_UNSUPPORTED, 0,
                        "layer %u has frequency factors that cannot be read", l->layer));
    } else {
        if (f) ggml_backend_tensor_get(f, factors, 0, n_pair * sizeof *factors);
        rw_rope_inv_freq(&l->rope, f ? factors : NULL, inv_freq, rounding);
        if (l->mode & GGML_ROPE_TYPE_MROPE)
            for (uint32_t pair = 0; pair < n_pair; pair++)
                if (on_fourth_axis(l, pair)) inv_freq[pair] = 0.0;
        l->freq_factors = f != NULL;
        l->rotation = (rw_executed){n_dims, l->rope.interleaved,
                                    rw_rope_attn_factor(&l->rope), inv_freq, rounding};
        inv_freq = rounding = NULL;
    }
    rw_free(inv_freq);
    rw_free(rounding);
    rw_free(factors);
}

ropewalk_status rw_shim_positions(const struct ggml_tensor *rope, uint32_t n_token,
                                  int64_t *position, ropewalk_error *err)
{
    const struct ggml_tensor *p = rope->src[1];
    const bool several = (rope->op_params[2] & GGML_ROPE_TYPE_MROPE) != 0;
    const size_t n_axis = several ? 4 : 1;
    if (!p || p->type != GGML_TYPE_I32 ||
        ggml_nelements(p) != (int64_t)(n_axis * n_token))
        return rw_fail(err, ROPEWALK_E_UNSUPPORTED, 0, "%s has no readable positions",
                       rope->name);
    int32_t *raw = rw_array(n_axis * n_token, sizeof *raw);
    if (!raw) return rw_fail_memory(err, "positions");
    ggml_backend_tensor_get(p, raw, 0, n_axis * n_token * sizeof *raw);
    ropewalk_status status = ROPEWALK_OK;
    for (uint32_t i = 0; i < n_token; i++) {
        position[i] = raw[i];
        if (several && (raw[n_token + i] != raw[i] || raw[2 * n_token + i] != raw[i] ||
                        raw[3 * n_token + i] != 0))
            status = rw_fail(err, ROPEWALK_E_UNSUPPORTED, 0,
                             "%s has different positions on its axes", rope->name);
    }
    rw_free(raw);
    return status;
}

/* --- one layer from its softmax ------------------------------------------------------------- */

static void read_layer(rw_shim_graph *g, const struct ggml_tensor *soft_max,
                       uint32_t layer)
{
    for (uint32_t i = 0; i < g->n_layer; i++)
        if (g->layers[i].layer == layer) {
            fail(g, rw_fail(&g->err, ROPEWALK_E_UNSUPPORTED, 0,
                            "layer %u has more than one attention, which is not modelled",
                            layer));
            return;
        }
    rw_shim_layer l = {.layer = layer, .soft_max = node_of(soft_max)};
    if (param_f32(soft_max, 1) != 0.0f) {
        fail(g, rw_fail(&g->err, ROPEWALK_E_UNSUPPORTED, 0,
                        "layer %u adds ALiBi's bias to its scores, which is not modelled",
                        layer));
        return;
    }
    double scale = (double)param_f32(soft_max, 0);
    const struct ggml_tensor *t = soft_max->src[0];
    for (int step = 0; t && t->op != GGML_OP_MUL_MAT && step < MAX_WALK; step++) {
        if (t->op == GGML_OP_SCALE && param_f32(t, 1) == 0.0f) {
            scale *= (double)param_f32(t, 0);
        } else if (t->op == GGML_OP_UNARY && t->op_params[0] == GGML_UNARY_OP_TANH) {
            l.softcap = scale;
        } else if (!only_moves(t->op)) {
            fail(g,
                 rw_fail(&g->err, ROPEWALK_E_UNSUPPORTED, 0,
                         "layer %u passes its scores through %s, which is not modelled",
                         layer, op_text(t)));
            return;
        }
        t = t->src[0];
    }
    if (!t || t->op != GGML_OP_MUL_MAT) {
        fail(g, rw_fail(&g->err, ROPEWALK_E_UNSUPPORTED, 0,
                        "layer %u has scores that are not a product of q and k", layer));
        return;
    }
    const struct ggml_tensor *k = t->src[0], *rope_q, *rope_k;
    const struct ggml_tensor *cache = root_of(k);
    for (uint32_t i = 0; i < g->n_store; i++) /* the last rows stored there */
        if (g->stores[i].cache == cache) {
            k = g->stores[i].rows;
            l.cache_rows = (uint32_t)cache->ne[1];
        }
    if (!read_side(g, &l, t->src[1], "query", &l.q, &rope_q)) return;
    if (!read_side(g, &l, k, "key", &l.k, &rope_k)) return;
    if ((rope_q == NULL) != (rope_k == NULL)) {
        fail(g, rw_fail(&g->err, ROPEWALK_E_UNSUPPORTED, 0,
                        "layer %u rotates only one of its query and key", layer));
        return;
    }
    l.softmax_scale = scale * (double)l.q.scale_after * (double)l.k.scale_after;
    l.sinks = soft_max->src[2] != NULL;
    l.has_rope = rope_q != NULL;
    if (l.has_rope) {
        read_rope(g, &l, rope_q);
        if (!g->status && !rw_shim_same_rope(rope_k, &l))
            fail(g, rw_fail(&g->err, ROPEWALK_E_UNSUPPORTED, 0,
                            "layer %u rotates its query and key differently", layer));
    }
    rw_shim_layer *grown = rw_realloc(g->layers, g->n_layer + 1, sizeof *grown);
    if (!grown) {
        rw_free(l.rotation.inv_freq);
        rw_free(l.rotation.rounding);
        fail(g, rw_fail_memory(&g->err, "layers"));
        return;
    }
    g->layers = grown;
    g->layers[g->n_layer++] = l;
}

/* --- the pass ------------------------------------------------------------------------------- */

void rw_shim_graph_init(rw_shim_graph *g)
{
    memset(g, 0, sizeof *g);
}

void rw_shim_graph_node(rw_shim_graph *g, const struct ggml_tensor *t)
{
    if (g->status) return;
    if (g->n_seen < RW_SHIM_SEEN && layer_of(t->name) >= 0 && !strchr(t->name, ' ') &&
        (g->n_seen == 0 || strcmp(g->seen[g->n_seen - 1], t->name) != 0))
        snprintf(g->seen[g->n_seen++], RW_SHIM_NAME, "%s", t->name);
    if (t->op == GGML_OP_SOFT_MAX) g->n_softmax++;
    if (t->op == GGML_OP_SET_ROWS && t->src[0]) {
        rw_shim_store *grown = rw_realloc(g->stores, g->n_store + 1, sizeof *grown);
        if (!grown) {
            fail(g, rw_fail_memory(&g->err, "cache nodes"));
            return;
        }
        g->stores = grown;
        g->stores[g->n_store++] = (rw_shim_store){root_of(t), t->src[0]};
    }
    uint32_t layer;
    if (rw_shim_is_soft_max(t, &layer)) read_layer(g, t, layer);
}

bool rw_shim_is_soft_max(const struct ggml_tensor *t, uint32_t *layer)
{
    if (t->op != GGML_OP_SOFT_MAX || strncmp(t->name, "kq_soft_max", 11) != 0)
        return false;
    const long of = layer_of(t->name);
    *layer = (uint32_t)of;
    return of >= 0;
}

static int by_layer(const void *a, const void *b)
{
    const uint32_t x = ((const rw_shim_layer *)a)->layer,
                   y = ((const rw_shim_layer *)b)->layer;
    return (x > y) - (x < y);
}

ropewalk_status rw_shim_graph_finish(rw_shim_graph *g, ropewalk_error *err)
{
    if (g->status) {
        if (err) *err = g->err;
        return g->status;
    }
    if (g->n_layer == 0) {
        rw_text list;
        rw_text_init(&list);
        for (uint32_t i = 0; i < g->n_seen; i++)
            rw_text_printf(&list, "%s%s", i ? ", " : "", g->seen[i]);
        const ropewalk_status status = rw_fail(
            err, ROPEWALK_E_UNSUPPORTED, 0, "%s; the first nodes of its graph are: %s",
            g->n_softmax
                ? "no layer of this model has a query and key that are recognised"
                : "this model has no attention, so there is nothing to capture",
            list.data ? list.data : "none");
        rw_text_clear(&list);
        return status;
    }
    qsort(g->layers, g->n_layer, sizeof *g->layers, by_layer);
    return ROPEWALK_OK;
}

void rw_shim_graph_clear(rw_shim_graph *g)
{
    for (uint32_t i = 0; i < g->n_layer; i++) {
        rw_free(g->layers[i].rotation.inv_freq);
        rw_free(g->layers[i].rotation.rounding);
    }
    rw_free(g->layers);
    rw_free(g->stores);
    memset(g, 0, sizeof *g);
}

/* --- data ----------------------------------------------------------------------------------- */

ropewalk_status rw_shim_copy(const struct ggml_tensor *t, uint32_t head_dim,
                             uint32_t n_head, uint32_t n_token, float *out,
                             ropewalk_error *err)
{
    if (t->type != GGML_TYPE_F32 || t->ne[0] != head_dim || t->ne[1] != n_head ||
        t->ne[2] != n_token || t->ne[3] != 1 || t->nb[0] != sizeof(float))
        return rw_fail(err, ROPEWALK_E_UNSUPPORTED, 0,
                       "%s changed its shape between two runs", t->name);
    const size_t row = (size_t)head_dim * sizeof(float);
    if (ggml_is_contiguous(t)) {
        ggml_backend_tensor_get(t, out, 0, row * n_head * n_token);
        return ROPEWALK_OK;
    }
    for (uint32_t token = 0; token < n_token; token++)
        for (uint32_t head = 0; head < n_head; head++)
            ggml_backend_tensor_get(t, out + ((size_t)token * n_head + head) * head_dim,
                                    token * t->nb[2] + head * t->nb[1], row);
    return ROPEWALK_OK;
}

bool rw_shim_attends(const struct ggml_tensor *t, const rw_shim_layer *layer)
{
    if (t->op != GGML_OP_FLASH_ATTN_EXT) return rw_shim_is_node(&layer->soft_max, t);
    const walk w = walk_back(t->src[0]); /* it has no name: its query has */
    const struct ggml_tensor *query = w.rope ? w.rope : w.vector;
    return query && rw_shim_is_node(&layer->q.after, query);
}

bool rw_shim_same_score(const struct ggml_tensor *attention, const rw_shim_layer *layer)
{
    if (attention->op != GGML_OP_FLASH_ATTN_EXT) return true; /* learnt from its like */
    const double scale = (double)param_f32(attention, 0) * (double)layer->q.scale_after *
                         (double)layer->k.scale_after;
    return fabs(scale - layer->softmax_scale) <= 1e-6 * fabs(layer->softmax_scale) &&
           param_f32(attention, 1) == 0.0f &&
           fabs((double)param_f32(attention, 2) - layer->softcap) <=
               1e-6 * fabs(layer->softcap);
}

uint32_t rw_shim_n_asking(const struct ggml_tensor *attention)
{
    return (uint32_t)attention->ne[attention->op == GGML_OP_FLASH_ATTN_EXT ? 2 : 1];
}

static const struct ggml_tensor *mask_of(const struct ggml_tensor *attention)
{
    return attention->src[attention->op == GGML_OP_FLASH_ATTN_EXT ? 3 : 1];
}

const void *rw_shim_mask_id(const struct ggml_tensor *attention)
{
    return mask_of(attention);
}

ropewalk_status rw_shim_mask_counts(const struct ggml_tensor *attention, uint32_t n_token,
                                    uint32_t *count, ropewalk_error *err)
{
    const struct ggml_tensor *mask = mask_of(attention);
    const bool half = mask && mask->type == GGML_TYPE_F16;
    if (!mask || (mask->type != GGML_TYPE_F32 && !half) ||
        mask->ne[1] < (int64_t)n_token || mask->ne[0] > INT32_MAX ||
        mask->nb[0] != ggml_type_size(mask->type))
        return rw_fail(err, ROPEWALK_E_UNSUPPORTED, 0, "%s has no readable mask",
                       attention->name);
    const size_t n_key = (size_t)mask->ne[0];
    float *row = rw_array(n_key, sizeof *row);
    ggml_fp16_t *raw = rw_array(n_key, sizeof *raw);
    if (!row || !raw) {
        rw_free(row);
        rw_free(raw);
        return rw_fail_memory(err, "a mask row");
    }
    for (uint32_t token = 0; token < n_token; token++) {
        ggml_backend_tensor_get(mask, half ? (void *)raw : (void *)row,
                                token * mask->nb[1], n_key * mask->nb[0]);
        if (half) ggml_fp16_to_fp32_row(raw, row, (int64_t)n_key);
        uint32_t n = 0;
        for (size_t key = 0; key < n_key; key++)
            n += row[key] > -1e30f;
        count[token] = n;
    }
    rw_free(row);
    rw_free(raw);
    return ROPEWALK_OK;
}
