/* config_layers.c - what a config.json says of single layers: kinds of attention, which of them
 * rotate, and bases of their own. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "format/hfconfig.h"
#include "model/config.h"

enum { MAX_EXTRA_LAYER = 64 };

/* Layers that predict further tokens stand behind the others in some lists. transformers takes
 * as many of compress_ratios as there are layers without asking. */
static uint32_t n_extra_layer(const rw_config *c, const char *list)
{
    if (strcmp(list, "compress_ratios") == 0) return MAX_EXTRA_LAYER;
    static const char *const names[] = {"num_nextn_predict_layers",
                                        "mtp_num_hidden_layers", "num_mtp_layers",
                                        "num_mtp_modules"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const json_t *v = rw_config_get(c, names[i]);
        if (json_is_real(v) && json_real_value(v) > 0 &&
            json_real_value(v) <= MAX_EXTRA_LAYER)
            return (uint32_t)json_real_value(v);
    }
    return 0;
}

ropewalk_status rw_config_layer_list(const rw_config *c, const char *name,
                                     const json_t **out, char key[96])
{
    const json_t *v = rw_config_get(c, name);
    const size_t n = json_array_size(v), n_layer = c->hp->n_layer;
    *out = NULL;
    rw_config_key(c, name, key);
    if (!v || !n_layer || (json_is_array(v) && n == 0)) return ROPEWALK_OK;
    if (!json_is_array(v)) return rw_config_wrong(c, v, key, "a list");
    if (n < n_layer || n > n_layer + n_extra_layer(c, name))
        return rw_fail(c->err, ROPEWALK_E_FORMAT, 0,
                       "key %s has %zu values, but there are %zu layers", key, n,
                       n_layer);
    *out = v;
    return ROPEWALK_OK;
}

void rw_config_item_key(const char *key, size_t i, char out[128])
{
    (void)snprintf(out, 128, "%s[%zu]", key, i);
}

/* --- kinds of layers ----------------------------------------------------------------------- */

static const struct {
    const char *name;
    rw_layer_said said;
} kinds[] = {
    {"full_attention", RW_SAID_FULL},
    {"attention", RW_SAID_FULL},
    {"global_attention", RW_SAID_FULL},
    {"global", RW_SAID_FULL},
    {"hybrid", RW_SAID_FULL},
    {"indexed_attention", RW_SAID_FULL},
    {"deepseek_sparse_attention", RW_SAID_FULL},
    {"qwen_sparse_attention", RW_SAID_FULL},
    {"minimax_m3_sparse", RW_SAID_FULL},
    {"compressed_sparse_attention", RW_SAID_FULL},
    {"heavily_compressed_attention", RW_SAID_FULL},
    {"sliding_attention", RW_SAID_SLIDING},
    {"hybrid_sliding", RW_SAID_SLIDING},
    {"reference_sliding_attention", RW_SAID_SLIDING},
    {"window_attention", RW_SAID_SLIDING},
    {"local_attention", RW_SAID_SLIDING},
    {"local", RW_SAID_SLIDING},
    {"sliding_window", RW_SAID_SLIDING},
    {"chunked_attention", RW_SAID_CHUNKED},
    {"linear_attention", RW_SAID_LINEAR},
    {"lightning_attention", RW_SAID_LINEAR},
    {"kda", RW_SAID_LINEAR},
    {"mamba", RW_SAID_LINEAR},
    {"mamba2", RW_SAID_LINEAR},
    {"recurrent", RW_SAID_LINEAR},
    {"conv", RW_SAID_LINEAR},
    {"mlp", RW_SAID_NONE},
    {"moe", RW_SAID_NONE},
};

rw_layer_said rw_config_kind(const char *name)
{
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (strcmp(kinds[i].name, name) == 0) return kinds[i].said;
    return RW_SAID_NOTHING;
}

static ropewalk_status new_said(rw_config *c, const char *key)
{
    rw_hparams *hp = c->hp;
    hp->said = rw_calloc(hp->n_layer, 1);
    if (!hp->said) return rw_fail_memory(c->err, "kinds of layers");
    (void)snprintf(hp->key_said, sizeof hp->key_said, "%s", key);
    return ROPEWALK_OK;
}

/* A list of words. One that is shorter and repeats is Griffin's block_types. */
static ropewalk_status said_by_words(rw_config *c, const char *name, bool repeats)
{
    const json_t *list;
    char key[96], item[128];
    ropewalk_status status = ROPEWALK_OK;
    if (repeats) {
        list = rw_config_get(c, name);
        rw_config_key(c, name, key);
        if (list && !json_is_array(list)) return rw_config_wrong(c, list, key, "a list");
        if (!json_array_size(list)) return ROPEWALK_OK;
    } else {
        status = rw_config_layer_list(c, name, &list, key);
    }
    if (status || !list) return status;
    status = new_said(c, key);
    for (uint32_t i = 0; i < c->hp->n_layer && !status; i++) {
        const size_t at = i % json_array_size(list);
        const json_t *v = json_array_get(list, at);
        rw_config_item_key(key, at, item);
        if (!json_is_string(v) || rw_hfconfig_not_finite(v))
            status = rw_config_wrong(c, v, item, "a string");
        else
            c->hp->said[i] = (uint8_t)rw_config_kind(json_string_value(v));
    }
    return status;
}

/* A list of numbers or flags: 0 means `zero`, any other `other`. */
static ropewalk_status said_by_numbers(rw_config *c, const char *name, rw_layer_said zero,
                                       rw_layer_said other)
{
    const json_t *list;
    char key[96], item[128];
    ropewalk_status status = rw_config_layer_list(c, name, &list, key);
    if (!status && list) status = new_said(c, key);
    for (uint32_t i = 0; list && i < c->hp->n_layer && !status; i++) {
        const json_t *v = json_array_get(list, i);
        double num = json_is_true(v);
        rw_config_item_key(key, i, item);
        if (!json_is_boolean(v)) status = rw_config_number(c, v, item, &num);
        c->hp->said[i] = (uint8_t)(fabs(num) > 0 ? other : zero);
    }
    return status;
}

/* A list of the layers of one kind, counted from `first`; the others are `rest`. */
static ropewalk_status said_by_index(rw_config *c, const char *name, uint32_t first,
                                     rw_layer_said listed, rw_layer_said rest)
{
    const json_t *list = rw_config_get(c, name);
    char key[96], item[128];
    rw_config_key(c, name, key);
    if (!list) return ROPEWALK_OK;
    if (!json_is_array(list)) return rw_config_wrong(c, list, key, "a list");
    ropewalk_status status = new_said(c, key);
    if (!status) memset(c->hp->said, (int)rest, c->hp->n_layer);
    for (size_t i = 0; i < json_array_size(list) && !status; i++) {
        uint32_t layer;
        rw_config_item_key(key, i, item);
        status = rw_config_whole(c, json_array_get(list, i), item, first,
                                 first + c->hp->n_layer - 1, &layer);
        if (!status) c->hp->said[layer - first] = (uint8_t)listed;
    }
    return status;
}

/* One letter a layer; NOTHING for a letter that means none of them. */
static rw_layer_said letter_kind(char letter)
{
    switch (letter) {
    case '*': return RW_SAID_FULL; /* Nemotron-H and its kin */
    case 'M': return RW_SAID_LINEAR;
    case '-':
    case 'E': return RW_SAID_NONE;
    default: return RW_SAID_NOTHING;
    }
}

static ropewalk_status said_by_letters(rw_config *c)
{
    static const char *const name = "hybrid_override_pattern";
    const json_t *v = rw_config_get(c, name);
    char key[96];
    rw_config_key(c, name, key);
    if (!v) return ROPEWALK_OK;
    if (!json_is_string(v)) return rw_config_wrong(c, v, key, "a string");
    const size_t n = json_string_length(v);
    if (n != c->hp->n_layer)
        return rw_fail(c->err, ROPEWALK_E_FORMAT, 0,
                       "key %s has %zu letters, but there are %u layers", key, n,
                       (unsigned)c->hp->n_layer);
    const ropewalk_status status = new_said(c, key);
    for (size_t i = 0; i < n && !status; i++)
        c->hp->said[i] = (uint8_t)letter_kind(json_string_value(v)[i]);
    return status;
}

/* "LLLG", repeated; the last layer is global whatever the letters say, as in EXAONE 4. */
static ropewalk_status said_by_period(rw_config *c, const char *letters, const char *key)
{
    const size_t n = strlen(letters);
    if (!n || strspn(letters, "LG") != n)
        return rw_fail(c->err, ROPEWALK_E_FORMAT, 0,
                       "key %s is \"%.40s\": letters L and G are expected", key, letters);
    const ropewalk_status status = new_said(c, key);
    for (uint32_t i = 0; i < c->hp->n_layer && !status; i++)
        c->hp->said[i] = letters[i % n] == 'L' && i + 1 < c->hp->n_layer ? RW_SAID_SLIDING
                                                                         : RW_SAID_FULL;
    return status;
}

/* sliding_window_pattern: a period, letters, or one flag a layer. */
static ropewalk_status window_pattern(rw_config *c, const char *name)
{
    rw_hparams *hp = c->hp;
    const json_t *v = rw_config_get(c, name);
    char key[96];
    rw_config_key(c, name, key);
    if (!hp->key_window_pattern[0]) memcpy(hp->key_window_pattern, key, sizeof key);
    if (!v || hp->window_period_known) return ROPEWALK_OK;
    if (json_is_real(v)) {
        const ropewalk_status status =
            rw_config_whole(c, v, key, 0, RW_CONFIG_MAX_N_LAYER, &hp->window_period);
        hp->window_period_known = !status;
        memcpy(hp->key_window_pattern, key, sizeof key);
        return status;
    }
    if (hp->said) return ROPEWALK_OK;
    if (json_is_string(v) && !rw_hfconfig_not_finite(v))
        return said_by_period(c, json_string_value(v), key);
    if (json_is_array(v))
        return json_is_string(json_array_get(v, 0))
                   ? said_by_words(c, name, false)
                   : said_by_numbers(c, name, RW_SAID_FULL, RW_SAID_SLIDING);
    return rw_config_wrong(c, v, key, "a number, letters or a list");
}

/* Jamba: attention at `offset`, and every `period` layers from there. */
static ropewalk_status said_by_offset(rw_config *c)
{
    const json_t *p = rw_config_get(c, "attn_layer_period"),
                 *o = rw_config_get(c, "attn_layer_offset");
    if (!p || !o) return ROPEWALK_OK;
    char key[96];
    uint32_t period, offset;
    rw_config_key(c, "attn_layer_offset", key);
    ropewalk_status status =
        rw_config_whole(c, o, key, 0, RW_CONFIG_MAX_N_LAYER, &offset);
    if (status) return status;
    rw_config_key(c, "attn_layer_period", key);
    status = rw_config_whole(c, p, key, 1, RW_CONFIG_MAX_N_LAYER, &period);
    if (!status) status = new_said(c, key);
    for (uint32_t i = 0; i < c->hp->n_layer && !status; i++)
        c->hp->said[i] = i % period == offset % period ? RW_SAID_FULL : RW_SAID_LINEAR;
    return status;
}

/* The first statement that stands there is taken. */
static ropewalk_status read_kinds(rw_config *c)
{
    ropewalk_status status = said_by_words(c, "layer_types", false);
    if (!status && !c->hp->said) status = said_by_words(c, "layers_block_type", false);
    if (!status && !c->hp->said) status = said_by_words(c, "block_types", true);
    if (!status && !c->hp->said) status = said_by_letters(c);
    if (!status && !c->hp->said) /* MiMo-V2: 1 slides */
        status =
            said_by_numbers(c, "hybrid_layer_pattern", RW_SAID_FULL, RW_SAID_SLIDING);
    if (!status && !c->hp->said) /* SmallThinker */
        status =
            said_by_numbers(c, "sliding_window_layout", RW_SAID_FULL, RW_SAID_SLIDING);
    if (!status && !c->hp->said) /* DeepSeek-V4: 0 sees the window alone */
        status = said_by_numbers(c, "compress_ratios", RW_SAID_SLIDING, RW_SAID_FULL);
    if (!status && !c->hp->said) /* MiniMax-Text-01: 0 is lightning attention */
        status = said_by_numbers(c, "attn_type_list", RW_SAID_LINEAR, RW_SAID_FULL);
    if (!status && !c->hp->said) /* Kimi Linear counts from 1 */
        status = said_by_index(c, "linear_attn_config.full_attn_layers", 1, RW_SAID_FULL,
                               RW_SAID_LINEAR);
    if (!status && !c->hp->said) /* Hymba */
        status = said_by_index(c, "global_attn_idx", 0, RW_SAID_FULL, RW_SAID_SLIDING);
    if (!status && !c->hp->said)
        status = said_by_index(c, "full_attn_idxs", 0, RW_SAID_FULL, RW_SAID_LINEAR);
    if (!status && !c->hp->said)
        status = said_by_index(c, "attn_layer_indices", 0, RW_SAID_FULL, RW_SAID_LINEAR);
    if (!status && !c->hp->said) status = said_by_offset(c);
    if (!status) status = window_pattern(c, "sliding_window_pattern");
    if (!status) status = window_pattern(c, "_sliding_window_pattern");
    return status;
}

/* --- which layers rotate, and how ----------------------------------------------------------- */

/* One flag a layer, 1: it rotates, also where the name suggests the opposite. */
static ropewalk_status read_rope_on(rw_config *c, const char *name)
{
    const json_t *list;
    rw_hparams *hp = c->hp;
    char key[96], item[128];
    ropewalk_status status = rw_config_layer_list(c, name, &list, key);
    if (status || !list || hp->rope_on) return status;
    hp->rope_on = rw_calloc(hp->n_layer, 1);
    if (!hp->rope_on) return rw_fail_memory(c->err, "layers that rotate");
    memcpy(hp->key_rope_on, key, sizeof key);
    for (uint32_t i = 0; i < hp->n_layer && !status; i++) {
        bool on;
        rw_config_item_key(key, i, item);
        status = rw_config_flag(c, json_array_get(list, i), item, &on);
        hp->rope_on[i] = on;
    }
    return status;
}

/* One base a layer; 0 is a layer that does not rotate. */
static ropewalk_status read_thetas(rw_config *c, const char *name)
{
    const json_t *list;
    rw_hparams *hp = c->hp;
    char key[96], item[128];
    if (json_is_real(rw_config_get(c, name)) || hp->theta_of) return ROPEWALK_OK;
    ropewalk_status status = rw_config_layer_list(c, name, &list, key);
    if (status || !list) return status;
    hp->theta_of = rw_calloc(hp->n_layer, sizeof *hp->theta_of);
    uint8_t *on = rw_calloc(hp->n_layer, 1);
    if (!hp->theta_of || !on) status = rw_fail_memory(c->err, "bases of layers");
    bool some_off = false;
    for (uint32_t i = 0; i < hp->n_layer && !status; i++) {
        double theta;
        rw_config_item_key(key, i, item);
        status = rw_config_number(c, json_array_get(list, i), item, &theta);
        if (status) break;
        on[i] = fabs(theta) > 0;
        some_off = some_off || !on[i];
        if (on[i] && !(theta > 1 && theta <= 1e30))
            status =
                rw_fail(c->err, ROPEWALK_E_FORMAT, 0,
                        "key %s is %.17g: a base above 1 and up to 1e30 is expected, "
                        "or 0 for none",
                        item, theta);
        hp->theta_of[i] = theta;
    }
    if (!status && some_off && !hp->rope_on) {
        hp->rope_on = on;
        memcpy(hp->key_rope_on, key, sizeof key);
        on = NULL;
    }
    rw_free(on);
    if (!status && !hp->v[RW_HP_ROPE_THETA].known)
        memcpy(hp->v[RW_HP_ROPE_THETA].key, key, sizeof key);
    return status;
}

/* Step 3.5: one share of the head a layer. */
static ropewalk_status read_partial_factors(rw_config *c)
{
    const json_t *list;
    rw_hparams *hp = c->hp;
    char key[96], item[128];
    ropewalk_status status =
        rw_config_layer_list(c, "partial_rotary_factors", &list, key);
    const rw_hvalue *head_dim = &hp->v[RW_HP_HEAD_DIM];
    if (status || !list || !head_dim->known) return status;
    hp->rotary_dim_of = rw_calloc(hp->n_layer, sizeof *hp->rotary_dim_of);
    if (!hp->rotary_dim_of) return rw_fail_memory(c->err, "rotary dimensions of layers");
    for (uint32_t i = 0; i < hp->n_layer && !status; i++) {
        double part;
        rw_config_item_key(key, i, item);
        status = rw_config_number(c, json_array_get(list, i), item, &part);
        if (status) break;
        const double dim = floor(head_dim->num * part);
        if (!(dim >= 0 && dim <= head_dim->num) || fmod(dim, 2) > 0)
            return rw_fail(c->err, ROPEWALK_E_FORMAT, 0,
                           "key %s is %.17g: it makes %.10g of the %.10g dimensions of a "
                           "head rotate, which must be an even number of them",
                           item, part, dim, head_dim->num);
        hp->rotary_dim_of[i] = (uint32_t)dim;
    }
    return status;
}

ropewalk_status rw_config_layers(rw_config *c)
{
    if (!c->hp->n_layer) return ROPEWALK_OK;
    ropewalk_status status = read_kinds(c);
    if (!status) status = read_rope_on(c, "no_rope_layers");
    if (!status) status = read_rope_on(c, "rope_layout");
    if (!status) status = read_thetas(c, "layer_rope_theta");
    if (!status) status = read_thetas(c, "rope_theta");
    if (!status) status = read_partial_factors(c);
    return status;
}
