/* audit_doc.h - reading an audit's JSON: a stranger's document, where anything may be missing. */
#ifndef RW_PAPER_AUDIT_DOC_H
#define RW_PAPER_AUDIT_DOC_H
#include <stdint.h>

#include "base/json.h"

/** The number at a dotted path of members; NaN when it is absent or no number. */
double rw_doc_number(const json_t *object, const char *path);
/** The string at a dotted path; "" when it is absent. */
const char *rw_doc_string(const json_t *object, const char *path);
/** A cell's `measured` or `predicted` of a head at a context; NaN when it has none. */
double rw_doc_head(const json_t *head, int64_t context, const char *path);
/** The advertised context, and the largest listed one; 0 when absent. */
int64_t rw_doc_advertised(const json_t *audit);
int64_t rw_doc_largest(const json_t *audit);
/** The median over heads of a value at a context; NaN without any. *n, if not NULL: how many. */
double rw_doc_median(const json_t *audit, int64_t context, const char *path, size_t *n);
#endif
