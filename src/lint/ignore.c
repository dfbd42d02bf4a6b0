/* ignore.c - findings passed over on purpose, each with its reason. */
#include "lint/ignore.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "lint/lint.h"

enum { LONGEST_LINE = 4096 };

void rw_ignore_clear(rw_ignore *ignore)
{
    for (size_t i = 0; i < ignore->n; i++) {
        rw_free(ignore->list[i].pattern);
        rw_free(ignore->list[i].reason);
    }
    rw_free(ignore->list);
    *ignore = (rw_ignore){0};
}

static bool blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

/* The next word of [*s, end), which ends at a blank or at a # after one. */
static size_t word(const char **s, const char *end)
{
    while (*s < end && blank(**s))
        (*s)++;
    const char *w = *s;
    if (w < end && *w == '#') return 0;
    while (w < end && !blank(*w))
        w++;
    return (size_t)(w - *s);
}

static ropewalk_status add(rw_ignore *out, const rw_rule *rule, const char *pattern,
                           size_t n_pattern, const char *reason, size_t n_reason,
                           uint32_t line, ropewalk_error *err)
{
    rw_ignore_entry *list = rw_realloc(out->list, out->n + 1, sizeof *list);
    if (!list) return rw_fail_memory(err, "the ignore file");
    out->list = list;
    rw_ignore_entry *e = &list[out->n++];
    *e = (rw_ignore_entry){.line = line};
    (void)snprintf(e->rule, sizeof e->rule, "%s", rule->id);
    e->pattern = rw_strndup(pattern, n_pattern);
    e->reason = rw_strndup(reason, n_reason);
    return e->pattern && e->reason ? ROPEWALK_OK : rw_fail_memory(err, "the ignore file");
}

static ropewalk_status parse_line(const char *s, const char *end, const char *name,
                                  uint32_t line, rw_ignore *out, ropewalk_error *err)
{
    char id[8];
    const size_t n_id = word(&s, end);
    if (n_id == 0) return ROPEWALK_OK;
    (void)snprintf(id, sizeof id, "%.*s", (int)(n_id < sizeof id ? n_id : sizeof id), s);
    const rw_rule *rule = n_id < sizeof id ? rw_rule_find(id) : NULL;
    if (!rule)
        return rw_fail(err, ROPEWALK_E_FORMAT, 0,
                       "%s, line %u: \"%.*s\" is no rule: see `ropewalk list rules`",
                       name, (unsigned)line, (int)(n_id < 32 ? n_id : 32), s);
    s += n_id;
    const size_t n_pattern = word(&s, end);
    if (n_pattern == 0)
        return rw_fail(err, ROPEWALK_E_FORMAT, 0,
                       "%s, line %u: a path pattern, or *, must stand after %s", name,
                       (unsigned)line, rule->id);
    const char *const pattern = s;
    s += n_pattern;
    while (s < end && blank(*s))
        s++;
    if (s < end && *s != '#')
        return rw_fail(err, ROPEWALK_E_FORMAT, 0,
                       "%s, line %u: \"# reason\" must stand after the pattern", name,
                       (unsigned)line);
    while (s < end && (*s == '#' || blank(*s)))
        s++;
    while (end > s && blank(end[-1]))
        end--;
    if (s == end)
        return rw_fail(err, ROPEWALK_E_FORMAT, 0,
                       "%s, line %u: %s is passed over without a reason: write # and why",
                       name, (unsigned)line, rule->id);
    return add(out, rule, pattern, n_pattern, s, (size_t)(end - s), line, err);
}

ropewalk_status rw_ignore_parse(const char *text, size_t n_byte, const char *name,
                                rw_ignore *out, ropewalk_error *err)
{
    const char *s = text, *const end = text + n_byte;
    *out = (rw_ignore){0};
    for (uint32_t line = 1; s < end; line++) {
        const char *newline = memchr(s, '\n', (size_t)(end - s));
        const char *stop = newline ? newline : end;
        ropewalk_status status;
        if (memchr(s, '\0', (size_t)(stop - s)) || stop - s > LONGEST_LINE)
            status = rw_fail(err, ROPEWALK_E_FORMAT, (uint64_t)(s - text),
                             "%s, line %u: not a line of text of at most %d bytes", name,
                             (unsigned)line, (int)LONGEST_LINE);
        else
            status = parse_line(s, stop, name, line, out, err);
        if (status) {
            rw_ignore_clear(out);
            return status;
        }
        s = newline ? newline + 1 : end;
    }
    return ROPEWALK_OK;
}

/* Only the last * is ever taken back, so the time is at most pattern times text. */
static bool matches(const char *pattern, const char *s)
{
    const char *star = NULL, *resume = NULL;
    while (*s) {
        if (*pattern == '*') {
            star = pattern++;
            resume = s;
        } else if (*pattern == '?' || *pattern == *s) {
            pattern++;
            s++;
        } else if (star) {
            pattern = star + 1;
            s = ++resume;
        } else {
            return false;
        }
    }
    while (*pattern == '*')
        pattern++;
    return !*pattern;
}

ropewalk_status rw_ignore_apply(rw_ignore *ignore, const char *path,
                                rw_findings *findings, ropewalk_error *err)
{
    const char *slash = strrchr(path, '/');
    const char *last = slash ? slash + 1 : path;
    for (size_t i = 0; i < ignore->n; i++) {
        rw_ignore_entry *e = &ignore->list[i];
        if (!matches(e->pattern, strchr(e->pattern, '/') ? path : last)) continue;
        for (uint32_t k = 0; k < findings->n; k++) {
            rw_finding *f = &findings->list[k];
            if (strcmp(f->rule, e->rule) != 0) continue;
            e->used = true;
            if (f->ignored) continue; /* the first entry's reason stands */
            f->ignored = rw_strdup(e->reason);
            if (!f->ignored) return rw_fail_memory(err, "the ignore file");
        }
    }
    return ROPEWALK_OK;
}
