/* layer.h - from hyper-parameters to layers: the state that the parts of a description share. */
#ifndef RW_MODEL_LAYER_H
#define RW_MODEL_LAYER_H
#include "model/arch.h"
#include "model/engine.h"
#include "model/hparams.h"
#include "result/model_info.h"

/* A description in the making. */
typedef struct rw_builder {
    const rw_hparams *hp;
    const rw_arch *arch;
    const rw_engine *engine;
    rw_model_info *info;
    ropewalk_error *err;
    int64_t context, length; /* served, and so far; 0: unknown */
    bool converted;          /* hp is what llama.cpp's converter makes of a config.json */

    /* Found by layer.c. */
    int64_t window;   /* tokens on sliding layers; 0: no layer slides */
    uint32_t period;  /* of full layers, when no layer's kind is said */
    bool always_rope; /* llama4 without a window rotates every layer */

    /* Found by shape.c, by class of layers. */
    uint32_t head_dim[RW_N_LAYER_CLASS], rotary_dim[RW_N_LAYER_CLASS];
    bool dim_unknown; /* of the rotated part: no frequencies */

    /* Rotations built so far, and what each was built from (rotate.c); owned. */
    struct rw_made *made;
    uint32_t n_made;
} rw_builder;

/** Fill info->layers and info->rotations, with provenance, problems and warnings for what they
 *  rest on. On failure the info is partly filled: the caller clears it. */
ropewalk_status rw_layers_build(rw_builder *b);

/* Parts of it. */

/** head_dim and rotary_dim of both classes (shape.c). */
ropewalk_status rw_shape_find(rw_builder *b);
/** Heads of the first layer that has any; 0: none. */
uint32_t rw_shape_n_head(const rw_hparams *hp);
/** head_dim of one layer. */
uint32_t rw_shape_head_dim(const rw_builder *b, rw_layer_class class, uint32_t layer);
/** The rotation of a layer, as an index into info->rotations, -1 when nothing of it rotates; an
 *  equal one is found again (rotate.c). */
ropewalk_status rw_rotate(rw_builder *b, rw_layer_class class, uint32_t layer,
                          int32_t *index);

/* Provenance. A value that is there already stays: the first source wins. */

/** A row for a value with a key; `note` may be NULL. */
ropewalk_status rw_note_key(rw_builder *b, const char *value, const char *key,
                            const char *note);
/** The key and derivation of a hyper-parameter; nothing when it is unknown. */
ropewalk_status rw_note_known(rw_builder *b, rw_hparam which, const char *value,
                              const char *note);
/** A value that no key says. */
ropewalk_status rw_note_assumed(rw_builder *b, const char *value, const char *note);
/** A problem, once however many layers have it. */
ropewalk_status rw_note_problem(rw_builder *b, rw_problem_code code, const char *what,
                                const char *key, const char *fmt, ...) RW_PRINTF(5, 6);

/** A warning, once. */
ropewalk_status rw_note_warn(rw_builder *b, const char *fmt, ...) RW_PRINTF(2, 3);

double rw_value_or(const rw_hparams *hp, rw_hparam which, double fallback);
#endif
