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
    uint32_t
        rotary_offset; /* first rotated dimension of a head: 0 but for latent attention */
    uint32_t section[4]; /* pairs an axis of M-RoPE, all 0: one axis */
    int section_interleaved;
    double *inv_freq; /* rotary_dim / 2, after scaling; NULL when rope_theta is unknown */
    rw_parameter *parameters;
    uint32_t n_parameter;
} rw_rotation_info;

/* Why frequencies, or a fact they rest on, are not what a reader expects: for lint, which must
 * not read sentences. */
typedef enum rw_problem_code {
    RW_PROBLEM_SCALING_UNKNOWN, /* what: the type */
    RW_PROBLEM_SCALING_TYPES,   /* rope_type and type disagree; what: "yarn, linear" */
    RW_PROBLEM_SCALING_NO_TYPE, /* a scaling block without a type */
    RW_PROBLEM_PARAMETER, /* missing, out of range, of the wrong count; what: our name */
    RW_PROBLEM_PARAMETER_UNUSED, /* the mechanism has no such parameter; what: the file's word */
    RW_PROBLEM_THETA_UNKNOWN,
    RW_PROBLEM_ARCH_UNKNOWN,
    RW_PROBLEM_HEAD_DIM, /* two statements of it differ, or they do not divide */
    RW_PROBLEM_NOT_RUN,  /* the engine does not run this: what says what */
} rw_problem_code;

typedef struct rw_problem {
    rw_problem_code code;
    char what[64];
    char *key, *message; /* owned; key may be NULL */
} rw_problem;

/* How a model tells positions apart. */
typedef enum rw_positions {
    RW_POSITIONS_ROPE,
    RW_POSITIONS_ALIBI,
    RW_POSITIONS_LEARNED,
    RW_POSITIONS_NONE,    /* by the causal mask, or by recurrence, alone */
    RW_POSITIONS_UNKNOWN, /* an architecture nobody knows, and no key of RoPE */
} rw_positions;

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
    rw_problem *problems;
    uint32_t n_problem;
    rw_positions positions;
    const char *engine;      /* whose rules were applied; static */
    int64_t context, length; /* what the tables were made for; 0: unknown */
} rw_model_info;

void rw_model_info_init(rw_model_info *info);
void rw_model_info_clear(rw_model_info *info);
/** The layer that speaks for the model: one that rotates, and attends to everything if any does;
 *  NULL when nothing attends. */
const rw_layer_info *rw_model_info_speaker(const rw_model_info *info);
/** Append one provenance row; strings are copied. */
ropewalk_status rw_model_info_note(rw_model_info *info, const char *value,
                                   const char *file, const char *key, const char *note,
                                   ropewalk_error *err);
ropewalk_status rw_model_info_warn(rw_model_info *info, ropewalk_error *err,
                                   const char *fmt, ...) RW_PRINTF(3, 4);
/** Append a problem and the same sentence as a warning. `key` may be NULL. */
ropewalk_status rw_model_info_problem(rw_model_info *info, rw_problem_code code,
                                      const char *what, const char *key,
                                      ropewalk_error *err, const char *fmt, ...)
    RW_PRINTF(6, 7);
const char *rw_problem_name(rw_problem_code code);     /* "scaling_unknown", ... */
const char *rw_attention_name(rw_attention attention); /* "full", "sliding", ... */
const char *rw_positions_name(
    rw_positions positions); /* "rope", "alibi", "learned", "none", "unknown" */
#endif
