/* text.c - growing buffers and numbers as text. */
#include "base/text.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

void rw_text_init(rw_text *t)
{
    *t = (rw_text){0};
}

void rw_text_clear(rw_text *t)
{
    rw_free(t->data);
    *t = (rw_text){0};
}

static bool reserve(rw_text *t, size_t more)
{
    if (t->failed) return false;
    if (more < t->cap - t->len) return true; /* strict: room for the terminator */
    size_t cap = t->cap ? t->cap : 256;
    while (cap - t->len <= more) {
        if (cap > SIZE_MAX / 2) {
            t->failed = true;
            return false;
        }
        cap *= 2;
    }
    char *data = rw_realloc(t->data, cap, 1);
    if (!data) {
        t->failed = true;
        return false;
    }
    t->data = data;
    t->cap = cap;
    return true;
}

void rw_text_append_n(rw_text *t, const char *s, size_t n)
{
    if (!reserve(t, n)) return;
    memcpy(t->data + t->len, s, n);
    t->len += n;
    t->data[t->len] = '\0';
}

void rw_text_append(rw_text *t, const char *s)
{
    rw_text_append_n(t, s, strlen(s));
}

void rw_text_printf(rw_text *t, const char *fmt, ...)
{
    va_list args, again;
    va_start(args, fmt);
    va_copy(again, args);
    const int n = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    if (n < 0) {
        t->failed = true;
    } else if (reserve(t, (size_t)n)) {
        (void)vsnprintf(t->data + t->len, (size_t)n + 1, fmt, again);
        t->len += (size_t)n;
    }
    va_end(again);
}

size_t rw_utf8(const char *s, uint32_t *code)
{
    const unsigned char *p = (const unsigned char *)s;
    *code = p[0];
    if (p[0] < 0x80) return 1;
    size_t n;
    uint32_t c, least;
    if (p[0] >= 0xc2 && p[0] < 0xe0)
        n = 2, c = p[0] & 0x1fu, least = 0x80;
    else if (p[0] >= 0xe0 && p[0] < 0xf0)
        n = 3, c = p[0] & 0x0fu, least = 0x800;
    else if (p[0] >= 0xf0 && p[0] < 0xf5)
        n = 4, c = p[0] & 0x07u, least = 0x10000;
    else
        return 0;
    for (size_t i = 1; i < n; i++) {
        if ((p[i] & 0xc0) != 0x80) return 0; /* stops at the terminator too */
        c = c << 6 | (p[i] & 0x3fu);
    }
    *code = c;
    return c < least || c > 0x10ffff || (c >= 0xd800 && c < 0xe000) ? 0 : n;
}

bool rw_is_plain(uint32_t code)
{
    return code >= 0x20 && (code < 0x7f || code >= 0xa0) && code != 0x61c &&
           code != 0x200e && code != 0x200f && (code < 0x2028 || code > 0x202e) &&
           (code < 0x2066 || code > 0x2069);
}

/* The bytes of the character at s, and whether it can be shown as it is. */
static size_t plain_char(const char *s, bool *shown)
{
    uint32_t code;
    const size_t n = rw_utf8(s, &code);
    *shown = n && rw_is_plain(code);
    return n ? n : 1;
}

static void plain_n(rw_text *t, const char *s, size_t n)
{
    for (size_t i = 0, n_char; i < n; i += n_char) {
        bool shown;
        n_char = plain_char(s + i, &shown);
        rw_text_append_n(t, shown ? s + i : "?", shown ? n_char : 1);
    }
}

void rw_text_plain(rw_text *t, const char *s)
{
    plain_n(t, s, strlen(s));
}

void rw_plain(char *s)
{
    char *to = s;
    for (size_t n; *s; s += n) {
        bool shown;
        n = plain_char(s, &shown);
        if (shown)
            memmove(to, s, n);
        else
            *to = '?';
        to += shown ? n : 1;
    }
    *to = '\0';
}

void rw_text_wrap(rw_text *t, const char *s, size_t indent, size_t width)
{
    size_t column = indent;
    for (bool first = true; *s; first = false) {
        const size_t n = strcspn(s, " ");
        if (!first && column + 1 + n > width) {
            rw_text_printf(t, "\n%*s", (int)indent, "");
            column = indent;
        } else if (!first) {
            rw_text_append(t, " ");
            column++;
        }
        plain_n(t, s, n);
        column += n;
        s += n + strspn(s + n, " ");
    }
    rw_text_append(t, "\n");
}

/* The length of the run of successive numbers that begins at `list[i]`. */
static size_t run_length(const uint32_t *list, size_t n, size_t i)
{
    size_t end = i + 1;
    while (end < n && list[end] == list[end - 1] + 1)
        end++;
    return end - i;
}

static void append_run(rw_text *t, const uint32_t *list, size_t length)
{
    rw_text_printf(t, "%" PRIu32, list[0]);
    if (length > 1) rw_text_printf(t, "-%" PRIu32, list[length - 1]);
}

void rw_text_runs(rw_text *t, const uint32_t *list, size_t n)
{
    enum { MAX_PIECE = 32 };
    int n_piece = 0;
    for (size_t i = 0; i < n;) {
        if (n_piece++) rw_text_append(t, ", ");
        if (n_piece > MAX_PIECE) {
            rw_text_printf(t, "... (%zu in all)", n);
            return;
        }
        const size_t length = run_length(list, n, i);
        append_run(t, list + i, length);
        size_t next = i + length, n_run = 1, last = i;
        while (next < n && run_length(list, n, next) == length &&
               list[next] - list[last] == list[i + length] - list[i]) {
            last = next;
            next += length;
            n_run++;
        }
        if (n_run > 3) { /* the first two show the step */
            rw_text_append(t, ", ");
            append_run(t, list + i + length, length);
            rw_text_append(t, ", ..., ");
            append_run(t, list + last, length);
            i = next;
        } else {
            i += length;
        }
    }
}

char rw_lower(char c)
{
    static const char upper[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
                      lower[] = "abcdefghijklmnopqrstuvwxyz";
    const char *at = c ? strchr(upper, c) : NULL;
    if (at) c = lower[at - upper];
    return c;
}

void rw_format_double(char out[32], double value)
{
    for (int digits = 15; digits <= 17;
         digits++) { /* %.15g drops trailing zeros itself */
        (void)snprintf(out, 32, "%.*g", digits, value);
        if (strtod(out, NULL) == value || isnan(value)) return;
    }
}

bool rw_parse_double(const char *s, double *value)
{
    if (!*s || strchr(" \t\n+", *s)) return false;
    char *end;
    errno = 0;
    const double v = strtod(s, &end);
    if (*end || end == s || !isfinite(v)) return false;
    *value = v;
    return true;
}

bool rw_parse_int(const char *s, bool suffix, long long *value)
{
    if (!*s || strchr(" \t\n+", *s)) return false;
    char *end;
    errno = 0;
    long long v = strtoll(s, &end, 10);
    if (end == s || errno == ERANGE) return false;
    if (suffix && *end && !end[1]) {
        const char c = *end;
        const long long unit = c == 'k' || c == 'K'   ? 1024
                               : c == 'm' || c == 'M' ? 1048576
                                                      : 0;
        if (unit) {
            if (v > INT64_MAX / unit || v < INT64_MIN / unit) return false;
            v *= unit;
            end++;
        }
    }
    if (*end) return false;
    *value = v;
    return true;
}

void rw_text_csv(rw_text *t, const char *s)
{
    rw_text_append(t, *s && strchr("=+-@\t\r", *s) ? "\"'" : "\"");
    for (; *s; s++)
        if (*s == '"')
            rw_text_append(t, "\"\"");
        else
            rw_text_append_n(t, s, 1);
    rw_text_append(t, "\"");
}
