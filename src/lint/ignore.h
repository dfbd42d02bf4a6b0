/* ignore.h - findings passed over on purpose, each with its reason. */
#ifndef RW_LINT_IGNORE_H
#define RW_LINT_IGNORE_H
#include "result/finding.h"

/* One entry a line: `RW008  models/gpt-oss*  # llama.cpp is not served here`. The pattern is
 * matched with the path as given, or with its last part when it holds no slash; `*` is any
 * characters, slashes included, `?` one. Blank lines and lines that start with # are skipped. */
typedef struct rw_ignore {
    rw_ignore_entry *list;
    size_t n;
} rw_ignore;

/** Parse the text of an ignore file; `name` stands for it in messages. An unknown rule, a missing
 *  pattern or an entry without a reason is E_FORMAT naming the line. Empty on failure. */
ropewalk_status rw_ignore_parse(const char *text, size_t n_byte, const char *name,
                                rw_ignore *out, ropewalk_error *err);
void rw_ignore_clear(rw_ignore *ignore);
/** Put reasons on the findings about `path` that an entry passes over, and mark the entry used. */
ropewalk_status rw_ignore_apply(rw_ignore *ignore, const char *path,
                                rw_findings *findings, ropewalk_error *err);
#endif
