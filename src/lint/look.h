/* look.h - what rules look up again and again in descriptions, and two rotations compared. */
#ifndef RW_LINT_LOOK_H
#define RW_LINT_LOOK_H
#include <stdbool.h>

#include "lint/lint.h"
#include "model/layer_contrast.h"

/** The rotation of the first layer that attends to everything, or of the first with a window or
 *  a chunk. NULL when there is no such layer, or it has no RoPE. */
const rw_rotation_info *rw_look_rotation(const rw_model_info *info, rw_layer_class of);
/** The same of the full layers, or of the sliding ones where full layers have no RoPE. */
const rw_rotation_info *rw_look_scaled(const rw_model_info *info);
/** A resolved parameter of a mechanism: "factor". NaN when it has none. */
double rw_look_parameter(const rw_rotation_info *rotation, const char *name);
/** A member of the scaling block of config.json under the file's own word: "truncate". NULL when
 *  the file is no config.json or does not say it. */
const rw_file_setting *rw_look_setting(const rw_hparams *hp, rw_layer_class of,
                                       const char *name);
/** The key a value was read from, by its name in provenance ("rope_theta") or else by the file's
 *  own word in the scaling block. NULL when it stands nowhere. */
const char *rw_look_key(const rw_lint_input *in, const char *value);
/** Whether the description has a problem of this kind; the first of them. */
const rw_problem *rw_look_problem(const rw_model_info *info, rw_problem_code code);
/** Does an engine take a length before scaling that the file does not mean? RW005 tells of it, and
 *  what follows from that length is no finding of its own. */
bool rw_look_original_assumed(const rw_model_info *info);

/** Put ", NAME" or "NAME" behind what stands in `list`; what does not fit is left out. */
void rw_look_list(char *list, size_t size, const char *name);

/* Two rotations, pair by pair. */
typedef struct rw_apart {
    uint32_t n_pair; /* of both; 0: not comparable (unknown or of different size) */
    uint32_t
        n_differ; /* pairs whose frequencies are further apart than float32 storage explains */
    uint32_t worst_pair; /* where `relative` was found */
    double relative;     /* the largest |w_b / w_a - 1| */
    double phase_rad;    /* the largest |w_b - w_a| times the position asked for */
    uint32_t phase_pair; /* where that was found */
} rw_apart;

/** b against a. What float32 storage of bases, factors and divisors explains is no difference
 *  (model/layer_contrast.h). */
rw_apart rw_look_apart(const rw_rotation_info *a, const rw_rotation_info *b,
                       int64_t position);
/** The longest wavelength of a rotation, in positions: 2 pi / its smallest nonzero frequency. NaN
 *  when frequencies are unknown. */
double rw_look_longest_wave(const rw_rotation_info *rotation);
#endif
