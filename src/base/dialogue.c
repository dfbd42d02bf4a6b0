/* dialogue.c - a socket as the other program's input and output. */
#define _GNU_SOURCE
#include "base/dialogue.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/spawn.h"

enum { MAX_ANSWER = 64 << 20 };

struct rw_dialogue {
    rw_spawned child;
    int fd; /* -1: over */
};

ropewalk_status rw_dialogue_start(const char *const *argv, rw_dialogue **out,
                                  ropewalk_error *err)
{
    int pair[2];
    *out = NULL;
    rw_dialogue *d = rw_calloc(1, sizeof *d);
    if (!d) return rw_fail_memory(err, "a dialogue");
    /* a socket, since writing to one whose reader died can be an error instead of a signal */
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) {
        rw_free(d);
        return rw_fail(err, ROPEWALK_E_IO, 0, "cannot start %s: %s", argv[0],
                       strerror(errno));
    }
    const ropewalk_status status = rw_spawn(argv, pair[1], pair[1], &d->child, err);
    (void)close(pair[1]);
    d->fd = pair[0];
    if (status) {
        (void)close(d->fd);
        rw_free(d);
        return status;
    }
    *out = d;
    return ROPEWALK_OK;
}

/* The program is gone, or has to go. */
static ropewalk_status over(rw_dialogue *d, int kill_it, ropewalk_error *err)
{
    if (kill_it) rw_spawn_kill(&d->child);
    (void)close(d->fd);
    d->fd = -1;
    for (;;) { /* what it said last */
        char bytes[4096];
        struct pollfd say = {.fd = d->child.say, .events = POLLIN};
        if (poll(&say, 1, kill_it ? 0 : 1000) <= 0) break;
        const ssize_t n = read(d->child.say, bytes, sizeof bytes);
        if (n <= 0) break;
        (void)rw_spawn_hear(&d->child, bytes, (size_t)n, NULL, NULL);
    }
    if (d->child.n_line) (void)rw_spawn_hear(&d->child, "\n", 1, NULL, NULL);
    const ropewalk_status status = rw_spawn_wait(&d->child, err);
    if (status || kill_it) return status;
    return rw_fail(err, ROPEWALK_E_IO, 0, "%s ended before it answered", d->child.name);
}

static ropewalk_status give_up(rw_dialogue *d, ropewalk_status status, const char *why,
                               ropewalk_error *err)
{
    (void)over(d, 1, NULL);
    return rw_fail(err, status, 0, "%s", why);
}

ropewalk_status rw_dialogue_ask(rw_dialogue *d, const char *line, size_t n,
                                rw_text *answer, rw_process_line on_line, void *ctx,
                                ropewalk_error *err)
{
    size_t sent = 0;
    rw_text_clear(answer);
    if (d->fd < 0) return rw_fail(err, ROPEWALK_E_IO, 0, "%s has ended", d->child.name);
    for (;;) {
        struct pollfd fds[2] = {
            {.fd = d->fd, .events = (short)(POLLIN | (sent <= n ? POLLOUT : 0))},
            {.fd = d->child.say, .events = POLLIN}};
        char bytes[65536];
        const int ready = poll(fds, 2, 100);
        if (ready < 0 && errno != EINTR)
            return give_up(d, ROPEWALK_E_IO, strerror(errno), err);
        if (on_line && on_line(ctx, NULL))
            return give_up(d, ROPEWALK_E_INTERRUPTED, "interrupted", err);
        if (ready <= 0) continue;
        if (fds[1].revents) {
            const ssize_t got = read(d->child.say, bytes, sizeof bytes);
            if (got > 0 && rw_spawn_hear(&d->child, bytes, (size_t)got, on_line, ctx))
                return give_up(d, ROPEWALK_E_INTERRUPTED, "interrupted", err);
            if (got <= 0 && !(fds[0].revents & POLLIN)) return over(d, 0, err);
        }
        if (fds[0].revents & POLLOUT) {
            const int last = sent == n;
            const ssize_t put = send(d->fd, last ? "\n" : line + sent,
                                     last ? 1 : n - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
            if (put > 0) sent += (size_t)put;
            if (put < 0 && errno != EAGAIN && errno != EINTR) return over(d, 0, err);
        }
        if (fds[0].revents & (POLLIN | POLLHUP | POLLERR)) {
            const ssize_t got = recv(d->fd, bytes, sizeof bytes, MSG_DONTWAIT);
            if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR))
                return over(d, 0, err);
            if (got < 0) continue;
            rw_text_append_n(answer, bytes, (size_t)got);
            if (answer->failed)
                return give_up(d, ROPEWALK_E_MEMORY, "no memory for an answer", err);
            if (answer->len > MAX_ANSWER)
                return give_up(d, ROPEWALK_E_IO, "an answer is longer than 64 MiB", err);
            char *end =
                memchr(answer->data + answer->len - (size_t)got, '\n', (size_t)got);
            if (!end) continue;
            if (end != answer->data + answer->len - 1 || sent <= n)
                return give_up(d, ROPEWALK_E_IO, "more was answered than was asked", err);
            *end = '\0';
            answer->len--;
            return ROPEWALK_OK;
        }
    }
}

void rw_dialogue_stop(rw_dialogue *d)
{
    if (!d) return;
    if (d->fd >= 0) (void)over(d, 1, NULL);
    rw_free(d);
}
