/* post.c - a few connections of libcurl, lent out to threads one at a time. */
#define _POSIX_C_SOURCE 200809L
#include "net/post.h"

#include <stdio.h>
#include <string.h>

#include "net/address.h"
#include "net/answer.h"
#include "net/client.h"

enum { MAX_CONNECTION = 256 };

void rw_post_options_init(rw_post_options *o)
{
    *o = (rw_post_options){
        .n_connection = 4, .connect_ms = 10000, .answer_ms = 300000, .most = 1 << 20};
}

#ifdef RW_HAVE_CURL

#include <pthread.h>

#include "base/alloc.h"

struct rw_post {
    rw_post_options options;
    char *address;
    char shown[300]; /* of the address, for messages */
    struct curl_slist *headers;
    CURL **idle; /* a stack */
    int n_idle, n_made;
    pthread_mutex_t lock;
    pthread_cond_t returned;
};

/* What one request hears. */
typedef struct hearing {
    const rw_post *post;
    rw_answer answer;
    rw_text *body;
    bool too_long, long_head;
} hearing;

static size_t on_head(char *line, size_t one, size_t n, void *ctx)
{
    hearing *h = ctx;
    if (rw_answer_line(&h->answer, line, one * n)) return one * n;
    h->long_head = true;
    return 0;
}

static size_t on_body(char *bytes, size_t one, size_t n_item, void *ctx)
{
    hearing *h = ctx;
    const size_t n = one * n_item;
    if (h->body->len + n > h->post->options.most) {
        h->too_long = true;
        return 0;
    }
    rw_text_append_n(h->body, bytes, n);
    return h->body->failed ? 0 : n;
}

static int on_progress(void *ctx, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
    const hearing *h = ctx;
    (void)a;
    (void)b;
    (void)c;
    (void)d;
    return h->post->options.stop && atomic_load(h->post->options.stop);
}

static bool is_loopback(const char *host)
{
    const bool digits = strspn(host, "0123456789.") == strlen(host); /* no name */
    return strcmp(host, "localhost") == 0 || (digits && strncmp(host, "127.", 4) == 0) ||
           strcmp(host, "[::1]") == 0;
}

static ropewalk_status check(const rw_post_options *o, ropewalk_error *err)
{
    rw_address address;
    const ropewalk_status status = rw_address_split(o->address, &address, err);
    if (status) return status;
    if (o->n_connection < 1 || o->n_connection > MAX_CONNECTION)
        return rw_fail(err, ROPEWALK_E_ARGUMENT, 0, "%d requests at a time: 1 to %d",
                       o->n_connection, MAX_CONNECTION);
    if (!o->key) return ROPEWALK_OK;
    if (!rw_is_token(o->key))
        return rw_fail(err, ROPEWALK_E_ARGUMENT, 0,
                       "the API key is none: 1 to %d printable characters without spaces",
                       RW_MAX_TOKEN);
    if (!address.https && !is_loopback(address.host))
        return rw_fail(err, ROPEWALK_E_ARGUMENT, 0,
                       "the API key would travel unencrypted to %s: use https",
                       address.host);
    return ROPEWALK_OK;
}

static bool add_header(rw_post *p, const char *line)
{
    struct curl_slist *grown = curl_slist_append(p->headers, line);
    if (grown) p->headers = grown;
    return grown != NULL;
}

ropewalk_status rw_post_open(const rw_post_options *o, rw_post **out, ropewalk_error *err)
{
    char line[RW_MAX_TOKEN + 64];
    rw_text shown;
    *out = NULL;
    const ropewalk_status status = check(o, err);
    if (status) return status;
    rw_client_set_up();
    rw_post *p = rw_calloc(1, sizeof *p);
    if (!p) return rw_fail_memory(err, "a connection");
    (void)pthread_mutex_init(&p->lock, NULL);
    (void)pthread_cond_init(&p->returned, NULL);
    p->options = *o;
    p->address = rw_strdup(o->address);
    p->idle = rw_calloc((size_t)o->n_connection, sizeof *p->idle);
    rw_text_init(&shown);
    rw_address_shown(o->address, &shown);
    if (!shown.failed && shown.data)
        (void)snprintf(p->shown, sizeof p->shown, "%.299s", shown.data);
    rw_text_clear(&shown);
    p->headers = rw_client_headers();
    bool good = p->address && p->idle && p->headers &&
                add_header(p, "Content-Type: application/json") &&
                add_header(p, "Expect:");
    if (good && o->key) {
        (void)snprintf(line, sizeof line, "Authorization: Bearer %s", o->key);
        good = add_header(p, line);
    }
    if (!good) {
        rw_post_close(p);
        return rw_fail_memory(err, "a connection");
    }
    *out = p;
    return ROPEWALK_OK;
}

void rw_post_close(rw_post *p)
{
    if (!p) return;
    while (p->idle && p->n_idle > 0)
        curl_easy_cleanup(p->idle[--p->n_idle]);
    curl_slist_free_all(p->headers);
    (void)pthread_mutex_destroy(&p->lock);
    (void)pthread_cond_destroy(&p->returned);
    rw_free(p->idle);
    rw_free(p->address);
    rw_free(p);
}

/* A connection, once one is free; NULL when memory is short. */
static CURL *borrow(rw_post *p)
{
    CURL *c = NULL;
    (void)pthread_mutex_lock(&p->lock);
    while (p->n_idle == 0 && p->n_made == p->options.n_connection)
        (void)pthread_cond_wait(&p->returned, &p->lock);
    if (p->n_idle > 0) {
        c = p->idle[--p->n_idle];
    } else {
        c = curl_easy_init();
        if (c) p->n_made++;
    }
    (void)pthread_mutex_unlock(&p->lock);
    return c;
}

static void give_back(rw_post *p, CURL *c)
{
    (void)pthread_mutex_lock(&p->lock);
    p->idle[p->n_idle++] = c;
    (void)pthread_cond_signal(&p->returned);
    (void)pthread_mutex_unlock(&p->lock);
}

static bool set_options(const rw_post *p, CURL *c, const char *url, const char *body,
                        size_t n_body, hearing *h, char *failure)
{
    const rw_client_ears ears = {on_head, on_body, on_progress, h, failure};
    curl_easy_reset(c); /* keeps the connection */
    bool good = rw_client_options(c, p->options.connect_ms, &ears);
#define SET(option, value) (good = good && curl_easy_setopt(c, option, value) == CURLE_OK)
    SET(CURLOPT_URL, url);
    SET(CURLOPT_TIMEOUT_MS, (long)p->options.answer_ms);
    SET(CURLOPT_HTTPHEADER, p->headers);
    SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)n_body);
    SET(CURLOPT_POSTFIELDS, body);
#undef SET
    return good;
}

static ropewalk_status judge(const rw_post *p, const hearing *h, CURLcode code,
                             char *failure, ropewalk_error *err)
{
    if (code == CURLE_OK) return ROPEWALK_OK;
    if (code == CURLE_ABORTED_BY_CALLBACK)
        return rw_fail(err, ROPEWALK_E_INTERRUPTED, 0, "interrupted");
    if (h->too_long)
        return rw_fail(err, ROPEWALK_E_UNSUPPORTED, 0,
                       "%s: the answer is longer than %zu KiB", p->shown,
                       p->options.most >> 10);
    if (h->long_head)
        return rw_fail(err, ROPEWALK_E_IO, 0,
                       "%s: the answer begins with more than %d KiB of header lines",
                       p->shown, RW_MAX_HEAD_BYTES >> 10);
    if (h->body->failed) return rw_fail_memory(err, "an answer");
    failure[strcspn(failure, "\r\n")] = '\0';
    return rw_fail(err, ROPEWALK_E_IO, 0, "%s: %.300s", p->shown,
                   failure[0] ? failure : curl_easy_strerror(code));
}

ropewalk_status rw_post_send(rw_post *p, const char *path, const char *body,
                             size_t n_body, int *code, uint64_t *retry_after,
                             rw_text *answer, ropewalk_error *err)
{
    char failure[CURL_ERROR_SIZE] = "";
    hearing h = {.post = p, .body = answer};
    rw_text url;
    *code = 0;
    *retry_after = 0;
    rw_answer_init(&h.answer);
    rw_text_clear(answer);
    rw_text_init(&url);
    size_t n = strlen(p->address);
    while (n > 0 && p->address[n - 1] == '/')
        n--;
    rw_text_append_n(&url, p->address, n);
    rw_text_append(&url, path);
    if (url.failed) return rw_fail_memory(err, "an address");
    CURL *c = borrow(p);
    if (!c) {
        rw_text_clear(&url);
        return rw_fail_memory(err, "a connection");
    }
    ropewalk_status status = rw_fail_memory(NULL, "a request");
    if (set_options(p, c, url.data, body, n_body, &h, failure))
        status = judge(p, &h, curl_easy_perform(c), failure, err);
    else
        (void)rw_fail_memory(err, "a request");
    give_back(p, c);
    rw_text_clear(&url);
    if (!status) {
        *code = h.answer.code;
        *retry_after = h.answer.retry_after;
        rw_text_append(answer, "");
        if (answer->failed) status = rw_fail_memory(err, "an answer");
    }
    return status;
}

#else

struct rw_post {
    int unused;
};

ropewalk_status rw_post_open(const rw_post_options *o, rw_post **out, ropewalk_error *err)
{
    (void)o;
    *out = NULL;
    return rw_fail(err, ROPEWALK_E_UNSUPPORTED, 0,
                   "this build has no libcurl and asks no servers: build with libcurl");
}

void rw_post_close(rw_post *p)
{
    (void)p;
}

ropewalk_status rw_post_send(rw_post *p, const char *path, const char *body,
                             size_t n_body, int *code, uint64_t *retry_after,
                             rw_text *answer, ropewalk_error *err)
{
    (void)p;
    (void)path;
    (void)body;
    (void)n_body;
    (void)answer;
    *code = 0;
    *retry_after = 0;
    return rw_fail(err, ROPEWALK_E_UNSUPPORTED, 0, "this build has no libcurl");
}
#endif
