/* json.h - a thin layer over jansson: hardened parsing, typed getters that say which key
 * is wrong, and a writer that prints shortest round-trip numbers and never NaN. */
#ifndef RW_BASE_JSON_H
#define RW_BASE_JSON_H
#include <jansson.h>

#include "base/text.h"

/** Parse one JSON document. Refuses duplicate keys, nesting beyond 64 levels and NUL bytes in keys.
 *  @param what  names the document in the error message ("capture metadata").
 *  @param out   receives a new reference, or NULL. */
ropewalk_status rw_json_parse(const char *bytes, size_t n_byte, const char *what,
                              json_t **out, ropewalk_error *err);

/** The same with every number a real: integers of any size are accepted, those beyond 2^53
 *  rounded. */
ropewalk_status rw_json_parse_real(const char *bytes, size_t n_byte, const char *what,
                                   json_t **out, ropewalk_error *err);

/** A number, or null when the value is NaN or infinite: "no answer" is never 0. */
json_t *rw_json_f64(double value);
/** The same, rounded to 9 significant digits: for measured statistics whose last bits may
 *  depend on the instruction set, so that documents do not. */
json_t *rw_json_f64_9(double value);
json_t *rw_json_f64_12(double value); /* likewise, 12 digits: for predictions */
json_t *
rw_json_str(const char *s); /* invalid UTF-8 bytes become U+FFFD; NULL gives null */

/** Put `value` (consumed) into *obj or at the end of *array. These latch: after a failure, or a
 *  NULL value, the target is released and NULL, and further values are dropped, so that a document
 *  is built without a test a line and tested once. */
void rw_json_set(json_t **obj, const char *key, json_t *value);
void rw_json_add(json_t **array, json_t *value);

/** Append `doc` as text. indent 0 writes one line; otherwise objects and arrays of objects are
 *  broken over lines. Key order is insertion order. A failed allocation latches in `t`. */
void rw_json_write(const json_t *doc, int indent, rw_text *t);

/* Typed getters: E_FORMAT naming the key when it is absent or of another type. */
ropewalk_status rw_json_get_str(const json_t *obj, const char *key, const char **out,
                                ropewalk_error *err);
ropewalk_status rw_json_get_f64(const json_t *obj, const char *key, double *out,
                                ropewalk_error *err);
ropewalk_status rw_json_get_int(const json_t *obj, const char *key, int64_t lo,
                                int64_t hi, int64_t *out, ropewalk_error *err);
ropewalk_status rw_json_get_array(const json_t *obj, const char *key, const json_t **out,
                                  ropewalk_error *err);
#endif
