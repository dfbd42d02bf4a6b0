/* compare.h - what the file declares against what the runtime executed. */
#ifndef RW_AUDIT_COMPARE_H
#define RW_AUDIT_COMPARE_H
#include "format/qkfile.h"
#include "result/audit_result.h"

/** Append findings to out->finding: layers whose rotary_dim, frequencies, attention factor, pair
 *  layout, softmax scale or window differ from out->model. Nothing without a model. */
ropewalk_status rw_compare_executed(const rw_qkfile *file, rw_audit *out,
                                    ropewalk_error *err);
/** Keep what the capture says of its own rotation check, layer by layer: the worst deviation of the
 *  runtime's rotated vectors from a float64 rotation, as a fraction of the tolerance. */
ropewalk_status rw_keep_rotation_check(const rw_qkfile *file, rw_audit *out,
                                       ropewalk_error *err);
#endif
