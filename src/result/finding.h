/* finding.h - what lint has to say: plain data. */
#ifndef RW_RESULT_FINDING_H
#define RW_RESULT_FINDING_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

typedef enum rw_severity { RW_INFO, RW_WARN, RW_ERROR } rw_severity;

typedef struct rw_evidence {
    char *name, *text; /* text NULL: a number */
    double num;        /* NaN is shown as unknown */
} rw_evidence;

typedef struct rw_finding {
    const char *rule; /* "RW008"; static */
    rw_severity severity;
    char *message, *fix; /* owned; fix may be NULL */
    char *file, *key;    /* where; owned, may be NULL */
    rw_evidence *evidence;
    uint32_t n_evidence;
    char *ignored; /* the reason an ignore file gives; NULL: it counts */
} rw_finding;

typedef struct rw_not_evaluated {
    const char *rule;
    char *file, *why; /* owned */
} rw_not_evaluated;

typedef struct rw_findings {
    rw_finding *list;
    uint32_t n;
    rw_not_evaluated *skipped;
    uint32_t n_skipped;
} rw_findings;

void rw_findings_init(rw_findings *f);
void rw_findings_clear(rw_findings *f);
/** Append a finding and return it in *out for its evidence; valid until the next one is added. */
ropewalk_status rw_finding_add(rw_findings *f, const char *rule, rw_severity severity,
                               const char *file, const char *key, rw_finding **out,
                               ropewalk_error *err, const char *message, ...)
    RW_PRINTF(8, 9);
ropewalk_status rw_finding_fix(rw_finding *finding, ropewalk_error *err, const char *fix,
                               ...) RW_PRINTF(3, 4);
ropewalk_status rw_finding_number(rw_finding *finding, const char *name, double num,
                                  ropewalk_error *err);
ropewalk_status rw_finding_text(rw_finding *finding, const char *name, const char *text,
                                ropewalk_error *err);
ropewalk_status rw_finding_skip(rw_findings *f, const char *rule, const char *file,
                                ropewalk_error *err, const char *why, ...)
    RW_PRINTF(5, 6);
/** Errors before warnings before infos, each in the order they came. */
ropewalk_status rw_findings_worst_first(rw_findings *f, ropewalk_error *err);
const char *rw_severity_name(rw_severity severity); /* "info", "warn", "error" */

/* One path that lint was given. */
typedef struct rw_lint_file {
    char *path, *failure; /* owned; failure: why it could not be read, NULL: it was */
    rw_findings findings;
} rw_lint_file;

/* A rule as documents show it; borrowed. */
typedef struct rw_rule_text {
    const char *id, *title, *page; /* page: Markdown, "" when it has none */
    rw_severity severity;
} rw_rule_text;

/* One line of an ignore file. */
typedef struct rw_ignore_entry {
    char rule[8];
    char *pattern, *reason; /* owned */
    uint32_t line;          /* from 1 */
    bool used;              /* it passed over a finding */
} rw_ignore_entry;

typedef struct rw_lint_engine {
    const char *name, *version;
} rw_lint_engine;

/* Everything a document about a lint holds; borrowed but for what its parts own. */
typedef struct rw_lint_report {
    const rw_lint_file *file;
    size_t n_file;
    const rw_rule_text *rule;
    size_t n_rule;
    const rw_lint_engine *engine;
    size_t n_engine;
    int64_t target_context; /* 0: not asked */
    const rw_ignore_entry *ignore;
    size_t n_ignore;
    const char *ignore_file; /* NULL: none */
} rw_lint_report;
#endif
