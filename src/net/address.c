/* address.c - http(s) addresses: split strictly, shown without secrets. */
#include "net/address.h"

#include <string.h>

static const char HUB[] = "huggingface.co";

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Length of the scheme when `s` begins "scheme://", else 0. */
static size_t scheme_length(const char *s)
{
    size_t n = 0;
    while (is_letter(s[n]) ||
           (n && (is_digit(s[n]) || strchr("+-.", s[n]) != NULL) && s[n]))
        n++;
    return n && strncmp(s + n, "://", 3) == 0 ? n : 0;
}

static bool scheme_is(const char *s, size_t n, const char *name)
{
    if (strlen(name) != n) return false;
    for (size_t i = 0; i < n; i++)
        if (rw_lower(s[i]) != name[i]) return false;
    return true;
}

bool rw_is_address(const char *path)
{
    return scheme_length(path) > 0;
}

/* The host's length within s[0..n), 0 when it is none. */
static size_t host_length(const char *s, size_t n)
{
    size_t i = 0;
    if (n && s[0] == '[') { /* IPv6 */
        for (i = 1; i < n && s[i] != ']'; i++)
            if (!is_digit(s[i]) && !strchr("abcdefABCDEF:.", s[i])) return 0;
        return i < n && i > 2 ? i + 1 : 0;
    }
    while (i < n && (is_letter(s[i]) || is_digit(s[i]) || s[i] == '-' || s[i] == '.' ||
                     s[i] == '_'))
        i++;
    return i;
}

/* ":8080" or nothing; false when it is neither. */
static bool read_port(const char *s, size_t n, int *port)
{
    if (!n) return true;
    if (s[0] != ':' || n < 2 || n > 6) return false;
    int value = 0;
    for (size_t i = 1; i < n; i++) {
        if (!is_digit(s[i])) return false;
        value = value * 10 + (s[i] - '0');
    }
    *port = value;
    return value > 0 && value < 65536;
}

ropewalk_status rw_address_split(const char *text, rw_address *out, ropewalk_error *err)
{
    *out = (rw_address){.path = ""};
    const size_t n_scheme = scheme_length(text);
    out->https = scheme_is(text, n_scheme, "https");
    if (!n_scheme || (!out->https && !scheme_is(text, n_scheme, "http")))
        return rw_fail(err, ROPEWALK_E_ARGUMENT, 0,
                       "only http and https addresses can be read, not %.*s",
                       n_scheme ? (int)(n_scheme < 16 ? n_scheme : 16) : 12,
                       n_scheme ? text : "an empty one");
    const size_t n = strlen(text);
    if (n > RW_MAX_ADDRESS)
        return rw_fail(err, ROPEWALK_E_ARGUMENT, 0,
                       "an address of %zu bytes is longer than %d", n, RW_MAX_ADDRESS);
    for (size_t i = 0; i < n; i++)
        if ((unsigned char)text[i] <= 0x20 || (unsigned char)text[i] >= 0x7f ||
            strchr("\\\"<>^`{|}", text[i]))
            return rw_fail(err, ROPEWALK_E_ARGUMENT, 0,
                           "byte %zu of the address belongs into no address: write it "
                           "with %%XX",
                           i + 1);
    const char *authority = text + n_scheme + 3;
    const size_t n_authority = strcspn(authority, "/?#");
    /* the part before @ may be a password: it is not repeated */
    if (memchr(authority, '@', n_authority))
        return rw_fail(err, ROPEWALK_E_ARGUMENT, 0,
                       "an address with a user or password before its host is not read: "
                       "credentials do not belong into addresses");
    const size_t n_host = host_length(authority, n_authority);
    out->port = out->https ? 443 : 80;
    if (!n_host || n_host >= sizeof out->host ||
        !read_port(authority + n_host, n_authority - n_host, &out->port))
        return rw_fail(err, ROPEWALK_E_ARGUMENT, 0, "\"%.*s\" is no host of an address",
                       n_authority < 200 ? (int)n_authority : 200, authority);
    for (size_t i = 0; i < n_host; i++)
        out->host[i] = rw_lower(authority[i]);
    out->path = authority + n_authority;
    return ROPEWALK_OK;
}

/* Where path segment `index` begins (behind its slash), NULL when there is none. */
static const char *segment(const char *path, int index)
{
    const char *s = path;
    for (int i = 0; *s == '/'; i++) {
        s++;
        if (i == index) return *s && !strchr("/?#", *s) ? s : NULL;
        s += strcspn(s, "/?#");
    }
    return NULL;
}

void rw_address_of_file(const char *text, const rw_address *address, rw_text *out)
{
    const size_t n = strcspn(text, "#");
    const char *third = segment(address->path, 2);
    if (strcmp(address->host, HUB) != 0) {
        rw_text_append_n(out, text, n);
    } else if (third && strncmp(third, "blob/", 5) == 0) {
        const size_t before = (size_t)(third - text);
        rw_text_append_n(out, text, before);
        rw_text_append(out, "resolve");
        rw_text_append_n(out, third + 4, n - before - 4);
    } else if (!third && segment(address->path, 1)) {
        const char *repository = segment(address->path, 1);
        rw_text_append_n(out, text,
                         (size_t)(repository - text) + strcspn(repository, "/?#"));
        rw_text_append(out, "/resolve/main/config.json");
    } else {
        rw_text_append_n(out, text, n);
    }
}

bool rw_address_may_lead_to(const rw_address *from, const rw_address *to)
{
    return to->https || !from->https;
}

void rw_address_shown(const char *text, rw_text *out)
{
    rw_text_append_n(out, text, strcspn(text, "?#"));
}

bool rw_address_may_know_token(const rw_address *address)
{
    return address->https && address->port == 443 && strcmp(address->host, HUB) == 0;
}
