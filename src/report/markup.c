/* markup.c - escaping foreign text and formatting numbers for the page. */
#include "report/markup.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { MAX_STRING = 2000, MAX_VALUE_DEPTH = 3, MAX_VALUE_ITEMS = 100 };
#define REPLACEMENT "\xef\xbf\xbd"
#define NO_ANSWER "\xe2\x80\x93"

/* Bytes of a direction-changing character at s (U+200E, 200F, 202A-E, 2066-9), or 0. */
static size_t direction_mark(const unsigned char *s)
{
    if (s[0] != 0xe2) return 0;
    if (s[1] == 0x80)
        return s[2] == 0x8e || s[2] == 0x8f || (s[2] >= 0xaa && s[2] <= 0xae) ? 3 : 0;
    return s[1] == 0x81 && s[2] >= 0xa6 && s[2] <= 0xa9 ? 3 : 0;
}

static const char *entity(unsigned char c)
{
    switch (c) {
    case '&': return "&amp;";
    case '<': return "&lt;";
    case '>': return "&gt;";
    case '"': return "&quot;";
    case '\'': return "&#39;";
    case '\n': return " ";
    case '\t': return " ";
    default: return c < 0x20 || c == 0x7f ? REPLACEMENT : NULL;
    }
}

void rw_markup_escape(rw_text *t, const char *s)
{
    const unsigned char *const bytes = (const unsigned char *)s;
    size_t end = strlen(s);
    const bool cut = end > MAX_STRING;
    if (cut)
        for (end = MAX_STRING; end && (bytes[end] & 0xc0) == 0x80;)
            end--;
    size_t from = 0, i = 0;
    while (i < end) {
        const char *instead = entity(bytes[i]);
        size_t n = 1;
        if (!instead && (n = direction_mark(bytes + i)) != 0) instead = REPLACEMENT;
        if (!instead) {
            i++;
            continue;
        }
        rw_text_append_n(t, s + from, i - from);
        rw_text_append(t, instead);
        i += n;
        from = i;
    }
    rw_text_append_n(t, s + from, end - from);
    if (cut) rw_text_append(t, "\xe2\x80\xa6");
}

void rw_markup_str(rw_text *t, const json_t *obj, const char *key, const char *absent)
{
    const char *s = json_string_value(json_object_get(obj, key));
    if (s && *s)
        rw_markup_escape(t, s);
    else
        rw_text_append(t, absent);
}

static void value_at(rw_text *t, const json_t *value, int depth);

/* "key: value; key: value" or "value, value" */
static void members(rw_text *t, const json_t *value, int depth)
{
    size_t i, shown = 0;
    const json_t *item;
    json_array_foreach (value, i, item) {
        if (i) rw_text_append(t, " \xc2\xb7 ");
        if (i == MAX_VALUE_ITEMS) {
            rw_text_append(t, "\xe2\x80\xa6");
            return;
        }
        value_at(t, item, depth);
    }
    if (!json_is_object(value)) return;
    json_t *map = (json_t *)(uintptr_t)value; /* jansson's iterator is not const */
    const char *key;
    json_t *member;
    json_object_foreach (map, key, member) {
        if (shown) rw_text_append(t, "; ");
        if (shown++ == MAX_VALUE_ITEMS) {
            rw_text_append(t, "\xe2\x80\xa6");
            return;
        }
        rw_markup_escape(t, key);
        rw_text_append(t, ": ");
        value_at(t, member, depth);
    }
}

static void value_at(rw_text *t, const json_t *value, int depth)
{
    if (!value || json_is_null(value)) {
        rw_text_append(t, NO_ANSWER);
    } else if (json_is_string(value)) {
        rw_markup_escape(t, json_string_value(value));
    } else if (json_is_integer(value)) {
        rw_markup_count(t, json_number_value(value));
    } else if (json_is_number(value)) {
        rw_markup_number(t, json_number_value(value));
    } else if (json_is_boolean(value)) {
        rw_text_append(t, json_is_true(value) ? "yes" : "no");
    } else if (depth < MAX_VALUE_DEPTH) {
        members(t, value, depth + 1);
    } else {
        rw_text_append(t, "\xe2\x80\xa6");
    }
}

void rw_markup_value(rw_text *t, const json_t *value)
{
    value_at(t, value, 0);
}

double rw_markup_f64(const json_t *obj, const char *key)
{
    const json_t *v = json_object_get(obj, key);
    return json_is_number(v) ? json_number_value(v) : (double)NAN;
}

void rw_markup_count(rw_text *t, double n)
{
    if (!isfinite(n)) {
        rw_text_append(t, NO_ANSWER);
        return;
    }
    if (fabs(n) >= 1e15) {
        rw_text_printf(t, "%.4g", n);
        return;
    }
    if (fabs(n) < 1e3 && fabs(n - nearbyint(n)) > 1e-9) { /* a mean of counts */
        rw_text_printf(t, fabs(n) < 10 ? "%.2f" : "%.1f", n);
        return;
    }
    char digits[32];
    const int len = snprintf(digits, sizeof digits, "%.0f", fabs(n));
    if (n < 0 && strcmp(digits, "0") != 0) rw_text_append(t, "\xe2\x88\x92");
    for (int i = 0; i < len; i++) {
        if (i && (len - i) % 3 == 0) rw_text_append_n(t, ",", 1);
        rw_text_append_n(t, digits + i, 1);
    }
}

void rw_markup_tokens(rw_text *t, double n)
{
    const double k = n / 1024, m = k / 1024;
    if (m >= 1 && fabs(m - nearbyint(m)) < 1e-9)
        rw_text_printf(t, "%.0fM", m);
    else if (k >= 1 && fabs(k - nearbyint(k)) < 1e-9)
        rw_text_printf(t, "%.0fK", k);
    else
        rw_markup_count(t, n);
}

void rw_markup_rate(rw_text *t, double rate)
{
    const double size = fabs(rate);
    if (!isfinite(rate))
        rw_text_append(t, NO_ANSWER);
    else if (!(size > 0))
        rw_text_append(t, "0");
    else if (size < 1e-3)
        rw_text_printf(t, "%.2g", rate);
    else
        rw_text_printf(t, size < 0.01 ? "%.4f" : "%.3f", rate);
}

void rw_markup_number(rw_text *t, double value)
{
    if (!isfinite(value))
        rw_text_append(t, NO_ANSWER);
    else if (fabs(value) >= 1e4 && fabs(value) < 1e15 &&
             fabs(value - nearbyint(value)) < 1e-9)
        rw_markup_count(t, value);
    else
        rw_text_printf(t, "%.4g", value);
}

void rw_markup_px(rw_text *t, double px)
{
    const double tenth = nearbyint(px * 10) / 10;
    if (fabs(tenth - nearbyint(tenth)) < 0.05)
        rw_text_printf(t, "%.0f", fabs(tenth) < 0.05 ? 0.0 : tenth);
    else
        rw_text_printf(t, "%.1f", tenth);
}
