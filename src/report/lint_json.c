/* lint_json.c - findings as JSON: a transcription, nothing is judged here. */
#include <math.h>
#include <string.h>

#include "report/lint_report.h"
#include "report/rule_page.h"

/* Counts and positions are whole, and written so. */
static json_t *evidence_number(double v)
{
    const bool whole = v == floor(v) && fabs(v) < 9007199254740992.0;
    return whole ? json_integer((json_int_t)v) : rw_json_f64(v);
}

json_t *rw_evidence_json(const rw_finding *finding)
{
    json_t *o = json_object();
    for (uint32_t i = 0; i < finding->n_evidence; i++) {
        const rw_evidence *e = &finding->evidence[i];
        rw_json_set(&o, e->name,
                    e->text ? rw_json_str(e->text) : evidence_number(e->num));
    }
    return o;
}

json_t *rw_finding_json(const rw_finding *finding)
{
    json_t *where = json_object();
    rw_json_set(&where, "file", rw_json_str(finding->file));
    rw_json_set(&where, "key", rw_json_str(finding->key));
    json_t *o = json_object();
    rw_json_set(&o, "rule", rw_json_str(finding->rule));
    rw_json_set(&o, "severity", json_string(rw_severity_name(finding->severity)));
    rw_json_set(&o, "message", rw_json_str(finding->message));
    rw_json_set(&o, "evidence", rw_evidence_json(finding));
    rw_json_set(&o, "fix", rw_json_str(finding->fix));
    rw_json_set(&o, "where", where);
    return o;
}

static json_t *links(const rw_lint_report *report, const char *rule)
{
    json_t *array = json_array();
    for (size_t i = 0; i < report->n_rule; i++) {
        if (strcmp(report->rule[i].id, rule) != 0) continue;
        size_t n;
        const char *link = rw_rule_page_link(report->rule[i].page, &n);
        for (; link; link = rw_rule_page_link(link, &n))
            rw_json_add(&array, json_stringn(link, n));
    }
    return array;
}

static json_t *findings(const rw_lint_report *report, bool ignored)
{
    json_t *array = json_array();
    for (size_t i = 0; i < report->n_file; i++) {
        const rw_findings *f = &report->file[i].findings;
        for (uint32_t k = 0; k < f->n; k++) {
            if ((f->list[k].ignored != NULL) != ignored) continue;
            json_t *o = rw_finding_json(&f->list[k]);
            rw_json_set(&o, "links", links(report, f->list[k].rule));
            if (ignored) rw_json_set(&o, "reason", rw_json_str(f->list[k].ignored));
            rw_json_add(&array, o);
        }
    }
    return array;
}

static json_t *not_evaluated(const rw_lint_report *report)
{
    json_t *array = json_array();
    for (size_t i = 0; i < report->n_file; i++) {
        const rw_findings *f = &report->file[i].findings;
        for (uint32_t k = 0; k < f->n_skipped; k++) {
            json_t *o = json_object();
            rw_json_set(&o, "rule", rw_json_str(f->skipped[k].rule));
            rw_json_set(&o, "why", rw_json_str(f->skipped[k].why));
            rw_json_set(&o, "file", rw_json_str(f->skipped[k].file));
            rw_json_add(&array, o);
        }
    }
    return array;
}

static json_t *files(const rw_lint_report *report)
{
    json_t *array = json_array();
    for (size_t i = 0; i < report->n_file; i++) {
        json_t *o = json_object();
        rw_json_set(&o, "file", rw_json_str(report->file[i].path));
        rw_json_set(&o, "failure", rw_json_str(report->file[i].failure));
        rw_json_add(&array, o);
    }
    return array;
}

static json_t *ignore_unused(const rw_lint_report *report)
{
    json_t *array = json_array();
    for (size_t i = 0; i < report->n_ignore; i++) {
        const rw_ignore_entry *e = &report->ignore[i];
        if (e->used) continue;
        json_t *o = json_object();
        rw_json_set(&o, "file", rw_json_str(report->ignore_file));
        rw_json_set(&o, "line", json_integer(e->line));
        rw_json_set(&o, "rule", rw_json_str(e->rule));
        rw_json_set(&o, "path", rw_json_str(e->pattern));
        rw_json_add(&array, o);
    }
    return array;
}

static json_t *settings(const rw_lint_report *report)
{
    json_t *engines = json_array();
    for (size_t i = 0; i < report->n_engine; i++) {
        json_t *o = json_object();
        rw_json_set(&o, "name", rw_json_str(report->engine[i].name));
        rw_json_set(&o, "version", rw_json_str(report->engine[i].version));
        rw_json_add(&engines, o);
    }
    json_t *o = json_object();
    rw_json_set(&o, "engines", engines);
    rw_json_set(&o, "target_context",
                report->target_context ? json_integer(report->target_context)
                                       : json_null());
    return o;
}

rw_lint_totals rw_lint_count(const rw_lint_report *report)
{
    rw_lint_totals totals = {0};
    for (size_t i = 0; i < report->n_file; i++) {
        const rw_findings *f = &report->file[i].findings;
        totals.failed += report->file[i].failure != NULL;
        for (uint32_t k = 0; k < f->n; k++) {
            if (f->list[k].ignored)
                totals.ignored++;
            else
                totals.n[f->list[k].severity]++;
        }
    }
    return totals;
}

static json_t *summary(const rw_lint_report *report)
{
    const rw_lint_totals totals = rw_lint_count(report);
    json_t *o = json_object();
    for (int s = RW_ERROR; s >= RW_INFO; s--)
        rw_json_set(&o, rw_severity_name((rw_severity)s),
                    json_integer((json_int_t)totals.n[s]));
    rw_json_set(&o, "ignored", json_integer((json_int_t)totals.ignored));
    rw_json_set(&o, "files", json_integer((json_int_t)report->n_file));
    rw_json_set(&o, "unreadable", json_integer((json_int_t)totals.failed));
    return o;
}

json_t *rw_lint_json(const rw_lint_report *report)
{
    json_t *o = json_object();
    rw_json_set(&o, "settings", settings(report));
    rw_json_set(&o, "files", files(report));
    rw_json_set(&o, "findings", findings(report, false));
    rw_json_set(&o, "ignored", findings(report, true));
    rw_json_set(&o, "ignore_unused", ignore_unused(report));
    rw_json_set(&o, "not_evaluated", not_evaluated(report));
    rw_json_set(&o, "summary", summary(report));
    return o;
}
