/* sweep_report.h - a sweep as JSON, as rows of CSV and as text. */
#ifndef RW_REPORT_SWEEP_REPORT_H
#define RW_REPORT_SWEEP_REPORT_H
#include "base/json.h"
#include "result/sweep_result.h"

/** The document's body; NULL when memory was short. */
json_t *rw_sweep_json(const rw_sweep *s);
/** One row an event, context and point of the grid (docs/formats.md); failures latch in *out. */
void rw_sweep_csv(const rw_sweep *s, rw_text *out);
void rw_sweep_text(const rw_sweep *s, rw_text *out);
/** What a curve says, in sentences: appended to *out. */
void rw_sweep_say(const rw_sweep *s, const rw_sweep_curve *c, rw_text *out);
#endif
