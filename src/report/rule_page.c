/* rule_page.c - a rule's page in Markdown: as plain text, its first paragraph, its links. */
#include "report/rule_page.h"

#include <string.h>

static const char checks[] = "\n## What it checks\n";
static const char bugs[] = "\n## Recorded bugs\n";

/* One line without marks: `code`, **strong**, <address> and [text](address). */
static void inline_text(const char *s, size_t n, rw_text *t)
{
    const char *const end = s + n;
    while (s < end) {
        const size_t left = (size_t)(end - s);
        const char *close = NULL;
        if (*s == '`' || (left > 1 && s[0] == '*' && s[1] == '*')) {
            s += *s == '`' ? 1 : 2;
            continue;
        }
        if (*s == '<' && left > 4 && strncmp(s + 1, "http", 4) == 0)
            close = memchr(s, '>', left);
        if (close) {
            rw_text_append_n(t, s + 1, (size_t)(close - s - 1));
            s = close + 1;
            continue;
        }
        if (*s == '[') close = memchr(s, ']', left);
        const char *round = close && close + 1 < end && close[1] == '('
                                ? memchr(close, ')', (size_t)(end - close))
                                : NULL;
        if (round) {
            rw_text_append_n(t, s + 1, (size_t)(close - s - 1));
            rw_text_append(t, " (");
            rw_text_append_n(t, close + 2, (size_t)(round - close - 2));
            rw_text_append(t, ")");
            s = round + 1;
            continue;
        }
        rw_text_append_n(t, s++, 1);
    }
}

void rw_rule_page_plain(const char *page, rw_text *t)
{
    for (const char *line = page; *line;) {
        const size_t n = strcspn(line, "\n");
        if (line[0] == '#') {
            const size_t mark = strspn(line, "#"), at = mark + strspn(line + mark, " ");
            rw_text_append_n(t, line + at, n - at);
            rw_text_append(t, "\n");
            for (size_t i = at; i < n; i++)
                rw_text_append(t, mark == 1 ? "=" : "-");
        } else if (strncmp(line, "    ", 4) == 0) { /* code stands as it is */
            rw_text_append_n(t, line, n);
        } else {
            inline_text(line, n, t);
        }
        rw_text_append(t, "\n");
        line += n + (line[n] == '\n');
    }
}

void rw_rule_page_about(const char *page, rw_text *t)
{
    const char *s = strstr(page, checks);
    rw_text_append(t, "");
    if (!s) return;
    s += sizeof checks - 1;
    s += strspn(s, "\n");
    for (bool first = true; *s && *s != '\n'; first = false) {
        const size_t n = strcspn(s, "\n");
        if (!first) rw_text_append(t, " ");
        inline_text(s, n, t);
        s += n + (s[n] == '\n');
    }
}

const char *rw_rule_page_link(const char *from, size_t *len)
{
    const char *section = strstr(from, bugs);
    const char *s = section ? section + sizeof bugs - 1 : from;
    *len = 0;
    if (!section && (!*from || *from == '#'))
        return NULL; /* a page without that section */
    const char *end = strstr(s, "\n## ");
    s = strstr(s + (section ? 0 : 1), "http");
    if (!s || (end && s > end)) return NULL;
    *len = strcspn(s, "<>() \n");
    return s;
}
