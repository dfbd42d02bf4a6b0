/* inspect_text.h - a model description for reading in a terminal. */
#ifndef RW_REPORT_INSPECT_TEXT_H
#define RW_REPORT_INSPECT_TEXT_H
#include "base/text.h"
#include "result/model_info.h"

/** Append the description. @param target_context  tokens meant to be used; 0: the advertised. */
void rw_inspect_text(const rw_model_info *info, int64_t target_context, rw_text *out);
#endif
