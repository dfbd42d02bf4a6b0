/* inspect_json.h - a model description as the JSON of `inspect --json` (docs/formats.md). */
#ifndef RW_REPORT_INSPECT_JSON_H
#define RW_REPORT_INSPECT_JSON_H
#include <jansson.h>

#include "result/model_info.h"

/* Each returns a new reference, or NULL when memory ran out. Unknown numbers are null. */

/** {model, rotations, layers, provenance, warnings}, without schema_version and tool. */
json_t *rw_inspect_json(const rw_model_info *info);

/** {"source", "architecture", "n_layer", ...}. */
json_t *rw_model_json(const rw_model_info *info);
/** One element of `rotations`. */
json_t *rw_rotation_info_json(const rw_rotation_info *rotation);
/** The array `rotations`. */
json_t *rw_rotations_json(const rw_model_info *info);
/** The array `layers`. */
json_t *rw_layers_json(const rw_model_info *info);
#endif
