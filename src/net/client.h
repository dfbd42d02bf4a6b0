/* client.h - what every connection here is made with: libcurl set up, HTTP alone, nobody's passwords but what is given. */
#ifndef RW_NET_CLIENT_H
#define RW_NET_CLIENT_H
#include <stdbool.h>
#include <stdint.h>

enum { RW_MAX_TOKEN = 512 };

/** One line's worth of printable characters, 1 to RW_MAX_TOKEN: nothing that could end the header line it goes to. */
bool rw_is_token(const char *s);

#ifdef RW_HAVE_CURL
#include <curl/curl.h>

/** Who hears of an answer, all with the same `ctx`; `failure` has room for CURL_ERROR_SIZE bytes. */
typedef struct rw_client_ears {
    curl_write_callback on_head, on_body;
    curl_xferinfo_callback on_progress;
    void *ctx;
    char *failure;
} rw_client_ears;

/** libcurl wants to be set up once a process, before any thread uses it. */
void rw_client_set_up(void);
/** Options of every request; false when memory is short. Those of its own come after. */
bool rw_client_options(CURL *c, int64_t connect_ms, const rw_client_ears *ears);
/** "User-Agent: ropewalk/..." as the first line of a list; NULL when memory is short. */
struct curl_slist *rw_client_headers(void);
#endif
#endif
