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
#include "model/arch.h"
#include "model/convert.h"
#include "model/model.h"

bool rw_convert_does(const rw_conversion *c, rw_family_deed deed)
{
    return (c->family->does & (uint32_t)deed) != 0;
}

/* --- what is lost ------------------------------------------------------------------------- */

ropewalk_status rw_convert_lose(rw_conversion *c, const char *key, const char *why)
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

ropewalk_status rw_convert_lose_value(rw_conversion *c, rw_hparam which, const char *why)
{
    return rw_convert_lose(c, c->from->v[which].key, why);
}

ropewalk_status rw_convert_stop(rw_conversion *c, const char *key, const char *why)
{
    return rw_fail(c->err, ROPEWALK_E_UNSUPPORTED, 0,
                   "llama.cpp's converter stops at %s: %s %s", c->from->file, key, why);
}

/* --- values ------------------------------------------------------------------------------- */

const rw_hvalue *rw_convert_value(const rw_conversion *c, rw_hparam which)
{
    return &c->from->v[which];
}

/* `key` is the config's; the note says where the value stands in GGUF. */
void rw_convert_put(rw_conversion *c, rw_hparam which, double num, const char *key)
{
    rw_hvalue *v = &c->to->v[which];
    char written[sizeof v->key]; /* until it is known it has the key it will have */
    memcpy(written, v->key, sizeof written);
    if (!v->known) (void)snprintf(v->note, sizeof v->note, "written as %.80s", written);
    v->known = true;
    v->num = num;
    (void)snprintf(v->key, sizeof v->key, "%s", key);
}

void rw_convert_put_float(rw_conversion *c, rw_hparam which, double num, const char *key)
{
    rw_convert_put(c, which, (double)(float)num, key);
}

static void copy(rw_conversion *c, rw_hparam from, rw_hparam to)
{
    if (rw_convert_value(c, from)->known)
        rw_convert_put(c, to, rw_convert_value(c, from)->num,
                       rw_convert_value(c, from)->key);
}

/* --- shape -------------------------------------------------------------------------------- */

/* hidden_size / num_attention_heads as Python divides whole numbers; 0 when unknown. */
double rw_convert_width(const rw_conversion *c)
{
    const double embedding = rw_convert_value(c, RW_HP_EMBEDDING_LENGTH)->num;
    const uint32_t *heads = c->from->n_head_q;
    return heads && heads[0] && embedding >= 1 ? floor(embedding / heads[0]) : 0.0;
}

double rw_convert_head_dim(const rw_conversion *c)
{
    const rw_hvalue *own = rw_convert_value(c, RW_HP_HEAD_DIM);
    return own->known && !rw_convert_does(c, RW_DOES_WIDTH) ? own->num
                                                            : rw_convert_width(c);
}

static ropewalk_status convert_part(rw_conversion *c, const char **key, double *n)
{
    const rw_hvalue *part = rw_convert_value(c, RW_HP_PARTIAL_FACTOR);
    const double share = part->known ? part->num : c->family->partial;
    if (!(share > 0.0)) return rw_convert_stop(c, part->key, "is missing");
    *key = part->known ? part->key : rw_convert_value(c, RW_HP_EMBEDDING_LENGTH)->key;
    *n = floor(rw_convert_head_dim(c) * share);
    return ROPEWALK_OK;
}

static ropewalk_status convert_rotary(rw_conversion *c)
{
    const rw_hvalue *part = rw_convert_value(c, RW_HP_PARTIAL_FACTOR);
    const rw_hvalue *own = rw_convert_value(c, RW_HP_HEAD_DIM);
    const char *key = own->known && !rw_convert_does(c, RW_DOES_WIDTH)
                          ? own->key
                          : rw_convert_value(c, RW_HP_EMBEDDING_LENGTH)->key;
    double n = 0.0;
    ropewalk_status status = ROPEWALK_OK;
    switch (c->family->rotary) {
    case RW_ROTARY_HEAD: n = rw_convert_head_dim(c); break;
    case RW_ROTARY_PART: status = convert_part(c, &key, &n); break;
    case RW_ROTARY_MLA:
        key = rw_convert_value(c, RW_HP_ROPE_DIM_MLA)->key;
        n = rw_convert_value(c, RW_HP_ROPE_DIM_MLA)->num;
        if (isnan(n)) status = rw_convert_stop(c, key, "is missing");
        break;
    case RW_ROTARY_DIM:
        key = rw_convert_value(c, RW_HP_ROTARY_DIM)->key;
        n = rw_convert_value(c, RW_HP_ROTARY_DIM)->num;
        if (isnan(n)) status = rw_convert_stop(c, key, "is missing");
        break;
    case RW_ROTARY_UNSAID: break;
    }
    if (!status && n > 0.0) rw_convert_put(c, RW_HP_ROTARY_DIM, n, key);
    const bool whole =
        c->family->rotary == RW_ROTARY_UNSAID || c->family->rotary == RW_ROTARY_HEAD;
    if (!status && whole && !rw_convert_does(c, RW_DOES_PROPORTIONAL) && part->known &&
        !rw_convert_equal(part->num, 1.0))
        status = rw_convert_lose_value(
            c, RW_HP_PARTIAL_FACTOR,
            "the converter writes no rotated part for this architecture: "
            "the whole head turns");
    return status;
}

static ropewalk_status copy_list(rw_conversion *c, const void *from, size_t size,
                                 void **to)
{
    *to = NULL;
    if (!from) return ROPEWALK_OK;
    *to = rw_calloc(c->from->n_layer, size);
    if (!*to) return rw_fail_memory(c->err, "values by layer");
    memcpy(*to, from, c->from->n_layer * size);
    return ROPEWALK_OK;
}

static ropewalk_status convert_heads(rw_conversion *c)
{
    const rw_hparams *from = c->from;
    rw_hparams *to = c->to;
    void *list;
    ropewalk_status status = copy_list(c, from->n_head_q, sizeof *from->n_head_q, &list);
    to->n_head_q = list;
    if (status) return status;
    const uint32_t *kv =
        rw_convert_does(c, RW_DOES_MHA) ? from->n_head_q : from->n_head_kv;
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

static ropewalk_status convert_shape(rw_conversion *c)
{
    copy(c, RW_HP_N_LAYER, RW_HP_N_LAYER);
    copy(c, RW_HP_CONTEXT_LENGTH, RW_HP_CONTEXT_LENGTH);
    copy(c, RW_HP_EMBEDDING_LENGTH, RW_HP_EMBEDDING_LENGTH);
    c->to->n_layer = c->from->n_layer;
    if (strcmp(c->family->arch, "falcon") == 0)
        rw_convert_put(c, RW_HP_CONTEXT_LENGTH, 2048, "fixed in the converter");
    if (c->family->rotary == RW_ROTARY_MLA &&
        rw_convert_value(c, RW_HP_HEAD_DIM_MLA)->known) {
        copy(c, RW_HP_HEAD_DIM_MLA, RW_HP_HEAD_DIM_MLA);
    } else if (!rw_convert_does(c, RW_DOES_NO_HEAD_DIM)) {
        copy(c, RW_HP_HEAD_DIM, RW_HP_HEAD_DIM);
        if (!rw_convert_value(c, RW_HP_HEAD_DIM)->known &&
            strcmp(c->family->arch, "gemma3") == 0)
            rw_convert_put(c, RW_HP_HEAD_DIM, 256, "the converter's default for Gemma 3");
    }
    if (rw_convert_does(c, RW_DOES_PROPORTIONAL)) {
        copy(c, RW_HP_HEAD_DIM_SLIDING, RW_HP_HEAD_DIM_SLIDING);
        copy(c, RW_HP_HEAD_DIM_SLIDING, RW_HP_ROTARY_DIM_SLIDING);
    }
    if (strncmp(c->family->arch, "gemma", 5) == 0)
        copy(c, RW_HP_N_SHARED_KV, RW_HP_N_SHARED_KV);
    const ropewalk_status status = convert_heads(c);
    return status ? status : convert_rotary(c);
}

/* --- which layers see how far ------------------------------------------------------------- */

static ropewalk_status write_pattern(rw_conversion *c)
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
static ropewalk_status check_pattern(rw_conversion *c)
{
    const rw_hparams *from = c->from;
    const rw_arch *arch = rw_arch_find(RW_FILE_GGUF, c->family->arch);
    const uint32_t period = arch ? arch->full_period : 0;
    static const char why[] = "no key is written for it: llama.cpp takes the pattern "
                              "that its code has for the architecture";
    if (!period || arch->window_kind != RW_ATTENTION_SLIDING) return ROPEWALK_OK;
    if (!from->said)
        return from->window_period_known && from->window_period != period
                   ? rw_convert_lose(c, from->key_window_pattern, why)
                   : ROPEWALK_OK;
    for (uint32_t layer = 0; layer < from->n_layer; layer++) {
        const bool full =
            arch->full_first ? layer % period == 0 : layer % period == period - 1;
        if ((from->said[layer] == RW_SAID_FULL && !full) ||
            (from->said[layer] == RW_SAID_SLIDING && full))
            return rw_convert_lose(c, from->key_said, why);
    }
    return ROPEWALK_OK;
}

static ropewalk_status convert_window(rw_conversion *c)
{
    const rw_hparams *from = c->from;
    const rw_hvalue *window = rw_convert_value(c, RW_HP_WINDOW);
    const rw_hvalue *use = rw_convert_value(c, RW_HP_USE_WINDOW);
    const bool used = window->known && window->num > 0 && !(use->known && use->num < 1);
    /* phi3 gets a 0 when the file has none */
    if (rw_convert_does(c, RW_DOES_LENGTHS) && !window->known)
        rw_convert_put(c, RW_HP_WINDOW, 0, window->key);
    if (rw_convert_does(c, RW_DOES_WINDOW)) {
        copy(c, RW_HP_WINDOW, RW_HP_WINDOW);
        if (!used) return ROPEWALK_OK;
        return rw_convert_does(c, RW_DOES_PATTERN) ? write_pattern(c) : check_pattern(c);
    }
    bool any = !from->said;
    for (uint32_t layer = 0; from->said && layer < from->n_layer; layer++)
        any = any || from->said[layer] == RW_SAID_SLIDING;
    if (used && any)
        return rw_convert_lose_value(
            c, RW_HP_WINDOW,
            "the converter writes no window for this architecture: every "
            "layer attends to everything");
    return ROPEWALK_OK;
}

/* Schedules that llama.cpp knows by the architecture alone. */
static ropewalk_status check_schedules(rw_conversion *c)
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
        status = rw_convert_lose(
            c, from->key_rope_on,
            "there is no key for layers without RoPE: llama.cpp takes the "
            "schedule that its code has for the architecture");
    const rw_hvalue *chunk = rw_convert_value(c, RW_HP_CHUNK);
    if (!status && chunk->known && arch && arch->window_kind == RW_ATTENTION_CHUNKED &&
        !rw_convert_equal(chunk->num, (double)arch->window_default))
        status = rw_convert_lose_value(c, RW_HP_CHUNK,
                                       "llama.cpp has chunks of a fixed length");
    if (!status && rw_convert_value(c, RW_HP_DUAL_CHUNK)->known)
        status = rw_convert_lose_value(c, RW_HP_DUAL_CHUNK,
                                       "llama.cpp has no dual chunk attention");
    if (!status && rw_convert_does(c, RW_DOES_RATIOS)) {
        copy(c, RW_HP_ROPE_THETA_COMPRESSED, RW_HP_ROPE_THETA_COMPRESSED);
        void *kinds;
        status = copy_list(c, from->said, 1, &kinds);
        c->to->said = kinds;
        (void)snprintf(c->to->key_said, sizeof c->to->key_said, "%s", from->key_said);
    }
    if (status || !rw_convert_does(c, RW_DOES_INTERVAL)) return status;
    rw_convert_put(c, RW_HP_FULL_ATTENTION_INTERVAL, 4, "the converter's default");
    copy(c, RW_HP_FULL_ATTENTION_INTERVAL, RW_HP_FULL_ATTENTION_INTERVAL);
    void *said;
    status = copy_list(c, from->said, 1, &said);
    c->to->said = said;
    for (uint32_t layer = 0; said && layer < from->n_layer; layer++)
        if (c->to->said[layer] != RW_SAID_LINEAR) c->to->said[layer] = RW_SAID_NOTHING;
    return status;
}

static ropewalk_status convert_base(rw_conversion *c)
{
    const rw_hvalue *theta = rw_convert_value(c, RW_HP_ROPE_THETA);
    const rw_hvalue *ratio = rw_convert_value(c, RW_HP_ROPE_RATIO);
    const bool alpha = c->to->v[RW_HP_ROPE_THETA].known;
    double written = theta->num;
    if (rw_convert_does(c, RW_DOES_RATIO)) {
        written = 10000.0 * (ratio->known ? ratio->num : 1.0);
        rw_convert_put_float(c, RW_HP_ROPE_THETA, written, ratio->key);
    } else if (rw_convert_does(c, RW_DOES_NO_BASE)) {
        written = 10000.0; /* by llama.cpp */
    } else if (theta->known && !alpha) {
        rw_convert_put_float(c, RW_HP_ROPE_THETA, theta->num, theta->key);
    } else if (!theta->known && strcmp(c->family->arch, "gemma3") == 0) {
        rw_convert_put(c, RW_HP_ROPE_THETA, 1e6, "the converter's default for Gemma 3");
    }
    if (theta->known && !alpha && !rw_convert_equal(theta->num, written)) {
        const ropewalk_status status = rw_convert_lose(
            c, theta->key,
            "the converter does not write the base of this architecture: llama.cpp "
            "takes 10000");
        if (status) return status;
    }
    if (c->from->theta_of)
        return rw_convert_lose(c, theta->key,
                               "the converter writes one base, not one a layer");
    const rw_hvalue *local = rw_convert_value(c, RW_HP_ROPE_THETA_SLIDING);
    if (local->known && !rw_convert_does(c, RW_DOES_NO_BASE) &&
        !rw_convert_does(c, RW_DOES_RATIO))
        rw_convert_put_float(c, RW_HP_ROPE_THETA_SLIDING, local->num, local->key);
    return ROPEWALK_OK;
}

static void convert_sections(rw_conversion *c)
{
    static const uint32_t usual[4] = {11, 11, 10, 0};
    const uint32_t *from = c->from->section;
    const bool said = from[0] || from[1] || from[2] || from[3];
    if (said || rw_convert_does(c, RW_DOES_SECTIONS))
        memcpy(c->to->section, said ? from : usual, sizeof c->to->section);
    (void)snprintf(c->to->key_section, sizeof c->to->key_section, "%s",
                   said ? c->from->key_section : "the converter's default");
}

static ropewalk_status convert_scales(rw_conversion *c)
{
    const rw_hvalue *scale = rw_convert_value(c, RW_HP_SOFTMAX_SCALE);
    const rw_hvalue *beta = rw_convert_value(c, RW_HP_TEMPERATURE);
    if (scale->known && rw_convert_does(c, RW_DOES_SCALE))
        rw_convert_put_float(c, RW_HP_SOFTMAX_SCALE, scale->num, scale->key);
    else if (scale->known) {
        const ropewalk_status status = rw_convert_lose_value(
            c, RW_HP_SOFTMAX_SCALE, "the converter writes it for granite alone");
        if (status) return status;
    }
    if (!beta->known || rw_convert_does(c, RW_DOES_TEMPERATURE) ||
        rw_convert_equal(beta->num, 0.0) || strcmp(c->family->arch, "llama4") == 0)
        return ROPEWALK_OK;
    return rw_convert_lose_value(c, RW_HP_TEMPERATURE,
                                 "the converter writes it for ministral3 alone");
}

static ropewalk_status convert_all(rw_conversion *c)
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
    if (!status) status = rw_convert_scaling(c);
    if (!status) status = convert_base(c);
    if (!status) status = convert_scales(c);
    if (!status) status = rw_convert_lose_rest(c);
    convert_sections(c);
    return status;
}

ropewalk_status rw_model_convert(const rw_hparams *config, rw_hparams *gguf,
                                 ropewalk_error *err)
{
    rw_hparams_init(gguf);
    rw_conversion c = {.from = config,
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
