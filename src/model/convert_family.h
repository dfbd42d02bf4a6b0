/* convert_family.h - what llama.cpp's converter does for the models of one model_type. */
#ifndef RW_MODEL_CONVERT_FAMILY_H
#define RW_MODEL_CONVERT_FAMILY_H
#include "model/hparams.h"

/* How rope.dimension_count is written. */
typedef enum rw_family_rotary {
    RW_ROTARY_UNSAID, /* not at all: the whole head */
    RW_ROTARY_HEAD,   /* head_dim, else hidden_size / num_attention_heads */
    RW_ROTARY_PART,   /* a part of that */
    RW_ROTARY_MLA,    /* qk_rope_head_dim */
    RW_ROTARY_DIM,    /* rotary_dim */
} rw_family_rotary;

typedef enum rw_family_deed {
    RW_DOES_NO_BASE = 1 << 0,    /* no rope.freq_base: llama.cpp then takes 10000 */
    RW_DOES_NO_SCALING = 1 << 1, /* no key about scaling */
    RW_DOES_NONE = 1 << 2,       /* rope.scaling.type none, whatever was written before */
    RW_DOES_LLAMA3 = 1 << 3,     /* rope_freqs.weight for llama3 scaling */
    RW_DOES_WINDOW = 1 << 4,     /* attention.sliding_window */
    RW_DOES_PATTERN = 1 << 5,    /* attention.sliding_window_pattern, one flag a layer */
    RW_DOES_LOG_MUL = 1 << 6,    /* yarn_log_multiplier: mscale_all_dim */
    RW_DOES_LOG_MUL_TENTH = 1 << 7, /* yarn_log_multiplier: a tenth of it */
    RW_DOES_TEMPERATURE = 1 << 8,   /* attention.temperature_scale */
    RW_DOES_FACTORS = 1 << 9,       /* rope_factors_long.weight and _short */
    RW_DOES_LENGTHS =
        1 << 10,             /* with these, attn_factor from both lengths, and no type */
    RW_DOES_ALPHA = 1 << 11, /* dynamic scaling's alpha raised into the base */
    RW_DOES_SCALE = 1 << 12, /* attention.scale */
    RW_DOES_WIDTH =
        1 << 13, /* hidden_size / num_attention_heads, whatever head_dim says */
    RW_DOES_NO_HEAD_DIM = 1 << 14, /* no attention.key_length */
    RW_DOES_INTERVAL = 1 << 15,    /* full_attention_interval, and which layers recur */
    RW_DOES_SECTIONS = 1 << 16, /* rope.dimension_sections even when the file has none */
    RW_DOES_LINEAR = 1 << 17,   /* type linear or none by the factor alone */
    RW_DOES_PROPORTIONAL = 1 << 18, /* rope_freqs.weight of ones and of 1e30 */
    RW_DOES_MHA = 1 << 19,          /* as many key heads as query heads */
    RW_DOES_RATIO = 1 << 20,        /* rope.freq_base: 10000 times rope_ratio */
    RW_DOES_RATIOS = 1 << 21,       /* attention.compress_ratios, and the base for them */
    RW_DOES_ONE = 1 << 22, /* type linear with factor 1, whatever the file says */
} rw_family_deed;

typedef struct rw_family {
    const char *model_type; /* of config.json */
    const char *arch;       /* general.architecture */
    rw_family_rotary rotary;
    double partial; /* the part that turns when the file does not say; 0: it must */
    uint32_t does;  /* rw_family_deed */
} rw_family;

/** By the outer model_type first, since that of the class decides, then by the inner one;
 *  NULL when the table has neither. */
const rw_family *rw_family_of(const rw_hparams *config);
#endif
