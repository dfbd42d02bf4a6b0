/* arch.h - what an architecture fixes that no key of its files says: facts, not graphs. */
#ifndef RW_MODEL_ARCH_H
#define RW_MODEL_ARCH_H
#include <stdbool.h>
#include <stdint.h>

#include "model/hparams.h"
#include "position/rotation.h"
#include "result/model_info.h"

typedef enum rw_arch_kind {
    RW_ARCH_ROPE,    /* attention with RoPE */
    RW_ARCH_NO_ROPE, /* attention that tells positions apart by the causal mask alone, or by
                          recurrent layers between */
    RW_ARCH_ALIBI,   /* a bias that grows with the distance */
    RW_ARCH_LEARNED,   /* a learned vector a position */
    RW_ARCH_RECURRENT, /* no attention at all */
} rw_arch_kind;

/* Layers are counted from 0; a period p means the layers with layer % p == p - 1. */
typedef struct rw_arch {
    const char *name; /* general.architecture of GGUF, or model_type of config.json */
    const char *
        gguf; /* rows of config.json: the architecture llama.cpp's converter writes, or NULL */
    rw_pairs pairs; /* in this file kind: converters may permute weights */
    rw_arch_kind kind;
    uint32_t nope_period; /* these layers have no RoPE; 0: none */
    uint32_t full_period; /* these layers attend to everything, the others to a window;
                               0: the runtime applies no window */
    bool full_first;      /* the full layers are those with layer % full_period == 0 */
    bool zero_is_full;    /* layer 0 attends fully whatever the period */
    bool full_is_nope;    /* with a window, only the sliding layers have RoPE */
    bool all_slide;       /* every layer slides when the file gives a window */
    rw_attention window_kind; /* SLIDING or CHUNKED; read when full_period > 0 */
    int64_t window_default;   /* tokens when the file does not say; 0: then no window */
    bool window_fixed;        /* the window is window_default whatever the file says */
    bool window_if_said;      /* no window unless the file has the key */
    uint32_t
        window_n_layer; /* models with another number of layers have no window; 0: all */
    double
        sliding_theta; /* base on sliding layers when the file does not say; 0: as the others.
                          Of config.json it is a class's default: told, never applied */
    bool sliding_unscaled; /* scaling is for full layers only */
    uint32_t
        linear_period; /* these layers are attention, the others recurrent; 0: all attention */
    bool mla; /* latent attention, DeepSeek V2 and later: the last dimensions rotate */
    bool
        mla_one_mscale; /* yarn: mscale is taken to equal mscale_all_dim, so they cancel */
    double fixed_scale; /* softmax scale; 0: 1/sqrt(head_dim) */
    uint32_t
        embedding_scale_n_layer; /* with so many layers: 1/sqrt(embedding_length / n_head_q) */
    bool tail;                   /* the last dimensions of a head rotate, not the first */
    bool unit_attn_factor;       /* yarn leaves cos and sin as they are, unless told */
    uint32_t alibi_n_layer;      /* with so many layers: ALiBi instead of RoPE */
    bool sections_interleaved; /* axes of M-RoPE take turns */
    bool rope_if_finetuned;    /* rope.scaling.finetuned false: no layer rotates */
    const char
        *caution; /* what else moves scores with the position and is not modelled */
    /* Rows of GGUF alone: which of yarn's keys the loader reads. */
    bool yarn_beta; /* yarn_beta_fast, yarn_beta_slow */
    bool yarn_ext;  /* yarn_ext_factor */
    bool yarn_log;  /* yarn_log_multiplier */
    /* Rows of config.json alone. */
    bool window_switched; /* no window unless use_sliding_window is true */
    bool query_scalar;    /* softmax scale is 1/sqrt(query_pre_attn_scalar) */
    bool
        mscale_squared; /* yarn's magnitude of mscale_all_dim, squared, scales the softmax */
    bool by_rotary_dim; /* rotary_dim is read, not partial_rotary_factor */
    bool whole_head;    /* the class rotates all of it, whatever any key says */
    bool rope_if_said;  /* position_embedding_type must say "rope" */
    double
        partial_default; /* share of a head that rotates when the file is silent; 0: all */
    double
        theta_fixed; /* a base written in code, for which there is no key; of GGUF, which no file has */
    double theta_default; /* the class's default in transformers: told, never applied */
    uint32_t head_dim_default; /* of the class; 0: hidden_size over the heads */
    double
        scale_default; /* softmax scale of the class when the file is silent; 0: as above */
    double
        original_default; /* the class's original context, which wins over the block's */
} rw_arch;

/** What is known of general.architecture or model_type `name`; "x_text" finds "x" too. NULL when
 *  it is not in the table of that file kind. */
const rw_arch *rw_arch_find(rw_file_kind kind, const char *name);
/** The row of a description: its innermost architecture, else the one around it. */
const rw_arch *rw_arch_of(const rw_hparams *hp);
/** What is assumed of an architecture that is not in the table. */
const rw_arch *rw_arch_generic(void);

/* The tables, each ended by a row without name. */
extern const rw_arch rw_arch_gguf[];
extern const rw_arch rw_arch_config[];
#endif
