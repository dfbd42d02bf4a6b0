/* arch.h - what an architecture fixes that no GGUF key says: facts, not graphs. */
#ifndef RW_MODEL_ARCH_H
#define RW_MODEL_ARCH_H
#include <stdbool.h>
#include <stdint.h>

#include "position/rotation.h"
#include "result/model_info.h"

typedef enum rw_arch_kind {
    RW_ARCH_ROPE,      /* attention with RoPE */
    RW_ARCH_NO_ROPE,   /* attention without: learned positions, ALiBi, or none */
    RW_ARCH_RECURRENT, /* no attention at all */
} rw_arch_kind;

/* Layers are counted from 0; a period p means the layers with layer % p == p - 1. */
typedef struct rw_arch {
    const char *name; /* general.architecture */
    rw_pairs pairs;   /* in GGUF; safetensors may differ */
    rw_arch_kind kind;
    uint32_t nope_period; /* these layers have no RoPE; 0: none */
    uint32_t full_period; /* these layers attend to everything, the others to a window;
                               0: the runtime applies no window */
    bool full_first;      /* the full layers are those with layer % full_period == 0 */
    bool full_is_nope;    /* with a window, only the sliding layers have RoPE */
    rw_attention window_kind; /* SLIDING or CHUNKED; read when full_period > 0 */
    int64_t window_default;   /* tokens when the file does not say; 0: then no window */
    double
        sliding_theta; /* base on sliding layers when the file does not say; 0: as the others */
    bool sliding_unscaled; /* scaling is for full layers only */
    uint32_t
        linear_period; /* these layers are attention, the others recurrent; 0: all attention */
    bool mla;          /* latent attention, DeepSeek V2 and later */
    bool
        mla_one_mscale; /* yarn: mscale is taken to equal mscale_all_dim, so they cancel */
    double fixed_scale; /* softmax scale; 0: 1/sqrt(head_dim) */
    uint32_t
        embedding_scale_n_layer; /* with so many layers: 1/sqrt(embedding_length / n_head_q) */
} rw_arch;

/** NULL when the architecture is not in the table. */
const rw_arch *rw_arch_find(const char *name);
/** What is assumed of an architecture that is not in the table. */
const rw_arch *rw_arch_generic(void);
#endif
