/* page_lint.c - the page of lint: files with their findings, what to change, and what was passed over. */
#include <math.h>
#include <string.h>

#include "report/markup.h"
#include "report/page.h"
#include "report/report.h"
#include "report/table.h"

static const char *const severities[][2] = {
    {"error", "errors"}, {"warn", "warnings"}, {"info", "for information"}};

/* "1 error", "5 warnings" */
static void said(rw_text *t, double n, size_t severity)
{
    rw_markup_count(t, n);
    rw_text_append(t, " ");
    if (fabs(n - 1) < .5 && severity < 2)
        rw_text_append(t, severity ? "warning" : "error");
    else
        rw_text_append(t, severities[severity][1]);
}

static void verdict(rw_text *t, const json_t *doc)
{
    const json_t *summary = json_object_get(doc, "summary");
    const double errors = rw_markup_f64(summary, "error"),
                 warnings = rw_markup_f64(summary, "warn");
    const bool any = errors > 0, some = warnings > 0;
    rw_text_printf(t, "<div class=\"headline %s\"><span class=badge>%s</span><p>",
                   any    ? "t-finding"
                   : some ? "t-caution"
                          : "t-plain",
                   any    ? "Something is wrong"
                   : some ? "Something to look at"
                          : "No error, no warning");
    rw_markup_count(t, rw_markup_f64(summary, "files"));
    rw_text_append(t, fabs(rw_markup_f64(summary, "files") - 1) < .5 ? " file: "
                                                                     : " files: ");
    for (size_t i = 0; i < 3; i++) {
        if (i) rw_text_append(t, ", ");
        said(t, rw_markup_f64(summary, severities[i][0]), i);
    }
    if (rw_markup_f64(summary, "unreadable") > 0) {
        rw_text_append(t, "; ");
        rw_markup_count(t, rw_markup_f64(summary, "unreadable"));
        rw_text_append(t, " could not be read");
    }
    rw_text_append(t, ".</p></div>\n");
}

static double count_of(const json_t *findings, const json_t *file, const char *severity)
{
    size_t i, n = 0;
    const json_t *item;
    json_array_foreach (findings, i, item) {
        const char *s = json_string_value(json_object_get(item, "severity"));
        n += s && strcmp(s, severity) == 0 &&
             json_equal(json_object_get(json_object_get(item, "where"), "file"), file);
    }
    return (double)n;
}

/* Files one by one, where there are several and not too many. */
static void files(rw_text *t, const json_t *doc)
{
    enum { MOST = 500 };
    static const rw_table_column columns[] = {{"file", "File", RW_COLUMN_TEXT},
                                              {"", "Errors", RW_COLUMN_COUNT},
                                              {"", "Warnings", RW_COLUMN_COUNT},
                                              {"", "For information", RW_COLUMN_COUNT},
                                              {"failure", "Not read", RW_COLUMN_TEXT}};
    size_t i;
    const json_t *item, *list = json_object_get(doc, "files");
    if (json_array_size(list) < 2) return;
    rw_table_open(t, "Files", columns, 5);
    json_array_foreach (list, i, item) {
        if (i == MOST) break;
        rw_text_append(t, "<tr><td class=l>");
        rw_table_value(t, item, &columns[0]);
        for (size_t k = 0; k < 3; k++) {
            rw_text_append(t, "<td>");
            rw_markup_count(t, count_of(json_object_get(doc, "findings"),
                                        json_object_get(item, "file"), severities[k][0]));
        }
        rw_text_append(t, "<td class=l>");
        rw_table_value(t, item, &columns[4]);
        rw_text_append(t, "\n");
    }
    rw_table_close(t);
    if (json_array_size(list) > MOST)
        rw_text_printf(t,
                       "<p class=absent>Only the first %d files are listed; findings are "
                       "of all.</p>\n",
                       MOST);
}

static void passed_over(rw_text *t, const json_t *doc)
{
    static const rw_table_column ignored[] = {
        {"rule", "Rule", RW_COLUMN_TEXT},
        {"severity", "Severity", RW_COLUMN_TEXT},
        {"where.file", "File", RW_COLUMN_TEXT},
        {"message", "Finding", RW_COLUMN_TEXT},
        {"reason", "Ignored because", RW_COLUMN_TEXT}};
    static const rw_table_column unused[] = {{"rule", "Rule", RW_COLUMN_TEXT},
                                             {"path", "Pattern", RW_COLUMN_TEXT},
                                             {"file", "Ignore file", RW_COLUMN_TEXT},
                                             {"line", "Line", RW_COLUMN_COUNT}};
    if (json_array_size(json_object_get(doc, "ignored"))) {
        rw_text_append(t, "<details><summary>Ignored, with reasons</summary>\n");
        rw_table_of(t, "Ignored", json_object_get(doc, "ignored"), ignored, 5);
        rw_text_append(t, "</details>\n");
    }
    if (json_array_size(json_object_get(doc, "ignore_unused"))) {
        rw_text_append(t, "<details><summary>Entries of the ignore file that passed over "
                          "nothing</summary>\n");
        rw_table_of(t, "Unused entries", json_object_get(doc, "ignore_unused"), unused,
                    4);
        rw_text_append(t, "</details>\n");
    }
}

ropewalk_status rw_page_lint(rw_text *t, const json_t *doc, const rw_view *audit,
                             size_t number, ropewalk_error *err)
{
    (void)audit;
    static const char *const lists[] = {"files", "findings", "not_evaluated"};
    ropewalk_status status = ROPEWALK_OK;
    for (size_t i = 0; i < 3 && !status; i++)
        status = rw_page_check_list(doc, "lint document", lists[i], err);
    if (status) return status;
    rw_text_printf(t,
                   "<section id=lint%zu aria-labelledby=h-lint%zu><h2 id=h-lint%zu>"
                   "Findings of lint</h2>\n",
                   number, number, number);
    verdict(t, doc);
    files(t, doc);
    rw_page_finding_list(t, doc);
    passed_over(t, doc);
    rw_text_append(t,
                   "<p class=small><b>What this does not say.</b> Files were read, and "
                   "judged by the rules of ");
    size_t i;
    const json_t *engine;
    json_array_foreach (json_object_get(json_object_get(doc, "settings"), "engines"), i,
                        engine) {
        if (i) rw_text_append(t, ", ");
        rw_markup_str(t, engine, "name", "an engine");
        rw_text_append(t, " ");
        rw_markup_str(t, engine, "version", "");
    }
    if (!i) rw_text_append(t, "no engine that is named");
    rw_text_append(t,
                   ". No model ran: that nothing was found is no proof that positions "
                   "work. <code>ropewalk lint --explain RW008</code> tells what a rule "
                   "means.</p>\n");
    rw_section_close(t);
    return ROPEWALK_OK;
}

ropewalk_status rw_lint_page(const json_t *document, rw_text *out, ropewalk_error *err)
{
    static const rw_page_frame frame = {"lint", "Do these files say what they mean?", "",
                                        rw_page_lint};
    return rw_page_of(document, &frame, out, err);
}
