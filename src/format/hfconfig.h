/* hfconfig.h - the text of a config.json as a tree: limits, and Python's bare NaN. */
#ifndef RW_FORMAT_HFCONFIG_H
#define RW_FORMAT_HFCONFIG_H
#include <stdbool.h>
#include <stddef.h>

#include "base/json.h"
#include "format/limits.h"

/** Parse one config.json, which must hold an object. Python's bare NaN, Infinity and -Infinity
 *  are kept as values that are no numbers (rw_hfconfig_not_finite), so that they do no harm where
 *  nobody uses them; every number is a real.
 *  @param name  stands for the file in messages.
 *  @param out   receives a new reference, or NULL.
 *  @return OK, E_MEMORY, E_FORMAT (err->offset is the byte): malformed, not an object, duplicate
 *          keys, too deep, or beyond the limits of format/limits.h. */
ropewalk_status rw_hfconfig_parse(const char *bytes, size_t n_byte, const char *name,
                                  json_t **out, ropewalk_error *err);

/** Whether the value stands where the file has a bare NaN or Infinity. */
bool rw_hfconfig_not_finite(const json_t *value);
/** What a value is, for messages: "a string", "NaN or infinite". */
const char *rw_hfconfig_kind(const json_t *value);
#endif
