/* convert.c - a config.json turned into the GGUF description that llama.cpp's converter writes.
 *
 * Follows TextModel of conversion/base.py (llama.cpp, commit 0c1e57098, October 2026) and, by the
 * table in convert_family.c, the classes above it. Layers of multi-token prediction, which the
 * converter appends, are left out. What the file says and GGUF does not carry, or carries where
 * llama.cpp does not look, is kept as text. tests/vectors/convert holds what the converter itself
 * wrote. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/elementary.h"
#include "model/arch.h"
#include "model/convert_family.h"
#include "model/model.h"

typedef struct conversion {
    const rw_hparams *from;
    rw_hparams *to;
    const rw_family *family;
    const rw_rope_block *block; /* that of full layers */
    uint64_t used;              /* settings of the block that were taken, a bit each */
    ropewalk_error *err;
} conversion;

static bool does(const conversion *c, rw_family_deed deed)
{
    return (c->family->does & (uint32_t)deed) != 0;
}

static bool equal(double a, double b)
{
    return a >= b && a <= b;
}

/* --- what is lost ------------------------------------------------------------------------- */

static ropewalk_status lose(conversion *c, const char *key, const char *why)
{
    rw_hparams *to = c->to;
    rw_lost_setting *rows = rw_realloc(to->lost, (size_t)to->n_lost + 1, sizeof *rows);
    if (!rows) return rw_fail_memory(c->err, "what a conversion drops");
    to->lost = rows;
    rw_lost_setting *row = &rows[to->n_lost++];
    (void)snprintf(row->key, sizeof row->key, "%s", key);
    (void)snprintf(row->why, sizeof row->why, "%s", why);
    return ROPEWALK_OK;
}

static ropewalk_status lose_value(conversion *c, rw_hparam which, const char *why)
{
    return lose(c, c->from->v[which].key, why);
}

static ropewalk_status stops(conversion *c, const char *key, const char *why)
{
    return rw_fail(c->err, ROPEWALK_E_UNSUPPORTED, 0,
                   "llama.cpp's converter stops at %s: %s %s", c->from->file, key, why);
}

/* --- values ------------------------------------------------------------------------------- */

static const rw_hvalue *value(const conversion *c, rw_hparam which)
{
    return &c->from->v[which];
}

/* `key` is the config's; the note says where the value stands in GGUF. */
static void put(conversion *c, rw_hparam which, double num, const char *key)
{
    rw_hvalue *v = &c->to->v[which];
    char written[sizeof v->key]; /* until it is known it has the key it will have */
    memcpy(written, v->key, sizeof written);
    if (!v->known) (void)snprintf(v->note, sizeof v->note, "written as %.80s", written);
    v->known = true;
    v->num = num;
    (void)snprintf(v->key, sizeof v->key, "%s", key);
}

static void put_float(conversion *c, rw_hparam which, double num, const char *key)
{
    put(c, which, (double)(float)num, key);
}

static void copy(conversion *c, rw_hparam from, rw_hparam to)
{
    if (value(c, from)->known) put(c, to, value(c, from)->num, value(c, from)->key);
}

/* A member of the block that is a number; NULL when there is none. */
static const rw_file_setting *take(conversion *c, const char *name)
{
    for (uint32_t i = 0; c->block->present && i < c->block->n_setting; i++) {
        const rw_file_setting *f = &c->block->settings[i];
        if (strcmp(f->name, name) != 0) continue;
        if (i < 64) c->used |= UINT64_C(1) << i;
        return f->kind == RW_SETTING_NUMBER || f->kind == RW_SETTING_FLAG ? f : NULL;
    }
    return NULL;
}

static double number_or(const rw_file_setting *f, double fallback)
{
    return f ? f->num : fallback;
}

static void take_into(conversion *c, const char *name, rw_hparam which)
{
    const rw_file_setting *f = take(c, name);
    if (f) put_float(c, which, f->num, f->key);
}

/* original_max_position_embeddings, in the block or beside it. */
static double original_length(conversion *c, const char **key)
{
    const rw_file_setting *f = take(c, "original_max_position_embeddings");
    const rw_hvalue *v = value(c, RW_HP_ORIGINAL_CONTEXT_LENGTH);
    *key = f ? f->key : v->key;
    return f ? f->num : v->num;
}

/* --- shape -------------------------------------------------------------------------------- */

/* hidden_size / num_attention_heads as Python divides whole numbers; 0 when unknown. */
static double width(const conversion *c)
{
    const double embedding = value(c, RW_HP_EMBEDDING_LENGTH)->num;
    const uint32_t *heads = c->from->n_head_q;
    return heads && heads[0] && embedding >= 1 ? floor(embedding / heads[0]) : 0.0;
}

static double head_dim(const conversion *c)
{
    const rw_hvalue *own = value(c, RW_HP_HEAD_DIM);
    return own->known && !does(c, RW_DOES_WIDTH) ? own->num : width(c);
}

static ropewalk_status convert_part(conversion *c, const char **key, double *n)
{
    const rw_hvalue *part = value(c, RW_HP_PARTIAL_FACTOR);
    const double share = part->known ? part->num : c->family->partial;
    if (!(share > 0.0)) return stops(c, part->key, "is missing");
    *key = part->known ? part->key : value(c, RW_HP_EMBEDDING_LENGTH)->key;
    *n = floor(head_dim(c) * share);
    return ROPEWALK_OK;
}

static ropewalk_status convert_rotary(conversion *c)
{
    const rw_hvalue *part = value(c, RW_HP_PARTIAL_FACTOR);
    const rw_hvalue *own = value(c, RW_HP_HEAD_DIM);
    const char *key = own->known && !does(c, RW_DOES_WIDTH)
                          ? own->key
                          : value(c, RW_HP_EMBEDDING_LENGTH)->key;
    double n = 0.0;
    ropewalk_status status = ROPEWALK_OK;
    switch (c->family->rotary) {
    case RW_ROTARY_HEAD: n = head_dim(c); break;
    case RW_ROTARY_PART: status = convert_part(c, &key, &n); break;
    case RW_ROTARY_MLA:
        key = value(c, RW_HP_ROPE_DIM_MLA)->key;
        n = value(c, RW_HP_ROPE_DIM_MLA)->num;
        if (isnan(n)) status = stops(c, key, "is missing");
        break;
    case RW_ROTARY_DIM:
        key = value(c, RW_HP_ROTARY_DIM)->key;
        n = value(c, RW_HP_ROTARY_DIM)->num;
        if (isnan(n)) status = stops(c, key, "is missing");
        break;
    case RW_ROTARY_UNSAID: break;
    }
    if (!status && n > 0.0) put(c, RW_HP_ROTARY_DIM, n, key);
    const bool whole =
        c->family->rotary == RW_ROTARY_UNSAID || c->family->rotary == RW_ROTARY_HEAD;
    if (!status && whole && !does(c, RW_DOES_PROPORTIONAL) && part->known &&
        !equal(part->num, 1.0))
        status = lose_value(c, RW_HP_PARTIAL_FACTOR,
                            "the converter writes no rotated part for this architecture: "
                            "the whole head turns");
    return status;
}

static ropewalk_status copy_list(conversion *c, const void *from, size_t size, void **to)
{
    *to = NULL;
    if (!from) return ROPEWALK_OK;
    *to = rw_calloc(c->from->n_layer, size);
    if (!*to) return rw_fail_memory(c->err, "values by layer");
    memcpy(*to, from, c->from->n_layer * size);
    return ROPEWALK_OK;
}

static ropewalk_status convert_heads(conversion *c)
{
    const rw_hparams *from = c->from;
    rw_hparams *to = c->to;
    void *list;
    ropewalk_status status = copy_list(c, from->n_head_q, sizeof *from->n_head_q, &list);
    to->n_head_q = list;
    if (status) return status;
    const uint32_t *kv = does(c, RW_DOES_MHA) ? from->n_head_q : from->n_head_kv;
    status = copy_list(c, kv, sizeof *from->n_head_kv, &list);
    to->n_head_kv = list;
    /* latent attention is stored with one large key head */
    if (!status && c->family->rotary == RW_ROTARY_MLA && !list) {
        status = copy_list(c, from->n_head_q, sizeof *from->n_head_q, &list);
        to->n_head_kv = list;
    }
    for (uint32_t layer = 0;
         list && c->family->rotary == RW_ROTARY_MLA && layer < to->n_layer; layer++)
        to->n_head_kv[layer] = 1;
    to->head_array = from->head_array;
    (void)snprintf(to->key_head_q, sizeof to->key_head_q, "%s", from->key_head_q);
    (void)snprintf(to->key_head_kv, sizeof to->key_head_kv, "%s", from->key_head_kv);
    return status;
}

static ropewalk_status convert_shape(conversion *c)
{
    copy(c, RW_HP_N_LAYER, RW_HP_N_LAYER);
    copy(c, RW_HP_CONTEXT_LENGTH, RW_HP_CONTEXT_LENGTH);
    copy(c, RW_HP_EMBEDDING_LENGTH, RW_HP_EMBEDDING_LENGTH);
    c->to->n_layer = c->from->n_layer;
    if (strcmp(c->family->arch, "falcon") == 0)
        put(c, RW_HP_CONTEXT_LENGTH, 2048, "fixed in the converter");
    if (c->family->rotary == RW_ROTARY_MLA) {
        copy(c, RW_HP_HEAD_DIM_MLA, RW_HP_HEAD_DIM_MLA);
    } else if (!does(c, RW_DOES_NO_HEAD_DIM)) {
        copy(c, RW_HP_HEAD_DIM, RW_HP_HEAD_DIM);
        if (!value(c, RW_HP_HEAD_DIM)->known && strcmp(c->family->arch, "gemma3") == 0)
            put(c, RW_HP_HEAD_DIM, 256, "the converter's default for Gemma 3");
    }
    if (does(c, RW_DOES_PROPORTIONAL)) {
        copy(c, RW_HP_HEAD_DIM_SLIDING, RW_HP_HEAD_DIM_SLIDING);
        copy(c, RW_HP_HEAD_DIM_SLIDING, RW_HP_ROTARY_DIM_SLIDING);
    }
    if (strncmp(c->family->arch, "gemma", 5) == 0)
        copy(c, RW_HP_N_SHARED_KV, RW_HP_N_SHARED_KV);
    const ropewalk_status status = convert_heads(c);
    return status ? status : convert_rotary(c);
}

/* --- which layers see how far ------------------------------------------------------------- */

static ropewalk_status write_pattern(conversion *c)
{
    const rw_hparams *from = c->from;
    rw_hparams *to = c->to;
    const bool olmo = strcmp(c->family->arch, "olmo2") == 0;
    const uint32_t period = from->window_period_known ? from->window_period
                            : olmo                    ? 4
                                                      : 0;
    if (!from->n_layer || (!from->said && !from->sliding && !period)) return ROPEWALK_OK;
    to->sliding = rw_calloc(from->n_layer, 1);
    if (!to->sliding) return rw_fail_memory(c->err, "the window pattern");
    for (uint32_t layer = 0; layer < from->n_layer; layer++)
        to->sliding[layer] = from->said      ? from->said[layer] == RW_SAID_SLIDING
                             : from->sliding ? from->sliding[layer]
                                             : (layer + 1) % period != 0;
    return ROPEWALK_OK;
}

/* Without a pattern in the file llama.cpp takes the architecture's own. */
static ropewalk_status check_pattern(conversion *c)
{
    const rw_hparams *from = c->from;
    const rw_arch *arch = rw_arch_find(RW_FILE_GGUF, c->family->arch);
    const uint32_t period = arch ? arch->full_period : 0;
    static const char why[] = "no key is written for it: llama.cpp takes the pattern "
                              "that its code has for the architecture";
    if (!period || arch->window_kind != RW_ATTENTION_SLIDING) return ROPEWALK_OK;
    if (!from->said)
        return from->window_period_known && from->window_period != period
                   ? lose(c, from->key_window_pattern, why)
                   : ROPEWALK_OK;
    for (uint32_t layer = 0; layer < from->n_layer; layer++) {
        const bool full =
            arch->full_first ? layer % period == 0 : layer % period == period - 1;
        if ((from->said[layer] == RW_SAID_FULL && !full) ||
            (from->said[layer] == RW_SAID_SLIDING && full))
            return lose(c, from->key_said, why);
    }
    return ROPEWALK_OK;
}

static ropewalk_status convert_window(conversion *c)
{
    const rw_hparams *from = c->from;
    const rw_hvalue *window = value(c, RW_HP_WINDOW);
    const rw_hvalue *use = value(c, RW_HP_USE_WINDOW);
    const bool used = window->known && window->num > 0 && !(use->known && use->num < 1);
    /* phi3 gets a 0 when the file has none */
    if (does(c, RW_DOES_LENGTHS) && !window->known) put(c, RW_HP_WINDOW, 0, window->key);
    if (does(c, RW_DOES_WINDOW)) {
        copy(c, RW_HP_WINDOW, RW_HP_WINDOW);
        if (!used) return ROPEWALK_OK;
        return does(c, RW_DOES_PATTERN) ? write_pattern(c) : check_pattern(c);
    }
    bool any = !from->said;
    for (uint32_t layer = 0; from->said && layer < from->n_layer; layer++)
        any = any || from->said[layer] == RW_SAID_SLIDING;
    if (used && any)
        return lose_value(c, RW_HP_WINDOW,
                          "the converter writes no window for this architecture: every "
                          "layer attends to everything");
    return ROPEWALK_OK;
}

/* Schedules that llama.cpp knows by the architecture alone. */
static ropewalk_status check_schedules(conversion *c)
{
    const rw_hparams *from = c->from;
    const rw_arch *arch = rw_arch_find(RW_FILE_GGUF, c->family->arch);
    const uint32_t period = arch ? arch->nope_period : 0;
    ropewalk_status status = ROPEWALK_OK;
    bool differs = false;
    for (uint32_t layer = 0; from->rope_on && layer < from->n_layer; layer++) {
        const bool on = !(period && layer % period == period - 1);
        differs = differs || on != (from->rope_on[layer] != 0);
    }
    if (differs)
        status = lose(c, from->key_rope_on,
                      "there is no key for layers without RoPE: llama.cpp takes the "
                      "schedule that its code has for the architecture");
    const rw_hvalue *chunk = value(c, RW_HP_CHUNK);
    if (!status && chunk->known && arch && arch->window_kind == RW_ATTENTION_CHUNKED &&
        !equal(chunk->num, (double)arch->window_default))
        status = lose_value(c, RW_HP_CHUNK, "llama.cpp has chunks of a fixed length");
    if (!status && value(c, RW_HP_DUAL_CHUNK)->known)
        status = lose_value(c, RW_HP_DUAL_CHUNK, "llama.cpp has no dual chunk attention");
    if (status || !does(c, RW_DOES_INTERVAL)) return status;
    put(c, RW_HP_FULL_ATTENTION_INTERVAL, 4, "the converter's default");
    copy(c, RW_HP_FULL_ATTENTION_INTERVAL, RW_HP_FULL_ATTENTION_INTERVAL);
    void *said;
    status = copy_list(c, from->said, 1, &said);
    c->to->said = said;
    for (uint32_t layer = 0; said && layer < from->n_layer; layer++)
        if (c->to->said[layer] != RW_SAID_LINEAR) c->to->said[layer] = RW_SAID_NOTHING;
    return status;
}

/* --- scaling ------------------------------------------------------------------------------ */

static void set_type(conversion *c, const char *type)
{
    (void)snprintf(c->to->scaling_type, sizeof c->to->scaling_type, "%s", type);
    (void)snprintf(c->to->key_scaling_type, sizeof c->to->key_scaling_type, "%s",
                   c->block->key_type[0] ? c->block->key_type : c->block->key);
}

static ropewalk_status lose_type(conversion *c, const char *why)
{
    c->used = UINT64_MAX;
    return lose(c, c->block->key_type[0] ? c->block->key_type : c->block->key, why);
}

/* Single precision throughout, and the powers rounded to it: as torch evaluates the formula. */
static float llama3_divisor(double base, double dim, double pair, float factor, float low,
                            float high, float original)
{
    const float inverse =
        1.0f / (float)rw_pow((double)(float)base, (double)(float)(2.0 * pair / dim));
    const float wavelength = (float)6.283185307179586 / inverse;
    if (wavelength < original / high) return 1.0f;
    if (wavelength > original / low) return factor;
    const float smooth = (original / wavelength - low) / (high - low);
    return 1.0f / ((1.0f - smooth) / factor + smooth);
}

static ropewalk_status write_llama3(conversion *c)
{
    const bool exaone4 = strcmp(c->family->arch, "exaone4") == 0;
    const double factor = number_or(take(c, "factor"), exaone4 ? 16.0 : 8.0);
    const double low = number_or(take(c, "low_freq_factor"), 1.0);
    const double high = number_or(take(c, "high_freq_factor"), 4.0);
    const char *key;
    double original = original_length(c, &key);
    if (isnan(original)) original = 8192.0;
    const rw_hvalue *theta = value(c, RW_HP_ROPE_THETA);
    const rw_hvalue *own = value(c, RW_HP_HEAD_DIM);
    const double dim = own->known ? own->num : width(c);
    if (!(dim >= 2.0) || dim > 4096.0)
        return stops(c, own->key, "is not known: no tensor can be made");
    const uint32_t n = (uint32_t)dim / 2;
    c->to->divisor = rw_calloc(n, sizeof *c->to->divisor);
    if (!c->to->divisor) return rw_fail_memory(c->err, "frequency divisors");
    c->to->n_divisor = n;
    for (uint32_t pair = 0; pair < n; pair++)
        c->to->divisor[pair] = (double)llama3_divisor(
            theta->known ? theta->num : 10000.0, dim, pair, (float)factor, (float)low,
            (float)high, (float)original);
    return ROPEWALK_OK;
}

static ropewalk_status write_yarn(conversion *c)
{
    const char *key;
    const double original = original_length(c, &key);
    if (isnan(original))
        return stops(c, "original_max_position_embeddings", "is missing beside yarn");
    set_type(c, "yarn");
    put(c, RW_HP_ORIGINAL_CONTEXT_LENGTH, original, key);
    take_into(c, "factor", RW_HP_FACTOR);
    take_into(c, "extrapolation_factor", RW_HP_YARN_EXT_FACTOR);
    take_into(c, "beta_fast", RW_HP_YARN_BETA_FAST);
    take_into(c, "beta_slow", RW_HP_YARN_BETA_SLOW);
    const rw_file_setting *given = take(c, "attention_factor");
    if (!given) given = take(c, "attn_factor");
    if (!given) return ROPEWALK_OK;
    put_float(c, RW_HP_YARN_ATTN_FACTOR, given->num, given->key);
    /* what llama.cpp computes when it knows no better */
    const double factor = c->to->v[RW_HP_FACTOR].num;
    const double usual = factor > 1.0 ? 0.1 * rw_log(factor) + 1.0 : 1.0;
    if (!c->to->v[RW_HP_YARN_LOG_MULTIPLIER].known && fabs(given->num - usual) < 1e-6)
        return ROPEWALK_OK;
    return lose(c, given->key,
                "written as rope.scaling.yarn_attn_factor, which llama.cpp reads for the "
                "grok architecture alone");
}

static ropewalk_status write_log_multiplier(conversion *c)
{
    const rw_file_setting *all_dim = take(c, "mscale_all_dim");
    const rw_file_setting *one = take(c, "mscale");
    const bool tenth = does(c, RW_DOES_LOG_MUL_TENTH);
    if (!all_dim)
        return does(c, RW_DOES_LOG_MUL) ? stops(c, "mscale_all_dim", "is missing")
                                        : ROPEWALK_OK;
    put_float(c, RW_HP_YARN_LOG_MULTIPLIER, (tenth ? 0.1 : 1.0) * all_dim->num,
              all_dim->key);
    if (!one || equal(one->num, tenth ? all_dim->num : 1.0)) return ROPEWALK_OK;
    return lose(c, one->key,
                tenth ? "no key for it: llama.cpp takes it to equal mscale_all_dim"
                      : "no key for it: llama.cpp takes it to be 1");
}

static ropewalk_status write_alpha(conversion *c)
{
    const bool dense = strcmp(c->family->arch, "hunyuan-dense") == 0;
    const rw_file_setting *alpha = take(c, "alpha");
    const rw_hvalue *theta = value(c, RW_HP_ROPE_THETA);
    const double dim = dense ? head_dim(c) : width(c);
    if (!(dim > 2.0)) return stops(c, value(c, RW_HP_HEAD_DIM)->key, "is not known");
    const double base = theta->known ? theta->num : 10000.0;
    c->used = UINT64_MAX;
    put_float(c, RW_HP_ROPE_THETA,
              base * rw_pow(number_or(alpha, dense ? 50.0 : 1000.0), dim / (dim - 2.0)),
              alpha ? alpha->key : theta->key);
    set_type(c, "none");
    put(c, RW_HP_FACTOR, 1.0, c->block->key);
    put(c, RW_HP_ORIGINAL_CONTEXT_LENGTH, 262144, "fixed in the converter");
    put(c, RW_HP_CONTEXT_LENGTH, 262144, "fixed in the converter");
    return ROPEWALK_OK;
}

/* Gemma 4: the pairs that do not turn are divided by 1e30. */
static ropewalk_status write_proportional(conversion *c)
{
    const double dim = head_dim(c);
    const rw_hvalue *part = value(c, RW_HP_PARTIAL_FACTOR);
    if (!(dim >= 2.0) || !part->known)
        return stops(c, part->known ? value(c, RW_HP_HEAD_DIM)->key : part->key,
                     "is missing");
    const uint32_t n = (uint32_t)dim / 2, n_turn = (uint32_t)(dim * part->num / 2.0);
    c->to->divisor = rw_calloc(n, sizeof *c->to->divisor);
    if (!c->to->divisor) return rw_fail_memory(c->err, "frequency divisors");
    c->to->n_divisor = n;
    for (uint32_t pair = 0; pair < n; pair++)
        c->to->divisor[pair] = pair < n_turn ? 1.0 : (double)1e30f;
    return ROPEWALK_OK;
}

static const rw_file_setting *take_list(conversion *c, const char *name)
{
    for (uint32_t i = 0; c->block->present && i < c->block->n_setting; i++) {
        const rw_file_setting *f = &c->block->settings[i];
        if (strcmp(f->name, name) != 0) continue;
        if (i < 64) c->used |= UINT64_C(1) << i;
        return f->kind == RW_SETTING_LIST && f->n_value ? f : NULL;
    }
    return NULL;
}

static ropewalk_status copy_factors(conversion *c, const rw_file_setting *f, double **to,
                                    uint32_t *n)
{
    *to = rw_calloc(f->n_value, sizeof **to);
    if (!*to) return rw_fail_memory(c->err, "longrope factors");
    *n = f->n_value;
    for (uint32_t i = 0; i < *n; i++)
        (*to)[i] = (double)(float)f->values[i];
    return ROPEWALK_OK;
}

static ropewalk_status write_factors(conversion *c)
{
    const rw_file_setting *with_long = take_list(c, "long_factor");
    const rw_file_setting *with_short = take_list(c, "short_factor");
    if (!with_long && (!with_short || does(c, RW_DOES_LENGTHS))) return ROPEWALK_OK;
    const char *missing = with_long ? "short_factor" : "long_factor";
    if (!with_long || !with_short) return stops(c, missing, "is missing");
    const rw_hvalue *rotary = &c->to->v[RW_HP_ROTARY_DIM];
    const double dim = rotary->known ? rotary->num : width(c);
    if (with_long->n_value != with_short->n_value ||
        !equal(with_long->n_value, dim / 2.0))
        return stops(c, with_long->key, "has another number of values than pairs");
    ropewalk_status status =
        copy_factors(c, with_long, &c->to->factors_long, &c->to->n_long);
    if (!status)
        status = copy_factors(c, with_short, &c->to->factors_short, &c->to->n_short);
    return status;
}

/* Phi 3: attn_factor from both lengths; neither the type nor the block's own factor counts. */
static ropewalk_status write_lengths(conversion *c)
{
    const char *key;
    const double original = original_length(c, &key);
    const double longest = value(c, RW_HP_CONTEXT_LENGTH)->num;
    if (isnan(original))
        return stops(c, "original_max_position_embeddings", "is missing");
    if (isnan(longest))
        return stops(c, value(c, RW_HP_CONTEXT_LENGTH)->key, "is missing");
    put(c, RW_HP_ORIGINAL_CONTEXT_LENGTH, original, key);
    const ropewalk_status status = write_factors(c);
    if (status || !c->to->n_long) return status;
    const double scale = longest / original;
    const bool yarn = strcmp(c->block->type, "yarn") == 0;
    if (!yarn && strcmp(c->block->type, "su") != 0 &&
        strcmp(c->block->type, "longrope") != 0)
        return stops(c, c->block->key_type, "is neither su, longrope nor yarn");
    double magnitude = 1.0;
    if (scale > 1.0)
        magnitude = yarn ? 0.1 * rw_log(scale) + 1.0
                         : sqrt(1.0 + rw_log(scale) / rw_log(original));
    put_float(c, RW_HP_ATTN_FACTOR, magnitude, value(c, RW_HP_CONTEXT_LENGTH)->key);
    const rw_file_setting *factor = take(c, "factor");
    if (factor && !equal(factor->num, scale))
        return lose(c, factor->key, "the converter takes the ratio of both lengths");
    return ROPEWALK_OK;
}

/* What TextModel writes for a type. */
static ropewalk_status write_type(conversion *c)
{
    const rw_rope_block *b = c->block;
    const char *type = b->type;
    const bool llama3 = strcmp(type, "llama3") == 0;
    if (llama3 && does(c, RW_DOES_LLAMA3)) return write_llama3(c);
    if (llama3)
        return lose_type(c, "the converter makes rope_freqs.weight for other "
                            "architectures: no scaling is run");
    if (strcmp(type, "linear") == 0 || strcmp(type, "yarn") == 0) {
        const rw_file_setting *factor = take(c, "factor");
        if (!factor)
            return lose_type(c, "without a factor nothing is written: no scaling is run");
        if (type[0] == 'y') return write_yarn(c);
        set_type(c, "linear");
        put_float(c, RW_HP_FACTOR, factor->num, factor->key);
        return ROPEWALK_OK;
    }
    if (strcmp(type, "longrope") == 0 || strcmp(type, "su") == 0) {
        set_type(c, "longrope");
        if (does(c, RW_DOES_FACTORS)) return write_factors(c);
        return lose_type(c, "its factors are written for phi3 and minicpm alone");
    }
    if (strcmp(type, "proportional") == 0 && does(c, RW_DOES_PROPORTIONAL))
        return write_proportional(c);
    c->used = UINT64_MAX;
    if (!type[0] || strcmp(type, "default") == 0 || strcmp(type, "mrope") == 0)
        return ROPEWALK_OK;
    return lose_type(c,
                     strcmp(type, "dynamic") == 0
                         ? "GGUF has no scaling that grows with the length: none is run"
                         : "the converter does not know this type: no scaling is run");
}

static ropewalk_status write_linear(conversion *c)
{
    const rw_file_setting *factor = take(c, "factor");
    if (factor) put_float(c, RW_HP_FACTOR, factor->num, factor->key);
    set_type(c, factor ? "linear" : "none");
    return ROPEWALK_OK;
}

static bool is_scaled(const rw_rope_block *b)
{
    return b->present && b->type[0] && strcmp(b->type, "default") != 0 &&
           strcmp(b->type, "mrope") != 0;
}

static ropewalk_status choose_scaling(conversion *c)
{
    const rw_rope_block *b = c->block;
    ropewalk_status status = ROPEWALK_OK;
    if (does(c, RW_DOES_LENGTHS)) return write_lengths(c);
    if (does(c, RW_DOES_NO_SCALING))
        return is_scaled(b)
                   ? lose_type(c, "the converter writes nothing about scaling for "
                                  "this architecture")
                   : ROPEWALK_OK;
    if (does(c, RW_DOES_ALPHA) && strcmp(b->type, "dynamic") == 0) return write_alpha(c);
    if (does(c, RW_DOES_LOG_MUL) || does(c, RW_DOES_LOG_MUL_TENTH))
        status = write_log_multiplier(c);
    const rw_hvalue *beta = value(c, RW_HP_TEMPERATURE);
    (void)take(c, "llama_4_scaling_beta");
    if (does(c, RW_DOES_TEMPERATURE) && beta->known)
        put_float(c, RW_HP_TEMPERATURE, beta->num, beta->key);
    /* in blocks by kind of layer only rope_type is looked for */
    const size_t n = strlen(b->key_type);
    if (!status && c->from->nested_blocks && is_scaled(b) && n > 5 &&
        strcmp(b->key_type + n - 5, ".type") == 0)
        return lose_type(c, "in a block for one kind of layer the converter looks for "
                            "rope_type alone: no scaling is run");
    if (!status && is_scaled(b)) status = write_type(c);
    if (!status && does(c, RW_DOES_PROPORTIONAL) && !c->to->divisor)
        status = stops(c, b->key, "is not of type proportional");
    if (!status && does(c, RW_DOES_LINEAR)) status = write_linear(c);
    if (!status && does(c, RW_DOES_NONE)) {
        const bool scaled = c->to->scaling_type[0] != 0;
        set_type(c, "none");
        if (scaled)
            status =
                lose_type(c, "the converter writes none over it for this architecture");
    }
    return status;
}

static ropewalk_status lose_rest(conversion *c)
{
    ropewalk_status status = ROPEWALK_OK;
    /* harmless without a scaling, and words that change nothing */
    static const char *const idle[] = {"finetuned", "mrope_section", "mrope_interleaved",
                                       "original_max_position_embeddings"};
    for (uint32_t i = 0; is_scaled(c->block) && i < c->block->n_setting && !status; i++) {
        const rw_file_setting *f = &c->block->settings[i];
        if ((i < 64 && c->used >> i & 1) || f->kind == RW_SETTING_NULL ||
            c->used == UINT64_MAX)
            continue;
        bool counts = true;
        for (size_t k = 0; k < sizeof idle / sizeof idle[0]; k++)
            counts = counts && strcmp(f->name, idle[k]) != 0;
        const bool truncate = strcmp(f->name, "truncate") == 0;
        if (!counts || (truncate && equal(f->num, 1.0))) continue;
        status = lose(c, f->key,
                      truncate ? "no key for it: llama.cpp always rounds both ends of "
                                 "yarn's ramp to whole pairs"
                      : strncmp(f->name, "mscale", 6) == 0
                          ? "written for the families of DeepSeek and Mistral alone"
                          : "the converter writes no key for it");
    }
    const rw_rope_block *other = &c->from->block[RW_LAYERS_SLIDING];
    if (!status && c->from->nested_blocks && strcmp(other->key, c->block->key) != 0 &&
        is_scaled(other))
        status = lose(c, other->key_type[0] ? other->key_type : other->key,
                      "of the block for sliding layers only the base is written");
    return status;
}

static ropewalk_status convert_base(conversion *c)
{
    const rw_hvalue *theta = value(c, RW_HP_ROPE_THETA);
    const rw_hvalue *ratio = value(c, RW_HP_ROPE_RATIO);
    const bool alpha = c->to->v[RW_HP_ROPE_THETA].known;
    double written = theta->num;
    if (does(c, RW_DOES_RATIO)) {
        written = 10000.0 * (ratio->known ? ratio->num : 1.0);
        put_float(c, RW_HP_ROPE_THETA, written, ratio->key);
    } else if (does(c, RW_DOES_NO_BASE)) {
        written = 10000.0; /* by llama.cpp */
    } else if (theta->known && !alpha) {
        put_float(c, RW_HP_ROPE_THETA, theta->num, theta->key);
    } else if (!theta->known && strcmp(c->family->arch, "gemma3") == 0) {
        put(c, RW_HP_ROPE_THETA, 1e6, "the converter's default for Gemma 3");
    }
    if (theta->known && !alpha && !equal(theta->num, written)) {
        const ropewalk_status status =
            lose(c, theta->key,
                 "the converter does not write the base of this architecture: llama.cpp "
                 "takes 10000");
        if (status) return status;
    }
    if (c->from->theta_of)
        return lose(c, theta->key, "the converter writes one base, not one a layer");
    const rw_hvalue *local = value(c, RW_HP_ROPE_THETA_SLIDING);
    if (local->known && !does(c, RW_DOES_NO_BASE) && !does(c, RW_DOES_RATIO))
        put_float(c, RW_HP_ROPE_THETA_SLIDING, local->num, local->key);
    return ROPEWALK_OK;
}

static void convert_sections(conversion *c)
{
    static const uint32_t usual[4] = {11, 11, 10, 0};
    const uint32_t *from = c->from->section;
    const bool said = from[0] || from[1] || from[2] || from[3];
    if (said || does(c, RW_DOES_SECTIONS))
        memcpy(c->to->section, said ? from : usual, sizeof c->to->section);
    (void)snprintf(c->to->key_section, sizeof c->to->key_section, "%s",
                   said ? c->from->key_section : "the converter's default");
}

static ropewalk_status convert_scales(conversion *c)
{
    const rw_hvalue *scale = value(c, RW_HP_SOFTMAX_SCALE);
    const rw_hvalue *beta = value(c, RW_HP_TEMPERATURE);
    if (scale->known && does(c, RW_DOES_SCALE))
        put_float(c, RW_HP_SOFTMAX_SCALE, scale->num, scale->key);
    else if (scale->known) {
        const ropewalk_status status = lose_value(
            c, RW_HP_SOFTMAX_SCALE, "the converter writes it for granite alone");
        if (status) return status;
    }
    if (!beta->known || does(c, RW_DOES_TEMPERATURE) || equal(beta->num, 0.0) ||
        strcmp(c->family->arch, "llama4") == 0)
        return ROPEWALK_OK;
    return lose_value(c, RW_HP_TEMPERATURE,
                      "the converter writes it for ministral3 alone");
}

static ropewalk_status convert_all(conversion *c)
{
    const rw_hparams *from = c->from;
    rw_hparams *to = c->to;
    to->kind = RW_FILE_GGUF;
    (void)snprintf(to->architecture, sizeof to->architecture, "%s", c->family->arch);
    rw_hparams_set_gguf_keys(to);
    to->file = rw_strdup(from->file ? from->file : "");
    to->name = from->name ? rw_strdup(from->name) : NULL;
    if (!to->file || (from->name && !to->name))
        return rw_fail_memory(c->err, "the model's names");
    to->dtype = from->dtype;
    ropewalk_status status = convert_shape(c);
    if (!status) status = convert_window(c);
    if (!status) status = check_schedules(c);
    if (!status) status = choose_scaling(c);
    if (!status) status = convert_base(c);
    if (!status) status = convert_scales(c);
    if (!status) status = lose_rest(c);
    convert_sections(c);
    return status;
}

ropewalk_status rw_model_convert(const rw_hparams *config, rw_hparams *gguf,
                                 ropewalk_error *err)
{
    rw_hparams_init(gguf);
    conversion c = {.from = config,
                    .to = gguf,
                    .family = rw_family_of(config),
                    .block = &config->block[RW_LAYERS_FULL],
                    .err = err};
    if (!c.family)
        return rw_fail(
            err, ROPEWALK_E_UNSUPPORTED, 0,
            "what llama.cpp's converter does for model_type \"%s\"%s%s%s is not "
            "known here",
            config->architecture, config->outer_architecture[0] ? " in \"" : "",
            config->outer_architecture, config->outer_architecture[0] ? "\"" : "");
    const ropewalk_status status = convert_all(&c);
    if (status) rw_hparams_clear(gguf);
    return status;
}
