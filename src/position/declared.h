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
#endif
