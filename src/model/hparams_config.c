/* hparams_config.c - the keys of config.json, translated into our vocabulary.
 *
 * One value has many names: the first that stands there is taken, and another that contradicts it
 * is told in the note. Names are those of transformers 5.23, llama.cpp's converter, vLLM, mlx-lm
 * and of models with code of their own. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "format/hfconfig.h"
#include "model/config.h"

/* --- looking up --------------------------------------------------------------------------- */

const json_t *rw_config_in(const json_t *object, const char *name)
{
    char part[64];
    for (;;) {
        const size_t n = strcspn(name, ".");
        if (n >= sizeof part) return NULL;
        memcpy(part, name, n);
        part[n] = '\0';
        object = json_object_get(object, part);
        if (!object || json_is_null(object)) return NULL;
        if (!name[n]) return object;
        name += n + 1;
    }
}

const json_t *rw_config_get(const rw_config *c, const char *name)
{
    return rw_config_in(c->text, name);
}

bool rw_config_is_true(const rw_config *c, const char *name)
{
    return json_is_true(rw_config_get(c, name));
}

bool rw_config_is_false(const rw_config *c, const char *name)
{
    return json_is_false(rw_config_get(c, name));
}

void rw_config_key(const rw_config *c, const char *name, char key[96])
{
    (void)snprintf(key, 96, "%s%s", c->prefix, name);
}

/* --- values ------------------------------------------------------------------------------- */

ropewalk_status rw_config_wrong(const rw_config *c, const json_t *v, const char *key,
                                const char *want)
{
    return rw_fail(c->err, ROPEWALK_E_FORMAT, 0, "key %.100s is %s, where %s is needed",
                   key, rw_hfconfig_kind(v), want);
}

ropewalk_status rw_config_number(const rw_config *c, const json_t *v, const char *key,
                                 double *out)
{
    *out = (double)NAN;
    if (!json_is_real(v)) return rw_config_wrong(c, v, key, "a number");
    *out = json_real_value(v);
    return ROPEWALK_OK;
}

static ropewalk_status outside(const rw_config *c, const char *key, double num,
                               const char *kind, double lo, double hi)
{
    return rw_fail(c->err, ROPEWALK_E_FORMAT, 0,
                   "key %.100s is %.17g: it must be %s in [%.10g, %.10g]", key, num, kind,
                   lo, hi);
}

ropewalk_status rw_config_whole(const rw_config *c, const json_t *v, const char *key,
                                uint32_t lo, uint32_t hi, uint32_t *out)
{
    double num;
    *out = 0;
    const ropewalk_status status = rw_config_number(c, v, key, &num);
    if (status) return status;
    if (!(num >= lo && num <= hi) || num > floor(num))
        return outside(c, key, num, "a whole number", lo, hi);
    *out = (uint32_t)num;
    return ROPEWALK_OK;
}

ropewalk_status rw_config_flag(const rw_config *c, const json_t *v, const char *key,
                               bool *out)
{
    *out = json_is_true(v);
    if (json_is_boolean(v)) return ROPEWALK_OK;
    if (!json_is_real(v)) return rw_config_wrong(c, v, key, "true or false");
    uint32_t n;
    const ropewalk_status status = rw_config_whole(c, v, key, 0, 1, &n);
    *out = n == 1;
    return status;
}

ropewalk_status rw_config_text(const rw_config *c, const json_t *v, const char *key,
                               char *out, size_t cap)
{
    const char *s = rw_hfconfig_not_finite(v) ? NULL : json_string_value(v);
    out[0] = '\0';
    if (!s) return rw_config_wrong(c, v, key, "a string");
    const size_t n = json_string_length(v);
    if (n >= cap)
        return rw_fail(c->err, ROPEWALK_E_FORMAT, 0,
                       "key %.100s is a string of %zu bytes: at most %zu are expected",
                       key, n, cap - 1);
    memcpy(out, s, n + 1);
    return ROPEWALK_OK;
}

/* --- the table ---------------------------------------------------------------------------- */

typedef enum value_kind { REAL, WHOLE, EVEN, FLAG } value_kind;

enum { MAX_NAME = 12 };

typedef struct value_row {
    value_kind kind;
    double lo, hi;
    const char *names[MAX_NAME]; /* the first is the one reported when all are absent */
} value_row;

#define LEAST_THETA (1.0 + 0x1p-20)
#define MAX_LENGTH 2147483648.0

/* clang-format off */
static const value_row rows[RW_N_HPARAM] = {
    [RW_HP_N_LAYER] = {WHOLE, 1, RW_CONFIG_MAX_N_LAYER,
        {"num_hidden_layers", "n_layer", "n_layers", "num_layers", "num_transformer_layers"}},
    /* max_length is none of these: it is a default of text generation */
    [RW_HP_CONTEXT_LENGTH] = {WHOLE, 1, MAX_LENGTH,
        {"max_position_embeddings", "n_positions", "max_seq_len", "max_sequence_length",
         "max_seq_length", "seq_length", "n_ctx", "model_max_length", "max_context_length"}},
    [RW_HP_EMBEDDING_LENGTH] = {WHOLE, 1, 1 << 24,
        {"hidden_size", "n_embd", "d_model", "n_embed", "model_dim", "dim"}},
    [RW_HP_HEAD_DIM] = {EVEN, 2, RW_CONFIG_MAX_DIM,
        {"head_dim", "attention_head_dim", "kv_channels", "head_size", "hidden_size_per_head", "d_kv",
         "d_head"}},
    [RW_HP_HEAD_DIM_MLA] = {EVEN, 0, RW_CONFIG_MAX_DIM, {"qk_head_dim"}},
    [RW_HP_HEAD_DIM_SLIDING] = {EVEN, 2, RW_CONFIG_MAX_DIM, {"swa_head_dim"}},
    [RW_HP_ROTARY_DIM] = {EVEN, 0, RW_CONFIG_MAX_DIM, {"rotary_dim", "rotary_ndims", "attn_rotary_emb"}},
    [RW_HP_ROPE_THETA] = {REAL, LEAST_THETA, 1e30,
        {"rope_theta", "rotary_emb_base", "rotary_embedding_base", "rope_embedding_base",
         "global_rope_theta", "rope_global_theta", "rope_theta_global", "rotary_base",
         "rope_freq_constant", "attn_config.rope_theta"}},
    [RW_HP_ROPE_THETA_SLIDING] = {REAL, LEAST_THETA, 1e30,
        {"rope_local_base_freq", "local_rope_theta", "swa_rope_theta", "rope_local_theta",
         "rope_theta_local"}},
    [RW_HP_ORIGINAL_CONTEXT_LENGTH] = {WHOLE, 1, MAX_LENGTH,
        {"original_max_position_embeddings"}},
    [RW_HP_WINDOW] = {WHOLE, 0, MAX_LENGTH,
        {"sliding_window", "sliding_window_size", "attention_window_size", "window_size"}},
    [RW_HP_SOFTMAX_SCALE] = {REAL, 0, 1e3, {"attention_multiplier", "attn_config.softmax_scale"}},
    [RW_HP_FULL_ATTENTION_INTERVAL] = {WHOLE, 1, RW_CONFIG_MAX_N_LAYER,
        {"full_attention_interval"}},
    [RW_HP_PARTIAL_FACTOR] = {REAL, 0, 1e3,
        {"partial_rotary_factor", "rotary_pct", "rope_pct", "rope_percent", "rotary_percent",
         "rotary_emb_fraction"}},
    [RW_HP_PARTIAL_FACTOR_SLIDING] = {REAL, 0, 1e3, {"swa_partial_rotary_factor"}},
    [RW_HP_NOPE_DIM_MLA] = {WHOLE, 0, RW_CONFIG_MAX_DIM, {"qk_nope_head_dim"}},
    [RW_HP_ROPE_DIM_MLA] = {EVEN, 0, RW_CONFIG_MAX_DIM, {"qk_rope_head_dim"}},
    [RW_HP_ROPE_RATIO] = {REAL, 1e-6, 1e12, {"rope_ratio"}},
    [RW_HP_QUERY_SCALAR] = {REAL, 1e-9, 1e9, {"query_pre_attn_scalar"}},
    [RW_HP_USE_WINDOW] = {FLAG, 0, 1, {"use_sliding_window"}},
    [RW_HP_MAX_WINDOW_LAYERS] = {WHOLE, 0, RW_CONFIG_MAX_N_LAYER, {"max_window_layers"}},
    [RW_HP_CHUNK] = {WHOLE, 0, MAX_LENGTH, {"attention_chunk_size"}},
    [RW_HP_NOPE_PERIOD] = {WHOLE, 0, RW_CONFIG_MAX_N_LAYER,
        {"no_rope_layer_interval", "nope_layer_interval"}},
    [RW_HP_ALIBI] = {FLAG, 0, 1, {"alibi", "use_alibi", "attn_config.alibi"}},
    [RW_HP_ROPE_INTERLEAVE] = {FLAG, 0, 1, {"rope_interleave", "rope_interleaved"}},
    [RW_HP_TEMPERATURE] = {REAL, -1e6, 1e6, {"llama_4_scaling_beta"}},
    [RW_HP_TEMPERATURE_LENGTH] = {REAL, 0, MAX_LENGTH, {"floor_scale"}},
    [RW_HP_DUAL_CHUNK] = {WHOLE, 1, MAX_LENGTH, {"dual_chunk_attention_config.chunk_size"}},
    [RW_HP_N_SHARED_KV] = {WHOLE, 0, RW_CONFIG_MAX_N_LAYER, {"num_kv_shared_layers"}},
    [RW_HP_ROPE_THETA_COMPRESSED] = {REAL, LEAST_THETA, 1e30, {"compress_rope_theta"}},
};
/* clang-format on */

static ropewalk_status check_value(const rw_config *c, const value_row *row,
                                   const json_t *v, const char *key, double *out)
{
    *out = (double)NAN;
    if (row->kind == FLAG) {
        bool flag;
        const ropewalk_status status = rw_config_flag(c, v, key, &flag);
        *out = flag;
        return status;
    }
    double num;
    const ropewalk_status status = rw_config_number(c, v, key, &num);
    if (status) return status;
    const bool whole = row->kind != REAL;
    if (!(num >= row->lo && num <= row->hi) || (whole && num > floor(num)))
        return outside(c, key, num, whole ? "a whole number" : "a number", row->lo,
                       row->hi);
    if (row->kind == EVEN && fmod(num, 2) > 0)
        return rw_fail(c->err, ROPEWALK_E_FORMAT, 0,
                       "key %.100s is %.17g: it must be even, dimensions rotate in pairs",
                       key, num);
    *out = num;
    return ROPEWALK_OK;
}

ropewalk_status rw_config_take(rw_config *c, rw_hparam which, const json_t *v,
                               const char *key)
{
    double num;
    const ropewalk_status status = check_value(c, &rows[which], v, key, &num);
    if (!status) rw_config_derive(c, which, num, key, "");
    return status;
}

void rw_config_derive(rw_config *c, rw_hparam which, double num, const char *key,
                      const char *note)
{
    rw_hvalue *v = &c->hp->v[which];
    v->known = true;
    v->num = num;
    if (key != v->key) (void)snprintf(v->key, sizeof v->key, "%s", key);
    (void)snprintf(v->note, sizeof v->note, "%s", note);
}

/* A list of bases is one a layer, which config_layers.c reads; a head_dim of 0 stands in configs
 * of latent attention, where it is that of the rotated part. */
static bool says_nothing(const rw_config *c, rw_hparam which, const json_t *v)
{
    if (which == RW_HP_ROPE_THETA) return json_is_array(v);
    return which == RW_HP_HEAD_DIM && json_is_real(v) && !(json_real_value(v) < 0) &&
           !(json_real_value(v) > 0) && rw_config_get(c, "qk_nope_head_dim");
}

static ropewalk_status read_row(rw_config *c, rw_hparam which)
{
    const value_row *row = &rows[which];
    rw_hvalue *value = &c->hp->v[which];
    if (!row->names[0]) return ROPEWALK_OK;
    rw_config_key(c, row->names[0], value->key);
    for (int i = 0; i < MAX_NAME && row->names[i]; i++) {
        const json_t *v = rw_config_get(c, row->names[i]);
        if (!v || says_nothing(c, which, v)) continue;
        if (!value->known) {
            char key[96];
            rw_config_key(c, row->names[i], key);
            const ropewalk_status status = rw_config_take(c, which, v, key);
            if (status) return status;
        } else if (json_is_real(v) && fabs(json_real_value(v) - value->num) > 0) {
            (void)snprintf(value->note, sizeof value->note, "%s says %.10g",
                           row->names[i], json_real_value(v));
        }
    }
    return ROPEWALK_OK;
}

/* --- what follows from several keys ------------------------------------------------------- */

static ropewalk_status latent_attention(rw_config *c)
{
    rw_hvalue *nope = &c->hp->v[RW_HP_NOPE_DIM_MLA],
              *rope = &c->hp->v[RW_HP_ROPE_DIM_MLA];
    rw_hvalue *whole = &c->hp->v[RW_HP_HEAD_DIM_MLA];
    const json_t *v = rw_config_get(c, "mla_use_nope");
    if (v) {
        char key[96];
        rw_config_key(c, "mla_use_nope", key);
        const ropewalk_status status = rw_config_flag(c, v, key, &c->hp->mla_nope);
        if (status) return status;
    }
    /* DeepSeek's family of configs has the keys, as 0, in models without latent attention. */
    const char *why = NULL;
    if (rw_config_is_false(c, "use_mla"))
        why = "use_mla is false";
    else if (rope->known && rope->num <= 0 && (!nope->known || nope->num <= 0))
        why = "0: no latent attention";
    if (why) {
        rw_hvalue *parts[] = {nope, rope, whole};
        for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
            parts[i]->known = false;
            parts[i]->num = (double)NAN;
            (void)snprintf(parts[i]->note, sizeof parts[i]->note, "%s", why);
        }
        return ROPEWALK_OK;
    }
    if (!nope->known || !rope->known) return ROPEWALK_OK;
    if (rope->num <= 0) c->hp->mla_nope = true;
    const double sum = nope->num + rope->num;
    char note[96] = "qk_nope_head_dim + qk_rope_head_dim";
    if (whole->known && fabs(whole->num - sum) > 0)
        (void)snprintf(note, sizeof note,
                       "qk_nope_head_dim + qk_rope_head_dim; qk_head_dim says %.10g",
                       whole->num);
    else if (whole->known)
        return ROPEWALK_OK;
    rw_config_derive(c, RW_HP_HEAD_DIM_MLA, sum, nope->key, note);
    return ROPEWALK_OK;
}

/* Gemma 4: head_dim is that of sliding layers once global_head_dim stands beside it. */
static ropewalk_status global_head_dim(rw_config *c)
{
    static const char *const name = "global_head_dim";
    const json_t *v = rw_config_get(c, name);
    if (!v) return ROPEWALK_OK;
    const rw_hvalue own = c->hp->v[RW_HP_HEAD_DIM];
    char key[96];
    rw_config_key(c, name, key);
    const ropewalk_status status = rw_config_take(c, RW_HP_HEAD_DIM, v, key);
    if (!status && own.known && !c->hp->v[RW_HP_HEAD_DIM_SLIDING].known)
        rw_config_derive(c, RW_HP_HEAD_DIM_SLIDING, own.num, own.key,
                         "of sliding layers, since global_head_dim stands there too");
    return status;
}

/* Llama 4: attn_scale acts when attn_temperature_tuning, a flag or a number, is not off. */
static ropewalk_status temperature(rw_config *c)
{
    const json_t *tuning = rw_config_get(c, "attn_temperature_tuning");
    const json_t *scale = rw_config_get(c, "attn_scale");
    if (!tuning || c->hp->v[RW_HP_TEMPERATURE].known) return ROPEWALK_OK;
    char key[96];
    rw_config_key(c, "attn_temperature_tuning", key);
    if (json_is_false(tuning) ||
        (json_is_real(tuning) && !(json_real_value(tuning) > 0))) {
        rw_config_derive(c, RW_HP_TEMPERATURE, 0, key, "switched off");
        return ROPEWALK_OK;
    }
    if (!scale) return ROPEWALK_OK;
    rw_config_key(c, "attn_scale", key);
    return rw_config_take(c, RW_HP_TEMPERATURE, scale, key);
}

static ropewalk_status derived(rw_config *c)
{
    rw_hvalue *v = c->hp->v;
    ropewalk_status status = latent_attention(c);
    if (!status) status = global_head_dim(c);
    if (!status) status = temperature(c);
    if (status) return status;
    if (v[RW_HP_ROPE_RATIO].known && !v[RW_HP_ROPE_THETA].known)
        rw_config_derive(c, RW_HP_ROPE_THETA, 10000 * v[RW_HP_ROPE_RATIO].num,
                         v[RW_HP_ROPE_RATIO].key,
                         "10000 * rope_ratio, as ChatGLM's code");
    if (strcmp(c->hp->positions, "alibi") == 0 && !v[RW_HP_ALIBI].known)
        rw_config_derive(c, RW_HP_ALIBI, 1, c->hp->key_positions, "said as a text");
    const char *first = "initial_context_length";
    if (!v[RW_HP_ORIGINAL_CONTEXT_LENGTH].known && rw_config_get(c, first)) {
        char key[96];
        rw_config_key(c, first, key);
        status = rw_config_take(c, RW_HP_ORIGINAL_CONTEXT_LENGTH, rw_config_get(c, first),
                                key);
        if (!status)
            (void)snprintf(v[RW_HP_ORIGINAL_CONTEXT_LENGTH].note, sizeof v->note, "%s",
                           "gpt-oss's word for it");
    }
    return status;
}

/* --- texts -------------------------------------------------------------------------------- */

/* Names of the object about the language model, outermost first where they nest. */
static const char *const language_models[] = {
    "thinker_config",
    "text_config",
    "llm_config",
    "language_config",
    "lm_config",
    "text_model_config",
    "language_model_config",
    "llm_cfg",

    "lfm",
};

static bool says_layers(const json_t *object)
{
    const value_row *row = &rows[RW_HP_N_LAYER];
    for (int i = 0; i < MAX_NAME && row->names[i]; i++)
        if (rw_config_in(object, row->names[i])) return true;
    return false;
}

/* Descends as long as an object about the language model stands inside, and does not know less
 * about layers than the one around it. */
static void find_language_model(rw_config *c)
{
    const size_t n = sizeof language_models / sizeof language_models[0];
    for (int depth = 0; depth < 2; depth++) {
        size_t i = 0;
        const json_t *inner = NULL;
        for (; i < n && !json_is_object(inner); i++)
            inner = json_object_get(c->text, language_models[i]);
        if (!json_is_object(inner)) return;
        if (says_layers(c->text) && !says_layers(inner)) return;
        const size_t used = strlen(c->prefix);
        (void)snprintf(c->prefix + used, sizeof c->prefix - used, "%s.",
                       language_models[i - 1]);
        c->text = inner;
    }
}

static ropewalk_status read_model_types(rw_config *c)
{
    rw_hparams *hp = c->hp;
    const json_t *outer = rw_config_in(c->root, "model_type");
    const json_t *inner = rw_config_get(c, "model_type");
    char key[96];
    rw_config_key(c, "model_type", key);
    ropewalk_status status = ROPEWALK_OK;
    if (outer && c->text != c->root)
        status = rw_config_text(c, outer, "model_type", hp->outer_architecture,
                                sizeof hp->outer_architecture);
    if (!status && inner)
        status = rw_config_text(c, inner, key, hp->architecture, sizeof hp->architecture);
    if (!status && !inner) { /* the outer one is all there is */
        memcpy(hp->architecture, hp->outer_architecture, sizeof hp->architecture);
        hp->outer_architecture[0] = '\0';
    }
    return status;
}

static const char *our_dtype(const char *name)
{
    static const struct {
        const char *theirs, *ours;
    } table[] = {
        {"bfloat16", "BF16"},         {"float16", "F16"},         {"half", "F16"},
        {"float32", "F32"},           {"float", "F32"},           {"float64", "F64"},
        {"float8_e4m3fn", "F8_E4M3"}, {"float8_e5m2", "F8_E5M2"},
    };
    if (strncmp(name, "torch.", 6) == 0) name += 6;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        if (strcmp(table[i].theirs, name) == 0) return table[i].ours;
    return NULL;
}

static void read_dtype(rw_config *c)
{
    static const char *const names[] = {"dtype", "torch_dtype"};
    rw_hparams *hp = c->hp;
    for (int outer = 0; outer < 2; outer++)
        for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
            const json_t *v = rw_config_in(outer ? c->root : c->text, names[i]);
            if (!json_is_string(v) || hp->dtype) continue;
            hp->dtype = our_dtype(json_string_value(v));
            if (!hp->dtype) continue;
            (void)snprintf(hp->key_dtype, sizeof hp->key_dtype, "%s%s",
                           outer ? "" : c->prefix, names[i]);
        }
    const json_t *method = rw_config_in(c->root, "quantization_config.quant_method");
    if (!method) method = rw_config_get(c, "quantization_config.quant_method");
    if (json_is_string(method))
        (void)snprintf(hp->note_dtype, sizeof hp->note_dtype,
                       "most weights are quantised: %.48s", json_string_value(method));
}

/* Versions and types of positions are for reports and hints: what is not a text of a sensible
 * length is as good as absent. */
static void read_texts(rw_config *c)
{
    static const char *const positions[] = {"position_embedding_type",
                                            "positional_embedding", "pos_emb_type"};
    rw_hparams *hp = c->hp;
    const json_t *v = rw_config_in(c->root, "transformers_version");
    if (!v) v = rw_config_get(c, "transformers_version");
    if (json_string_length(v) < sizeof hp->transformers_version && json_is_string(v))
        (void)snprintf(hp->transformers_version, sizeof hp->transformers_version, "%s",
                       json_string_value(v));
    for (size_t i = 0; i < sizeof positions / sizeof positions[0]; i++) {
        v = rw_config_get(c, positions[i]);
        if (!json_is_string(v) || hp->positions[0] ||
            json_string_length(v) >= sizeof hp->positions)
            continue;
        (void)snprintf(hp->positions, sizeof hp->positions, "%s", json_string_value(v));
        rw_config_key(c, positions[i], hp->key_positions);
    }
}

/* --- the whole ---------------------------------------------------------------------------- */

/* Nemotron-H as transformers 5 writes it has no count of layers, only their kinds. */
static void count_named_layers(rw_config *c)
{
    static const char *const names[] = {"layer_types", "layers_block_type"};
    rw_hvalue *n_layer = &c->hp->v[RW_HP_N_LAYER];
    for (size_t i = 0; i < sizeof names / sizeof names[0] && !n_layer->known; i++) {
        const size_t n = json_array_size(rw_config_get(c, names[i]));
        char key[96];
        if (!n || n > RW_CONFIG_MAX_N_LAYER) continue;
        rw_config_key(c, names[i], key);
        rw_config_derive(c, RW_HP_N_LAYER, (double)n, key, "as many as are named");
    }
}

static ropewalk_status read_all(rw_config *c)
{
    find_language_model(c);
    ropewalk_status status = read_model_types(c);
    if (status) return status;
    read_dtype(c);
    read_texts(c);
    for (int i = 0; i < RW_N_HPARAM && !status; i++)
        status = read_row(c, (rw_hparam)i);
    if (status) return status;
    count_named_layers(c);
    if (c->hp->v[RW_HP_N_LAYER].known)
        c->hp->n_layer = (uint32_t)c->hp->v[RW_HP_N_LAYER].num;
    status = rw_config_blocks(c);
    if (!status) status = derived(c);
    if (!status) status = rw_config_layers(c);
    if (!status) status = rw_config_heads(c);
    return status;
}

ropewalk_status rw_hparams_read_config(const char *json, size_t n_byte, const char *name,
                                       rw_hparams *hp, ropewalk_error *err)
{
    rw_hparams_init(hp);
    json_t *root;
    ropewalk_status status = rw_hfconfig_parse(json, n_byte, name, &root, err);
    if (status) return status;
    rw_config c = {.root = root, .text = root, .hp = hp, .err = err};
    hp->kind = RW_FILE_CONFIG;
    hp->file = rw_strdup(name);
    status = hp->file ? read_all(&c) : rw_fail_memory(err, "the file name");
    json_decref(root);
    if (status == ROPEWALK_E_FORMAT) (void)rw_fail_context(err, status, "%.200s", name);
    if (status) rw_hparams_clear(hp);
    return status;
}
