/* client.c - options that requests for files and requests to servers of models share. */
#define _POSIX_C_SOURCE 200809L
#include "net/client.h"

#include <string.h>

bool rw_is_token(const char *s)
{
    const size_t n = strlen(s);
    for (size_t i = 0; i < n; i++)
        if (s[i] <= 0x20 || s[i] >= 0x7f) return false;
    return n >= 1 && n <= RW_MAX_TOKEN;
}

#ifdef RW_HAVE_CURL

#include <pthread.h>
#include <stdio.h>

#include "base/status.h"

static pthread_once_t once = PTHREAD_ONCE_INIT;
static void set_up(void)
{
    (void)curl_global_init(CURL_GLOBAL_DEFAULT);
}

void rw_client_set_up(void)
{
    (void)pthread_once(&once, set_up);
}

bool rw_client_options(CURL *c, int64_t connect_ms, const rw_client_ears *ears)
{
    bool good = true;
#define SET(option, value) (good = good && curl_easy_setopt(c, option, value) == CURLE_OK)
#if LIBCURL_VERSION_NUM >= 0x075500
    SET(CURLOPT_PROTOCOLS_STR, "http,https");
#else
    SET(CURLOPT_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
    SET(CURLOPT_FOLLOWLOCATION, 0L);
    SET(CURLOPT_UNRESTRICTED_AUTH, 0L);
    SET(CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    SET(CURLOPT_HTTPAUTH, (long)CURLAUTH_NONE);
    SET(CURLOPT_NOSIGNAL, 1L);
    SET(CURLOPT_SSL_VERIFYPEER, 1L);
    SET(CURLOPT_SSL_VERIFYHOST, 2L);
    SET(CURLOPT_CONNECTTIMEOUT_MS, (long)connect_ms);
    SET(CURLOPT_ERRORBUFFER, ears->failure);
    SET(CURLOPT_HEADERFUNCTION, ears->on_head);
    SET(CURLOPT_HEADERDATA, ears->ctx);
    SET(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L); /* a proxy's head is not the answer's */
    SET(CURLOPT_WRITEFUNCTION, ears->on_body);
    SET(CURLOPT_WRITEDATA, ears->ctx);
    SET(CURLOPT_XFERINFOFUNCTION, ears->on_progress);
    SET(CURLOPT_XFERINFODATA, ears->ctx);
    SET(CURLOPT_NOPROGRESS, 0L);
#undef SET
    return good;
}

struct curl_slist *rw_client_headers(void)
{
    char line[64];
    (void)snprintf(line, sizeof line, "User-Agent: ropewalk/%s", ropewalk_version());
    return curl_slist_append(NULL, line);
}

#endif
