/* process.c - another program run to its end, two pipes polled together. */
#define _GNU_SOURCE
#include "base/process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "base/spawn.h"

enum { MAX_OUTPUT = 64 << 20 };

/* Read both pipes until both are closed. */
static ropewalk_status listen_to(rw_spawned *child, int out, rw_process_line on_line,
                                 void *ctx, rw_text *text, ropewalk_error *err)
{
    int stop = 0;
    struct pollfd fds[2] = {{.fd = child->say, .events = POLLIN},
                            {.fd = out, .events = POLLIN}};
    while (fds[0].fd >= 0 || fds[1].fd >= 0) {
        const int ready = poll(fds, 2, 100);
        if (ready < 0 && errno != EINTR) break;
        if (on_line && on_line(ctx, NULL)) stop = 1;
        if (stop) {
            rw_spawn_kill(child);
            /* its own children may hold the pipes open for long: they are not waited for */
            return rw_fail(err, ROPEWALK_E_INTERRUPTED, 0, "interrupted");
        }
        /* ended, and nothing more to read: its own children may hold the pipes open */
        if (ready == 0 && rw_spawn_ended(child)) break;
        for (int i = 0; ready > 0 && i < 2; i++) {
            char bytes[16384];
            if (fds[i].fd < 0 || !fds[i].revents) continue;
            const ssize_t n = read(fds[i].fd, bytes, sizeof bytes);
            if (n > 0 && i == 0)
                stop |= rw_spawn_hear(child, bytes, (size_t)n, on_line, ctx);
            if (n > 0 && i == 1 && text && text->len + (size_t)n <= MAX_OUTPUT)
                rw_text_append_n(text, bytes, (size_t)n);
            if (n == 0 || (n < 0 && errno != EINTR)) fds[i].fd = -1;
        }
    }
    if (child->n_line) /* a last line without its end */
        (void)rw_spawn_hear(child, "\n", 1, on_line, ctx);
    return ROPEWALK_OK;
}

ropewalk_status rw_process_run(const char *const *argv, rw_process_line on_line,
                               void *ctx, rw_text *out, ropewalk_error *err)
{
    int output[2] = {-1, -1};
    rw_spawned child;
    if (out && pipe2(output, O_CLOEXEC) != 0)
        return rw_fail(err, ROPEWALK_E_IO, 0, "cannot start %s: %s", argv[0],
                       strerror(errno));
    ropewalk_status status = rw_spawn(argv, -1, output[1], &child, err);
    if (out) (void)close(output[1]);
    if (!status) {
        const ropewalk_status heard =
            listen_to(&child, output[0], on_line, ctx, out, err);
        status = rw_spawn_wait(&child, heard ? NULL : err);
        if (heard) status = heard;
    }
    if (out) (void)close(output[0]);
    if (!status && out && out->failed) return rw_fail_memory(err, "a program's output");
    return status;
}
