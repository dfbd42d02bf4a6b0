/* yarn.h - what the variants of YaRN share: parameters, relations, frequencies. */
#ifndef RW_POSITION_YARN_H
#define RW_POSITION_YARN_H
#include "position/mechanism.h"

enum {
    RW_YARN_FACTOR,
    RW_YARN_ORIGINAL_CONTEXT,
    RW_YARN_ATTENTION_FACTOR,
    RW_YARN_BETA_FAST,
    RW_YARN_BETA_SLOW,
    RW_YARN_MSCALE,
    RW_YARN_MSCALE_ALL_DIM,
    RW_YARN_TRUNCATE,
    RW_YARN_N_PARAM
};

extern const rw_param rw_yarn_params[RW_YARN_N_PARAM];

ropewalk_status rw_yarn_check(const rw_arg *p, const rw_layer_shape *shape,
                              ropewalk_error *err);
/** The factor as given, else the advertised context over the original one. */
double rw_yarn_factor(const rw_arg *p, const rw_layer_shape *shape);
/** Frequencies alone; the attention factor is the variant's. */
void rw_yarn_frequencies(const rw_arg *p, const rw_layer_shape *shape, rw_rotation *rot);
#endif
