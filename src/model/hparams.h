/* hparams.h - one vocabulary over the keys of a GGUF file, each value with the key it came
 * from. What a file does not say stays unknown: nothing is assumed here. */
#ifndef RW_MODEL_HPARAMS_H
#define RW_MODEL_HPARAMS_H
#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

/* Names are those of docs/glossary.md; the GGUF keys stand in hparams.c. */
typedef enum rw_hparam {
    RW_HP_N_LAYER,
    RW_HP_CONTEXT_LENGTH,
    RW_HP_EMBEDDING_LENGTH,
    RW_HP_HEAD_DIM,
    RW_HP_HEAD_DIM_MLA,
    RW_HP_HEAD_DIM_SLIDING,
    RW_HP_ROTARY_DIM,
    RW_HP_ROTARY_DIM_SLIDING,
    RW_HP_ROPE_THETA,
    RW_HP_ROPE_THETA_SLIDING,
    RW_HP_FACTOR,
    RW_HP_FACTOR_LEGACY,
    RW_HP_ATTN_FACTOR,
    RW_HP_ORIGINAL_CONTEXT_LENGTH,
    RW_HP_YARN_LOG_MULTIPLIER,
    RW_HP_YARN_EXT_FACTOR,
    RW_HP_YARN_ATTN_FACTOR,
    RW_HP_YARN_BETA_FAST,
    RW_HP_YARN_BETA_SLOW,
    RW_HP_WINDOW,
    RW_HP_SOFTMAX_SCALE,
    RW_HP_FULL_ATTENTION_INTERVAL,
    RW_N_HPARAM
} rw_hparam;

typedef struct rw_hvalue {
    bool known;
    double num;   /* NaN when unknown; integers of the vocabulary are exact */
    char key[96]; /* as in the file; set when unknown too, for messages */
} rw_hvalue;

typedef struct rw_hparams {
    char *file, *name; /* owned; name may be NULL */
    char architecture[40];
    const char *dtype; /* type of most weights; NULL: no tensors */
    rw_hvalue v[RW_N_HPARAM];
    uint32_t n_layer;

    /* Per layer, owned; NULL when the file does not say. A scalar is spread over all layers. */
    uint32_t *n_head_q, *n_head_kv;
    bool head_array; /* head counts differ by layer: 0 then means no such heads */
    char key_head_q[96], key_head_kv[96];
    uint8_t *sliding; /* 1: the file says the layer slides; NULL: not said per layer */
    uint32_t window_period; /* attention.sliding_window_pattern as one number */
    bool window_period_known;
    char key_window_pattern[96];

    char scaling_type[24]; /* rope.scaling.type, "" when absent */
    char key_scaling_type[96];

    double *divisor; /* rope_freqs.weight, owned */
    uint32_t n_divisor;
    uint32_t n_long,
        n_short; /* values in rope_factors_long.weight and _short; 0: absent */
} rw_hparams;

void rw_hparams_init(rw_hparams *hp);
void rw_hparams_clear(rw_hparams *hp);

/** Read the keys of a GGUF file (the first of a split set). Values outside any sense are
 *  E_FORMAT naming the key. `hp` is empty on failure. */
ropewalk_status rw_hparams_read_gguf(const char *path, rw_hparams *hp,
                                     ropewalk_error *err);

/** Our name of a value, as in reports: "rope_theta". */
const char *rw_hparam_name(rw_hparam which);
#endif
