/* model.h - a model file opened and understood: everything about its positions. */
#ifndef RW_MODEL_MODEL_H
#define RW_MODEL_MODEL_H
#include "model/engine.h"
#include "model/hparams.h"
#include "result/model_info.h"

/* Under which conditions a description is turned into tables. Zero: the defaults. */
typedef struct rw_model_use {
    const rw_engine *engine; /* NULL: llama.cpp for GGUF, transformers for config.json */
    int64_t context;         /* tokens served (allocated); 0: the advertised context */
    int64_t length; /* tokens so far, for tables that grow; 0: as many as served */
} rw_model_use;

/** What each layer does with positions, under an engine's rules. Contradictions and unknowns
 *  are problems and warnings in *out, with unknown frequencies where need be; failures are
 *  E_MEMORY and E_ARGUMENT (a context or length outside [0, 2^31]), and E_FORMAT for what makes
 *  no layer at all. `out` is empty on failure; release it with rw_model_info_clear(). */
ropewalk_status rw_model_describe(const rw_hparams *hp, const rw_model_use *use,
                                  rw_model_info *out, ropewalk_error *err);

/** The GGUF description that llama.cpp's converter writes for a config.json (model/convert.c
 *  states the version it was read from). Provenance keeps the config's keys. */
ropewalk_status rw_model_convert(const rw_hparams *config, rw_hparams *gguf,
                                 ropewalk_error *err);

/** Read a GGUF file's header (the first of a split set) and describe its positions.
 *  @param target_context  tokens the caller means to use, 0 for the advertised context.
 *  @param out  filled; empty on failure. Release it with rw_model_info_clear().
 *  @return OK, E_IO, E_FORMAT (a key is malformed or contradicts another), E_UNSUPPORTED (a
 *          version or kind of GGUF that cannot be read), E_ARGUMENT (target_context below 0 or
 *          above 2^31), E_MEMORY. An unknown architecture or scaling is a warning, not a failure. */
ropewalk_status rw_model_open_gguf(const char *path, int64_t target_context,
                                   rw_model_info *out, ropewalk_error *err);
#endif
