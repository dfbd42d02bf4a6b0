/* report.h - documents as one self-contained HTML page. */
#ifndef RW_REPORT_REPORT_H
#define RW_REPORT_REPORT_H
#include "base/json.h"
#include "base/text.h"

/* A document beyond these sizes is refused in one sentence. */
enum {
    RW_REPORT_MAX_HEADS = 20000,
    RW_REPORT_MAX_CONTEXTS = 64,
    RW_REPORT_MAX_ROWS = 20000, /* of any other list */
    RW_REPORT_MAX_DOCUMENTS = 16,
};

/** Render a parsed `report.json` (docs/formats.md). The document is untrusted: a value of the
 *  wrong kind is E_FORMAT naming its key, a missing key makes its section say so. Nothing is
 *  recomputed.
 *  @param out  an initialised text; receives the page, or is left empty on failure. */
ropewalk_status rw_report_html(const json_t *audit, rw_text *out, ropewalk_error *err);

/** The same with other documents in sections of their own: sweeps, tasks, benchmarks, descriptions,
 *  diffs, findings of lint, and audits, which are compared with this one. `name` is what errors call the audit, then each of
 *  those. */
ropewalk_status rw_report_audit(const json_t *audit, const json_t *const *beside,
                                const char *const *name, size_t n_beside, rw_text *out,
                                ropewalk_error *err);
/** n >= 1 documents of any kinds: one as its own page, several as that of the first audit. `name`
 *  is what errors call each; NULL: its number, where there are several. */
ropewalk_status rw_report_documents(const json_t *const *document,
                                    const char *const *name, size_t n, rw_text *out,
                                    ropewalk_error *err);

/** The same for the document of `sweep`. */
ropewalk_status rw_sweep_html(const json_t *doc, rw_text *out, ropewalk_error *err);
/** The same for the document of `task`. */
ropewalk_status rw_task_html(const json_t *doc, rw_text *out, ropewalk_error *err);
/** The same for the documents of `diff`, `inspect` and `lint`. */
ropewalk_status rw_diff_page(const json_t *document, rw_text *out, ropewalk_error *err);
ropewalk_status rw_inspect_page(const json_t *document, rw_text *out,
                                ropewalk_error *err);
ropewalk_status rw_lint_page(const json_t *document, rw_text *out, ropewalk_error *err);
/** The same for the document of `bench`. */
ropewalk_status rw_bench_html(const json_t *doc, rw_text *out, ropewalk_error *err);
/** The same for the document of `theory`. */
ropewalk_status rw_theory_html(const json_t *document, rw_text *out, ropewalk_error *err);
/** The explanation, which needs no document. */
ropewalk_status rw_explore_html(const char *version, rw_text *out, ropewalk_error *err);

/** The same for the document of `theory --models`. */
ropewalk_status rw_league_html(const json_t *document, rw_text *out, ropewalk_error *err);
#endif
