/* rope_block.c - scaling blocks of a config.json: rope_scaling, and rope_parameters flat or by
 * type of layer.
 *
 * Members are handed on raw: which of them a mechanism needs, and whether they make sense, is
 * judged where the mechanism is known. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "format/hfconfig.h"
#include "model/config.h"

enum { MAX_SETTING = 64, MAX_LIST = 4096 };

/* The class that a nested block is filed under: by a word of layer_types, or, in DeepSeek-V4, by
 * a rotation, "main" of sliding layers and "compress" of those with compressed keys, which see
 * everything. False: no such word. */
static bool class_of(const char *label, rw_layer_class *class)
{
    const rw_layer_said said = rw_config_kind(label);
    const bool main = strcmp(label, "main") == 0;
    *class = main || said == RW_SAID_SLIDING || said == RW_SAID_CHUNKED
                 ? RW_LAYERS_SLIDING
                 : RW_LAYERS_FULL;
    return main || said == RW_SAID_FULL || *class == RW_LAYERS_SLIDING ||
           strcmp(label, "compress") == 0;
}

/* Members that are values of the vocabulary, not settings of a mechanism. */
static bool is_own_value(const char *name)
{
    static const char *const own[] = {"rope_type", "type", "rope_theta",
                                      "partial_rotary_factor"};
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++)
        if (strcmp(own[i], name) == 0) return true;
    return false;
}

static ropewalk_status long_name(const rw_config *c, const char *block, const char *name)
{
    return rw_fail(c->err, ROPEWALK_E_FORMAT, 0,
                   "key %.95s has a member with a name of %zu bytes: \"%.40s...\"", block,
                   strlen(name), name);
}

static ropewalk_status make_key(const rw_config *c, const char *block, const char *name,
                                char key[96])
{
    return snprintf(key, 96, "%s.%s", block, name) < 96 ? ROPEWALK_OK
                                                        : long_name(c, block, name);
}

static ropewalk_status read_list(rw_config *c, const json_t *v, rw_file_setting *s)
{
    const size_t n = json_array_size(v);
    if (n > MAX_LIST)
        return rw_fail(c->err, ROPEWALK_E_FORMAT, 0,
                       "key %s is a list of %zu values: at most %d are expected", s->key,
                       n, (int)MAX_LIST);
    s->kind = RW_SETTING_LIST;
    s->values = rw_calloc(n, sizeof *s->values);
    if (!s->values) return rw_fail_memory(c->err, "a list of a scaling block");
    for (; s->n_value < n; s->n_value++) {
        char key[112];
        (void)snprintf(key, sizeof key, "%s[%u]", s->key, (unsigned)s->n_value);
        const ropewalk_status status = rw_config_number(c, json_array_get(v, s->n_value),
                                                        key, &s->values[s->n_value]);
        if (status) return status;
    }
    return ROPEWALK_OK;
}

static ropewalk_status read_setting(rw_config *c, const json_t *v, rw_file_setting *s)
{
    if (json_is_array(v)) return read_list(c, v, s);
    if (json_is_null(v)) {
        s->kind = RW_SETTING_NULL;
        return ROPEWALK_OK;
    }
    if (json_is_boolean(v)) {
        s->kind = RW_SETTING_FLAG;
        s->num = json_is_true(v);
        return ROPEWALK_OK;
    }
    if (json_is_string(v) && !rw_hfconfig_not_finite(v)) {
        s->kind = RW_SETTING_TEXT;
        return rw_config_text(c, v, s->key, s->text, sizeof s->text);
    }
    s->kind = RW_SETTING_NUMBER;
    return rw_config_number(c, v, s->key, &s->num);
}

static ropewalk_status read_settings(rw_config *c, json_t *object, rw_rope_block *block)
{
    const char *name;
    json_t *v;
    size_t n = 0;
    json_object_foreach (object, name, v)
        n += !is_own_value(name) && !json_is_object(v);
    if (n > MAX_SETTING)
        return rw_fail(c->err, ROPEWALK_E_FORMAT, 0,
                       "key %s has %zu members: at most %d are expected", block->key, n,
                       (int)MAX_SETTING);
    block->settings = rw_calloc(n, sizeof *block->settings);
    if (!block->settings) return rw_fail_memory(c->err, "a scaling block");
    json_object_foreach (object, name, v) {
        if (is_own_value(name) || json_is_object(v)) continue;
        rw_file_setting *s = &block->settings[block->n_setting];
        s->num = (double)NAN;
        ropewalk_status status = make_key(c, block->key, name, s->key);
        if (status) return status;
        if (strlen(name) >= sizeof s->name) return long_name(c, block->key, name);
        (void)snprintf(s->name, sizeof s->name, "%s", name);
        block->n_setting++; /* from here on rw_hparams_clear releases it */
        status = read_setting(c, v, s);
        if (status) return status;
    }
    return ROPEWALK_OK;
}

static ropewalk_status read_type(rw_config *c, const json_t *object, rw_rope_block *block)
{
    const json_t *v = rw_config_in(object, "rope_type"),
                 *old = rw_config_in(object, "type");
    char key[96];
    ropewalk_status status = make_key(c, block->key, v ? "rope_type" : "type", key);
    if (status || (!v && !old)) return status;
    memcpy(block->key_type, key, sizeof key);
    status = rw_config_text(c, v ? v : old, key, block->type, sizeof block->type);
    if (status || !v || !old) return status;
    status = make_key(c, block->key, "type", key);
    if (!status)
        status = rw_config_text(c, old, key, block->type_other, sizeof block->type_other);
    if (!status && strcmp(block->type, block->type_other) == 0)
        block->type_other[0] = '\0';
    return status;
}

static ropewalk_status read_block(rw_config *c, const json_t *object, const char *key,
                                  rw_rope_block *block)
{
    (void)snprintf(block->key, sizeof block->key, "%s", key);
    if (json_is_null(object)) {
        block->is_null = true;
        return ROPEWALK_OK;
    }
    block->present = true;
    const ropewalk_status status = read_type(c, object, block);
    if (status) return status;
    return read_settings(c, (json_t *)(uintptr_t)object, block);
}

/* --- values of the vocabulary that stand in blocks ---------------------------------------- */

/* A block's own value goes before one at the top, which is told when it says another. */
static ropewalk_status take(rw_config *c, const json_t *object, const char *block,
                            const char *name, rw_hparam which)
{
    const json_t *v = rw_config_in(object, name);
    const rw_hvalue top = c->hp->v[which];
    char key[96];
    if (!v) return ROPEWALK_OK;
    ropewalk_status status = make_key(c, block, name, key);
    if (!status) status = rw_config_take(c, which, v, key);
    if (!status && top.known && fabs(top.num - json_real_value(v)) > 0)
        (void)snprintf(c->hp->v[which].note, sizeof top.note, "%.60s says %.10g", top.key,
                       top.num);
    return status;
}

/* The top goes before the block: Phi-3 states it there, and transformers 5 follows. A value out
 * of range in the block stays a setting, for whoever judges the mechanism. */
static ropewalk_status take_original(rw_config *c, const json_t *object,
                                     const char *block)
{
    static const char *const name = "original_max_position_embeddings";
    const json_t *v = rw_config_in(object, name);
    rw_hvalue *value = &c->hp->v[RW_HP_ORIGINAL_CONTEXT_LENGTH];
    if (!json_is_real(v)) return ROPEWALK_OK;
    const double num = json_real_value(v);
    if (value->known) {
        if (fabs(value->num - num) > 0)
            (void)snprintf(value->note, sizeof value->note, "%.60s says %.10g", block,
                           num);
        return ROPEWALK_OK;
    }
    if (!(num >= 1 && num <= 2147483648.0) || num > floor(num)) return ROPEWALK_OK;
    char key[96];
    const ropewalk_status status = make_key(c, block, name, key);
    return status ? status : rw_config_take(c, RW_HP_ORIGINAL_CONTEXT_LENGTH, v, key);
}

static ropewalk_status take_sections(rw_config *c, const json_t *object,
                                     const char *block)
{
    static const char *const names[] = {"mrope_section", "xdrope_section"};
    rw_hparams *hp = c->hp;
    const json_t *v = NULL, *flag = rw_config_in(object, "mrope_interleaved");
    ropewalk_status status = ROPEWALK_OK;
    for (size_t i = 0; i < 2 && !v; i++) {
        v = rw_config_in(object, names[i]);
        if (v) status = make_key(c, block, names[i], hp->key_section);
    }
    if (status || !v) return status;
    if (!json_is_array(v))
        return rw_config_wrong(c, v, hp->key_section, "a list of numbers");
    if (json_array_size(v) > 4)
        return rw_fail(c->err, ROPEWALK_E_FORMAT, 0,
                       "key %s has %zu sections: there are at most 4", hp->key_section,
                       json_array_size(v));
    for (size_t i = 0; i < json_array_size(v) && !status; i++) {
        char key[128];
        (void)snprintf(key, sizeof key, "%s[%zu]", hp->key_section, i);
        status = rw_config_whole(c, json_array_get(v, i), key, 0, RW_CONFIG_MAX_DIM / 2,
                                 &hp->section[i]);
    }
    if (status || !flag) return status;
    char key[96];
    status = make_key(c, block, "mrope_interleaved", key);
    return status ? status : rw_config_flag(c, flag, key, &hp->section_interleaved);
}

/* --- which block is whose ------------------------------------------------------------------ */

typedef struct found_block {
    const json_t *object; /* NULL: none; JSON null: the file says none */
    char key[96];
} found_block;

static bool has_flat_member(json_t *object)
{
    const char *name;
    json_t *v;
    json_object_foreach (object, name, v)
        if (!json_is_object(v) && !json_is_null(v)) return true;
    return false;
}

/* Sorts a nested block by class; false when it is flat. The first block of a class wins. */
static bool sort_nested(const json_t *object, const char *key,
                        found_block found[RW_N_LAYER_CLASS])
{
    bool nested = false;
    const char *label;
    json_t *v, *o = (json_t *)(uintptr_t)object; /* jansson's iterator is not const */
    json_object_foreach (o, label, v) {
        rw_layer_class class;
        if ((!json_is_object(v) && !json_is_null(v)) || !class_of(label, &class))
            continue;
        nested = true;
        if (found[class].object) continue;
        found[class].object = v;
        (void)snprintf(found[class].key, sizeof found[class].key, "%s.%s", key, label);
    }
    found_block *full = &found[RW_LAYERS_FULL];
    if (nested && !full->object && has_flat_member((json_t *)(uintptr_t)object)) {
        full->object = object; /* beside a block for the others */
        (void)snprintf(full->key, sizeof full->key, "%s", key);
    }
    return nested;
}

/* Sliding layers of a nested block without a base take the one at the top, as in transformers. */
static void theta_of_the_top(rw_config *c, const rw_hvalue *top, rw_hparam which)
{
    const rw_hvalue *v = &c->hp->v[which];
    if (!v->known && top->known)
        rw_config_derive(c, which, top->num, top->key, "its own block has no base");
}

static bool ends_in(const char *key, const char *label)
{
    const char *dot = strrchr(key, '.');
    return dot && strcmp(dot + 1, label) == 0;
}

static ropewalk_status take_nested(rw_config *c, const found_block *found)
{
    const json_t *full = found[RW_LAYERS_FULL].object,
                 *sliding = found[RW_LAYERS_SLIDING].object;
    const char *full_key = found[RW_LAYERS_FULL].key,
               *sliding_key = found[RW_LAYERS_SLIDING].key;
    const rw_hvalue top = c->hp->v[RW_HP_ROPE_THETA],
                    part = c->hp->v[RW_HP_PARTIAL_FACTOR];
    const bool by_rotation =
        ends_in(full_key, "compress") || ends_in(sliding_key, "main");
    ropewalk_status status;
    if (by_rotation) {
        status = take(c, sliding, sliding_key, "rope_theta", RW_HP_ROPE_THETA);
        if (!status)
            status = take(c, full, full_key, "rope_theta", RW_HP_ROPE_THETA_COMPRESSED);
    } else {
        status = take(c, full, full_key, "rope_theta", RW_HP_ROPE_THETA);
        if (!status)
            status =
                take(c, sliding, sliding_key, "rope_theta", RW_HP_ROPE_THETA_SLIDING);
        if (!status && json_is_object(sliding))
            theta_of_the_top(c, &top, RW_HP_ROPE_THETA_SLIDING);
    }
    if (!status)
        status = take(c, full, full_key, "partial_rotary_factor", RW_HP_PARTIAL_FACTOR);
    if (!status)
        status = take(c, sliding, sliding_key, "partial_rotary_factor",
                      RW_HP_PARTIAL_FACTOR_SLIDING);
    if (!status && part.known && json_is_object(sliding) &&
        !c->hp->v[RW_HP_PARTIAL_FACTOR_SLIDING].known)
        rw_config_derive(c, RW_HP_PARTIAL_FACTOR_SLIDING, part.num, part.key,
                         "its own block has none");
    return status;
}

static ropewalk_status take_common(rw_config *c, const json_t *object, const char *key)
{
    ropewalk_status status = take_original(c, object, key);
    if (!status) status = take_sections(c, object, key);
    if (!status) status = take(c, object, key, "llama_4_scaling_beta", RW_HP_TEMPERATURE);
    return status;
}

static ropewalk_status read_found(rw_config *c, const json_t *object, const char *key)
{
    found_block found[RW_N_LAYER_CLASS] = {{NULL, ""}, {NULL, ""}};
    rw_hparams *hp = c->hp;
    hp->nested_blocks = sort_nested(object, key, found);
    for (int class = 0; class < RW_N_LAYER_CLASS && !hp->nested_blocks; class ++) {
        found[class].object = object;
        (void)snprintf(found[class].key, sizeof found[class].key, "%s", key);
    }
    ropewalk_status status = ROPEWALK_OK;
    for (int class = 0; class < RW_N_LAYER_CLASS && !status; class ++)
        if (found[class].object)
            status =
                read_block(c, found[class].object, found[class].key, &hp->block[class]);
    if (status) return status;
    if (hp->nested_blocks) {
        status = take_nested(c, found);
    } else {
        status = take(c, object, key, "rope_theta", RW_HP_ROPE_THETA);
        if (!status)
            status = take(c, object, key, "partial_rotary_factor", RW_HP_PARTIAL_FACTOR);
    }
    for (int class = 0; class < (hp->nested_blocks ? RW_N_LAYER_CLASS : 1) && !status;
         class ++)
        status = take_common(c, found[class].object, found[class].key);
    return status;
}

ropewalk_status rw_config_blocks(rw_config *c)
{
    static const char *const names[] = {"rope_scaling", "rope_parameters"};
    const json_t *objects[2];
    char keys[2][96];
    for (int i = 0; i < 2; i++) {
        objects[i] = rw_config_get(c, names[i]);
        rw_config_key(c, names[i], keys[i]);
        if (objects[i] && !json_is_object(objects[i]))
            return rw_config_wrong(c, objects[i], keys[i], "an object or null");
    }
    c->hp->era_4 = objects[0] || rw_config_get(c, "rope_theta");
    c->hp->era_5 = objects[1] != NULL;
    /* transformers 5 reads rope_parameters only where rope_scaling is absent or empty */
    const int own = json_object_size(objects[0]) ? 0 : 1;
    if (!objects[own] || !json_object_size(objects[own])) return ROPEWALK_OK;
    ropewalk_status status = read_found(c, objects[own], keys[own]);
    rw_hvalue *theta = &c->hp->v[RW_HP_ROPE_THETA];
    if (!status && own == 0 && objects[1] && !theta->known) {
        status = take(c, objects[1], keys[1], "rope_theta", RW_HP_ROPE_THETA);
        if (!status && theta->known)
            (void)snprintf(
                theta->note, sizeof theta->note, "%s",
                "rope_scaling stands beside it, and transformers 5 reads that");
    }
    return status;
}
