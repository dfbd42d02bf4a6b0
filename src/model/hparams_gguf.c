/* hparams_gguf.c - GGUF keys and telling tensors, translated into our vocabulary.
 *
 * Names of keys: gguf-py/gguf/constants.py and src/llama-arch.cpp of llama.cpp. */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "format/gguf.h"
#include "model/hparams.h"

/* Largest of each, far above any model: what is beyond is a lie, not a model. */
enum { MAX_N_LAYER = 100000, MAX_N_HEAD = 65536, MAX_DIM = 4096 };

typedef struct key_row {
    const char *suffix; /* after "<architecture>."; NULL: only config.json says it */
    bool integer, even;
    double lo, hi;
} key_row;

/* clang-format off */
static const key_row keys[RW_N_HPARAM] = {
    [RW_HP_N_LAYER] = {"block_count", true, false, 1, MAX_N_LAYER},
    [RW_HP_CONTEXT_LENGTH] = {"context_length", true, false, 1, 2147483648.0},
    [RW_HP_EMBEDDING_LENGTH] = {"embedding_length", true, false, 1, 1 << 24},
    [RW_HP_HEAD_DIM] = {"attention.key_length", true, true, 2, MAX_DIM},
    [RW_HP_HEAD_DIM_MLA] = {"attention.key_length_mla", true, true, 2, MAX_DIM},
    [RW_HP_HEAD_DIM_SLIDING] = {"attention.key_length_swa", true, true, 2, MAX_DIM},
    [RW_HP_ROTARY_DIM] = {"rope.dimension_count", true, true, 0, MAX_DIM},
    [RW_HP_ROTARY_DIM_SLIDING] = {"rope.dimension_count_swa", true, true, 0, MAX_DIM},
    [RW_HP_ROPE_THETA] = {"rope.freq_base", false, false, 1.0 + 0x1p-20, 1e30},
    [RW_HP_ROPE_THETA_SLIDING] = {"rope.freq_base_swa", false, false, 1.0 + 0x1p-20, 1e30},
    [RW_HP_FACTOR] = {"rope.scaling.factor", false, false, 0, 1e6},
    [RW_HP_FACTOR_LEGACY] = {"rope.scale_linear", false, false, 0, 1e6},
    [RW_HP_ATTN_FACTOR] = {"rope.scaling.attn_factor", false, false, 1e-6, 1e6},
    [RW_HP_ORIGINAL_CONTEXT_LENGTH] = {"rope.scaling.original_context_length", true, false, 1, 2147483648.0},
    [RW_HP_YARN_LOG_MULTIPLIER] = {"rope.scaling.yarn_log_multiplier", false, false, 0, 1e3},
    [RW_HP_YARN_EXT_FACTOR] = {"rope.scaling.yarn_ext_factor", false, false, -1e3, 1e3},
    [RW_HP_YARN_ATTN_FACTOR] = {"rope.scaling.yarn_attn_factor", false, false, -1e3, 1e3},
    [RW_HP_YARN_BETA_FAST] = {"rope.scaling.yarn_beta_fast", false, false, -1e6, 1e6},
    [RW_HP_YARN_BETA_SLOW] = {"rope.scaling.yarn_beta_slow", false, false, -1e6, 1e6},
    [RW_HP_WINDOW] = {"attention.sliding_window", true, false, 0, 2147483648.0},
    [RW_HP_SOFTMAX_SCALE] = {"attention.scale", false, false, 0, 1e3},
    [RW_HP_FULL_ATTENTION_INTERVAL] = {"full_attention_interval", true, false, 1, MAX_N_LAYER},
    [RW_HP_ALIBI] = {"attention.max_alibi_bias", false, false, 0, 1e3},
    [RW_HP_TEMPERATURE] = {"attention.temperature_scale", false, false, -1e3, 1e3},
    [RW_HP_TEMPERATURE_LENGTH] = {"attention.temperature_length", true, false, 0, 2147483648.0},
    [RW_HP_SCALING_ALPHA] = {"rope.scaling.alpha", false, false, 0, 1e9},
    [RW_HP_N_SHARED_KV] = {"attention.shared_kv_layers", true, false, 0, MAX_N_LAYER},
    [RW_HP_ROPE_THETA_COMPRESSED] = {"attention.compress_rope_freq_base", false, false, 1.0 + 0x1p-20, 1e30},
};
/* clang-format on */

/* "<architecture>.<suffix>"; both are bounded, so it fits. */
static void make_key(const rw_hparams *hp, const char *suffix, char key[96])
{
    (void)snprintf(key, 96, "%s.%s", hp->architecture, suffix);
}

void rw_hparams_set_gguf_keys(rw_hparams *hp)
{
    for (int i = 0; i < RW_N_HPARAM; i++)
        if (keys[i].suffix) make_key(hp, keys[i].suffix, hp->v[i].key);
    make_key(hp, "rope.scaling.finetuned", hp->v[RW_HP_FINETUNED].key);
    make_key(hp, "rope.scaling.type", hp->key_scaling_type);
    make_key(hp, "rope.dimension_sections", hp->key_section);
    make_key(hp, "attention.head_count", hp->key_head_q);
    make_key(hp, "attention.head_count_kv", hp->key_head_kv);
    make_key(hp, "attention.sliding_window_pattern", hp->key_window_pattern);
    make_key(hp, "attention.rope_pattern", hp->key_rope_on);
    make_key(hp, "attention.recurrent_layers", hp->key_said);
}

static ropewalk_status out_of_range(const rw_gguf *g, const char *key, double value,
                                    const char *why, ropewalk_error *err)
{
    const rw_gguf_kv *kv = rw_gguf_find_key(g, key);
    return rw_fail(err, ROPEWALK_E_FORMAT, kv ? kv->offset : 0, "key %s is %.17g: %s",
                   key, value, why);
}

static ropewalk_status wrong_count(const rw_gguf_kv *kv, const rw_hparams *hp,
                                   ropewalk_error *err)
{
    return rw_fail(err, ROPEWALK_E_FORMAT, kv->offset,
                   "key %.90s has %llu values, but there are %u layers", kv->name,
                   (unsigned long long)kv->count, (unsigned)hp->n_layer);
}

static ropewalk_status check_number(const rw_gguf *g, const key_row *row, const char *key,
                                    double num, ropewalk_error *err)
{
    if (!(num >= row->lo) || !(num <= row->hi)) {
        char why[80];
        (void)snprintf(why, sizeof why, "it must lie in [%.10g, %.10g]", row->lo,
                       row->hi);
        return out_of_range(g, key, num, why, err);
    }
    if (row->even && (uint64_t)num % 2 != 0)
        return out_of_range(g, key, num, "it must be even, dimensions rotate in pairs",
                            err);
    return ROPEWALK_OK;
}

static ropewalk_status read_number(const rw_gguf *g, rw_hparam which, rw_hparams *hp,
                                   ropewalk_error *err)
{
    const key_row *row = &keys[which];
    rw_hvalue *v = &hp->v[which];
    if (!row->suffix) return ROPEWALK_OK;
    const rw_gguf_kv *kv = rw_gguf_find_key(g, v->key);
    if (!kv || kv->is_array) return ROPEWALK_OK; /* a list: see read_lists */
    double num = 0;
    uint64_t n = 0;
    ropewalk_status status = row->integer ? rw_gguf_get_u64(g, v->key, &n, err)
                                          : rw_gguf_get_f64(g, v->key, &num, err);
    if (row->integer) num = (double)n;
    if (!status) status = check_number(g, row, v->key, num, err);
    if (status) return status;
    v->num = num;
    v->known = true;
    return ROPEWALK_OK;
}

/* A key that has a value for each layer. Where all are equal they are the one number of all
 * layers; *list is NULL then. */
static ropewalk_status read_list(const rw_gguf *g, rw_hparam which, const char *key,
                                 rw_hparams *hp, double **list, ropewalk_error *err)
{
    const rw_gguf_kv *kv = rw_gguf_find_key(g, key);
    const key_row *row = &keys[which];
    *list = NULL;
    if (!kv || !kv->is_array || !hp->n_layer) return ROPEWALK_OK;
    if (kv->count != hp->n_layer) return wrong_count(kv, hp, err);
    double *values = rw_calloc(hp->n_layer, sizeof *values);
    if (!values) return rw_fail_memory(err, "values by layer");
    ropewalk_status status = ROPEWALK_OK;
    bool equal = true;
    for (uint32_t layer = 0; layer < hp->n_layer && !status; layer++) {
        uint64_t n = 0;
        status = row->integer ? rw_gguf_array_u64(g, key, layer, &n, err)
                              : rw_gguf_array_f64(g, key, layer, &values[layer], err);
        if (row->integer) values[layer] = (double)n;
        /* 0 stands for a layer without attention */
        if (!status && !(values[layer] >= 0.0 && values[layer] <= 0.0))
            status = check_number(g, row, key, values[layer], err);
        if (!status && (values[layer] < values[0] || values[layer] > values[0]))
            equal = false;
    }
    if (!status && equal) status = check_number(g, row, key, values[0], err);
    if (!status && !equal) {
        *list = values;
        (void)snprintf(hp->v[which].key, sizeof hp->v[which].key, "%s", key);
        return ROPEWALK_OK;
    }
    if (!status && !hp->v[which].known) {
        hp->v[which].known = true;
        hp->v[which].num = values[0];
        (void)snprintf(hp->v[which].key, sizeof hp->v[which].key, "%s", key);
        (void)snprintf(hp->v[which].note, sizeof hp->v[which].note,
                       "given for each layer, the same for all");
    }
    rw_free(values);
    return status;
}

static ropewalk_status read_dims(const rw_gguf *g, rw_hparam which, const char *key,
                                 rw_hparams *hp, uint32_t **out, ropewalk_error *err)
{
    double *list;
    const ropewalk_status status = read_list(g, which, key, hp, &list, err);
    if (!list) return status;
    uint32_t *dims = *out ? *out : rw_calloc(hp->n_layer, sizeof *dims);
    for (uint32_t layer = 0; dims && layer < hp->n_layer; layer++)
        dims[layer] = (uint32_t)list[layer];
    rw_free(list);
    *out = dims;
    return dims ? ROPEWALK_OK : rw_fail_memory(err, "dimensions by layer");
}

/* Values by layer, as lists under the ordinary keys or, in a variant tree, under their own. */
static ropewalk_status read_lists(const rw_gguf *g, rw_hparams *hp, ropewalk_error *err)
{
    static const char *const theta_keys[] = {"rope.freq_base",
                                             "rope.freq_base_per_layer"};
    static const char *const rotary_keys[] = {"rope.dimension_count",
                                              "rope.dimension_count_per_layer"};
    char key[96];
    ropewalk_status status = ROPEWALK_OK;
    for (int i = 0; i < 2 && !status; i++) {
        if (!hp->theta_of) {
            make_key(hp, theta_keys[i], key);
            status = read_list(g, RW_HP_ROPE_THETA, key, hp, &hp->theta_of, err);
        }
        if (!status && !hp->rotary_dim_of) {
            make_key(hp, rotary_keys[i], key);
            status = read_dims(g, RW_HP_ROTARY_DIM, key, hp, &hp->rotary_dim_of, err);
        }
    }
    if (status) return status;
    make_key(hp, "attention.key_length", key);
    return read_dims(g, RW_HP_HEAD_DIM, key, hp, &hp->head_dim_of, err);
}

/* One number for all layers, or an array with one number a layer. */
static ropewalk_status read_per_layer(const rw_gguf *g, const char *key, rw_hparams *hp,
                                      uint32_t **out, ropewalk_error *err)
{
    const uint32_t n_layer = hp->n_layer;
    *out = NULL;
    const rw_gguf_kv *kv = rw_gguf_find_key(g, key);
    if (!kv || !n_layer) return ROPEWALK_OK;
    if (kv->is_array && kv->count != n_layer) return wrong_count(kv, hp, err);
    hp->head_array = hp->head_array || kv->is_array;
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

/* One flag (bool or integer) a layer. */
static ropewalk_status read_flags(const rw_gguf *g, const char *key, const rw_hparams *hp,
                                  uint8_t **out, ropewalk_error *err)
{
    const rw_gguf_kv *kv = rw_gguf_find_key(g, key);
    if (!hp->n_layer) return ROPEWALK_OK;
    if (kv->count != hp->n_layer) return wrong_count(kv, hp, err);
    uint8_t *flags = rw_calloc(hp->n_layer, 1);
    if (!flags) return rw_fail_memory(err, "flags by layer");
    for (uint32_t layer = 0; layer < hp->n_layer; layer++) {
        bool flag = false;
        uint64_t n = 0;
        const ropewalk_status status = kv->type == RW_GGUF_BOOL
                                           ? rw_gguf_array_bool(g, key, layer, &flag, err)
                                           : rw_gguf_array_u64(g, key, layer, &n, err);
        if (status) {
            rw_free(flags);
            return status;
        }
        flags[layer] = flag || n != 0;
    }
    *out = flags;
    return ROPEWALK_OK;
}

/* attention.sliding_window_pattern: one period, or one flag (bool or integer) a layer. */
static ropewalk_status read_window_pattern(const rw_gguf *g, rw_hparams *hp,
                                           ropewalk_error *err)
{
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
    return read_flags(g, key, hp, &hp->sliding, err);
}

/* DeepSeek-V4: how many tokens one compressed key stands for, 0 on layers that slide. The list
 * also has the layers of multi-token prediction. */
static ropewalk_status read_ratios(const rw_gguf *g, rw_hparams *hp, ropewalk_error *err)
{
    char key[96];
    make_key(hp, "attention.compress_ratios", key);
    const rw_gguf_kv *kv = rw_gguf_find_key(g, key);
    if (!kv || !kv->is_array || !hp->n_layer) return ROPEWALK_OK;
    if (kv->count < hp->n_layer) return wrong_count(kv, hp, err);
    hp->said = rw_calloc(hp->n_layer, 1);
    if (!hp->said) return rw_fail_memory(err, "flags by layer");
    memcpy(hp->key_said, key, sizeof key);
    for (uint32_t layer = 0; layer < hp->n_layer; layer++) {
        int64_t n;
        const ropewalk_status status = rw_gguf_array_i64(g, key, layer, &n, err);
        if (status) return status;
        hp->said[layer] = n == 0 ? RW_SAID_SLIDING : RW_SAID_FULL;
    }
    return ROPEWALK_OK;
}

/* What of a layer's kind stands in the file: whether it rotates, whether it is recurrent. */
static ropewalk_status read_layer_kinds(const rw_gguf *g, rw_hparams *hp,
                                        ropewalk_error *err)
{
    const rw_gguf_kv *kv = rw_gguf_find_key(g, hp->key_rope_on);
    ropewalk_status status = ROPEWALK_OK;
    if (kv && kv->is_array)
        status = read_flags(g, hp->key_rope_on, hp, &hp->rope_on, err);
    kv = rw_gguf_find_key(g, hp->key_said);
    if (!status && kv && kv->is_array)
        status = read_flags(g, hp->key_said, hp, &hp->said, err);
    for (uint32_t layer = 0; !status && hp->said && layer < hp->n_layer; layer++)
        hp->said[layer] = hp->said[layer] ? RW_SAID_LINEAR : RW_SAID_NOTHING;
    return status || hp->said ? status : read_ratios(g, hp, err);
}

static ropewalk_status read_finetuned(const rw_gguf *g, rw_hparams *hp,
                                      ropewalk_error *err)
{
    rw_hvalue *v = &hp->v[RW_HP_FINETUNED];
    bool flag;
    if (!rw_gguf_find_key(g, v->key)) return ROPEWALK_OK;
    const ropewalk_status status = rw_gguf_get_bool(g, v->key, &flag, err);
    if (status) return status;
    v->known = true;
    v->num = flag ? 1.0 : 0.0;
    return ROPEWALK_OK;
}

/* Pairs an axis: up to four numbers. */
static ropewalk_status read_sections(const rw_gguf *g, rw_hparams *hp,
                                     ropewalk_error *err)
{
    const rw_gguf_kv *kv = rw_gguf_find_key(g, hp->key_section);
    if (!kv || !kv->is_array) return ROPEWALK_OK;
    if (kv->count > 4)
        return rw_fail(err, ROPEWALK_E_FORMAT, kv->offset,
                       "key %s has %llu values: there are at most 4 axes", kv->name,
                       (unsigned long long)kv->count);
    for (uint32_t i = 0; i < kv->count; i++) {
        int64_t n;
        const ropewalk_status status = rw_gguf_array_i64(g, hp->key_section, i, &n, err);
        if (status) return status;
        if (n < 0 || n > MAX_DIM / 2)
            return rw_fail(err, ROPEWALK_E_FORMAT, kv->offset,
                           "key %s is %lld at axis %u: it must lie in [0, %d]", kv->name,
                           (long long)n, (unsigned)i, MAX_DIM / 2);
        hp->section[i] = (uint32_t)n;
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

/* One value a pair, if all is well; *values stays NULL when there is no such tensor. */
static ropewalk_status read_tensor(const rw_gguf *g, const char *name, double **values,
                                   uint32_t *n, ropewalk_error *err)
{
    const rw_gguf_tensor *t = rw_gguf_find_tensor(g, name);
    if (!t) return ROPEWALK_OK;
    *n = t->n_element > MAX_DIM ? (uint32_t)MAX_DIM : (uint32_t)t->n_element;
    *values = rw_calloc(*n, sizeof **values);
    if (!*values) return rw_fail_memory(err, name);
    return rw_gguf_tensor_read(g, t, 0, *n, *values, err);
}

static ropewalk_status read_factors(const rw_gguf *g, rw_hparams *hp, ropewalk_error *err)
{
    ropewalk_status status =
        read_tensor(g, "rope_freqs.weight", &hp->divisor, &hp->n_divisor, err);
    if (!status)
        status = read_tensor(g, "rope_factors_long.weight", &hp->factors_long,
                             &hp->n_long, err);
    if (!status)
        status = read_tensor(g, "rope_factors_short.weight", &hp->factors_short,
                             &hp->n_short, err);
    return status;
}

static ropewalk_status read_text(const rw_gguf *g, rw_hparams *hp, ropewalk_error *err)
{
    hp->file = rw_strdup(rw_gguf_path(g, 0));
    if (!hp->file) return rw_fail_memory(err, "the file name");
    ropewalk_status status = rw_gguf_get_text(g, "general.architecture", hp->architecture,
                                              sizeof hp->architecture, err);
    if (status) return status;
    rw_hparams_set_gguf_keys(hp);
    const rw_gguf_kv *kv = rw_gguf_find_key(g, "general.name");
    const char *s;
    size_t n;
    if (kv && !kv->is_array && kv->type == RW_GGUF_STRING &&
        !rw_gguf_get_str(g, "general.name", &s, &n, NULL)) {
        hp->name = rw_strndup(s, n < 200 ? n : 200);
        if (!hp->name) return rw_fail_memory(err, "the model's name");
    }
    if (rw_gguf_find_key(g, hp->key_scaling_type))
        status = rw_gguf_get_text(g, hp->key_scaling_type, hp->scaling_type,
                                  sizeof hp->scaling_type, err);
    return status;
}

static ropewalk_status read_all(const rw_gguf *g, rw_hparams *hp, ropewalk_error *err)
{
    uint64_t n_split;
    hp->kind = RW_FILE_GGUF;
    hp->tensors_partial = rw_gguf_n_file(g) == 1 && rw_gguf_find_key(g, "split.count") &&
                          !rw_gguf_get_u64(g, "split.count", &n_split, NULL) &&
                          n_split > 1;
    ropewalk_status status = read_text(g, hp, err);
    for (int i = 0; i < RW_N_HPARAM && !status; i++)
        status = read_number(g, (rw_hparam)i, hp, err);
    if (status) return status;
    if (hp->v[RW_HP_N_LAYER].known) hp->n_layer = (uint32_t)hp->v[RW_HP_N_LAYER].num;
    status = read_per_layer(g, hp->key_head_q, hp, &hp->n_head_q, err);
    if (!status) status = read_per_layer(g, hp->key_head_kv, hp, &hp->n_head_kv, err);
    if (!status) status = read_lists(g, hp, err);
    if (!status) status = read_window_pattern(g, hp, err);
    if (!status) status = read_layer_kinds(g, hp, err);
    if (!status) status = read_finetuned(g, hp, err);
    if (!status) status = read_sections(g, hp, err);
    if (!status) status = read_factors(g, hp, err);
    hp->dtype = main_type(g);
    hp->n_byte_read = rw_gguf_n_read(g);
    return status;
}

static ropewalk_status read_and_close(rw_gguf *g, rw_hparams *hp, ropewalk_error *err)
{
    const ropewalk_status status = read_all(g, hp, err);
    rw_gguf_close(g);
    if (status) rw_hparams_clear(hp);
    return status;
}

ropewalk_status rw_hparams_read_gguf(const char *path, rw_hparams *hp,
                                     ropewalk_error *err)
{
    rw_gguf *g;
    rw_hparams_init(hp);
    const ropewalk_status status = rw_gguf_open(path, &g, err);
    return status ? status : read_and_close(g, hp, err);
}

ropewalk_status rw_hparams_read_gguf_source(const rw_source *source, rw_hparams *hp,
                                            ropewalk_error *err)
{
    rw_gguf *g;
    rw_hparams_init(hp);
    const ropewalk_status status = rw_gguf_open_source(source, &g, err);
    return status ? status : read_and_close(g, hp, err);
}
