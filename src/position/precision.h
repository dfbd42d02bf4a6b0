/* precision.h - how a runtime evaluates angles, and what is lost by it before any score. */
#ifndef RW_POSITION_PRECISION_H
#define RW_POSITION_PRECISION_H
#include "position/rotation.h"

typedef enum rw_profile {
    RW_PROFILE_IDEAL,       /* real numbers */
    RW_PROFILE_F32_PRODUCT, /* float32(inv_freq) * float32(position), rounded to float32 */
    RW_PROFILE_GGML_F32, /* ggml: position, then times float32 powf(base, -2/n) a pair */
    RW_PROFILE_BF16_POSITION, /* positions rounded to bf16, then as the float32 product */
    RW_PROFILE_F16_POSITION,
    RW_PROFILE_BF16_CACHE, /* float32 product, cos and sin rounded to bf16 */
    RW_PROFILE_F16_CACHE,
    RW_N_PROFILE
} rw_profile;

const char *rw_profile_name(rw_profile profile); /* "f32_product" */
/** What it means, one sentence, and which runtimes do it. */
const char *rw_profile_about(rw_profile profile);
/** By name; RW_N_PROFILE when there is none. */
rw_profile rw_profile_find(const char *name);

/** The largest |evaluated - exact| angle over the pairs of `rot` at `position` (0 to 2^31), in
 *  radian, and the pair it happens at; exact is inv_freq as it stands times position. For the
 *  cache profiles the largest error of cos or sin: of what is stored, over the attention factor.
 *  `divisor` (rotary_dim/2, may be NULL) and rope_theta are what GGML_F32 multiplies up and
 *  divides by; a gain of inv_freq beyond them is one more multiplication. Infinity where the
 *  position overflows; NaN where rope_theta is needed and NaN, and for cos and sin of an angle
 *  above 2^40. */
double rw_profile_error(rw_profile profile, const rw_rotation *rot, double rope_theta,
                        const double *divisor, int64_t position, uint32_t *worst_pair);

/** The largest such error at RW_PROFILE_N_PROBE positions of the second half of a context (1 to
 *  2^31): a lower bound of the largest of all, near it. */
enum { RW_PROFILE_N_PROBE = 64 };
double rw_profile_largest_error(rw_profile profile, const rw_rotation *rot,
                                double rope_theta, const double *divisor, int64_t context,
                                uint32_t *worst_pair);

/** Unordered pairs of positions in [0, context) whose rotations are identical under a profile,
 *  all pairs of dimensions together: lost before any score is computed. `distinct` receives how
 *  many different rotations there are. For profiles of positions and products "identical" is
 *  equal angles, which takes up to a second at 2^31; the cache profiles compare tables, which
 *  takes 9 bytes and a few microseconds a position. E_MEMORY; E_ARGUMENT for a context above 2^31,
 *  or above 2^20 for the cache profiles, and where an angle cannot be evaluated (see above). */
ropewalk_status rw_profile_identical(rw_profile profile, const rw_rotation *rot,
                                     double rope_theta, const double *divisor,
                                     int64_t context, uint64_t *pairs, uint64_t *distinct,
                                     ropewalk_error *err);
#endif
