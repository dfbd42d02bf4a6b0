/* layer_contrast.h - two descriptions of one layer side by side. */
#ifndef RW_MODEL_LAYER_CONTRAST_H
#define RW_MODEL_LAYER_CONTRAST_H
#include "result/contrast.h"
#include "result/model_info.h"

/* How exactly the numbers behind two descriptions are the same numbers. */
typedef enum rw_storage {
    RW_STORED_DOUBLE, /* both were read from JSON: only the last bits of a double may differ */
    RW_STORED_FLOAT, /* one went through float32: GGUF keys, tensors, operator parameters */
} rw_storage;

/** What rounding explains of a relative difference between the frequencies of `pair`.
 *
 *  Through float32 the base, a factor and a divisor are each off by at most 2^-24 relative; the
 *  base counts 2 pair / rotary_dim times. Converters form llama3's divisors in float32, from
 *  frequencies that are off by (3 + ln base 2 pair / rotary_dim) 2^-24, and the blend multiplies
 *  that by at most (factor - 1) low / (high - low) + 1, see layer_contrast.c. */
double rw_contrast_tolerance(const rw_rotation_info *a, const rw_rotation_info *b,
                             uint32_t pair, rw_storage storage);

/** `b` against `a`, the reference. A layer without rotation has NULL for it; a layer that does
 *  not exist has NULL for both. Exact: differences of frequencies are formed before anything is
 *  multiplied by a position, so phases keep their leading digits. */
rw_contrast rw_contrast_layers(const rw_layer_info *a, const rw_rotation_info *rot_a,
                               const rw_layer_info *b, const rw_rotation_info *rot_b,
                               rw_storage storage);

/** Two rotations alone, layers apart. */
rw_contrast rw_contrast_rotations(const rw_rotation_info *a, const rw_rotation_info *b,
                                  rw_storage storage);

/** Pairs that are more than half a turn apart at `position`. */
uint32_t rw_contrast_beyond_half_turn(const rw_rotation_info *a,
                                      const rw_rotation_info *b, int64_t position);

/** a^2 s of a rotation: what the score of its rotated part is multiplied by. NaN: unknown. */
double rw_score_factor(const rw_rotation_info *rot);

/** Largest relative difference, with respect to the larger number; 0 when both are unknown, 1
 *  when one is. */
double rw_relative_difference(double a, double b);
#endif
