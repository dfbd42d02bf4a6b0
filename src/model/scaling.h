/* scaling.h - what slows a layer's frequencies down, before they are evaluated. */
#ifndef RW_MODEL_SCALING_H
#define RW_MODEL_SCALING_H
#include "model/layer.h"
#include "position/mechanism.h"

typedef struct rw_scaling {
    const rw_mech *mech; /* NULL: frequencies are unknown */
    char name[24];       /* of the mechanism, or the file's word for it */
    rw_setting settings[RW_MAX_PARAM];
    size_t n_setting;
    const double *divisor; /* of each pair, on top of the mechanism; NULL: none */
    double slowed;         /* every frequency is divided by this as well */
    double attn_factor;    /* of cos and sin; NaN: what the mechanism says */
    double
        log_factor; /* ln of yarn's factor where softmax_magnitude counts; 0 otherwise */
    double softmax_magnitude; /* its square scales the softmax; 1: nothing does */
    int64_t length;           /* tokens a growing table is made for; 0: unknown */
} rw_scaling;

/** As llama.cpp reads the keys and tensors of GGUF. */
ropewalk_status rw_scaling_of_gguf(rw_builder *b, rw_layer_class class,
                                   const rw_layer_shape *shape, rw_scaling *s);
/** As transformers, vLLM and mlx-lm read a config.json, each with its own rules. */
ropewalk_status rw_scaling_of_config(rw_builder *b, rw_layer_class class,
                                     const rw_layer_shape *shape, rw_scaling *s);
/** Does the engine overlook all a config.json says of rotations, since it reads the keys of
 *  transformers before 5 alone? */
bool rw_config_overlooked(const rw_builder *b);
/** A scaling that leaves every frequency alone. */
void rw_scaling_none(rw_scaling *s);
/** Give mech's parameter with this word in config.json a number; dropped when it has none. */
void rw_scaling_set(rw_scaling *s, const char *hf_key, double num);
void rw_scaling_set_list(rw_scaling *s, const char *hf_key, const double *values,
                         uint32_t n_value);
#endif
