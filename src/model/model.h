/* model.h - a model file opened and understood: everything about its positions. */
#ifndef RW_MODEL_MODEL_H
#define RW_MODEL_MODEL_H
#include "result/model_info.h"

/** Read a GGUF file's header (the first of a split set) and describe its positions.
 *  @param target_context  tokens the caller means to use, 0 for the advertised context.
 *  @param out  filled; empty on failure. Release it with rw_model_info_clear().
 *  @return OK, E_IO, E_FORMAT (a key is malformed or contradicts another), E_UNSUPPORTED (a
 *          version or kind of GGUF that cannot be read), E_ARGUMENT (target_context below 0 or
 *          above 2^31), E_MEMORY. An unknown architecture or scaling is a warning, not a failure. */
ropewalk_status rw_model_open_gguf(const char *path, int64_t target_context,
                                   rw_model_info *out, ropewalk_error *err);
#endif
