/* diff_report.h - descriptions side by side, as a document and for people. */
#ifndef RW_REPORT_DIFF_REPORT_H
#define RW_REPORT_DIFF_REPORT_H
#include "base/json.h"
#include "base/text.h"
#include "result/model_diff.h"

/** {verdict, settings, tables, rotations, findings, not_evaluated}; NULL when memory is short. */
json_t *rw_diff_json(const rw_model_diff *diff);
/** The verdict, then a table a class of layers, then findings. */
void rw_diff_text(const rw_model_diff *diff, rw_text *t);

/** "frequencies": the name of a difference in the document. */
const char *rw_differs_name(rw_differs what);
#endif
