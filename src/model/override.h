/* override.h - what a user puts in the place of what a file says, before layers are built. */
#ifndef RW_MODEL_OVERRIDE_H
#define RW_MODEL_OVERRIDE_H
#include "base/text.h"
#include "model/hparams.h"
#include "result/model_info.h"

/** Replace in `hp` what `rope` gives, in either kind of file; NaN and NULL leave a value as it
 *  is. A base holds for every layer that has none of its own; a scaling for the layers that the
 *  file's own scaling is for. Another type than the file's keeps only its factor and original
 *  context; a factor without any type is linear, as in llama.cpp.
 *  @return OK; E_ARGUMENT naming the option: a value outside its range, or one that this kind of
 *          file has no place for; E_MEMORY. `hp` then is partly changed: clear it. */
ropewalk_status rw_hparams_override(rw_hparams *hp, const ropewalk_rope *rope,
                                    ropewalk_error *err);

/** A config.json with a JSON object merged over it (RFC 7386: objects member by member, null
 *  removes), as text in `out`, empty on failure. E_ARGUMENT when `overrides` is no object,
 *  E_FORMAT naming `name` when `config` is none. */
ropewalk_status rw_config_merge(const char *config, size_t n_byte, const char *name,
                                const char *overrides, rw_text *out, ropewalk_error *err);

/** Say in the provenance of a description which values were given by the two functions above.
 *  @param hf_overrides  what was merged, or NULL. */
ropewalk_status rw_note_overrides(rw_model_info *info, const char *hf_overrides,
                                  ropewalk_error *err);
#endif
