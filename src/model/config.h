/* config.h - a config.json being read: the parts of its reader share this. */
#ifndef RW_MODEL_CONFIG_H
#define RW_MODEL_CONFIG_H
#include <jansson.h>

#include "model/hparams.h"

enum {
    RW_CONFIG_MAX_N_LAYER = 100000,
    RW_CONFIG_MAX_N_HEAD = 65536,
    RW_CONFIG_MAX_DIM = 4096,
};

typedef struct rw_config {
    const json_t *root, *text; /* the whole, and the object about the language model */
    char prefix[48];           /* of the latter's keys: "text_config.", "" at the top */
    rw_hparams *hp;
    ropewalk_error *err;
} rw_config;

/* --- looking up: `name` may have dots, "attn_config.rope_theta"; null counts as absent --- */

const json_t *rw_config_in(const json_t *object, const char *name);
/** In the language model's object. */
const json_t *rw_config_get(const rw_config *c, const char *name);
/** A member of it that is true; false, too, when it is absent or no flag. */
bool rw_config_is_true(const rw_config *c, const char *name);
bool rw_config_is_false(const rw_config *c, const char *name);
/** The full key of a name of the language model's object. */
void rw_config_key(const rw_config *c, const char *name, char key[96]);

/* --- values: E_FORMAT naming the key ------------------------------------------------------ */

/** "key K is a string, where a number is needed" */
ropewalk_status rw_config_wrong(const rw_config *c, const json_t *v, const char *key,
                                const char *want);
/** A finite number. */
ropewalk_status rw_config_number(const rw_config *c, const json_t *v, const char *key,
                                 double *out);
/** A whole number in [lo, hi]. */
ropewalk_status rw_config_whole(const rw_config *c, const json_t *v, const char *key,
                                uint32_t lo, uint32_t hi, uint32_t *out);
/** true, false, 1 or 0. */
ropewalk_status rw_config_flag(const rw_config *c, const json_t *v, const char *key,
                               bool *out);
/** A text of at most cap - 1 bytes. */
ropewalk_status rw_config_text(const rw_config *c, const json_t *v, const char *key,
                               char *out, size_t cap);
/** A value of the vocabulary, in its range; one that is known already is replaced. */
ropewalk_status rw_config_take(rw_config *c, rw_hparam which, const json_t *v,
                               const char *key);
/** A derived value of the vocabulary: known, with its key and note. */
void rw_config_derive(rw_config *c, rw_hparam which, double num, const char *key,
                      const char *note);

/* --- parts -------------------------------------------------------------------------------- */

/** Scaling blocks, and the values that stand in them (rope_block.c). */
ropewalk_status rw_config_blocks(rw_config *c);
/** What is said of single layers: kinds and schedules (config_layers.c). */
ropewalk_status rw_config_layers(rw_config *c);
/** Head counts, and head dimensions of single layers; after the kinds (config_heads.c). */
ropewalk_status rw_config_heads(rw_config *c);
/** A list with one value a layer, and its key; *out is NULL when it is absent or empty. */
ropewalk_status rw_config_layer_list(const rw_config *c, const char *name,
                                     const json_t **out, char key[96]);
/** "key[i]" */
void rw_config_item_key(const char *key, size_t i, char out[128]);
/** What a word of layer_types means; NOTHING for one that nobody knows. */
rw_layer_said rw_config_kind(const char *name);
/** What the headers of the safetensors files beside it say (config_weights.c): the type of most
 *  weights, and the rows of layer 0's projections. */
ropewalk_status rw_config_weights(const char *folder, rw_hparams *hp,
                                  ropewalk_error *err);
#endif
