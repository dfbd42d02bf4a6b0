/* capture.c - runs a text and keeps what llama.cpp's graph shows of queries and keys.
 *
 * Two passes. The first, a few tokens in a context as large, learns each layer's nodes, shapes and score;
 * the second runs the text, copies every node in its own callback (RoPE may rotate in place, so
 * the un-rotated vector is gone one node later) and re-rotates each row in float64. */
#define _POSIX_C_SOURCE 200809L
#include "capture.h"

#include <ggml.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/json.h"
#include "format/qkfile.h"
#include "llama_shim.h"
#include "rotation_check.h"
#include "rw_version.h"
#include "spool.h"

enum { N_UBATCH = 512, LEARN_UBATCH = 32, LEARN_TOKENS = 3, COPY_BYTES = 1 << 20 };

/* The tensors of one layer, as indices into the file; UINT32_MAX: absent. */
typedef struct layer_file {
    uint32_t q, k, rot_q, rot_k;
    uint64_t at_q, at_k, at_rot_q, at_rot_k; /* in the spool */
} layer_file;

typedef struct layer_state {
    int64_t window; /* 0: full attention */
    uint32_t done_q, done_k;
    rw_check_worst worst;
    layer_file file;
} layer_state;

/* Layers that see the same keys share one mask. */
typedef struct mask_class {
    int64_t window;
    uint32_t first; /* layer index that reads the mask */
    const void *mask;
} mask_class;

typedef struct capture {
    const rw_capture_options *o;
    struct llama_model *model;
    const struct llama_vocab *vocab;
    llama_token *tokens;
    uint32_t n_token, n_row;
    uint32_t *rows; /* kept positions, ascending */
    rw_shim_graph graph;
    layer_state *layers;
    mask_class *classes;
    uint32_t n_class;
    float *stage_q, *stage_k, *after, *pack;
    const struct ggml_tensor *staged_q, *staged_k; /* whose copy is in the stage */
    int64_t *position;
    double *table;
    const rw_executed *table_of; /* whose cos and sin are in the table ... */
    int64_t table_first;         /* ... and from which position */
    uint32_t table_rows;
    uint32_t *counts;
    rw_qk_tensor *tensors;
    uint64_t *offsets; /* of each tensor in the spool */
    uint32_t n_tensor;
    int spool;
    uint64_t spool_bytes;
    ropewalk_status status;
    ropewalk_error *err;
} capture;

static ropewalk_status decode(struct llama_context *ctx, llama_token *tokens, uint32_t n,
                              ropewalk_error *err)
{
    rw_session_log_reset();
    const int32_t code = llama_decode(ctx, llama_batch_get_one(tokens, (int32_t)n));
    if (code)
        return rw_fail(err, ROPEWALK_E_UNSUPPORTED, 0,
                       "llama.cpp cannot run %u tokens (code %d)%s", n, (int)code,
                       rw_session_log());
    return ROPEWALK_OK;
}

/* --- first pass: the graph ------------------------------------------------------------------ */

static bool on_learn(struct ggml_tensor *t, bool ask, void *user)
{
    if (ask) rw_shim_graph_node(user, t);
    return false;
}

static uint32_t context_size(const capture *c)
{
    return (c->n_token + 255) / 256 * 256;
}

static ropewalk_status learn(capture *c)
{
    /* As large as the second pass's context, since LongRoPE's table is chosen by it. And with
     * room beyond the sliding window: a cache that is nevertheless shorter than the context
     * shows which layers slide. */
    const int32_t n_swa = llama_model_n_swa(c->model);
    const uint32_t least = n_swa > 0 ? (uint32_t)n_swa + 1024 : 256;
    const uint32_t n_ctx = least > context_size(c) ? least : context_size(c);
    struct llama_context_params p =
        rw_context_params(&c->o->context, n_ctx, LEARN_UBATCH);
    p.type_k = GGML_TYPE_F16;
    p.type_v = GGML_TYPE_F16;
    p.cb_eval = on_learn;
    p.cb_eval_user_data = &c->graph;
    rw_session_log_reset();
    struct llama_context *ctx = llama_init_from_model(c->model, p);
    if (!ctx)
        return rw_fail(c->err, ROPEWALK_E_MEMORY, 0, "llama.cpp cannot make a context%s",
                       rw_session_log());
    /* The padded size, if llama.cpp rounds. */
    const uint32_t full_rows = llama_n_ctx(ctx);
    const uint32_t n = c->n_token < LEARN_TOKENS ? c->n_token : LEARN_TOKENS;
    ropewalk_status status = decode(ctx, c->tokens, n, c->err);
    if (!status) status = rw_shim_graph_finish(&c->graph, c->err);
    llama_free(ctx);
    if (status) return status;

    c->layers = rw_calloc(c->graph.n_layer, sizeof *c->layers);
    c->classes = rw_calloc(c->graph.n_layer, sizeof *c->classes);
    if (!c->layers || !c->classes) return rw_fail_memory(c->err, "layers");
    for (uint32_t i = 0; i < c->graph.n_layer; i++) {
        const rw_shim_layer *l = &c->graph.layers[i];
        if (n_swa > 0 && l->cache_rows > 0 && l->cache_rows < full_rows)
            c->layers[i].window = n_swa;
        uint32_t k = 0;
        while (k < c->n_class && c->classes[k].window != c->layers[i].window)
            k++;
        if (k == c->n_class)
            c->classes[c->n_class++] = (mask_class){c->layers[i].window, i, NULL};
    }
    return ROPEWALK_OK;
}

/* --- the file's layout ---------------------------------------------------------------------- */

static uint32_t add_tensor(capture *c, uint32_t layer, const char *hook, uint32_t n_head,
                           uint32_t head_dim, uint64_t *at)
{
    rw_qk_tensor *t = &c->tensors[c->n_tensor];
    memset(t, 0, sizeof *t);
    t->n_dim = 3;
    t->dtype = "F32";
    snprintf(t->name, sizeof t->name, "blocks.%u.attn.%s", layer, hook);
    t->shape[0] = c->n_row;
    t->shape[1] = n_head;
    t->shape[2] = head_dim;
    *at = c->offsets[c->n_tensor] = c->spool_bytes;
    c->spool_bytes += (uint64_t)c->n_row * n_head * head_dim * sizeof(float);
    return c->n_tensor++;
}

static ropewalk_status lay_out(capture *c)
{
    const uint32_t n_layer = c->graph.n_layer;
    c->tensors = rw_calloc((size_t)n_layer * 4 + 1, sizeof *c->tensors);
    c->offsets = rw_calloc((size_t)n_layer * 4 + 1, sizeof *c->offsets);
    if (!c->tensors || !c->offsets) return rw_fail_memory(c->err, "tensors");
    uint32_t widest = 0, most_pairs = 0;
    for (uint32_t i = 0; i < n_layer; i++) {
        const rw_shim_layer *l = &c->graph.layers[i];
        layer_file *f = &c->layers[i].file;
        f->q = add_tensor(c, l->layer, "hook_q", l->q.n_head, l->head_dim, &f->at_q);
        f->k = add_tensor(c, l->layer, "hook_k", l->k.n_head, l->head_dim, &f->at_k);
        f->rot_q = f->rot_k = UINT32_MAX;
        if (c->o->rotated) {
            f->rot_q = add_tensor(c, l->layer, "hook_rot_q", l->q.n_head, l->head_dim,
                                  &f->at_rot_q);
            f->rot_k = add_tensor(c, l->layer, "hook_rot_k", l->k.n_head, l->head_dim,
                                  &f->at_rot_k);
        }
        const uint32_t n_head = l->q.n_head > l->k.n_head ? l->q.n_head : l->k.n_head;
        if (n_head * l->head_dim > widest) widest = n_head * l->head_dim;
        if (l->rotation.rotary_dim > most_pairs) most_pairs = l->rotation.rotary_dim;
    }
    rw_qk_tensor *positions = &c->tensors[c->n_tensor];
    *positions = (rw_qk_tensor){.name = "positions", .dtype = "I64", .n_dim = 1};
    positions->shape[0] = c->n_row;

    const size_t block = (size_t)widest * N_UBATCH;
    c->stage_q = rw_array(block, sizeof(float));
    c->stage_k = rw_array(block, sizeof(float));
    c->after = rw_array(block, sizeof(float));
    c->pack = rw_array(block, sizeof(float));
    c->position = rw_array(N_UBATCH, sizeof *c->position);
    c->counts = rw_array(N_UBATCH, sizeof *c->counts);
    c->table = rw_array((size_t)most_pairs * N_UBATCH, sizeof *c->table);
    if (!c->stage_q || !c->stage_k || !c->after || !c->pack || !c->position ||
        !c->counts || !c->table)
        return rw_fail_memory(c->err, "one micro-batch");
    return rw_spool_open(c->o->out_path, &c->spool, c->err);
}

/* Rows: all positions, or an even sample with the first and the last. */
static ropewalk_status choose_rows(capture *c)
{
    const uint32_t wanted = c->o->n_position;
    c->n_row = wanted == 0 || wanted > c->n_token ? c->n_token : wanted;
    c->rows = rw_array(c->n_row, sizeof *c->rows);
    if (!c->rows) return rw_fail_memory(c->err, "rows");
    for (uint32_t i = 0; i < c->n_row; i++)
        c->rows[i] = (uint32_t)(((uint64_t)i * (c->n_token - 1) + (c->n_row - 1) / 2) /
                                (c->n_row - 1));
    return ROPEWALK_OK;
}

/* --- second pass: the vectors --------------------------------------------------------------- */

/* Of n rows from position `first`, store the kept ones. */
static ropewalk_status store(capture *c, uint64_t at, size_t row_floats, uint32_t first,
                             uint32_t n, const float *rows)
{
    uint32_t lo = 0, hi = c->n_row;
    while (lo < hi) {
        const uint32_t mid = lo + (hi - lo) / 2;
        if (c->rows[mid] < first)
            lo = mid + 1;
        else
            hi = mid;
    }
    uint32_t n_kept = 0;
    for (uint32_t i = lo; i < c->n_row && c->rows[i] < first + n; i++)
        memcpy(c->pack + n_kept++ * row_floats, rows + (c->rows[i] - first) * row_floats,
               row_floats * sizeof *rows);
    const size_t row_bytes = row_floats * sizeof *rows;
    return rw_spool_write(c->spool, at + lo * (uint64_t)row_bytes, c->pack,
                          n_kept * row_bytes, c->err);
}

static ropewalk_status check_finite(capture *c, const rw_shim_layer *l, char which,
                                    uint32_t n_head, uint32_t first, uint32_t n,
                                    const float *rows)
{
    const size_t total = (size_t)n * n_head * l->head_dim;
    for (size_t i = 0; i < total; i++)
        if (!isfinite(rows[i]))
            return rw_fail(
                c->err, ROPEWALK_E_FORMAT, 0,
                "layer %u, %s head %u, position %u: the model computes a value that is "
                "not finite",
                l->layer, which == 'q' ? "query" : "key",
                (unsigned)(i / l->head_dim % n_head),
                first + (unsigned)(i / l->head_dim / n_head));
    return ROPEWALK_OK;
}

static ropewalk_status check_rotation(capture *c, uint32_t index, char which,
                                      const struct ggml_tensor *t, uint32_t first,
                                      uint32_t n, const float *before)
{
    const rw_shim_layer *l = &c->graph.layers[index];
    const uint32_t n_head = which == 'q' ? l->q.n_head : l->k.n_head;
    if (!rw_shim_same_rope(t, l))
        return rw_fail(c->err, ROPEWALK_E_UNSUPPORTED, 0,
                       "layer %u changes its RoPE from one micro-batch to the next",
                       l->layer);
    ropewalk_status status = rw_shim_positions(t, n, c->position, c->err);
    if (status) return status;
    for (uint32_t i = 0; i < n; i++)
        if (c->position[i] != (int64_t)first + i)
            return rw_fail(c->err, ROPEWALK_E_UNSUPPORTED, 0,
                           "layer %u gives token %u the position %lld", l->layer,
                           first + i, (long long)c->position[i]);
    /* Nearly always the last layer's table: compare frequencies, not layers. */
    const rw_executed *have = c->table_of, *need = &l->rotation;
    if (!have || c->table_first != first || c->table_rows != n ||
        have->rotary_dim != need->rotary_dim || have->attn_factor != need->attn_factor ||
        memcmp(have->inv_freq, need->inv_freq, need->rotary_dim / 2 * sizeof(double)) !=
            0) {
        rw_rotation_table(need, c->position, n, c->table);
        c->table_of = need;
        c->table_first = first;
        c->table_rows = n;
    }
    if (c->o->perturb_layer == (int64_t)l->layer && which == 'k' && first == 0) {
        const size_t spoiled = ((size_t)(n - 1) * n_head + n_head - 1) * l->head_dim;
        c->after[spoiled] += 0.01f * (1.0f + fabsf(c->after[spoiled]));
    }
    rw_check_worst worst = {0};
    if (!rw_rotation_check(need, c->position, c->table, n, n_head, l->head_dim, before,
                           c->after, &worst))
        return rw_fail(
            c->err, ROPEWALK_E_UNSUPPORTED, 0,
            "layer %u, %s head %u, position %u, dimension %u: what ran is not the "
            "rotation its parameters say, off by %.3g where %.3g is rounding",
            l->layer, which == 'q' ? "query" : "key", worst.head, first + worst.row,
            worst.dim, worst.error, worst.tolerance);
    layer_state *s = &c->layers[index];
    if (worst.ratio > s->worst.ratio) s->worst = worst;
    return ROPEWALK_OK;
}

/* The rotated node of q or k was computed: both blocks are complete. */
static ropewalk_status take(capture *c, uint32_t index, char which,
                            const struct ggml_tensor *t)
{
    const rw_shim_layer *l = &c->graph.layers[index];
    layer_state *s = &c->layers[index];
    const rw_shim_side *side = which == 'q' ? &l->q : &l->k;
    uint32_t *done = which == 'q' ? &s->done_q : &s->done_k;
    const struct ggml_tensor *staged = which == 'q' ? c->staged_q : c->staged_k;
    const float *before = which == 'q' ? c->stage_q : c->stage_k, *after = before;
    const uint32_t first = *done, n = rw_shim_n_token(t);
    if (n > N_UBATCH || n > c->n_token - first)
        return rw_fail(c->err, ROPEWALK_E_UNSUPPORTED, 0,
                       "layer %u computes more rows than tokens", l->layer);
    ropewalk_status status = check_finite(c, l, which, side->n_head, first, n, before);
    if (status) return status;
    if (l->has_rope) {
        if (staged != t->src[0])
            return rw_fail(c->err, ROPEWALK_E_UNSUPPORTED, 0,
                           "layer %u rotates %s, which was not seen before", l->layer,
                           t->src[0]->name);
        status = rw_shim_copy(t, l->head_dim, side->n_head, n, c->after, c->err);
        if (!status) status = check_rotation(c, index, which, t, first, n, before);
        if (status) return status;
        after = c->after;
    }
    const size_t row_floats = (size_t)side->n_head * l->head_dim;
    const layer_file *f = &s->file;
    status = store(c, which == 'q' ? f->at_q : f->at_k, row_floats, first, n, before);
    if (!status && c->o->rotated)
        status = store(c, which == 'q' ? f->at_rot_q : f->at_rot_k, row_floats, first, n,
                       after);
    *done += n;
    if (c->o->progress && which == 'k') {
        const double share = (index + 1.0) / c->graph.n_layer;
        fprintf(stderr, "progress %u %u\n", first + (uint32_t)(n * share), c->n_token);
    }
    return status;
}

static ropewalk_status take_mask(capture *c, uint32_t index, const struct ggml_tensor *t)
{
    const rw_shim_layer *l = &c->graph.layers[index];
    const layer_state *s = &c->layers[index];
    const uint32_t n = rw_shim_n_asking(t), start = s->done_q - n;
    if (n > N_UBATCH || n > s->done_q)
        return rw_fail(c->err, ROPEWALK_E_UNSUPPORTED, 0,
                       "layer %u scores before its query is seen", l->layer);
    ropewalk_status status = rw_shim_mask_counts(t, n, c->counts, c->err);
    for (uint32_t i = 0; i < n && !status; i++) {
        const uint32_t past = start + i + 1;
        const uint32_t expected =
            s->window && s->window < past ? (uint32_t)s->window : past;
        if (c->counts[i] != expected)
            status = rw_fail(
                c->err, ROPEWALK_E_UNSUPPORTED, 0,
                "layer %u lets position %u see %u keys instead of %u: neither causal "
                "nor a sliding window of %lld",
                l->layer, start + i, c->counts[i], expected, (long long)s->window);
    }
    return status;
}

/* One layer per window reads its mask; the others must share it. */
static bool wants_mask(capture *c, uint32_t index, const struct ggml_tensor *t)
{
    for (uint32_t k = 0; k < c->n_class; k++) {
        mask_class *m = &c->classes[k];
        if (m->window != c->layers[index].window) continue;
        if (m->first == index) m->mask = rw_shim_mask_id(t);
        return m->first == index || m->mask != rw_shim_mask_id(t);
    }
    return true;
}

static ropewalk_status stage(capture *c, uint32_t index, char which,
                             const struct ggml_tensor *t)
{
    const rw_shim_layer *l = &c->graph.layers[index];
    const uint32_t n_head = which == 'q' ? l->q.n_head : l->k.n_head;
    const uint32_t n = rw_shim_n_token(t);
    if (n > N_UBATCH)
        return rw_fail(c->err, ROPEWALK_E_UNSUPPORTED, 0, "a micro-batch of %u tokens",
                       n);
    if (which == 'q')
        c->staged_q = t;
    else
        c->staged_k = t;
    return rw_shim_copy(t, l->head_dim, n_head, n, which == 'q' ? c->stage_q : c->stage_k,
                        c->err);
}

static bool on_node(struct ggml_tensor *t, bool ask, void *user)
{
    capture *c = user;
    if (c->status) return ask; /* stop at the next node */
    if (t->type != GGML_TYPE_F32) return false;
    bool wanted = false;
    for (uint32_t i = 0; i < c->graph.n_layer && !c->status; i++) {
        const rw_shim_layer *l = &c->graph.layers[i];
        const bool q = rw_shim_is_node(&l->q.before, t),
                   k = rw_shim_is_node(&l->k.before, t);
        const bool rot_q = rw_shim_is_node(&l->q.after, t),
                   rot_k = rw_shim_is_node(&l->k.after, t);
        const bool mask = rw_shim_attends(t, l);
        if (mask && !rw_shim_same_score(t, l))
            c->status = rw_fail(c->err, ROPEWALK_E_UNSUPPORTED, 0,
                                "layer %u changes its score between two runs", l->layer);
        if (ask) {
            wanted |= q || k || rot_q || rot_k || (mask && wants_mask(c, i, t));
            continue;
        }
        if (q) c->status = stage(c, i, 'q', t);
        if (k && !c->status) c->status = stage(c, i, 'k', t);
        if (rot_q && !c->status) c->status = take(c, i, 'q', t);
        if (rot_k && !c->status) c->status = take(c, i, 'k', t);
        if (mask && !c->status) c->status = take_mask(c, i, t);
    }
    return ask ? wanted : !c->status;
}

static ropewalk_status run_text(capture *c)
{
    const uint32_t n_ctx = context_size(c);
    struct llama_context_params p =
        rw_context_params(&c->o->context, n_ctx, n_ctx < N_UBATCH ? n_ctx : N_UBATCH);
    /* Scores have been understood and are not needed again: one node for a layer's attention,
     * over a cache in float16, is llama.cpp's own choice and takes half the time. */
    p.flash_attn_type = LLAMA_FLASH_ATTN_TYPE_ENABLED;
    p.type_k = GGML_TYPE_F16;
    p.type_v = GGML_TYPE_F16;
    p.cb_eval = on_node;
    p.cb_eval_user_data = c;
    rw_session_log_reset();
    struct llama_context *ctx = llama_init_from_model(c->model, p);
    if (!ctx)
        return rw_fail(c->err, ROPEWALK_E_MEMORY, 0,
                       "llama.cpp cannot make a context of %u tokens%s", n_ctx,
                       rw_session_log());
    ropewalk_error decode_error;
    ropewalk_status status = decode(ctx, c->tokens, c->n_token, &decode_error);
    if (c->status) {
        status = c->status; /* ours came first */
    } else if (status && c->err) {
        *c->err = decode_error;
    }
    llama_free(ctx);
    for (uint32_t i = 0; i < c->graph.n_layer && !status; i++)
        if (c->layers[i].done_q != c->n_token || c->layers[i].done_k != c->n_token)
            status = rw_fail(c->err, ROPEWALK_E_UNSUPPORTED, 0,
                             "layer %u showed %u queries and %u keys of %u tokens",
                             c->graph.layers[i].layer, c->layers[i].done_q,
                             c->layers[i].done_k, c->n_token);
    return status;
}

/* --- metadata and the file ------------------------------------------------------------------ */

static json_t *rotation_json(const capture *c, uint32_t index)
{
    const rw_shim_layer *l = &c->graph.layers[index];
    const layer_state *s = &c->layers[index];
    json_t *o = json_object(), *inv_freq = json_array();
    for (uint32_t pair = 0; pair < l->rotation.rotary_dim / 2; pair++)
        json_array_append_new(inv_freq, rw_json_f64(l->rotation.inv_freq[pair]));
    json_object_set_new(o, "layer", json_integer((json_int_t)l->layer));
    json_object_set_new(o, "rotary_dim",
                        json_integer((json_int_t)l->rotation.rotary_dim));
    json_object_set_new(o, "pairs",
                        json_string(l->rotation.interleaved ? "interleaved" : "half"));
    json_object_set_new(o, "inv_freq", inv_freq);
    json_object_set_new(o, "attn_factor",
                        rw_json_f64(l->has_rope ? l->rotation.attn_factor : 1.0));
    json_object_set_new(o, "softmax_scale", rw_json_f64(l->softmax_scale));
    json_object_set_new(o, "window", s->window ? json_integer(s->window) : json_null());
    if (l->has_rope) {
        json_object_set_new(o, "rope_theta", rw_json_f64(l->rope.freq_base));
        json_object_set_new(o, "freq_scale", rw_json_f64(l->rope.freq_scale));
        json_object_set_new(o, "ext_factor", rw_json_f64(l->rope.ext_factor));
        json_object_set_new(o, "beta_fast", rw_json_f64(l->rope.beta_fast));
        json_object_set_new(o, "beta_slow", rw_json_f64(l->rope.beta_slow));
        json_object_set_new(o, "n_ctx_orig",
                            json_integer((json_int_t)l->rope.n_ctx_orig));
        json_object_set_new(o, "freq_factors", json_boolean(l->freq_factors));
        json_object_set_new(o, "check", rw_json_f64_9(s->worst.ratio));
    }
    if (l->softcap != 0.0)
        json_object_set_new(o, "logit_softcap", rw_json_f64(l->softcap));
    if (l->sinks) json_object_set_new(o, "attention_sinks", json_true());
    return o;
}

static char *json_line(json_t *doc)
{
    rw_text t;
    rw_text_init(&t);
    rw_json_write(doc, 0, &t);
    json_decref(doc);
    while (!t.failed && t.len > 0 && t.data[t.len - 1] == '\n')
        t.data[--t.len] = '\0';
    char *line = t.failed || !t.data ? NULL : rw_strdup(t.data);
    rw_text_clear(&t);
    return line;
}

enum { MAX_META = 24 };
typedef struct meta {
    const char *pairs[MAX_META];
    uint32_t n;
    bool failed;
} meta;

/* Takes ownership of value. */
static void put(meta *m, const char *key, char *value)
{
    m->failed |= value == NULL;
    m->pairs[m->n++] = key;
    m->pairs[m->n++] = value;
}

static void describe(const capture *c, meta *m)
{
    char word[256], version[256], number[32];
    const char *slash = strrchr(c->o->model_path, '/');
    put(m, "ropewalk.version", rw_strdup(RW_VERSION));
    rw_session_meta(c->model, "general.name", slash ? slash + 1 : c->o->model_path, word,
                    sizeof word);
    json_t *clean = rw_json_str(word); /* valid UTF-8 whatever the file says */
    put(m, "model", rw_strdup(json_string_value(clean) ? json_string_value(clean) : ""));
    json_decref(clean);
    rw_session_meta(c->model, "general.architecture", "unknown", word, sizeof word);
    put(m, "architecture", rw_strdup(word));
    const int32_t n_train = llama_model_n_ctx_train(c->model);
    snprintf(number, sizeof number, "%d", (int)n_train);
    put(m, "context_length", rw_strdup(number));
    json_t *ids = json_array(), *pieces = json_array(), *special = json_array();
    for (uint32_t i = 0; i < c->n_row; i++) {
        const llama_token token = c->tokens[c->rows[i]];
        json_array_append_new(ids, json_integer(token));
        json_array_append_new(pieces, rw_session_piece(c->vocab, token));
        if (rw_session_is_special(c->vocab, token))
            json_array_append_new(special, json_integer((json_int_t)i));
    }
    put(m, "token_ids", json_line(ids));
    put(m, "tokens", json_line(pieces));
    put(m, "special", json_line(special));
    json_t *rotations = json_array();
    for (uint32_t i = 0; i < c->graph.n_layer; i++)
        json_array_append_new(rotations, rotation_json(c, i));
    put(m, "rotations", json_line(rotations));
    rw_shim_version(version, sizeof version);
    put(m, "runtime", rw_strdup(version));
    snprintf(number, sizeof number, "%u", c->n_token);
    put(m, "n_token", rw_strdup(number));
    if (c->o->shuffle) {
        snprintf(number, sizeof number, "%llu", (unsigned long long)c->o->shuffle_seed);
        put(m, "shuffle_seed", rw_strdup(number));
    }
    if (n_train > 0 && c->n_token > (uint32_t)n_train) {
        snprintf(word, sizeof word,
                 "the text's %u tokens exceed the model's context of %d", c->n_token,
                 (int)n_train);
        put(m, "note", rw_strdup(word));
    }
}

static ropewalk_status copy_rows(capture *c, rw_qkwriter *w)
{
    char *buffer = rw_malloc(COPY_BYTES);
    if (!buffer) return rw_fail_memory(c->err, "a copy buffer");
    ropewalk_status status = ROPEWALK_OK;
    for (uint32_t i = 0; i < c->n_tensor && !status; i++) {
        const rw_qk_tensor *t = &c->tensors[i];
        const uint64_t total = t->shape[0] * t->shape[1] * t->shape[2] * sizeof(float);
        for (uint64_t at = 0; at < total && !status;) {
            const size_t n = total - at < COPY_BYTES ? (size_t)(total - at) : COPY_BYTES;
            status = rw_spool_read(c->spool, c->offsets[i] + at, buffer, n, c->err);
            if (!status) status = rw_qkwriter_write(w, i, at, buffer, n, c->err);
            at += n;
        }
    }
    rw_free(buffer);
    for (uint32_t i = 0; i < c->n_row && !status; i++) {
        const int64_t position = c->rows[i];
        status = rw_qkwriter_write(w, c->n_tensor, i * sizeof position, &position,
                                   sizeof position, c->err);
    }
    return status;
}

static ropewalk_status write_file(capture *c)
{
    meta m = {.n = 0};
    describe(c, &m);
    rw_qkwriter *w = NULL;
    ropewalk_status status =
        m.failed ? rw_fail_memory(c->err, "the capture's metadata")
                 : rw_qkwriter_open(c->o->out_path, c->tensors, c->n_tensor + 1, m.pairs,
                                    m.n, &w, c->err);
    if (!status) {
        status = copy_rows(c, w);
        if (status)
            rw_qkwriter_abort(w);
        else
            status = rw_qkwriter_commit(w, c->err);
    }
    for (uint32_t i = 1; i < m.n; i += 2) {
        char *owned;
        memcpy(&owned, &m.pairs[i], sizeof owned);
        rw_free(owned);
    }
    return status;
}

/* --- the whole ------------------------------------------------------------------------------ */

static uint64_t splitmix64(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

/* Fisher-Yates; the special tokens in front stay there. The remainder's bias, below 2^-32 for
 * any text, does not matter here; the same order on every machine does. */
static void shuffle(capture *c)
{
    uint32_t front = 0;
    while (front < c->n_token && rw_session_is_special(c->vocab, c->tokens[front]))
        front++;
    uint64_t state = c->o->shuffle_seed;
    for (uint32_t n = c->n_token - front; n > 1; n--) {
        const uint32_t pick = (uint32_t)(splitmix64(&state) % n);
        const llama_token last = c->tokens[front + n - 1];
        c->tokens[front + n - 1] = c->tokens[front + pick];
        c->tokens[front + pick] = last;
    }
}

static ropewalk_status prepare(capture *c)
{
    char *text;
    size_t n_byte;
    ropewalk_status status =
        rw_session_read_text(c->o->text_path, &text, &n_byte, c->err);
    if (status) return status;
    rw_session_use_blas(rw_context_threads(&c->o->context));
    status = rw_session_load(c->o->model_path, false, &c->model, c->err);
    if (!status &&
        (llama_model_has_encoder(c->model) || !llama_model_has_decoder(c->model)))
        status =
            rw_fail(c->err, ROPEWALK_E_UNSUPPORTED, 0,
                    "%s has an encoder: only decoders are captured", c->o->model_path);
    if (!status) {
        c->vocab = llama_model_get_vocab(c->model);
        status = rw_session_tokenize(c->vocab, text, n_byte, c->o->add_bos, &c->tokens,
                                     &c->n_token, c->err);
    }
    rw_free(text);
    if (status) return status;
    if (c->n_token > c->o->n_token) c->n_token = c->o->n_token;
    if (c->n_token < 2)
        return rw_fail(c->err, ROPEWALK_E_ARGUMENT, 0,
                       "the text has %u token%s with this model: at least 2 are needed",
                       c->n_token, c->n_token == 1 ? "" : "s");
    if (c->o->shuffle) shuffle(c);
    return ROPEWALK_OK;
}

static void summarise(const capture *c, char *out, size_t n)
{
    double worst = 0.0;
    uint32_t n_rope = 0;
    for (uint32_t i = 0; i < c->graph.n_layer; i++) {
        n_rope += c->graph.layers[i].has_rope;
        if (c->layers[i].worst.ratio > worst) worst = c->layers[i].worst.ratio;
    }
    const char *short_text = c->n_token < c->o->n_token ? " (the text has no more)" : "";
    snprintf(
        out, n,
        "%u tokens%s, %u rows, %u layers, %u with RoPE; worst rotation error %.2f of "
        "its float32 tolerance",
        c->n_token, short_text, c->n_row, c->graph.n_layer, n_rope, worst);
}

ropewalk_status rw_capture_run(const rw_capture_options *o, char *summary,
                               size_t n_summary, ropewalk_error *err)
{
    capture c = {.o = o, .spool = -1, .err = err};
    rw_shim_graph_init(&c.graph);
    ropewalk_status status = prepare(&c);
    if (!status) status = learn(&c);
    if (!status) status = choose_rows(&c);
    if (!status) status = lay_out(&c);
    if (!status) status = run_text(&c);
    if (!status) status = write_file(&c);
    if (!status) summarise(&c, summary, n_summary);
    rw_spool_close(c.spool);
    rw_shim_graph_clear(&c.graph);
    if (c.model) llama_model_free(c.model);
    rw_free(c.tokens);
    rw_free(c.rows);
    rw_free(c.layers);
    rw_free(c.classes);
    rw_free(c.stage_q);
    rw_free(c.stage_k);
    rw_free(c.after);
    rw_free(c.pack);
    rw_free(c.position);
    rw_free(c.table);
    rw_free(c.counts);
    rw_free(c.tensors);
    rw_free(c.offsets);
    return status;
}
