/* executed.h - the description of a model from what a runtime ran: a capture's metadata. */
#ifndef RW_MODEL_EXECUTED_H
#define RW_MODEL_EXECUTED_H
#include "format/qkfile.h"
#include "result/model_info.h"

/** Rotations and captured layers as executed; layers that were not captured are absent. What a
 *  capture does not record (kinds of attention, axes of M-RoPE) is not known from it. */
ropewalk_status rw_model_from_capture(const rw_qkfile *file, const char *source,
                                      rw_model_info *out, ropewalk_error *err);
#endif
