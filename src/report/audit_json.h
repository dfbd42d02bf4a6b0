/* audit_json.h - an audit as report.json (docs/formats.md), and its verdict as text. */
#ifndef RW_REPORT_AUDIT_JSON_H
#define RW_REPORT_AUDIT_JSON_H
#include "base/json.h"
#include "result/audit_result.h"

/** Everything but schema_version, kind and tool. NULL when memory ran out. */
json_t *rw_audit_json(const rw_audit *a, int reproducible);
/** About ten lines for a terminal: the verdict, its horizons, what to do. */
void rw_audit_text(const rw_audit *a, rw_text *out);
/** The same below a table over contexts and a map of heads, in UTF-8 with colours (CSI ... m). */
void rw_audit_terminal(const rw_audit *a, rw_text *out);
#endif
