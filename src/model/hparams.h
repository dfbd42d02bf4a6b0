/* hparams.h - one vocabulary over GGUF keys and config.json, each value with the key it came
 * from. What a file does not say stays unknown: nothing is assumed here. */
#ifndef RW_MODEL_HPARAMS_H
#define RW_MODEL_HPARAMS_H
#include <stdbool.h>
#include <stdint.h>

#include "base/source.h"
#include "base/status.h"

typedef enum rw_file_kind { RW_FILE_GGUF, RW_FILE_CONFIG } rw_file_kind;

/* Layers come in at most two classes that may rotate differently. */
typedef enum rw_layer_class {
    RW_LAYERS_FULL,
    RW_LAYERS_SLIDING,
    RW_N_LAYER_CLASS
} rw_layer_class;

/* Names are those of docs/glossary.md; the GGUF keys stand in hparams_gguf.c. */
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
    /* config.json alone */
    RW_HP_PARTIAL_FACTOR, /* partial_rotary_factor, rotary_pct */
    RW_HP_PARTIAL_FACTOR_SLIDING,
    RW_HP_NOPE_DIM_MLA, /* qk_nope_head_dim */
    RW_HP_ROPE_DIM_MLA, /* qk_rope_head_dim */
    RW_HP_ROPE_RATIO,   /* chatglm: the base is 10000 times this */
    RW_HP_QUERY_SCALAR, /* query_pre_attn_scalar: softmax scale is its inverse root */
    RW_HP_USE_WINDOW,   /* use_sliding_window: 0 or 1 */
    RW_HP_MAX_WINDOW_LAYERS,
    RW_HP_CHUNK,           /* attention_chunk_size */
    RW_HP_NOPE_PERIOD,     /* no_rope_layer_interval */
    RW_HP_ALIBI,           /* 0 or 1 */
    RW_HP_ROPE_INTERLEAVE, /* rope_interleave, 0 or 1 */
    RW_HP_TEMPERATURE, /* attention scaled with the position: llama_4_scaling_beta, attn_scale */
    RW_HP_DUAL_CHUNK,         /* dual_chunk_attention_config.chunk_size */
    RW_HP_TEMPERATURE_LENGTH, /* tokens from which RW_HP_TEMPERATURE acts */
    RW_HP_SCALING_ALPHA,      /* rope.scaling.alpha: the base is raised by it */
    RW_HP_FINETUNED, /* rope.scaling.finetuned, 0 or 1: to granite, whether RoPE is used */
    RW_HP_N_SHARED_KV,           /* last layers that use the keys of earlier ones */
    RW_HP_ROPE_THETA_COMPRESSED, /* base of compressed keys, deepseek4 */
    RW_N_HPARAM
} rw_hparam;

typedef struct rw_hvalue {
    bool known;
    double num;    /* NaN when unknown; integers of the vocabulary are exact */
    char key[96];  /* as in the file; set when unknown too, for messages */
    char note[96]; /* how it was derived, "" when it stands there as it is */
} rw_hvalue;

typedef enum rw_setting_kind {
    RW_SETTING_NUMBER,
    RW_SETTING_FLAG, /* num is 0 or 1 */
    RW_SETTING_LIST, /* of numbers */
    RW_SETTING_TEXT,
    RW_SETTING_NULL,
} rw_setting_kind;

/* One member of a scaling block, under the file's own word. */
typedef struct rw_file_setting {
    char name[48]; /* "factor" */
    char key[96];  /* "text_config.rope_scaling.factor" */
    rw_setting_kind kind;
    double num;     /* NaN unless a number or flag */
    double *values; /* owned; NULL unless a list */
    uint32_t n_value;
    char text[48];
} rw_file_setting;

/* What a file says about the scaling of one class of layers. Only config.json fills these. */
typedef struct rw_rope_block {
    bool present;  /* a rope_scaling or rope_parameters object stands there */
    bool is_null;  /* nested blocks, and null stands for this class: it does not rotate */
    char key[96];  /* of the object: "text_config.rope_parameters.full_attention" */
    char type[48]; /* rope_type, else type; "" when neither stands there */
    char key_type[96];
    char type_other[48]; /* type, where rope_type stands there too and says another */
    rw_file_setting *settings; /* owned; everything but type, base and partial factor */
    uint32_t n_setting;
} rw_rope_block;

/* What a file says about the kind of one layer. */
typedef enum rw_layer_said {
    RW_SAID_NOTHING,
    RW_SAID_FULL,
    RW_SAID_SLIDING,
    RW_SAID_CHUNKED,
    RW_SAID_LINEAR, /* recurrent, state space, linear attention */
    RW_SAID_NONE,   /* no attention: a feed-forward layer of a hybrid */
} rw_layer_said;

/* What another kind of file cannot say: a setting of the config that its conversion drops. */
typedef struct rw_lost_setting {
    char key[96]; /* as in the config */
    char why[160];
} rw_lost_setting;

typedef struct rw_hparams {
    rw_file_kind kind;
    char *file, *name;           /* owned; name may be NULL */
    char architecture[40];       /* general.architecture, or the innermost model_type */
    char outer_architecture[40]; /* model_type around a text_config, "" when none */
    char transformers_version[24];
    rw_rope_block block
        [RW_N_LAYER_CLASS]; /* the same object twice where the file has one for all */
    bool nested_blocks;     /* rope_parameters by layer type */
    bool era_4, era_5;      /* rope_scaling or rope_theta at the top; rope_parameters */
    uint8_t *said;          /* rw_layer_said of each layer, owned; NULL: not said */
    char key_said[96];
    uint8_t *rope_on; /* of each layer, 1: rotates, owned; NULL: not said */
    char key_rope_on[96];
    double *theta_of;                     /* of each layer, owned; NULL: not by layer */
    uint32_t *rotary_dim_of;              /* likewise */
    uint32_t *head_dim_of;                /* likewise */
    double *factors_long, *factors_short; /* rope_factors_*.weight, owned */
    uint32_t section[4];                  /* pairs an axis of M-RoPE; all 0: not said */
    bool section_interleaved;
    char key_section[96];
    uint64_t rows_q, rows_k; /* of layer 0's projections in safetensors; 0: unknown */
    bool
        mla_nope; /* latent attention without rotation: mla_use_nope, or no rotated part */
    const char *
        dtype; /* type of most weights; of a config.json alone, what it says; NULL: unknown */
    char key_dtype[96],
        note_dtype[96]; /* where config.json says it, "" when the weights decide */
    char positions[24],
        key_positions[96]; /* position_embedding_type: "alibi", "nope"; "" */
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

    /* GGUF alone. As many values as the tensor has, up to 4096, more than any head has pairs:
     * a wrong number of them and values without sense are for whoever builds layers. */
    double *divisor; /* rope_freqs.weight, owned; NULL: absent */
    uint32_t n_divisor;
    uint32_t n_long, n_short; /* values in factors_long and factors_short */
    bool
        tensors_partial; /* the first of a split set, read without the others: a tensor that
                             is missing may stand there */
    uint64_t n_byte_read; /* of a remote file; 0: a local one */

    rw_lost_setting *lost; /* owned: only what rw_model_convert made has some */
    uint32_t n_lost;
} rw_hparams;

void rw_hparams_init(rw_hparams *hp);
void rw_hparams_clear(rw_hparams *hp);

/** Read a model's description from a file: GGUF (the first of a split set), config.json, or a
 *  folder with config.json (and safetensors, of which only headers are read). The kind is taken
 *  from the content. Values outside any sense are E_FORMAT naming the key; what contradicts
 *  itself is left for rw_model_describe. `hp` is empty on failure. */
ropewalk_status rw_hparams_read_path(const char *path, rw_hparams *hp,
                                     ropewalk_error *err);
/** The same from any source of bytes, a file of a split set taken by itself. */
ropewalk_status rw_hparams_read_source(const rw_source *source, rw_hparams *hp,
                                       ropewalk_error *err);
/** The same from the text of a config.json. `name` stands for the file in messages. */
ropewalk_status rw_hparams_read_config(const char *json, size_t n_byte, const char *name,
                                       rw_hparams *hp, ropewalk_error *err);

/** Read the keys of a GGUF file (the first of a split set). Values outside any sense are
 *  E_FORMAT naming the key. `hp` is empty on failure. */
ropewalk_status rw_hparams_read_gguf(const char *path, rw_hparams *hp,
                                     ropewalk_error *err);

/** The same from a source: only its head, and the few values of tensors about RoPE. The first of
 *  a split set is read alone. */
ropewalk_status rw_hparams_read_gguf_source(const rw_source *source, rw_hparams *hp,
                                            ropewalk_error *err);

/** Give every value, known or not, the key it has in GGUF files of hp->architecture. */
void rw_hparams_set_gguf_keys(rw_hparams *hp);

/** Our name of a value, as in reports: "rope_theta". */
const char *rw_hparam_name(rw_hparam which);
#endif
