/* lint_report.h - findings as a document of ours, as SARIF, and for people. */
#ifndef RW_REPORT_LINT_REPORT_H
#define RW_REPORT_LINT_REPORT_H
#include "base/json.h"
#include "base/text.h"
#include "result/finding.h"

/** {files, settings, findings, ignored, not_evaluated, summary}; NULL when memory is short. */
json_t *rw_lint_json(const rw_lint_report *report);
/** SARIF 2.1.0; NULL when memory is short. `version` is the program's. */
json_t *rw_lint_sarif(const rw_lint_report *report, const char *version);
/** Grouped by file, worst first, with a summary in the last line. */
void rw_lint_text(const rw_lint_report *report, rw_text *t);

typedef struct rw_lint_totals {
    size_t n[3]; /* by severity, ignored ones aside */
    size_t ignored, failed;
} rw_lint_totals;
rw_lint_totals rw_lint_count(const rw_lint_report *report);

/** {name: value} of a finding's evidence. */
json_t *rw_evidence_json(const rw_finding *finding);
/** {rule, severity, message, evidence, fix, where: {file, key}}, as lint and diff show it. */
json_t *rw_finding_json(const rw_finding *finding);
/** One finding as lines, indented by two; the page of its rule may be "". */
void rw_finding_text_block(const rw_finding *finding, const char *page, rw_text *t);
#endif
