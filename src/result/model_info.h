/* model_info.h - what is known of a model's positions: plain data, each value with its source. */
#ifndef RW_RESULT_MODEL_INFO_H
#define RW_RESULT_MODEL_INFO_H
#include <stdint.h>

#include "base/status.h"

typedef enum rw_attention {
    RW_ATTENTION_FULL,
    RW_ATTENTION_SLIDING,
    RW_ATTENTION_CHUNKED,
    RW_ATTENTION_LINEAR, /* recurrent or linear attention: no softmax over positions */
    RW_ATTENTION_NONE,
} rw_attention;

typedef struct rw_parameter { /* of a mechanism, as resolved: "factor" = 8 */
    char name[48];
    double value;
} rw_parameter;

/* One distinct rotation; layers refer to it by index. */
typedef struct rw_rotation_info {
    char mechanism[24];
    uint32_t rotary_dim;
    double rope_theta; /* NaN: unknown */
    double attn_factor;
    double softmax_scale; /* s of theory.md; NaN: unknown */
    int interleaved;      /* pair layout in THIS file kind */
    double *inv_freq; /* rotary_dim / 2, after scaling; NULL when rope_theta is unknown */
    rw_parameter *parameters;
    uint32_t n_parameter;
} rw_rotation_info;

typedef struct rw_layer_info {
    uint32_t layer;
    rw_attention attention;
    int64_t window;   /* tokens; 0: none */
    int32_t rotation; /* index into rotations, -1 for a layer without RoPE */
    uint32_t head_dim, n_head_q, n_head_kv;
} rw_layer_info;

typedef struct rw_provenance {
    char *value, *file, *key, *note; /* file and key may be NULL; all owned */
} rw_provenance;

typedef struct rw_model_info {
    char *source, *name, *architecture,
        *dtype; /* owned; dtype is the file's main weight type */
    uint32_t n_layer;
    int64_t context_length;          /* advertised; 0: unknown */
    int64_t original_context_length; /* trained before scaling; 0: not stated */
    rw_rotation_info *rotations;
    uint32_t n_rotation;
    rw_layer_info *layers;
    rw_provenance *provenance;
    uint32_t n_provenance;
    char **warnings;
    uint32_t n_warning;
} rw_model_info;

void rw_model_info_init(rw_model_info *info);
void rw_model_info_clear(rw_model_info *info);
/** Append one provenance row; strings are copied. */
ropewalk_status rw_model_info_note(rw_model_info *info, const char *value,
                                   const char *file, const char *key, const char *note,
                                   ropewalk_error *err);
ropewalk_status rw_model_info_warn(rw_model_info *info, ropewalk_error *err,
                                   const char *fmt, ...) RW_PRINTF(3, 4);
const char *rw_attention_name(rw_attention attention); /* "full", "sliding", ... */
#endif
