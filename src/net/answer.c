/* answer.c - header lines of an HTTP answer: what is not understood is not guessed. */
#include "net/answer.h"

#include <string.h>

#include "base/text.h"

void rw_answer_init(rw_answer *a)
{
    *a = (rw_answer){0};
}

static bool blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Decimal digits at *s, before `end`; false when there are none or too many. */
static bool digits(const char **s, const char *end, uint64_t *value)
{
    const char *at = *s;
    uint64_t v = 0;
    while (at < end && *at >= '0' && *at <= '9') {
        if (v > (UINT64_MAX >> 1) / 10) return false; /* beyond any file */
        v = v * 10 + (uint64_t)(*at - '0');
        at++;
    }
    const bool any = at > *s;
    *s = at;
    *value = v;
    return any;
}

static void keep(char *out, size_t cap, const char *s, size_t n, bool lower_case)
{
    if (n >= cap) n = cap - 1;
    for (size_t i = 0; i < n; i++) {
        const unsigned char c = (unsigned char)s[i];
        out[i] = s[i];
        if (lower_case) out[i] = rw_lower(s[i]);
        if (c < 0x20 || c >= 0x7f) out[i] = '?';
    }
    out[n] = '\0';
}

/* "bytes 0-99/1000", or with one star for the range or the total. */
static bool parse_range(const char *s, const char *end, rw_answer *a)
{
    if (end - s < 6) return false;
    for (int i = 0; i < 5; i++)
        if (rw_lower(s[i]) != "bytes"[i]) return false;
    s += 5;
    while (s < end && blank(*s))
        s++;
    if (s < end && *s == '*') {
        a->range_none = true;
        s++;
    } else if (!digits(&s, end, &a->first) || s >= end || *s++ != '-' ||
               !digits(&s, end, &a->last) || a->last < a->first) {
        return false;
    }
    if (s >= end || *s++ != '/') return false;
    if (s < end && *s == '*') {
        s++;
    } else {
        if (!digits(&s, end, &a->total)) return false;
        a->total_known = true;
        if (!a->range_none && a->last >= a->total) return false;
    }
    return s == end && (a->total_known || !a->range_none);
}

static void take_range(rw_answer *a, const char *s, const char *end)
{
    rw_answer other = {0};
    const bool good = parse_range(s, end, &other);
    if (a->range_given && (a->first != other.first || a->last != other.last ||
                           a->total != other.total || a->range_none != other.range_none))
        a->range_bad = true;
    if (!good) a->range_bad = true;
    a->range_given = true;
    a->range_none = other.range_none;
    a->first = other.first;
    a->last = other.last;
    a->total = other.total;
    a->total_known = other.total_known;
}

static bool is(const char *name, size_t n, const char *wanted)
{
    if (strlen(wanted) != n) return false;
    for (size_t i = 0; i < n; i++)
        if (rw_lower(name[i]) != wanted[i]) return false;
    return true;
}

static void take(rw_answer *a, const char *name, size_t n_name, const char *s,
                 const char *end)
{
    const size_t n = (size_t)(end - s);
    uint64_t value;
    if (is(name, n_name, "content-type")) {
        const char *semicolon = memchr(s, ';', n);
        const char *stop = semicolon ? semicolon : end;
        while (stop > s && blank(stop[-1]))
            stop--;
        keep(a->type, sizeof a->type, s, (size_t)(stop - s), true);
    } else if (is(name, n_name, "content-encoding")) {
        if (!is(s, n, "identity")) keep(a->encoding, sizeof a->encoding, s, n, true);
    } else if (is(name, n_name, "etag")) {
        keep(a->etag, sizeof a->etag, s, n, false);
    } else if (is(name, n_name, "last-modified")) {
        keep(a->modified, sizeof a->modified, s, n, false);
    } else if (is(name, n_name, "content-length")) {
        a->length_known = digits(&s, end, &value) && s == end;
        a->length_bad = !a->length_known;
        a->length = a->length_known ? value : 0;
    } else if (is(name, n_name, "content-range")) {
        take_range(a, s, end);
    } else if (is(name, n_name, "retry-after")) {
        if (digits(&s, end, &value) && s == end && value < 1000000)
            a->retry_after = value;
    }
}

bool rw_answer_line(rw_answer *a, const char *line, size_t n)
{
    if (n > RW_MAX_HEAD_BYTES || a->n_head + n > RW_MAX_HEAD_BYTES) return false;
    const char *end = line + n;
    while (end > line && blank(end[-1]))
        end--;
    if (end - line > 5 && strncmp(line, "HTTP/", 5) == 0) {
        const size_t n_head = a->n_head + n; /* of interim answers too */
        rw_answer_init(a);
        a->n_head = n_head;
        const char *space = memchr(line, ' ', (size_t)(end - line));
        const char *after = space ? space + 1 : end;
        uint64_t code;
        if (digits(&after, end, &code) && code < 1000) a->code = (int)code;
        return true;
    }
    a->n_head += n;
    const char *colon = memchr(line, ':', (size_t)(end - line));
    if (!colon) return true;
    const char *s = colon + 1;
    while (s < end && blank(*s))
        s++;
    take(a, line, (size_t)(colon - line), s, end);
    return true;
}

const char *rw_answer_meaning(int code)
{
    static const struct {
        int code;
        const char *meaning;
    } table[] = {
        {400, "bad request"},
        {401, "access needs credentials"},
        {403, "access is forbidden"},
        {404, "there is no such file"},
        {407, "the proxy wants credentials"},
        {408, "request timed out"},
        {410, "the file is gone"},
        {416, "range not satisfiable"},
        {429, "too many requests"},
        {451, "not available for legal reasons"},
        {500, "internal error"},
        {502, "bad gateway"},
        {503, "unavailable"},
        {504, "gateway timed out"},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (table[i].code == code) return table[i].meaning;
    return "";
}
