/* beside.c - several documents as one page: an audit, and others in sections beside it. */
#include <stdio.h>
#include <string.h>

#include "report/compare_report.h"
#include "report/markup.h"
#include "report/page.h"

static const char *kind_of(const json_t *document)
{
    const char *kind = json_string_value(json_object_get(document, "kind"));
    return kind ? kind : "";
}

static ropewalk_status compared(rw_text *t, const json_t *other, const rw_view *view,
                                size_t number, ropewalk_error *err)
{
    json_t *body;
    const char *const name[] = {view->name[0], view->name[number]};
    const ropewalk_status status = rw_compare_json(view->audit, other, name, &body, err);
    if (status) return status;
    rw_page_compare_section(t, body, number);
    json_decref(body);
    return ROPEWALK_OK;
}

/* Every kind of document a page is made of. */
static const struct kind {
    const char *name;
    ropewalk_status (*alone)(const json_t *, rw_text *, ropewalk_error *);
    rw_page_section *beside; /* NULL: not beside an audit */
    bool findings;           /* stands with the findings, before the evidence */
} kinds[] = {{"audit", rw_report_html, compared, false},
             {"bench", rw_bench_html, rw_page_bench, false},
             {"compare", rw_compare_page, NULL, false},
             {"diff", rw_diff_page, rw_page_diff, false},
             {"inspect", rw_inspect_page, rw_page_inspect, false},
             {"league", rw_league_html, NULL, false},
             {"lint", rw_lint_page, rw_page_lint, true},
             {"sweep", rw_sweep_html, rw_page_sweep, false},
             {"task", rw_task_html, rw_page_task, false},
             {"theory", rw_theory_html, NULL, false}};
enum { N_KIND = sizeof kinds / sizeof *kinds };

/* What says nothing of its kind is taken for an audit. */
static const struct kind *find_kind(const json_t *document)
{
    const char *name = kind_of(document);
    for (size_t i = 0; i < N_KIND && *name; i++)
        if (strcmp(name, kinds[i].name) == 0) return &kinds[i];
    return *name ? NULL : &kinds[0];
}

ropewalk_status rw_page_beside(rw_text *t, const rw_view *view, bool evidence,
                               ropewalk_error *err)
{
    ropewalk_status status = ROPEWALK_OK;
    for (size_t i = 0; i < view->n_beside && !status; i++) {
        const struct kind *kind = find_kind(view->beside[i]);
        if (kind && kind->beside && kind->findings != evidence)
            status = kind->beside(t, view->beside[i], view, i + 1, err);
        if (status == ROPEWALK_E_FORMAT && kind != &kinds[0]) /* a comparison says it */
            status = rw_fail_context(err, status, "%s", view->name[i + 1]);
    }
    return status;
}

static ropewalk_status one(const json_t *document, const char *name, rw_text *out,
                           ropewalk_error *err)
{
    const struct kind *kind = find_kind(document);
    ropewalk_status status;
    if (kind)
        status = kind->alone(document, out, err);
    else
        status =
            rw_fail(err, ROPEWALK_E_FORMAT, 0,
                    "key \"kind\" is \"%.40s\": a page is made of what audit, bench, "
                    "compare, diff, inspect, lint, sweep, task or theory wrote",
                    kind_of(document));
    return status == ROPEWALK_E_FORMAT && name ? rw_fail_context(err, status, "%s", name)
                                               : status;
}

/* The first audit to the front, with its name. */
static size_t arrange(const json_t *const *document, const char *const *name, size_t n,
                      const json_t **arranged, const char **called)
{
    size_t first = n, k = 1;
    for (size_t i = n; i-- > 0;)
        if (find_kind(document[i]) == &kinds[0]) first = i;
    for (size_t i = 0; i < n; i++) {
        const size_t at = i == first ? 0 : k;
        if (at == n) return n; /* none is an audit */
        arranged[at] = document[i];
        called[at] = name[i];
        k += i != first;
    }
    return first;
}

static ropewalk_status several(const json_t *const *document, const char *const *name,
                               size_t n, rw_text *out, ropewalk_error *err)
{
    for (size_t i = 0; i < n; i++) {
        const struct kind *kind = find_kind(document[i]);
        if (!kind || !kind->beside)
            return rw_fail(
                err, ROPEWALK_E_FORMAT, 0,
                "%s is a \"%.40s\": beside an audit stand other audits, bench, "
                "diff, inspect, lint, sweep and task",
                name[i], kind_of(document[i]));
    }
    const json_t *arranged[RW_REPORT_MAX_DOCUMENTS];
    const char *called[RW_REPORT_MAX_DOCUMENTS];
    if (arrange(document, name, n, arranged, called) == n)
        return rw_fail(err, ROPEWALK_E_FORMAT, 0,
                       "several documents need an audit to stand beside");
    return rw_report_audit(arranged[0], arranged + 1, called, n - 1, out, err);
}

ropewalk_status rw_report_documents(const json_t *const *document,
                                    const char *const *name, size_t n, rw_text *out,
                                    ropewalk_error *err)
{
    enum { ROOM = 16 };
    char numbered[RW_REPORT_MAX_DOCUMENTS][ROOM];
    const char *called[RW_REPORT_MAX_DOCUMENTS];
    rw_text_clear(out);
    if (n < 1 || n > RW_REPORT_MAX_DOCUMENTS)
        return rw_fail(err, ROPEWALK_E_ARGUMENT, 0, "a page is made of 1 to %d documents",
                       RW_REPORT_MAX_DOCUMENTS);
    if (n == 1) return one(document[0], name ? name[0] : NULL, out, err);
    for (size_t i = 0; i < n; i++) {
        (void)snprintf(numbered[i], ROOM, "document %zu", i + 1);
        called[i] = name ? name[i] : numbered[i];
    }
    return several(document, called, n, out, err);
}
