/* test_http.c - a source behind an address, against a small server in a thread: what the cache
 * costs, short limits, interruption, and every allocation failing in turn. The behaviour of a
 * whole program against a hostile server is tests/net/check_http.py. */
#define _POSIX_C_SOURCE 200809L
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/alloc.h"
#include "net/http.h"

#ifdef MSG_NOSIGNAL
enum { QUIET = MSG_NOSIGNAL };
#else
enum { QUIET = 0 };
#endif

static const uint64_t BIG = UINT64_C(100) << 30;

static int listener = -1;
static char base[64];
static atomic_int n_request, stop;
static atomic_bool saw_token;

static unsigned char byte_at(uint64_t i)
{
    return (unsigned char)(i * 2654435761u >> 13);
}

static void say(int fd, const void *bytes, size_t n)
{
    for (const char *b = bytes; n;) {
        const ssize_t done = send(fd, b, n, QUIET);
        if (done <= 0) return;
        b += done;
        n -= (size_t)done;
    }
}

static void send_range(int fd, uint64_t first, uint64_t last, uint64_t total)
{
    char head[256];
    say(fd, head,
        (size_t)snprintf(head, sizeof head,
                         "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes "
                         "%llu-%llu/%llu\r\nContent-Length: %llu\r\nETag: \"a\"\r\n\r\n",
                         (unsigned long long)first, (unsigned long long)last,
                         (unsigned long long)total,
                         (unsigned long long)(last - first + 1)));
    unsigned char chunk[65536];
    for (uint64_t at = first; at <= last;) {
        size_t n = 0;
        while (n < sizeof chunk && at <= last)
            chunk[n++] = byte_at(at++);
        say(fd, chunk, n);
    }
}

/* /range: a file of 100 GiB. /whole: 5 MiB, ranges ignored. /drip: a byte now and then.
 * /still: never an answer. */
static bool answer(int fd, const char *request)
{
    unsigned long long first = 0, last = 0;
    const char *range = strstr(request, "Range: bytes=");
    if (range) (void)sscanf(range + 13, "%llu-%llu", &first, &last);
    atomic_fetch_add(&n_request, 1);
    if (strstr(request, "Authorization")) atomic_store(&saw_token, true);
    if (strncmp(request, "GET /range", 10) == 0) {
        send_range(fd, first, last < BIG ? last : BIG - 1, BIG);
        return true;
    }
    if (strncmp(request, "GET /whole", 10) == 0) {
        const char head[] = "HTTP/1.1 200 OK\r\nContent-Length: 5242880\r\n\r\n";
        say(fd, head, sizeof head - 1);
        unsigned char chunk[65536];
        for (uint64_t at = 0; at < 5242880;) {
            for (size_t i = 0; i < sizeof chunk; i++)
                chunk[i] = byte_at(at++);
            say(fd, chunk, sizeof chunk);
        }
        return true;
    }
    if (strncmp(request, "GET /drip", 9) == 0) {
        const char head[] = "HTTP/1.1 200 OK\r\nContent-Length: 5242880\r\n\r\n";
        say(fd, head, sizeof head - 1);
        while (!atomic_load(&stop)) {
            say(fd, "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", 50);
            (void)poll(NULL, 0, 50);
        }
        return false;
    }
    while (!atomic_load(&stop))
        (void)poll(NULL, 0, 50);
    return false;
}

static void *connection(void *arg)
{
    const int fd = (int)(intptr_t)arg;
    char request[4096];
    size_t n = 0;
    for (;;) {
        const ssize_t got = recv(fd, request + n, sizeof request - 1 - n, 0);
        if (got <= 0) break;
        n += (size_t)got;
        request[n] = '\0';
        if (!strstr(request, "\r\n\r\n")) continue;
        if (!answer(fd, request)) break;
        n = 0;
    }
    (void)close(fd);
    return NULL;
}

static void *serve(void *arg)
{
    (void)arg;
    for (;;) {
        const int fd = accept(listener, NULL, NULL);
        if (fd < 0) return NULL;
        pthread_t thread;
        if (pthread_create(&thread, NULL, connection, (void *)(intptr_t)fd) == 0)
            (void)pthread_detach(thread);
    }
}

static int begin(void **state)
{
    (void)state;
    struct sockaddr_in at = {.sin_family = AF_INET};
    socklen_t n = sizeof at;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    listener = socket(AF_INET, SOCK_STREAM, 0);
    if (listener < 0 || bind(listener, (struct sockaddr *)&at, sizeof at) ||
        listen(listener, 64) || getsockname(listener, (struct sockaddr *)&at, &n))
        return -1;
    (void)snprintf(base, sizeof base, "http://127.0.0.1:%d", ntohs(at.sin_port));
    pthread_t thread;
    if (pthread_create(&thread, NULL, serve, NULL)) return -1;
    return pthread_detach(thread);
}

static int end(void **state)
{
    (void)state;
    atomic_store(&stop, 1);
    (void)shutdown(listener, SHUT_RDWR);
    return close(listener);
}

static ropewalk_status open_at(const char *path, const rw_http_options *options,
                               rw_http **h, ropewalk_error *err)
{
    char url[128];
    (void)snprintf(url, sizeof url, "%s%s", base, path);
    return rw_http_open(url, options, h, err);
}

static void check_bytes(const rw_source *s, uint64_t offset, size_t n)
{
    static unsigned char out[1 << 20];
    ropewalk_error err;
    if (s->read(s->ctx, offset, n, out, &err)) fail_msg("%s", err.message);
    for (size_t i = 0; i < n; i++)
        if (out[i] != byte_at(offset + i)) fail_msg("byte %zu differs", i);
}

/* Ten MiB front to back, as a header is read: hardly more is fetched, in few requests. */
static void sequential(void **state)
{
    (void)state;
    rw_http_options options;
    rw_http *h;
    rw_http_options_init(&options);
    options.token = "hf_secret";
    atomic_store(&n_request, 0);
    assert_int_equal(open_at("/range?key=secret", &options, &h, NULL), ROPEWALK_OK);
    const rw_source *s = rw_http_source(h);
    assert_true(s->size == BIG);
    assert_null(strstr(s->name, "secret"));
    for (uint64_t at = 0; at < 10 << 20; at += 1000)
        check_bytes(s, at, 1000);
    assert_true(rw_http_received(h) <= (12 << 20) + (1 << 18));
    assert_true(atomic_load(&n_request) <= 10);
    /* far away, then again, then at the very end */
    const uint64_t before = rw_http_received(h);
    check_bytes(s, BIG / 2 + 17, 1000);
    check_bytes(s, BIG / 2 + 17, 1000);
    check_bytes(s, BIG - 1000, 1000);
    assert_true(rw_http_received(h) - before <= 2 << 18);
    check_bytes(s, BIG / 3, 1 << 20); /* larger than a block */
    ropewalk_error err;
    unsigned char out[16];
    assert_int_equal(s->read(s->ctx, BIG - 8, 9, out, &err), ROPEWALK_E_IO);
    assert_int_equal(s->read(s->ctx, BIG + 8, 1, out, &err), ROPEWALK_E_IO);
    assert_int_equal(s->read(s->ctx, BIG, 0, out, &err), ROPEWALK_OK);
    rw_http_close(h);
    assert_false(atomic_load(&saw_token));
    assert_int_equal(rw_alloc_live(), 0);
}

/* Beginnings are kept and the rest is cut off. */
static void without_ranges(void **state)
{
    (void)state;
    rw_http_options options;
    rw_http *h;
    rw_http_options_init(&options);
    assert_int_equal(open_at("/whole", &options, &h, NULL), ROPEWALK_OK);
    const rw_source *s = rw_http_source(h);
    assert_true(s->size == 5242880);
    check_bytes(s, 0, 1000);
    assert_true(rw_http_received(h) < 3 << 20);
    check_bytes(s, 5242880 - 1000, 1000);
    assert_true(rw_http_received(h) < 8 << 20);
    rw_http_close(h);
    assert_int_equal(rw_alloc_live(), 0);
}

static void expect_failure(const char *path, const rw_http_options *options,
                           ropewalk_status status, const char *words)
{
    ropewalk_error err = {0};
    rw_http *h;
    assert_int_equal(open_at(path, options, &h, &err), status);
    assert_null(h);
    if (!strstr(err.message, words)) fail_msg("%s", err.message);
    assert_int_equal(rw_alloc_live(), 0);
}

static int refuse(void *ctx, const char *stage, int64_t done, int64_t total)
{
    (void)ctx;
    (void)stage;
    (void)done;
    (void)total;
    return 1;
}

static void limits(void **state)
{
    (void)state;
    rw_http_options options;
    rw_http_options_init(&options);
    options.limits.slow_s = 1;
    expect_failure("/still", &options, ROPEWALK_E_IO, "less than 256 bytes a second");
    rw_http_options_init(&options);
    options.limits.overall_ms = 400;
    expect_failure("/drip", &options, ROPEWALK_E_IO, "not done within 0.4 s");
    rw_http_options_init(&options);
    options.limits.total_bytes = 1 << 20;
    expect_failure("/whole", &options, ROPEWALK_E_IO, "more than 1 MiB");
    rw_http_options_init(&options);
    options.progress = refuse;
    expect_failure("/still", &options, ROPEWALK_E_INTERRUPTED, "interrupted");
}

static void memory(void **state)
{
    (void)state;
    for (int path = 0; path < 2; path++) {
        ropewalk_status status = ROPEWALK_E_MEMORY;
        for (int64_t n = 0; status == ROPEWALK_E_MEMORY; n++) {
            rw_http_options options;
            rw_http *h;
            ropewalk_error err = {0};
            rw_http_options_init(&options);
            options.token = "t";
            rw_alloc_fail_at(n, 0);
            status = open_at(path ? "/whole" : "/range", &options, &h, &err);
            unsigned char out[16];
            if (!status) {
                const rw_source *s = rw_http_source(h);
                status = s->read(s->ctx, 4 << 20, 16, out, &err);
            }
            rw_alloc_fail_at(-1, 0);
            rw_http_close(h);
            if (status && status != ROPEWALK_E_MEMORY) fail_msg("%s", err.message);
            assert_int_equal(rw_alloc_live(), 0);
        }
    }
}

int main(void)
{
    rw_transfer *probe;
    const rw_transfer_limits none = {0};
    if (rw_transfer_open(&none, NULL, NULL, &probe, NULL) == ROPEWALK_E_UNSUPPORTED) {
        printf("SKIPPED: built without libcurl\n");
        return 77;
    }
    rw_transfer_close(probe);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sequential),
        cmocka_unit_test(without_ranges),
        cmocka_unit_test(limits),
        cmocka_unit_test(memory),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
