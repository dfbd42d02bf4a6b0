/* finding.c - life and death of findings. */
#include "result/finding.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/alloc.h"

enum { LONGEST = 1024 };

void rw_findings_init(rw_findings *f)
{
    *f = (rw_findings){0};
}

void rw_findings_clear(rw_findings *f)
{
    for (uint32_t i = 0; i < f->n; i++) {
        rw_finding *finding = &f->list[i];
        for (uint32_t e = 0; e < finding->n_evidence; e++) {
            rw_free(finding->evidence[e].name);
            rw_free(finding->evidence[e].text);
        }
        rw_free(finding->evidence);
        rw_free(finding->message);
        rw_free(finding->fix);
        rw_free(finding->file);
        rw_free(finding->key);
        rw_free(finding->ignored);
    }
    for (uint32_t i = 0; i < f->n_skipped; i++) {
        rw_free(f->skipped[i].file);
        rw_free(f->skipped[i].why);
    }
    rw_free(f->list);
    rw_free(f->skipped);
    *f = (rw_findings){0};
}

static bool copy_or_null(char **to, const char *from)
{
    *to = NULL;
    if (!from) return true;
    *to = rw_strdup(from);
    return *to != NULL;
}

ropewalk_status rw_finding_add(rw_findings *f, const char *rule, rw_severity severity,
                               const char *file, const char *key, rw_finding **out,
                               ropewalk_error *err, const char *message, ...)
{
    char line[LONGEST];
    va_list args;
    va_start(args, message);
    (void)vsnprintf(line, sizeof line, message, args);
    va_end(args);
    *out = NULL;
    rw_finding *list = rw_realloc(f->list, (size_t)f->n + 1, sizeof *list);
    if (!list) return rw_fail_memory(err, "findings");
    f->list = list;
    rw_finding *finding = &list[f->n++];
    *finding = (rw_finding){.rule = rule, .severity = severity};
    if (!copy_or_null(&finding->message, line) || !copy_or_null(&finding->file, file) ||
        !copy_or_null(&finding->key, key))
        return rw_fail_memory(err, "findings");
    *out = finding;
    return ROPEWALK_OK;
}

ropewalk_status rw_finding_fix(rw_finding *finding, ropewalk_error *err, const char *fix,
                               ...)
{
    char text[LONGEST];
    va_list args;
    va_start(args, fix);
    (void)vsnprintf(text, sizeof text, fix, args);
    va_end(args);
    rw_free(finding->fix);
    finding->fix = rw_strdup(text);
    return finding->fix ? ROPEWALK_OK : rw_fail_memory(err, "findings");
}

static ropewalk_status evidence(rw_finding *finding, const char *name, const char *text,
                                double num, ropewalk_error *err)
{
    rw_evidence *rows =
        rw_realloc(finding->evidence, (size_t)finding->n_evidence + 1, sizeof *rows);
    if (!rows) return rw_fail_memory(err, "findings");
    finding->evidence = rows;
    rw_evidence *row = &rows[finding->n_evidence++];
    *row = (rw_evidence){.num = num};
    if (copy_or_null(&row->name, name) && copy_or_null(&row->text, text))
        return ROPEWALK_OK;
    return rw_fail_memory(err, "findings");
}

ropewalk_status rw_finding_number(rw_finding *finding, const char *name, double num,
                                  ropewalk_error *err)
{
    return evidence(finding, name, NULL, num, err);
}

ropewalk_status rw_finding_text(rw_finding *finding, const char *name, const char *text,
                                ropewalk_error *err)
{
    return evidence(finding, name, text, 0.0, err);
}

ropewalk_status rw_finding_skip(rw_findings *f, const char *rule, const char *file,
                                ropewalk_error *err, const char *why, ...)
{
    char line[LONGEST];
    va_list args;
    va_start(args, why);
    (void)vsnprintf(line, sizeof line, why, args);
    va_end(args);
    rw_not_evaluated *rows =
        rw_realloc(f->skipped, (size_t)f->n_skipped + 1, sizeof *rows);
    if (!rows) return rw_fail_memory(err, "findings");
    f->skipped = rows;
    rw_not_evaluated *row = &rows[f->n_skipped++];
    *row = (rw_not_evaluated){.rule = rule};
    if (copy_or_null(&row->file, file) && copy_or_null(&row->why, line))
        return ROPEWALK_OK;
    return rw_fail_memory(err, "findings");
}

ropewalk_status rw_findings_worst_first(rw_findings *f, ropewalk_error *err)
{
    if (f->n < 2) return ROPEWALK_OK;
    rw_finding *list = rw_calloc(f->n, sizeof *list);
    if (!list) return rw_fail_memory(err, "findings");
    uint32_t n = 0;
    for (int severity = RW_ERROR; severity >= RW_INFO; severity--)
        for (uint32_t i = 0; i < f->n; i++)
            if ((int)f->list[i].severity == severity) list[n++] = f->list[i];
    rw_free(f->list);
    f->list = list;
    return ROPEWALK_OK;
}

const char *rw_severity_name(rw_severity severity)
{
    switch (severity) {
    case RW_INFO: return "info";
    case RW_WARN: return "warn";
    case RW_ERROR: return "error";
    }
    return "unknown";
}
