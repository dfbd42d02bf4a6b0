/* model_path.h - a PATH of the public interface, of any kind, to a description. */
#ifndef RW_API_MODEL_PATH_H
#define RW_API_MODEL_PATH_H
#include "model/hparams.h"

/** Read what `path` names: a GGUF file (the first of a split set), a config.json, a folder with
 *  one, an http(s) address of either (only the header is fetched), or "model:NAME".
 *  @param hf_overrides  JSON object merged over a config.json; E_ARGUMENT on GGUF; may be NULL.
 *  @param rope          replaces what the file says, where given; may be NULL.
 *  @param run           its progress function may stop a transfer; may be NULL.
 *  @return OK, E_ARGUMENT, E_IO, E_FORMAT, E_UNSUPPORTED, E_MEMORY, E_INTERRUPTED. `out` is
 *          empty on failure; release it with rw_hparams_clear(). What was given is told apart in
 *          provenance by rw_note_overrides() of model/override.h. */
ropewalk_status rw_path_read(const char *path, const char *hf_overrides,
                             const ropewalk_rope *rope, const ropewalk_run *run,
                             rw_hparams *out, ropewalk_error *err);
#endif
