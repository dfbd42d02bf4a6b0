/* json.c - parsing and writing JSON through jansson. */
#include "base/json.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

enum { MAX_DEPTH = 64 };

/* jansson recurses to 2048 levels; 64 is more than any document of ours. Checked before
 * parsing, on the text, outside strings. */
static bool too_deep(const char *s, size_t n)
{
    int depth = 0;
    bool in_string = false;
    for (size_t i = 0; i < n; i++) {
        if (in_string) {
            if (s[i] == '\\')
                i++;
            else if (s[i] == '"')
                in_string = false;
        } else if (s[i] == '"') {
            in_string = true;
        } else if (s[i] == '[' || s[i] == '{') {
            if (++depth > MAX_DEPTH) return true;
        } else if (s[i] == ']' || s[i] == '}') {
            depth--;
        }
    }
    return false;
}

/* jansson calls a token malformed whose memory it did not get. A text that is malformed is so twice, and there is room for
 * as much as its parser takes. */
static bool is_malformed(const char *bytes, size_t n_byte, size_t flags)
{
    json_t *again = json_loadb(bytes, n_byte, flags, NULL);
    if (again) {
        json_decref(again);
        return false;
    }
    json_malloc_t take;
    json_free_t give;
    json_get_alloc_funcs(&take, &give);
    void *room = take(2 * n_byte + 64);
    if (!room) return false;
    give(room);
    return true;
}

static ropewalk_status parse(const char *bytes, size_t n_byte, size_t flags,
                             const char *what, json_t **out, ropewalk_error *err)
{
    *out = NULL;
    if (too_deep(bytes, n_byte))
        return rw_fail(err, ROPEWALK_E_FORMAT, 0, "%s: JSON nested deeper than %d levels",
                       what, MAX_DEPTH);
    json_error_t e;
    flags |= JSON_REJECT_DUPLICATES;
    *out = json_loadb(bytes, n_byte, flags, &e);
    if (*out) return ROPEWALK_OK;
    if (json_error_code(&e) == json_error_out_of_memory || !e.text[0] ||
        !is_malformed(bytes, n_byte, flags))
        return rw_fail_memory(err, what);
    return rw_fail(err, ROPEWALK_E_FORMAT, (uint64_t)(e.position > 0 ? e.position : 0),
                   "%s: JSON is malformed at byte %d: %s", what, e.position, e.text);
}

void rw_json_set(json_t **obj, const char *key, json_t *value)
{
    if (*obj && value && json_object_set_new(*obj, key, value) == 0) return;
    if (!*obj) json_decref(value); /* a failed set has released the value */
    json_decref(*obj);
    *obj = NULL;
}

void rw_json_add(json_t **array, json_t *value)
{
    if (*array && value && json_array_append_new(*array, value) == 0) return;
    if (!*array) json_decref(value);
    json_decref(*array);
    *array = NULL;
}

ropewalk_status rw_json_parse(const char *bytes, size_t n_byte, const char *what,
                              json_t **out, ropewalk_error *err)
{
    return parse(bytes, n_byte, 0, what, out, err);
}

ropewalk_status rw_json_parse_real(const char *bytes, size_t n_byte, const char *what,
                                   json_t **out, ropewalk_error *err)
{
    return parse(bytes, n_byte, JSON_DECODE_INT_AS_REAL, what, out, err);
}

json_t *rw_json_f64(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

static json_t *rounded(double value, int digits)
{
    if (!isfinite(value)) return json_null();
    char text[40];
    (void)snprintf(text, sizeof text, "%.*g", digits, value);
    return json_real(strtod(text, NULL));
}

json_t *rw_json_f64_9(double value)
{
    return rounded(value, 9);
}

json_t *rw_json_f64_12(double value)
{
    return rounded(value, 12);
}

json_t *rw_json_str(const char *s)
{
    if (!s) return json_null();
    json_t *v = json_string(s);
    if (v) return v;
    rw_text t;
    rw_text_init(&t);
    rw_text_append(&t, "");
    for (size_t n; *s; s += n ? n : 1) {
        uint32_t code;
        n = rw_utf8(s, &code);
        rw_text_append_n(&t, n ? s : "\xef\xbf\xbd", n ? n : 3);
    }
    v = t.failed ? NULL : json_string(t.data);
    rw_text_clear(&t);
    return v;
}

/* Documents are looked at in terminals too: whatever would steer one stands there as its code. */
static void write_string(const char *s, size_t n, rw_text *t)
{
    rw_text_append_n(t, "\"", 1);
    size_t from = 0;
    for (size_t i = 0, n_char; i < n; i += n_char) {
        uint32_t c;
        n_char = rw_utf8(s + i, &c);
        if (!n_char) n_char = 1; /* jansson holds no such string */
        if (rw_is_plain(c) && c != '"' && c != '\\') continue;
        rw_text_append_n(t, s + from, i - from);
        from = i + n_char;
        if (c == '"' || c == '\\')
            rw_text_printf(t, "\\%c", (char)c);
        else if (c == '\n')
            rw_text_append_n(t, "\\n", 2);
        else
            rw_text_printf(t, "\\u%04x", (unsigned)c);
    }
    rw_text_append_n(t, s + from, n - from);
    rw_text_append_n(t, "\"", 1);
}

static bool is_flat(const json_t *v)
{
    size_t i;
    const json_t *item;
    const char *key;
    if (json_is_array(v)) {
        json_array_foreach (v, i, item)
            if (json_is_object(item) || json_is_array(item)) return false;
        return true;
    }
    json_t *o = (json_t *)(uintptr_t)v; /* jansson's iterator is not const */
    json_t *member;
    json_object_foreach (o, key, member)
        if (json_is_object(member) || json_is_array(member)) return false;
    return json_object_size(v) <= 12;
}

static void newline(int indent, int level, rw_text *t)
{
    static const char spaces[] = "                                                  ";
    size_t n = (size_t)indent * (size_t)level;
    if (n > sizeof spaces - 1) n = sizeof spaces - 1;
    rw_text_append_n(t, "\n", 1);
    rw_text_append_n(t, spaces, n);
}

static void write_value(const json_t *v, int indent, int level, rw_text *t)
{
    switch (json_typeof(v)) {
    case JSON_NULL: rw_text_append_n(t, "null", 4); return;
    case JSON_TRUE: rw_text_append_n(t, "true", 4); return;
    case JSON_FALSE: rw_text_append_n(t, "false", 5); return;
    case JSON_INTEGER:
        rw_text_printf(t, "%" JSON_INTEGER_FORMAT, json_integer_value(v));
        return;
    case JSON_REAL: {
        char number[32];
        rw_format_double(number, json_real_value(v));
        rw_text_append(t, number);
        if (!strpbrk(number, ".eEn")) rw_text_append_n(t, ".0", 2); /* stays a real */
        return;
    }
    case JSON_STRING:
        write_string(json_string_value(v), json_string_length(v), t);
        return;
    case JSON_ARRAY: {
        const bool flat = !indent || is_flat(v);
        size_t i;
        const json_t *item;
        rw_text_append_n(t, "[", 1);
        json_array_foreach (v, i, item) {
            if (i)
                rw_text_append_n(t, flat && indent ? ", " : ",", flat && indent ? 2 : 1);
            if (!flat) newline(indent, level + 1, t);
            write_value(item, indent, level + 1, t);
        }
        if (!flat) newline(indent, level, t);
        rw_text_append_n(t, "]", 1);
        return;
    }
    case JSON_OBJECT: {
        const bool flat = !indent || is_flat(v);
        json_t *o = (json_t *)(uintptr_t)v;
        const char *key;
        json_t *member;
        bool first = true;
        rw_text_append_n(t, "{", 1);
        json_object_foreach (o, key, member) {
            if (!first)
                rw_text_append_n(t, flat && indent ? ", " : ",", flat && indent ? 2 : 1);
            first = false;
            if (!flat) newline(indent, level + 1, t);
            write_string(key, strlen(key), t);
            rw_text_append_n(t, indent ? ": " : ":", indent ? 2 : 1);
            write_value(member, indent, level + 1, t);
        }
        if (!flat) newline(indent, level, t);
        rw_text_append_n(t, "}", 1);
        return;
    }
    }
}

void rw_json_write(const json_t *doc, int indent, rw_text *t)
{
    write_value(doc, indent, 0, t);
    if (indent) rw_text_append_n(t, "\n", 1);
}

static ropewalk_status bad_key(const char *key, const char *want, ropewalk_error *err)
{
    return rw_fail(err, ROPEWALK_E_FORMAT, 0, "key \"%s\" must be %s", key, want);
}

ropewalk_status rw_json_get_str(const json_t *obj, const char *key, const char **out,
                                ropewalk_error *err)
{
    *out = json_string_value(json_object_get(obj, key));
    return *out ? ROPEWALK_OK : bad_key(key, "a string", err);
}

ropewalk_status rw_json_get_f64(const json_t *obj, const char *key, double *out,
                                ropewalk_error *err)
{
    const json_t *v = json_object_get(obj, key);
    *out = NAN;
    if (!json_is_number(v)) return bad_key(key, "a number", err);
    *out = json_number_value(v);
    return ROPEWALK_OK;
}

ropewalk_status rw_json_get_int(const json_t *obj, const char *key, int64_t lo,
                                int64_t hi, int64_t *out, ropewalk_error *err)
{
    const json_t *v = json_object_get(obj, key);
    *out = 0;
    if (!json_is_integer(v)) return bad_key(key, "an integer", err);
    const int64_t n = json_integer_value(v);
    if (n < lo || n > hi)
        return rw_fail(err, ROPEWALK_E_FORMAT, 0,
                       "key \"%s\" is %lld, outside %lld..%lld", key, (long long)n,
                       (long long)lo, (long long)hi);
    *out = n;
    return ROPEWALK_OK;
}

ropewalk_status rw_json_get_array(const json_t *obj, const char *key, const json_t **out,
                                  ropewalk_error *err)
{
    *out = json_object_get(obj, key);
    if (json_is_array(*out)) return ROPEWALK_OK;
    *out = NULL;
    return bad_key(key, "an array", err);
}
