/* page_findings.c - findings with their fixes: of what a file declares, and of what ran. */
#include <string.h>

#include "report/markup.h"
#include "report/page.h"
#include "report/table.h"

/* Addresses of recorded bugs, each its own name; what is no https address stays out. */
static void links(rw_text *t, const json_t *list)
{
    size_t i, n = 0;
    const json_t *item;
    json_array_foreach (list, i, item) {
        const char *address = json_string_value(item);
        if (!address || strncmp(address, "https://", 8) != 0 || strlen(address) > 300)
            continue;
        rw_text_append(t, n++ ? " \xc2\xb7 " : "<p class=small><b>Recorded bugs.</b> ");
        rw_text_append(t, "<a rel=noreferrer href=\"");
        rw_markup_escape(t, address);
        rw_text_append(t, "\">");
        rw_markup_escape(t, address + 8);
        rw_text_append(t, "</a>");
    }
    if (n) rw_text_append(t, "</p>");
}

static void finding_row(rw_text *t, const json_t *f)
{
    static const char *const severities[][2] = {
        {"error", "t-finding"}, {"warn", "t-caution"}, {"info", "t-plain"}};
    const char *severity = json_string_value(json_object_get(f, "severity")),
               *css = "t-plain";
    for (size_t k = 0; severity && k < 3; k++)
        if (strcmp(severity, severities[k][0]) == 0) css = severities[k][1];
    rw_text_printf(t, "<li><p><span class=\"badge %s\">", css);
    rw_markup_str(t, f, "severity", "finding");
    rw_text_append(t, "</span> <code>");
    rw_markup_str(t, f, "rule", "\xe2\x80\x93");
    rw_text_append(t, "</code> ");
    rw_markup_str(t, f, "message", "");
    rw_text_append(t, "</p>");
    static const char *const more[][2] = {
        {"fix", "Fix"}, {"where", "Where"}, {"evidence", "Evidence"}};
    for (size_t k = 0; k < 3; k++) {
        const json_t *v = json_object_get(f, more[k][0]);
        if (!v || json_is_null(v) || (json_is_object(v) && !json_object_size(v)))
            continue;
        rw_text_printf(t, "<p class=small><b>%s.</b> %s", more[k][1], k ? "<code>" : "");
        rw_markup_value(t, v);
        rw_text_append(t, k ? "</code></p>" : "</p>");
    }
    links(t, json_object_get(f, "links"));
    rw_text_append(t, "\n");
}

static bool has_severity(const json_t *finding, const char *wanted)
{
    const char *severity = json_string_value(json_object_get(finding, "severity"));
    return severity && strcmp(severity, wanted) == 0;
}

/* Findings that are infos, or those that are not: errors, then all others. */
static void findings(rw_text *t, const json_t *list, bool info)
{
    size_t i;
    const json_t *item;
    rw_text_append(t, "<ul class=findings>\n");
    for (int errors = 1; errors >= 0; errors--)
        json_array_foreach (list, i, item)
            if (json_is_object(item) && has_severity(item, "info") == info &&
                has_severity(item, "error") == (bool)errors)
                finding_row(t, item);
    rw_text_append(t, "</ul>\n");
}

void rw_page_finding_list(rw_text *t, const json_t *document)
{
    enum { MANY = 8 }; /* infos that stand open */
    const json_t *list = json_object_get(document, "findings"), *item;
    const json_t *skipped = json_object_get(document, "not_evaluated");
    size_t i, n_info = 0;
    const size_t n = json_array_size(list);
    json_array_foreach (list, i, item)
        n_info += has_severity(item, "info");
    if (!n)
        rw_text_append(t, list && !json_is_null(list) ? "<p>Nothing was found.</p>\n"
                                                      : RW_ABSENT);
    if (n > n_info) findings(t, list, false);
    if (n_info > MANY)
        rw_text_printf(t, "<details><summary>%zu for information</summary>\n", n_info);
    if (n_info) findings(t, list, true);
    if (n_info > MANY) rw_text_append(t, "</details>\n");
    static const rw_table_column columns[] = {
        {"rule", "Rule", RW_COLUMN_TEXT},
        {"file", "File", RW_COLUMN_TEXT},
        {"why", "Not evaluated because", RW_COLUMN_TEXT}};
    if (json_array_size(skipped)) {
        rw_text_append(t, "<details><summary>Not evaluated</summary>\n");
        rw_table_of(t, "Rules not evaluated", skipped, columns, 3);
        rw_text_append(t, "</details>\n");
    }
}

void rw_page_findings(rw_text *t, const rw_view *view)
{
    rw_section_open(
        t, "findings", "Findings",
        "What the file declares against what ran, rule by rule, each with its "
        "fix.");
    rw_page_finding_list(t, view->audit);
    rw_section_close(t);
}
