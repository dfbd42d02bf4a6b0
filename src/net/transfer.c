/* transfer.c - one GET at a time with libcurl, under limits of time, bytes and lines. */
#define _POSIX_C_SOURCE 200809L
#include "net/transfer.h"

#ifdef RW_HAVE_CURL

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "net/client.h"

enum { MAX_MOVED = 256 << 10 };

struct rw_transfer {
    CURL *curl;
    struct curl_slist *plain; /* the headers of every request */
    rw_transfer_limits limits;
    ropewalk_progress progress;
    void *progress_ctx;
    int64_t begun_ms;
    uint64_t received;
    char failure[CURL_ERROR_SIZE];

    /* of the request under way */
    const rw_request *request;
    rw_answer *answer;
    unsigned char *body;
    size_t n_body, passed;
    bool cut, long_head, too_much, stopped;
};

static int64_t now_ms(void)
{
    return (int64_t)(1e3 * rw_clock_wall());
}

static size_t on_head(char *line, size_t one, size_t n, void *ctx)
{
    rw_transfer *t = ctx;
    if (rw_answer_line(t->answer, line, one * n)) return one * n;
    t->long_head = true;
    return 0;
}

static size_t on_body(char *bytes, size_t one, size_t n_item, void *ctx)
{
    rw_transfer *t = ctx;
    const size_t n = one * n_item;
    const int code = t->answer->code;
    size_t room = 0;
    if (code == 206) room = (size_t)t->request->n - t->n_body;
    if (code == 200) room = t->request->most - t->n_body;
    t->received += n;
    if (t->received > t->limits.total_bytes) {
        t->too_much = true;
        return 0;
    }
    /* where a redirect leads is known once its own body, which nobody needs, has ended */
    if (code >= 300 && code < 400 && t->passed < MAX_MOVED) {
        t->passed += n;
        return n;
    }
    const size_t kept = n < room ? n : room;
    if (kept) memcpy(t->body + t->n_body, bytes, kept);
    t->n_body += kept;
    if (kept == n) return n;
    t->cut = true;
    return n + 1; /* any other number than n ends the transfer */
}

static int on_progress(void *ctx, curl_off_t down_total, curl_off_t down,
                       curl_off_t up_total, curl_off_t up)
{
    (void)down_total;
    (void)down;
    (void)up_total;
    (void)up;
    rw_transfer *t = ctx;
    if (t->progress &&
        t->progress(t->progress_ctx, "reading the header", (int64_t)t->received, 0))
        t->stopped = true;
    return t->stopped;
}

static bool set_options(rw_transfer *t)
{
    const rw_client_ears ears = {on_head, on_body, on_progress, t, t->failure};
    return rw_client_options(t->curl, t->limits.connect_ms, &ears) &&
           curl_easy_setopt(t->curl, CURLOPT_LOW_SPEED_TIME, (long)t->limits.slow_s) ==
               CURLE_OK &&
           curl_easy_setopt(t->curl, CURLOPT_LOW_SPEED_LIMIT,
                            (long)t->limits.slow_bytes) == CURLE_OK;
}

ropewalk_status rw_transfer_open(const rw_transfer_limits *limits,
                                 ropewalk_progress progress, void *progress_ctx,
                                 rw_transfer **out, ropewalk_error *err)
{
    *out = NULL;
    rw_client_set_up();
    rw_transfer *t = rw_calloc(1, sizeof *t);
    if (!t) return rw_fail_memory(err, "a connection");
    t->limits = *limits;
    t->progress = progress;
    t->progress_ctx = progress_ctx;
    t->begun_ms = now_ms();
    t->curl = curl_easy_init();
    t->plain = rw_client_headers();
    /* offsets mean something only in the file as it is */
    if (!t->plain || !curl_slist_append(t->plain, "Accept-Encoding: identity") ||
        !t->curl || !set_options(t)) {
        rw_transfer_close(t);
        return rw_fail_memory(err, "a connection");
    }
    *out = t;
    return ROPEWALK_OK;
}

void rw_transfer_close(rw_transfer *t)
{
    if (!t) return;
    curl_slist_free_all(t->plain);
    curl_easy_cleanup(t->curl);
    rw_free(t);
}

uint64_t rw_transfer_received(const rw_transfer *t)
{
    return t->received;
}

static ropewalk_status judge(const rw_transfer *t, CURLcode code, bool connected,
                             ropewalk_error *err)
{
    const char *shown = t->request->shown;
    if (t->stopped) return rw_fail(err, ROPEWALK_E_INTERRUPTED, 0, "interrupted");
    if (t->long_head)
        return rw_fail(err, ROPEWALK_E_IO, 0,
                       "%s: the server's answer begins with more than %d KiB of header "
                       "lines",
                       shown, RW_MAX_HEAD_BYTES >> 10);
    if (t->too_much)
        return rw_fail(err, ROPEWALK_E_IO, 0,
                       "%s: more than %llu MiB would have to be fetched", shown,
                       (unsigned long long)(t->limits.total_bytes >> 20));
    if (code == CURLE_OK || t->cut) return ROPEWALK_OK;
    /* what libcurl says, before any body, of a line longer than it takes */
    if (code == CURLE_OUT_OF_MEMORY && !t->n_body)
        return rw_fail(
            err, ROPEWALK_E_IO, 0,
            "%s: a header line of the server's answer is too long, or memory is "
            "short",
            shown);
    if (code == CURLE_OUT_OF_MEMORY) return rw_fail_memory(err, "a transfer");
    if (code == CURLE_OPERATION_TIMEDOUT && !connected)
        return rw_fail(err, ROPEWALK_E_IO, 0, "%s: no connection within %g s", shown,
                       (double)t->limits.connect_ms / 1000);
    /* libcurl's clock may be a little ahead of ours */
    if (code == CURLE_OPERATION_TIMEDOUT &&
        now_ms() - t->begun_ms + 100 >= t->limits.overall_ms)
        return rw_fail(err, ROPEWALK_E_IO, 0,
                       "%s: not done within %g s, the limit for one file", shown,
                       (double)t->limits.overall_ms / 1000);
    if (code == CURLE_OPERATION_TIMEDOUT)
        return rw_fail(err, ROPEWALK_E_IO, 0,
                       "%s: the server sent less than %lld bytes a second for %lld s",
                       shown, (long long)t->limits.slow_bytes,
                       (long long)t->limits.slow_s);
    if (code == CURLE_PARTIAL_FILE)
        return rw_fail(err, ROPEWALK_E_IO, 0,
                       "%s: the server announced a longer body and closed the connection "
                       "after %zu bytes",
                       shown, t->n_body);
    char why[CURL_ERROR_SIZE];
    (void)snprintf(why, sizeof why, "%s",
                   t->failure[0] ? t->failure : curl_easy_strerror(code));
    why[strcspn(why, "\r\n")] = '\0';
    return rw_fail(err, ROPEWALK_E_IO, 0, "%s: %.300s", shown, why);
}

static CURLcode prepare(rw_transfer *t, const rw_request *r, struct curl_slist **own)
{
    char range[64], line[RW_MAX_TOKEN + 32];
    (void)snprintf(range, sizeof range, "%llu-%llu", (unsigned long long)r->first,
                   (unsigned long long)(r->first + r->n - 1));
    struct curl_slist *headers = t->plain;
    if (r->token) {
        /* the list with the token lives for this request alone */
        (void)snprintf(line, sizeof line, "Authorization: Bearer %s", r->token);
        *own = curl_slist_append(NULL, line);
        for (const struct curl_slist *h = t->plain; h && *own; h = h->next)
            if (!curl_slist_append(*own, h->data)) return CURLE_OUT_OF_MEMORY;
        if (!*own) return CURLE_OUT_OF_MEMORY;
        headers = *own;
    }
    const int64_t left = t->limits.overall_ms - (now_ms() - t->begun_ms);
    CURLcode code = curl_easy_setopt(t->curl, CURLOPT_URL, r->url);
    if (!code) code = curl_easy_setopt(t->curl, CURLOPT_RANGE, range);
    if (!code) code = curl_easy_setopt(t->curl, CURLOPT_HTTPHEADER, headers);
    if (!code)
        code = curl_easy_setopt(t->curl, CURLOPT_TIMEOUT_MS, (long)(left > 1 ? left : 1));
    return code;
}

ropewalk_status rw_transfer_get(rw_transfer *t, const rw_request *request,
                                rw_answer *answer, unsigned char *body, size_t *n_body,
                                int *whole, const char **next, ropewalk_error *err)
{
    struct curl_slist *own = NULL;
    char *leads_to = NULL;
    curl_off_t connected = 0;
    *n_body = 0;
    *whole = 0;
    *next = NULL;
    rw_answer_init(answer);
    if (request->token && !rw_is_token(request->token))
        return rw_fail(
            err, ROPEWALK_E_ARGUMENT, 0,
            "HF_TOKEN is no token: 1 to %d printable characters without spaces",
            RW_MAX_TOKEN);
    t->request = request;
    t->answer = answer;
    t->body = body;
    t->n_body = t->passed = 0;
    t->cut = t->long_head = t->too_much = t->stopped = false;
    t->failure[0] = '\0';
    CURLcode code = prepare(t, request, &own);
    if (!code) code = curl_easy_perform(t->curl);
    (void)curl_easy_getinfo(t->curl, CURLINFO_PRETRANSFER_TIME_T, &connected);
    const ropewalk_status status = judge(t, code, connected > 0, err);
    (void)curl_easy_setopt(t->curl, CURLOPT_HTTPHEADER, t->plain);
    curl_slist_free_all(own);
    if (status) return status;
    (void)curl_easy_getinfo(t->curl, CURLINFO_REDIRECT_URL, &leads_to);
    *n_body = t->n_body;
    *whole = !t->cut;
    *next = leads_to;
    return ROPEWALK_OK;
}

#else

struct rw_transfer {
    int unused;
};

ropewalk_status rw_transfer_open(const rw_transfer_limits *limits,
                                 ropewalk_progress progress, void *progress_ctx,
                                 rw_transfer **out, ropewalk_error *err)
{
    (void)limits;
    (void)progress;
    (void)progress_ctx;
    *out = NULL;
    return rw_fail(err, ROPEWALK_E_UNSUPPORTED, 0,
                   "this build has no libcurl and reads no addresses: fetch the file, or "
                   "build with libcurl");
}

void rw_transfer_close(rw_transfer *t)
{
    (void)t;
}

uint64_t rw_transfer_received(const rw_transfer *t)
{
    (void)t;
    return 0;
}

ropewalk_status rw_transfer_get(rw_transfer *t, const rw_request *request,
                                rw_answer *answer, unsigned char *body, size_t *n_body,
                                int *whole, const char **next, ropewalk_error *err)
{
    (void)t;
    (void)request;
    (void)answer;
    (void)body;
    (void)n_body;
    (void)whole;
    (void)next;
    return rw_fail(err, ROPEWALK_E_UNSUPPORTED, 0, "this build has no libcurl");
}
#endif
