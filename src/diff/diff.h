/* diff.h - descriptions and engines side by side: sides go into tables, tables are aligned layer
 * by layer, and what differs is judged. */
#ifndef RW_DIFF_DIFF_H
#define RW_DIFF_DIFF_H
#include "format/qkfile.h"
#include "model/engine.h"
#include "model/hparams.h"
#include "result/model_diff.h"

typedef struct rw_diff_use {
    int64_t target_context;  /* served; 0: the larger advertised context */
    const int64_t *position; /* where phases are compared */
    size_t n_position;       /* 0: 4096, 32768, the advertised and the target context */
    bool changed;            /* the first description is not as its file has it */
} rw_diff_use;

/** Two descriptions of one model; of a config.json and a GGUF also what the converter would have
 *  written for the config.json. `out` is initialised by the caller and cleared by it, also after
 *  a failure. */
ropewalk_status rw_diff_descriptions(const rw_hparams *a, const rw_hparams *b,
                                     const rw_diff_use *use, rw_model_diff *out,
                                     ropewalk_error *err);
/** One description under several engines, the first of which is the reference. Where a table
 *  depends on the tokens so far, also at the length of a short prompt. */
ropewalk_status rw_diff_engines(const rw_hparams *a, const rw_engine *const *engine,
                                size_t n_engine, const rw_diff_use *use,
                                rw_model_diff *out, ropewalk_error *err);
/** What llama.cpp's rules say of a description against what a capture says was executed. */
ropewalk_status rw_diff_executed(const rw_hparams *a, const rw_qkfile *capture,
                                 const char *name, const rw_diff_use *use,
                                 rw_model_diff *out, ropewalk_error *err);

/* --- parts, for the files of this room and their tests ------------------------------------- */

/* What a side is described from. */
typedef struct rw_diff_subject {
    const char *label;       /* "A"; NULL: the engine's name */
    const rw_hparams *hp;    /* as written */
    const rw_engine *engine; /* NULL: the one the file kind belongs to */
    int64_t context, length; /* as in rw_model_use */
    bool changed;            /* not as the file has it: a user gave values */
    bool required; /* a description that cannot be made is a failure, not an absence */
} rw_diff_subject;

/** Add a side to a table: what the engine makes of the file, through llama.cpp's converter where
 *  it reads GGUF alone. Where it cannot, the side says why and has no description. */
ropewalk_status rw_diff_add_side(rw_diff_table *table, const rw_diff_subject *subject,
                                 ropewalk_error *err);
/** A new table without sides; NULL when there are too many. */
rw_diff_table *rw_diff_add_table(rw_model_diff *out, rw_diff_kind kind);
/** Group the layers of the table's sides and contrast every side with side 0. */
ropewalk_status rw_diff_align(rw_model_diff *out, rw_diff_table *table,
                              ropewalk_error *err);
/** Positions to compare phases at: those of `use`, else the default ones with the lengths given
 *  (0: unknown). E_ARGUMENT for one outside [1, 2^31] or too many. */
ropewalk_status rw_diff_positions(rw_model_diff *out, const rw_diff_use *use,
                                  int64_t advertised, int64_t target, int64_t brief,
                                  ropewalk_error *err);
/** Findings and the verdict, from all tables. */
ropewalk_status rw_diff_judge(rw_model_diff *out, ropewalk_error *err);
#endif
