/* hfconfig.c - parses config.json: what Python writes, within limits. */
#include "format/hfconfig.h"

#include <string.h>

#include "base/alloc.h"

/* A bare NaN becomes a string of this character, exactly as long as the token with its quotes, so
 * that byte positions in messages are those of the file. The character (DEL) is not in any name
 * or number, and a string of it that a file really holds is no number either. */
static const char stand_in = 0x7f;

static const struct {
    const char *text;
    size_t n;
} tokens[] = {{"NaN", 3}, {"Infinity", 8}, {"-Infinity", 9}};

static size_t token_at(const char *s, size_t n)
{
    for (size_t i = 0; i < sizeof tokens / sizeof tokens[0]; i++)
        if (n >= tokens[i].n && memcmp(s, tokens[i].text, tokens[i].n) == 0)
            return tokens[i].n;
    return 0;
}

/* A name of a member is no value, and must be quoted. */
static bool is_name(const char *s, size_t n, size_t after)
{
    while (after < n && strchr(" \t\r\n", s[after]) && s[after])
        after++;
    return after < n && s[after] == ':';
}

/* Replaces bare tokens, and counts what the parser would have to keep. */
static ropewalk_status prepare(char *s, size_t n, ropewalk_error *err)
{
    bool in_string = false;
    size_t n_value = 0, n_container = 0;
    for (size_t i = 0; i < n; i++) {
        if (in_string) {
            if (s[i] == '\\')
                i++;
            else if (s[i] == '"')
                in_string = false;
            continue;
        }
        const size_t n_token = token_at(s + i, n - i);
        if (n_token && !is_name(s, n, i + n_token)) {
            memset(s + i, stand_in, n_token);
            s[i] = s[i + n_token - 1] = '"';
            i += n_token - 1;
            continue;
        }
        in_string = s[i] == '"';
        n_value += s[i] == ',';
        n_container += s[i] == '{' || s[i] == '[';
        if (n_value > RW_MAX_CONFIG_VALUE || n_container > RW_MAX_CONFIG_CONTAINER)
            return rw_fail(err, ROPEWALK_E_FORMAT, i,
                           "more than %u values or %u lists and objects, the limit for a "
                           "config.json, at byte %zu",
                           RW_MAX_CONFIG_VALUE, RW_MAX_CONFIG_CONTAINER, i);
    }
    return ROPEWALK_OK;
}

/* What people hand us instead of a config.json. */
static const char *other_kind(const char *s, size_t n)
{
    static const char lfs[] = "version https://git-lfs";
    while (n && (*s == ' ' || *s == '\n' || *s == '\r' || *s == '\t'))
        s++, n--;
    if (!n) return "it is empty";
    if (n >= sizeof lfs - 1 && memcmp(s, lfs, sizeof lfs - 1) == 0)
        return "it is a Git LFS pointer: fetch the file itself";
    if (*s == '<') return "it looks like HTML, not JSON";
    if (n >= 2 && memcmp(s, "PK", 2) == 0) return "it is a zip archive, not JSON";
    if (*s != '{')
        return "it is neither a GGUF file nor a config.json, which begins with '{'";
    return NULL;
}

ropewalk_status rw_hfconfig_parse(const char *bytes, size_t n_byte, const char *name,
                                  json_t **out, ropewalk_error *err)
{
    *out = NULL;
    if (n_byte > RW_MAX_CONFIG)
        return rw_fail(
            err, ROPEWALK_E_FORMAT, 0,
            "%.200s: %zu bytes are more than the limit of %u for a config.json", name,
            n_byte, RW_MAX_CONFIG);
    const char *other = other_kind(bytes, n_byte);
    if (other) return rw_fail(err, ROPEWALK_E_FORMAT, 0, "%.200s: %s", name, other);
    char *copy = rw_strndup(bytes, n_byte);
    if (!copy) return rw_fail_memory(err, "the text of a config.json");
    ropewalk_status status = prepare(copy, n_byte, err);
    if (status)
        (void)rw_fail_context(err, status, "%.200s", name);
    else
        status = rw_json_parse_real(copy, n_byte, name, out, err);
    rw_free(copy);
    return status;
}

bool rw_hfconfig_not_finite(const json_t *value)
{
    const char *s = json_string_value(value);
    if (!s || !*s) return false;
    while (*s == stand_in)
        s++;
    return !*s;
}

const char *rw_hfconfig_kind(const json_t *value)
{
    if (!value) return "absent";
    if (rw_hfconfig_not_finite(value)) return "NaN or infinite";
    switch (json_typeof(value)) {
    case JSON_OBJECT: return "an object";
    case JSON_ARRAY: return "a list";
    case JSON_STRING: return "a string";
    case JSON_INTEGER:
    case JSON_REAL: return "a number";
    case JSON_TRUE: return "true";
    case JSON_FALSE: return "false";
    case JSON_NULL: return "null";
    }
    return "unknown";
}
