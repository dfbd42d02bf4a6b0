/* hparams.c - GGUF keys and telling tensors, translated into our vocabulary. */
#include "model/hparams.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "format/gguf.h"

/* Largest of each, far above any model: what is beyond is a lie, not a model. */
enum {
    MAX_N_LAYER = 100000,
    MAX_N_HEAD = 65536,
    MAX_DIM = 4096,
    MAX_N_DIVISOR = MAX_DIM / 2
};

typedef struct key_row {
    const char *name;   /* ours */
    const char *suffix; /* after "<architecture>." */
    bool integer, even;
    double lo, hi;
} key_row;

/* clang-format off */
static const key_row keys[RW_N_HPARAM] = {
    [RW_HP_N_LAYER]          = {"n_layer", "block_count", true, false, 1, MAX_N_LAYER},
    [RW_HP_CONTEXT_LENGTH]   = {"context_length", "context_length", true, false, 1, 2147483648.0},
    [RW_HP_EMBEDDING_LENGTH] = {"embedding_length", "embedding_length", true, false, 1, 1 << 24},
    [RW_HP_HEAD_DIM]         = {"head_dim", "attention.key_length", true, true, 2, MAX_DIM},
    [RW_HP_HEAD_DIM_MLA]     = {"head_dim_mla", "attention.key_length_mla", true, true, 2, MAX_DIM},
    [RW_HP_HEAD_DIM_SLIDING] = {"head_dim_sliding", "attention.key_length_swa", true, true, 2, MAX_DIM},
    [RW_HP_ROTARY_DIM]       = {"rotary_dim", "rope.dimension_count", true, true, 0, MAX_DIM},
    [RW_HP_ROTARY_DIM_SLIDING] = {"rotary_dim_sliding", "rope.dimension_count_swa", true, true, 0, MAX_DIM},
    [RW_HP_ROPE_THETA]       = {"rope_theta", "rope.freq_base", false, false, 1.0 + 0x1p-20, 1e30},
    [RW_HP_ROPE_THETA_SLIDING] = {"rope_theta_sliding", "rope.freq_base_swa", false, false, 1.0 + 0x1p-20, 1e30},
    [RW_HP_FACTOR]           = {"factor", "rope.scaling.factor", false, false, 0, 1e6},
    [RW_HP_FACTOR_LEGACY]    = {"factor_legacy", "rope.scale_linear", false, false, 0, 1e6},
    [RW_HP_ATTN_FACTOR]      = {"attn_factor", "rope.scaling.attn_factor", false, false, 1e-6, 1e6},
    [RW_HP_ORIGINAL_CONTEXT_LENGTH] = {"original_context_length", "rope.scaling.original_context_length", true, false, 1, 2147483648.0},
    [RW_HP_YARN_LOG_MULTIPLIER] = {"yarn_log_multiplier", "rope.scaling.yarn_log_multiplier", false, false, 0, 1e3},
    [RW_HP_YARN_EXT_FACTOR]  = {"yarn_ext_factor", "rope.scaling.yarn_ext_factor", false, false, -1e3, 1e3},
    [RW_HP_YARN_ATTN_FACTOR] = {"yarn_attn_factor", "rope.scaling.yarn_attn_factor", false, false, -1e3, 1e3},
    [RW_HP_YARN_BETA_FAST]   = {"beta_fast", "rope.scaling.yarn_beta_fast", false, false, -1e6, 1e6},
    [RW_HP_YARN_BETA_SLOW]   = {"beta_slow", "rope.scaling.yarn_beta_slow", false, false, -1e6, 1e6},
    [RW_HP_WINDOW]           = {"window", "attention.sliding_window", true, false, 0, 2147483648.0},
    [RW_HP_SOFTMAX_SCALE]    = {"softmax_scale", "attention.scale", false, false, 0, 1e3},
    [RW_HP_FULL_ATTENTION_INTERVAL] = {"full_attention_interval", "full_attention_interval", true, false, 1, MAX_N_LAYER},
    [RW_HP_PARTIAL_FACTOR]   = {.name = "partial_rotary_factor"},
    [RW_HP_PARTIAL_FACTOR_SLIDING] = {.name = "partial_rotary_factor_sliding"},
    [RW_HP_NOPE_DIM_MLA]     = {.name = "nope_dim_mla"},
    [RW_HP_ROPE_DIM_MLA]     = {.name = "rope_dim_mla"},
    [RW_HP_ROPE_RATIO]       = {.name = "rope_ratio"},
    [RW_HP_QUERY_SCALAR]     = {.name = "query_pre_attn_scalar"},
    [RW_HP_USE_WINDOW]       = {.name = "use_sliding_window"},
    [RW_HP_MAX_WINDOW_LAYERS] = {.name = "max_window_layers"},
    [RW_HP_CHUNK]            = {.name = "attention_chunk_size"},
    [RW_HP_NOPE_PERIOD]      = {.name = "nope_period"},
    [RW_HP_ALIBI]            = {.name = "alibi"},
    [RW_HP_ROPE_INTERLEAVE]  = {.name = "rope_interleave"},
    [RW_HP_TEMPERATURE]      = {.name = "attention_temperature"},
    [RW_HP_DUAL_CHUNK]       = {.name = "dual_chunk_size"},
};
/* clang-format on */

/* What only config.json says has no suffix here. */

const char *rw_hparam_name(rw_hparam which)
{
    return keys[which].name;
}

void rw_hparams_init(rw_hparams *hp)
{
    *hp = (rw_hparams){0};
    for (int i = 0; i < RW_N_HPARAM; i++)
        hp->v[i].num = (double)NAN;
}

void rw_hparams_clear(rw_hparams *hp)
{
    rw_free(hp->file);
    rw_free(hp->name);
    rw_free(hp->n_head_q);
    rw_free(hp->n_head_kv);
    rw_free(hp->sliding);
    rw_free(hp->divisor);
    rw_hparams_init(hp);
}

/* "<architecture>.<suffix>"; both are bounded, so it fits. */
static void make_key(const rw_hparams *hp, const char *suffix, char key[96])
{
    (void)snprintf(key, 96, "%s.%s", hp->architecture, suffix);
}

static ropewalk_status out_of_range(const rw_gguf *g, const char *key, double value,
                                    const char *why, ropewalk_error *err)
{
    const rw_gguf_kv *kv = rw_gguf_find_key(g, key);
    return rw_fail(err, ROPEWALK_E_FORMAT, kv ? kv->offset : 0, "key %s is %.17g: %s",
                   key, value, why);
}

static ropewalk_status read_number(const rw_gguf *g, rw_hparam which, rw_hparams *hp,
                                   ropewalk_error *err)
{
    const key_row *row = &keys[which];
    rw_hvalue *v = &hp->v[which];
    if (!row->suffix) return ROPEWALK_OK;
    make_key(hp, row->suffix, v->key);
    const rw_gguf_kv *kv = rw_gguf_find_key(g, v->key);
    /* Some architectures list a value per layer; such a list is not this one number. */
    if (!kv || kv->is_array) return ROPEWALK_OK;
    if (row->integer) {
        uint64_t n;
        const ropewalk_status status = rw_gguf_get_u64(g, v->key, &n, err);
        if (status) return status;
        v->num = (double)n;
    } else {
        const ropewalk_status status = rw_gguf_get_f64(g, v->key, &v->num, err);
        if (status) return status;
    }
    if (!(v->num >= row->lo) || !(v->num <= row->hi)) {
        char why[80];
        (void)snprintf(why, sizeof why, "it must lie in [%.10g, %.10g]", row->lo,
                       row->hi);
        return out_of_range(g, v->key, v->num, why, err);
    }
    if (row->even && (uint64_t)v->num % 2 != 0)
        return out_of_range(g, v->key, v->num,
                            "it must be even, dimensions rotate in pairs", err);
    v->known = true;
    return ROPEWALK_OK;
}

/* One number for all layers, or an array with one number a layer. */
static ropewalk_status read_per_layer(const rw_gguf *g, const char *key, uint32_t n_layer,
                                      uint32_t **out, bool *is_array, ropewalk_error *err)
{
    *out = NULL;
    const rw_gguf_kv *kv = rw_gguf_find_key(g, key);
    if (!kv || !n_layer) return ROPEWALK_OK;
    if (kv->is_array && kv->count != n_layer)
        return rw_fail(err, ROPEWALK_E_FORMAT, kv->offset,
                       "key %s has %llu values, but there are %u layers", key,
                       (unsigned long long)kv->count, (unsigned)n_layer);
    *is_array = *is_array || kv->is_array;
    uint32_t *list = rw_calloc(n_layer, sizeof *list);
    if (!list) return rw_fail_memory(err, "head counts");
    for (uint32_t layer = 0; layer < n_layer; layer++) {
        uint64_t n = layer ? list[0] : 0;
        ropewalk_status status = ROPEWALK_OK;
        if (kv->is_array)
            status = rw_gguf_array_u64(g, key, layer, &n, err);
        else if (layer == 0)
            status = rw_gguf_get_u64(g, key, &n, err);
        if (!status && n > MAX_N_HEAD)
            status = rw_fail(err, ROPEWALK_E_FORMAT, kv->offset,
                             "key %s is %llu at layer %u: it must be at most %d", key,
                             (unsigned long long)n, (unsigned)layer, (int)MAX_N_HEAD);
        if (status) {
            rw_free(list);
            return status;
        }
        list[layer] = (uint32_t)n;
    }
    *out = list;
    return ROPEWALK_OK;
}

/* attention.sliding_window_pattern: one period, or one flag (bool or integer) a layer. */
static ropewalk_status read_window_pattern(const rw_gguf *g, rw_hparams *hp,
                                           ropewalk_error *err)
{
    make_key(hp, "attention.sliding_window_pattern", hp->key_window_pattern);
    const char *key = hp->key_window_pattern;
    const rw_gguf_kv *kv = rw_gguf_find_key(g, key);
    if (!kv || !hp->n_layer) return ROPEWALK_OK;
    if (!kv->is_array) {
        uint64_t n;
        const ropewalk_status status = rw_gguf_get_u64(g, key, &n, err);
        if (status) return status;
        if (n > MAX_N_LAYER)
            return out_of_range(g, key, (double)n, "no model has that many layers", err);
        hp->window_period = (uint32_t)n;
        hp->window_period_known = true;
        return ROPEWALK_OK;
    }
    if (kv->count != hp->n_layer)
        return rw_fail(err, ROPEWALK_E_FORMAT, kv->offset,
                       "key %s has %llu values, but there are %u layers", key,
                       (unsigned long long)kv->count, (unsigned)hp->n_layer);
    hp->sliding = rw_calloc(hp->n_layer, 1);
    if (!hp->sliding) return rw_fail_memory(err, "the window pattern");
    for (uint32_t layer = 0; layer < hp->n_layer; layer++) {
        bool flag = false;
        uint64_t n = 0;
        const ropewalk_status status = kv->type == RW_GGUF_BOOL
                                           ? rw_gguf_array_bool(g, key, layer, &flag, err)
                                           : rw_gguf_array_u64(g, key, layer, &n, err);
        if (status) return status;
        hp->sliding[layer] = flag || n != 0;
    }
    return ROPEWALK_OK;
}

/* The type that holds most elements of the matrices. */
static const char *main_type(const rw_gguf *g)
{
    enum { N_TYPE = 64 };
    double n_element[N_TYPE] = {0};
    uint32_t best = N_TYPE;
    for (uint32_t i = 0; i < rw_gguf_n_tensor(g); i++) {
        const rw_gguf_tensor *t = rw_gguf_tensor_at(g, i);
        if (t->type >= N_TYPE || t->n_dim < 2) continue;
        n_element[t->type] += (double)t->n_element;
        if (best == N_TYPE || n_element[t->type] > n_element[best]) best = t->type;
    }
    return best == N_TYPE ? NULL : rw_ggml_type_name(best);
}

static ropewalk_status read_factors(const rw_gguf *g, rw_hparams *hp, ropewalk_error *err)
{
    const rw_gguf_tensor *t = rw_gguf_find_tensor(g, "rope_factors_long.weight");
    if (t) hp->n_long = t->n_element > MAX_DIM ? MAX_DIM : (uint32_t)t->n_element;
    t = rw_gguf_find_tensor(g, "rope_factors_short.weight");
    if (t) hp->n_short = t->n_element > MAX_DIM ? MAX_DIM : (uint32_t)t->n_element;
    t = rw_gguf_find_tensor(g, "rope_freqs.weight");
    if (!t) return ROPEWALK_OK;
    if (t->n_element < 1 || t->n_element > MAX_N_DIVISOR)
        return rw_fail(
            err, ROPEWALK_E_FORMAT, t->entry_offset,
            "tensor rope_freqs.weight has %llu values: it must have one a pair",
            (unsigned long long)t->n_element);
    hp->divisor = rw_calloc((size_t)t->n_element, sizeof *hp->divisor);
    if (!hp->divisor) return rw_fail_memory(err, "frequency divisors");
    hp->n_divisor = (uint32_t)t->n_element;
    return rw_gguf_tensor_read(g, t, 0, t->n_element, hp->divisor, err);
}

static ropewalk_status read_text(const rw_gguf *g, rw_hparams *hp, ropewalk_error *err)
{
    hp->file = rw_strdup(rw_gguf_path(g, 0));
    if (!hp->file) return rw_fail_memory(err, "the file name");
    ropewalk_status status = rw_gguf_get_text(g, "general.architecture", hp->architecture,
                                              sizeof hp->architecture, err);
    if (status) return status;
    const rw_gguf_kv *kv = rw_gguf_find_key(g, "general.name");
    const char *s;
    size_t n;
    if (kv && !kv->is_array && kv->type == RW_GGUF_STRING &&
        !rw_gguf_get_str(g, "general.name", &s, &n, NULL)) {
        hp->name = rw_strndup(s, n < 200 ? n : 200);
        if (!hp->name) return rw_fail_memory(err, "the model's name");
    }
    make_key(hp, "rope.scaling.type", hp->key_scaling_type);
    if (rw_gguf_find_key(g, hp->key_scaling_type))
        status = rw_gguf_get_text(g, hp->key_scaling_type, hp->scaling_type,
                                  sizeof hp->scaling_type, err);
    return status;
}

static ropewalk_status read_all(const rw_gguf *g, rw_hparams *hp, ropewalk_error *err)
{
    ropewalk_status status = read_text(g, hp, err);
    for (int i = 0; i < RW_N_HPARAM && !status; i++)
        status = read_number(g, (rw_hparam)i, hp, err);
    if (status) return status;
    if (hp->v[RW_HP_N_LAYER].known) hp->n_layer = (uint32_t)hp->v[RW_HP_N_LAYER].num;
    make_key(hp, "attention.head_count", hp->key_head_q);
    make_key(hp, "attention.head_count_kv", hp->key_head_kv);
    status = read_per_layer(g, hp->key_head_q, hp->n_layer, &hp->n_head_q,
                            &hp->head_array, err);
    if (!status)
        status = read_per_layer(g, hp->key_head_kv, hp->n_layer, &hp->n_head_kv,
                                &hp->head_array, err);
    if (!status) status = read_window_pattern(g, hp, err);
    if (!status) status = read_factors(g, hp, err);
    hp->dtype = main_type(g);
    return status;
}

ropewalk_status rw_hparams_read_gguf(const char *path, rw_hparams *hp,
                                     ropewalk_error *err)
{
    rw_hparams_init(hp);
    rw_gguf *g;
    ropewalk_status status = rw_gguf_open(path, &g, err);
    if (status) return status;
    status = read_all(g, hp, err);
    rw_gguf_close(g);
    if (status) rw_hparams_clear(hp);
    return status;
}
