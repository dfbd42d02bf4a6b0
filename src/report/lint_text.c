/* lint_text.c - findings for people: grouped by file, with evidence, fix and links. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "report/lint_report.h"
#include "report/rule_page.h"

enum { MAX_LINK = 3, WIDTH = 100, MARGIN = 6 };

static void number(double v, rw_text *t)
{
    if (isnan(v))
        rw_text_append(t, "unknown");
    else if (v == floor(v) && fabs(v) < 9007199254740992.0)
        rw_text_printf(t, "%.0f", v);
    else
        rw_text_printf(t, "%.6g", v);
}

/* A line of its own with a string out of a file or a path: never broken. */
static void plain_line(const char *before, const char *s, rw_text *t)
{
    rw_text_append(t, before);
    rw_text_plain(t, s);
    rw_text_append(t, "\n");
}

static void line(const char *name, const char *s, rw_text *t)
{
    rw_text_printf(t, "%*s%-9s", MARGIN, "", name);
    rw_text_wrap(t, s, MARGIN + 9, WIDTH);
}

static void evidence(const rw_finding *finding, rw_text *t)
{
    rw_text all;
    rw_text_init(&all);
    for (uint32_t i = 0; i < finding->n_evidence; i++) {
        const rw_evidence *e = &finding->evidence[i];
        rw_text_printf(&all, "%s%s ", i ? ", " : "", e->name);
        if (e->text)
            rw_text_append(&all, e->text);
        else
            number(e->num, &all);
    }
    if (all.failed)
        t->failed = true;
    else if (all.data)
        line("evidence", all.data, t);
    rw_text_clear(&all);
}

void rw_finding_text_block(const rw_finding *finding, const char *page, rw_text *t)
{
    rw_text_printf(t, "  %-5s %s  ", rw_severity_name(finding->severity), finding->rule);
    rw_text_wrap(t, finding->message, MARGIN + 9, WIDTH);
    if (finding->key) plain_line("      key      ", finding->key, t);
    evidence(finding, t);
    if (finding->fix) plain_line("      fix      ", finding->fix, t); /* to be pasted */
    /* nearly every model has some info; its links are a --explain away */
    if (finding->severity == RW_INFO) return;
    size_t len, n = 0;
    const char *link = rw_rule_page_link(page, &len);
    for (; link && n < MAX_LINK; link = rw_rule_page_link(link, &len), n++) {
        rw_text_printf(t, "%*s%-9s", MARGIN, "", n ? "" : "see");
        rw_text_append_n(t, link, len);
        rw_text_append(t, "\n");
    }
}

static const char *page_of(const rw_lint_report *report, const char *rule)
{
    for (size_t i = 0; i < report->n_rule; i++)
        if (strcmp(report->rule[i].id, rule) == 0) return report->rule[i].page;
    return "";
}

static void file_block(const rw_lint_report *report, const rw_lint_file *file, rw_text *t)
{
    uint32_t shown = 0;
    plain_line("", file->path, t);
    if (file->failure) {
        plain_line("  cannot be judged: ", file->failure, t);
        rw_text_append(t, "\n");
        return;
    }
    for (uint32_t i = 0; i < file->findings.n; i++) {
        const rw_finding *f = &file->findings.list[i];
        if (f->ignored) continue;
        rw_finding_text_block(f, page_of(report, f->rule), t);
        shown++;
    }
    for (uint32_t i = 0; i < file->findings.n; i++) {
        const rw_finding *f = &file->findings.list[i];
        if (!f->ignored) continue;
        rw_text_printf(t, "  ignored %s  ", f->rule);
        rw_text_wrap(t, f->message, MARGIN + 11, WIDTH);
        line("reason", f->ignored, t);
    }
    if (!shown) rw_text_append(t, "  no findings\n");
    rw_text_append(t, "\n");
}

/* Rows of equal rule and reason are told once, with the number of files. */
static void not_evaluated(const rw_lint_report *report, rw_text *t)
{
    bool any = false;
    for (size_t i = 0; i < report->n_file; i++) {
        const rw_findings *f = &report->file[i].findings;
        for (uint32_t k = 0; k < f->n_skipped; k++) {
            const rw_not_evaluated *row = &f->skipped[k];
            size_t same = 0;
            bool told = false;
            for (size_t j = 0; j < report->n_file; j++) {
                const rw_findings *g = &report->file[j].findings;
                for (uint32_t m = 0; m < g->n_skipped; m++) {
                    if (strcmp(g->skipped[m].rule, row->rule) != 0 ||
                        strcmp(g->skipped[m].why, row->why) != 0)
                        continue;
                    same++;
                    told = told || j < i || (j == i && m < k);
                }
            }
            if (told) continue;
            if (!any) rw_text_append(t, "not evaluated\n");
            any = true;
            rw_text_printf(t, "  %s  ", row->rule);
            rw_text_plain(t, row->why);
            rw_text_printf(t, " (%zu file%s)\n", same, same == 1 ? "" : "s");
        }
    }
    if (any) rw_text_append(t, "\n");
}

static void unused(const rw_lint_report *report, rw_text *t)
{
    for (size_t i = 0; i < report->n_ignore; i++) {
        const rw_ignore_entry *e = &report->ignore[i];
        if (e->used) continue;
        rw_text_plain(t, report->ignore_file);
        rw_text_printf(t, ":%" PRIu32 ": %s  ", e->line, e->rule);
        rw_text_plain(t, e->pattern);
        rw_text_append(t, " passed over nothing\n");
    }
}

static void summary(const rw_lint_report *report, rw_text *t)
{
    const rw_lint_totals totals = rw_lint_count(report);
    const size_t *n = totals.n;
    rw_text_printf(t, "%zu file%s: %zu error%s, %zu warning%s, %zu info", report->n_file,
                   report->n_file == 1 ? "" : "s", n[RW_ERROR],
                   n[RW_ERROR] == 1 ? "" : "s", n[RW_WARN], n[RW_WARN] == 1 ? "" : "s",
                   n[RW_INFO]);
    if (totals.ignored) rw_text_printf(t, ", %zu ignored", totals.ignored);
    if (totals.failed) rw_text_printf(t, "; %zu could not be read", totals.failed);
    rw_text_append(t, "\n");
}

void rw_lint_text(const rw_lint_report *report, rw_text *t)
{
    for (size_t i = 0; i < report->n_file; i++)
        file_block(report, &report->file[i], t);
    not_evaluated(report, t);
    unused(report, t);
    summary(report, t);
}
