/* inspect_json.h - a model description as the JSON of `inspect --json` (docs/formats.md). */
#ifndef RW_REPORT_INSPECT_JSON_H
#define RW_REPORT_INSPECT_JSON_H
#include <jansson.h>

#include "result/model_info.h"
#include "result/precision_table.h"

/* What `inspect` shows. */
typedef struct rw_inspect_view {
    const rw_model_info *info;
    const char *engine_version;          /* of info->engine; NULL: unknown */
    const rw_precision_table *precision; /* NULL: not asked for */
    uint64_t n_byte_read;                /* of an address; 0: a local file */
} rw_inspect_view;

/* Each returns a new reference, or NULL when memory ran out. Unknown numbers are null. */

/** All of it, without schema_version and tool. */
json_t *rw_inspect_json(const rw_inspect_view *view);
/** {model, rotations, layers, provenance, warnings}: what an audit has too. */
json_t *rw_description_json(const rw_model_info *info);

/** {"source", "architecture", "n_layer", ...}. */
json_t *rw_model_json(const rw_model_info *info);
/** One element of `rotations`. */
json_t *rw_rotation_info_json(const rw_rotation_info *rotation);
/** The array `rotations`. */
json_t *rw_rotations_json(const rw_model_info *info);
/** The array `layers`. */
json_t *rw_layers_json(const rw_model_info *info);
#endif
