/* config_heads.c - head counts and head dimensions of layers in a config.json. */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "model/config.h"

/* --- head counts ----------------------------------------------------------------------------- */

/* One number for all layers, or a list with one a layer. */
static ropewalk_status read_heads(rw_config *c, const char *const *names, size_t n_name,
                                  uint32_t **out, char key[96])
{
    rw_hparams *hp = c->hp;
    const json_t *v = NULL;
    rw_config_key(c, names[0], key);
    for (size_t i = 0; i < n_name && !v; i++) {
        v = rw_config_get(c, names[i]);
        if (v) rw_config_key(c, names[i], key);
        if (json_is_array(v)) {
            const ropewalk_status status = rw_config_layer_list(c, names[i], &v, key);
            if (status) return status;
        }
    }
    if (!v || !hp->n_layer) return ROPEWALK_OK;
    uint32_t *list = rw_calloc(hp->n_layer, sizeof *list);
    if (!list) return rw_fail_memory(c->err, "head counts");
    *out = list;
    ropewalk_status status = ROPEWALK_OK;
    for (uint32_t i = 0; i < hp->n_layer && !status; i++) {
        char item[128];
        rw_config_item_key(key, i, item);
        if (json_is_array(v))
            status = rw_config_whole(c, json_array_get(v, i), item, 0,
                                     RW_CONFIG_MAX_N_HEAD, &list[i]);
        else if (i == 0)
            status = rw_config_whole(c, v, key, 0, RW_CONFIG_MAX_N_HEAD, &list[0]);
        else
            list[i] = list[0];
    }
    hp->head_array = hp->head_array || json_is_array(v);
    return status;
}

/* Where layers of a kind have head counts of their own. */
static ropewalk_status heads_of_kind(rw_config *c, const char *name, rw_layer_said said,
                                     uint32_t *list)
{
    const json_t *v = rw_config_get(c, name);
    rw_hparams *hp = c->hp;
    char key[96];
    uint32_t n;
    if (!v || !list || !hp->said) return ROPEWALK_OK;
    rw_config_key(c, name, key);
    const ropewalk_status status =
        rw_config_whole(c, v, key, 1, RW_CONFIG_MAX_N_HEAD, &n);
    for (uint32_t i = 0; i < hp->n_layer && !status; i++) {
        if (hp->said[i] != said || list[i] == n) continue;
        list[i] = n;
        hp->head_array = true;
    }
    return status;
}

/* Falcon and GPT-BigCode: one key head for all; ChatGLM counts groups. */
static ropewalk_status multi_query(rw_config *c)
{
    rw_hparams *hp = c->hp;
    const char *name = "multi_query";
    const json_t *groups = NULL;
    if (rw_config_is_true(c, "multi_query_attention")) {
        name = "multi_query_group_num";
        groups = rw_config_get(c, name);
        if (!groups) return ROPEWALK_OK;
    } else if (!rw_config_is_true(c, name) ||
               rw_config_is_true(c, "new_decoder_architecture")) {
        return ROPEWALK_OK;
    }
    uint32_t n = 1;
    char key[96];
    rw_config_key(c, name, key);
    ropewalk_status status = ROPEWALK_OK;
    if (groups) status = rw_config_whole(c, groups, key, 1, RW_CONFIG_MAX_N_HEAD, &n);
    if (status) return status;
    if (!hp->n_head_kv) hp->n_head_kv = rw_calloc(hp->n_layer, sizeof *hp->n_head_kv);
    if (!hp->n_head_kv) return rw_fail_memory(c->err, "head counts");
    memcpy(hp->key_head_kv, key, sizeof key);
    for (uint32_t i = 0; i < hp->n_layer; i++)
        hp->n_head_kv[i] = n;
    return ROPEWALK_OK;
}

static ropewalk_status read_all_heads(rw_config *c)
{
    static const char *const q[] = {
        "num_attention_heads", "n_head",          "n_heads",
        "num_heads",           "num_query_heads", "num_q_heads"};
    static const char *const kv[] = {"num_key_value_heads",
                                     "num_kv_heads",
                                     "n_head_kv",
                                     "n_kv_heads",
                                     "num_key_value_heads_per_layer",
                                     "num_attention_groups",
                                     "num_query_groups",
                                     "attn_config.kv_n_heads"};
    rw_hparams *hp = c->hp;
    ropewalk_status status =
        read_heads(c, q, sizeof q / sizeof q[0], &hp->n_head_q, hp->key_head_q);
    if (!status)
        status =
            read_heads(c, kv, sizeof kv / sizeof kv[0], &hp->n_head_kv, hp->key_head_kv);
    if (!status && hp->n_layer) status = multi_query(c);
    if (!status)
        status =
            heads_of_kind(c, "swa_num_attention_heads", RW_SAID_SLIDING, hp->n_head_q);
    if (!status)
        status =
            heads_of_kind(c, "swa_num_key_value_heads", RW_SAID_SLIDING, hp->n_head_kv);
    if (!status) /* Step 3.5 */
        status = heads_of_kind(c, "attention_other_setting.num_attention_heads",
                               RW_SAID_SLIDING, hp->n_head_q);
    if (!status)
        status = heads_of_kind(c, "attention_other_setting.num_attention_groups",
                               RW_SAID_SLIDING, hp->n_head_kv);
    if (!status && !rw_config_is_false(c, "attention_k_eq_v")) /* Gemma 4 */
        status =
            heads_of_kind(c, "num_global_key_value_heads", RW_SAID_FULL, hp->n_head_kv);
    return status;
}

/* Llama-Nemotron: block_configs[i].attention counts the query heads that share a key head, or says
 * null where a layer has no attention left. */
static ropewalk_status read_block_configs(rw_config *c)
{
    const json_t *list;
    rw_hparams *hp = c->hp;
    char key[96], item[128], path[192];
    ropewalk_status status = rw_config_layer_list(c, "block_configs", &list, key);
    if (status || !list || !hp->n_head_q || hp->n_head_kv) return status;
    hp->n_head_kv = rw_calloc(hp->n_layer, sizeof *hp->n_head_kv);
    if (!hp->said) hp->said = rw_calloc(hp->n_layer, 1);
    if (!hp->n_head_kv || !hp->said) return rw_fail_memory(c->err, "head counts");
    hp->head_array = true;
    memcpy(hp->key_head_kv, key, sizeof key);
    memcpy(hp->key_said, key, sizeof key);
    for (uint32_t i = 0; i < hp->n_layer && !status; i++) {
        const json_t *v =
            rw_config_in(json_array_get(list, i), "attention.n_heads_in_group");
        uint32_t group;
        rw_config_item_key(key, i, item);
        (void)snprintf(path, sizeof path, "%s.attention.n_heads_in_group", item);
        hp->said[i] = v ? RW_SAID_FULL : RW_SAID_NONE;
        if (v) status = rw_config_whole(c, v, path, 1, RW_CONFIG_MAX_N_HEAD, &group);
        if (v && !status)
            hp->n_head_kv[i] = hp->n_head_q[i] / group;
        else
            hp->n_head_q[i] = 0;
    }
    return status;
}

/* --- overrides ------------------------------------------------------------------------------- */

/* per_layer_config of transformers 5: objects by the number of a layer, "05". */
static ropewalk_status layer_number(const rw_config *c, const char *key, const char *name,
                                    uint32_t *layer)
{
    const size_t n = strlen(name);
    *layer = 0;
    for (size_t i = 0; i < n && n <= 6; i++)
        *layer = *layer * 10 + (uint32_t)(name[i] - '0');
    if (n && n <= 6 && strspn(name, "0123456789") == n && *layer < c->hp->n_layer)
        return ROPEWALK_OK;
    return rw_fail(c->err, ROPEWALK_E_FORMAT, 0,
                   "key %s has a member \"%.20s\", which is none of the %u layers", key,
                   name, (unsigned)c->hp->n_layer);
}

static ropewalk_status override_count(rw_config *c, const json_t *object,
                                      const char *name, const char *block, uint32_t layer,
                                      uint32_t *list)
{
    const json_t *v = rw_config_in(object, name);
    char key[192];
    if (!v || !list) return ROPEWALK_OK;
    (void)snprintf(key, sizeof key, "%s.%u.%s", block, (unsigned)layer, name);
    const uint32_t was = list[layer];
    const ropewalk_status status =
        rw_config_whole(c, v, key, 0, RW_CONFIG_MAX_N_HEAD, &list[layer]);
    c->hp->head_array = c->hp->head_array || list[layer] != was;
    return status;
}

static ropewalk_status override_dim(rw_config *c, const json_t *object, const char *block,
                                    uint32_t layer, uint32_t *dims, bool *found)
{
    const json_t *v = rw_config_in(object, "head_dim");
    char key[192];
    if (!v) return ROPEWALK_OK;
    *found = true;
    (void)snprintf(key, sizeof key, "%s.%u.head_dim", block, (unsigned)layer);
    const ropewalk_status status =
        rw_config_whole(c, v, key, 2, RW_CONFIG_MAX_DIM, &dims[layer]);
    if (status || dims[layer] % 2 == 0) return status;
    return rw_fail(c->err, ROPEWALK_E_FORMAT, 0,
                   "key %s is %u: it must be even, dimensions rotate in pairs", key,
                   (unsigned)dims[layer]);
}

/* The one head dimension of the layers of a kind; 0: there is none, or more than one. */
static uint32_t dim_of_kind(const rw_hparams *hp, const uint32_t *dims,
                            rw_layer_said said)
{
    uint32_t dim = 0;
    for (uint32_t i = 0; i < hp->n_layer; i++) {
        if (hp->said[i] != said) continue;
        if (dim && dims[i] != dim) return 0;
        dim = dims[i];
    }
    return dim;
}

/* Two kinds of layers with one head dimension each are what the vocabulary has words for; else
 * `dims` becomes the description's, one a layer. */
static uint32_t *take_dims(rw_config *c, uint32_t *dims, const char *block)
{
    rw_hparams *hp = c->hp;
    const uint32_t full = hp->said ? dim_of_kind(hp, dims, RW_SAID_FULL) : 0;
    const uint32_t sliding = hp->said ? dim_of_kind(hp, dims, RW_SAID_SLIDING) : 0;
    if (full && sliding) {
        rw_config_derive(c, RW_HP_HEAD_DIM, full, block, "of layers with full attention");
        rw_config_derive(c, RW_HP_HEAD_DIM_SLIDING, sliding, block, "of sliding layers");
        return dims;
    }
    rw_free(hp->head_dim_of);
    hp->head_dim_of = dims;
    return NULL;
}

static ropewalk_status read_overrides(rw_config *c)
{
    rw_hparams *hp = c->hp;
    const json_t *v = rw_config_get(c, "per_layer_config");
    char key[96];
    rw_config_key(c, "per_layer_config", key);
    if (!v) return ROPEWALK_OK;
    if (!json_is_object(v)) return rw_config_wrong(c, v, key, "an object");
    uint32_t *dims = rw_calloc(hp->n_layer, sizeof *dims);
    if (!dims) return rw_fail_memory(c->err, "head dimensions of layers");
    for (uint32_t i = 0; i < hp->n_layer; i++) {
        const bool slides = hp->said && hp->said[i] == RW_SAID_SLIDING &&
                            hp->v[RW_HP_HEAD_DIM_SLIDING].known;
        const rw_hvalue *own = &hp->v[slides ? RW_HP_HEAD_DIM_SLIDING : RW_HP_HEAD_DIM];
        dims[i] = own->known ? (uint32_t)own->num : 0;
    }
    json_t *o = (json_t *)(uintptr_t)v, *object; /* jansson's iterator is not const */
    const char *name;
    bool found = false;
    ropewalk_status status = ROPEWALK_OK;
    json_object_foreach (o, name, object) {
        uint32_t i;
        status = layer_number(c, key, name, &i);
        if (!status)
            status =
                override_count(c, object, "num_attention_heads", key, i, hp->n_head_q);
        if (!status)
            status =
                override_count(c, object, "num_key_value_heads", key, i, hp->n_head_kv);
        if (!status) status = override_dim(c, object, key, i, dims, &found);
        if (status) break;
    }
    if (!status && found) dims = take_dims(c, dims, key);
    rw_free(dims);
    return status;
}

ropewalk_status rw_config_heads(rw_config *c)
{
    ropewalk_status status = read_all_heads(c);
    if (!status && c->hp->n_layer) status = read_block_configs(c);
    if (!status && c->hp->n_layer) status = read_overrides(c);
    return status;
}
