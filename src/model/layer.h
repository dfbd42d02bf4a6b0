/* layer.h - per-layer shape and rotation: what each layer of a model does with positions. */
#ifndef RW_MODEL_LAYER_H
#define RW_MODEL_LAYER_H
#include "model/arch.h"
#include "model/hparams.h"
#include "result/model_info.h"

/** Fill info->layers and info->rotations, with provenance and warnings for what they rest on.
 *  Contradictions are E_FORMAT naming the key. On failure `info` is partly filled: the caller
 *  clears it. */
ropewalk_status rw_layers_build(const rw_hparams *hp, const rw_arch *arch,
                                rw_model_info *info, ropewalk_error *err);

/** A provenance row for a value with a key; `note` may be NULL. */
ropewalk_status rw_note_key(rw_model_info *info, const rw_hparams *hp, const char *value,
                            const char *key, const char *note, ropewalk_error *err);
#endif
