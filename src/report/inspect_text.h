/* inspect_text.h - a model description for reading in a terminal. */
#ifndef RW_REPORT_INSPECT_TEXT_H
#define RW_REPORT_INSPECT_TEXT_H
#include "base/text.h"
#include "report/inspect_json.h"

/** Append the description. */
void rw_inspect_text(const rw_inspect_view *view, rw_text *out);
#endif
