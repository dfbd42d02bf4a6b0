/* declared.h - the rotation that options in llama.cpp's words describe. */
#ifndef RW_POSITION_DECLARED_H
#define RW_POSITION_DECLARED_H
#include "position/mechanism.h"
#include "position/rotation.h"
#include "ropewalk.h"

/** Build the rotation of shape (whose rope_theta is used, not rope->rope_theta) with the scaling of
 *  `rope`. An attention factor without a scaling is a plain factor on cosine and sine.
 *  E_ARGUMENT for an unknown scaling or an impossible shape, E_FORMAT for a parameter. */
ropewalk_status rw_declared_rotation(const ropewalk_rope *rope,
                                     const rw_layer_shape *shape, rw_rotation *out,
                                     ropewalk_error *err);

/** For a list of scalings with one set of parameters: make those that rope->scaling does not have
 *  "not given". Returns which given ones are left, a bit each; all of them without a scaling. */
uint32_t rw_declared_keep(ropewalk_rope *rope);
/** The parameter of a bit. */
const char *rw_declared_name(uint32_t bit);
#endif
