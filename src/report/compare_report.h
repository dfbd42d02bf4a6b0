/* compare_report.h - two audits side by side: what moved beyond noise. */
#ifndef RW_REPORT_COMPARE_REPORT_H
#define RW_REPORT_COMPARE_REPORT_H
#include "base/json.h"
#include "base/text.h"

/** From two documents of audits (untrusted), by `name` in errors: *body receives all but
 *  schema_version, kind and tool. */
ropewalk_status rw_compare_json(const json_t *a, const json_t *b, const char *const *name,
                                json_t **body, ropewalk_error *err);
/** Such a document for people: sentences, then a table. */
void rw_compare_text(const json_t *body, rw_text *t);
/** Such a document (untrusted) as a page; what it shows needs no script. */
ropewalk_status rw_compare_page(const json_t *document, rw_text *out,
                                ropewalk_error *err);
#endif
