/* beside.c - several documents as one page: an audit, and others in sections beside it. */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "report/compare_report.h"
#include "report/markup.h"
#include "report/page.h"

static const char *kind_of(const json_t *document)
{
    const char *kind = json_string_value(json_object_get(document, "kind"));
    return kind ? kind : "";
}

static ropewalk_status compared(rw_text *t, const rw_view *view, const json_t *other,
                                size_t number, ropewalk_error *err)
{
    json_t *body;
    const ropewalk_status status = rw_compare_json(view->audit, other, &body, err);
    if (status) return status;
    rw_page_compare_section(t, body, number);
    json_decref(body);
    return ROPEWALK_OK;
}

static void linted(rw_text *t, const json_t *document, size_t number)
{
    rw_text_printf(t,
                   "<section id=lint%zu aria-labelledby=h-lint%zu><h2 id=h-lint%zu>"
                   "Findings of lint</h2>\n",
                   number, number, number);
    rw_page_finding_list(t, document);
    rw_section_close(t);
}

ropewalk_status rw_page_beside(rw_text *t, const rw_view *view, bool evidence,
                               ropewalk_error *err)
{
    ropewalk_status status = ROPEWALK_OK;
    for (size_t i = 0; i < view->n_beside && !status; i++) {
        const json_t *document = view->beside[i];
        const bool lint = strcmp(kind_of(document), "lint") == 0;
        if (lint == evidence) continue;
        if (lint)
            linted(t, document, i + 1);
        else if (strcmp(kind_of(document), "sweep") == 0)
            status = rw_page_sweep(t, document, view, i + 1, err);
        else if (strcmp(kind_of(document), "task") == 0)
            status = rw_page_task(t, document, view, i + 1, err);
        else if (strcmp(kind_of(document), "bench") == 0)
            status = rw_page_bench(t, document, i + 1, err);
        else
            status = compared(t, view, document, i + 1, err);
    }
    return status;
}

static ropewalk_status one(const json_t *document, rw_text *out, ropewalk_error *err)
{
    static const struct {
        const char *kind;
        ropewalk_status (*page)(const json_t *, rw_text *, ropewalk_error *);
    } pages[] = {{"bench", rw_bench_html},   {"compare", rw_compare_page},
                 {"league", rw_league_html}, {"sweep", rw_sweep_html},
                 {"task", rw_task_html},     {"theory", rw_theory_html},
                 {"audit", rw_report_html}}; /* and whatever says nothing */
    enum { LAST = sizeof pages / sizeof *pages - 1 };
    size_t i = 0;
    const char *kind = kind_of(document);
    while (i < LAST && strcmp(kind, pages[i].kind) != 0)
        i++;
    if (*kind && strcmp(kind, pages[i].kind) != 0)
        return rw_fail(err, ROPEWALK_E_FORMAT, 0,
                       "key \"kind\" is \"%.40s\": a page is made of what audit, bench, "
                       "compare, sweep, task or theory wrote, and findings of lint stand "
                       "beside an audit",
                       kind);
    return pages[i].page(document, out, err);
}

ropewalk_status rw_report_documents(const json_t *const *document, size_t n, rw_text *out,
                                    ropewalk_error *err)
{
    rw_text_clear(out);
    if (n == 1) return one(document[0], out, err);
    size_t first = n;
    for (size_t i = 0; i < n; i++) {
        const char *kind = kind_of(document[i]);
        if (strcmp(kind, "audit") == 0) {
            if (first == n) first = i;
        } else if (strcmp(kind, "lint") != 0 && strcmp(kind, "sweep") != 0 &&
                   strcmp(kind, "task") != 0 && strcmp(kind, "bench") != 0) {
            return rw_fail(err, ROPEWALK_E_FORMAT, 0,
                           "document %zu is a \"%.40s\": beside an audit stand other "
                           "audits, bench, lint, sweep and task",
                           i + 1, kind);
        }
    }
    if (first == n)
        return rw_fail(err, ROPEWALK_E_FORMAT, 0,
                       "several documents need an audit to stand beside");
    const json_t **beside = rw_array(n, sizeof *beside);
    if (!beside) return rw_fail_memory(err, "the documents");
    size_t n_beside = 0;
    for (size_t i = 0; i < n; i++)
        if (i != first) beside[n_beside++] = document[i];
    const ropewalk_status status =
        rw_report_audit(document[first], beside, n_beside, out, err);
    rw_free(beside);
    return status;
}
