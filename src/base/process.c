/* process.c - fork, exec, and two pipes polled together. */
#define _GNU_SOURCE
#include "base/process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MAX_LINE = 4096, MAX_OUTPUT = 64 << 20 };

typedef struct listener {
    rw_process_line on_line;
    void *ctx;
    char line[MAX_LINE];
    size_t n;
    char last[400]; /* the last line that was not empty */
    int stop;
} listener;

static void hear(listener *l, const char *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (bytes[i] != '\n') {
            if (l->n < MAX_LINE - 1) l->line[l->n++] = bytes[i];
            continue;
        }
        l->line[l->n] = '\0';
        l->n = 0;
        if (strncmp(l->line, "progress ", 9) != 0 && l->line[0]) {
            strncpy(l->last, l->line, sizeof l->last - 1);
            l->last[sizeof l->last - 1] = '\0';
        }
        if (l->on_line && l->on_line(l->ctx, l->line)) l->stop = 1;
    }
}

static void child(const char *const *argv, int out, int say, int report)
{
    const int null = open("/dev/null", O_RDWR);
    (void)dup2(null, STDIN_FILENO);
    (void)dup2(out >= 0 ? out : null, STDOUT_FILENO);
    (void)dup2(say, STDERR_FILENO);
    (void)signal(SIGPIPE, SIG_DFL);
    (void)signal(SIGINT, SIG_IGN); /* the parent decides, and kills */
    union {                        /* execvp predates const */
        const char *const *in;
        char *const *out;
    } words = {argv};
    (void)execvp(argv[0], words.out);
    const int code = errno;
    (void)!write(report, &code, sizeof code);
    _exit(127);
}

/* Whether the child is done; it stays waitable. */
static int ended(pid_t pid)
{
    siginfo_t info = {0};
    return waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
           info.si_pid == pid;
}

/* Read both pipes until both are closed. */
static ropewalk_status listen_to(pid_t pid, int say, int out, listener *l, rw_text *text,
                                 ropewalk_error *err)
{
    ropewalk_status status = ROPEWALK_OK;
    struct pollfd fds[2] = {{.fd = say, .events = POLLIN}, {.fd = out, .events = POLLIN}};
    while (fds[0].fd >= 0 || fds[1].fd >= 0) {
        const int ready = poll(fds, 2, 100);
        if (ready < 0 && errno != EINTR) break;
        if (l->on_line && l->on_line(l->ctx, NULL)) l->stop = 1;
        if (l->stop && !status) {
            (void)kill(pid, SIGKILL);
            status = rw_fail(err, ROPEWALK_E_INTERRUPTED, 0, "interrupted");
            break; /* its own children may hold the pipes open for long */
        }
        /* ended, and nothing more to read: its own children may hold the pipes open */
        if (ready == 0 && ended(pid)) break;
        for (int i = 0; ready > 0 && i < 2; i++) {
            char bytes[16384];
            if (fds[i].fd < 0 || !fds[i].revents) continue;
            const ssize_t n = read(fds[i].fd, bytes, sizeof bytes);
            if (n > 0 && i == 0) hear(l, bytes, (size_t)n);
            if (n > 0 && i == 1 && text && text->len + (size_t)n <= MAX_OUTPUT)
                rw_text_append_n(text, bytes, (size_t)n);
            if (n == 0 || (n < 0 && errno != EINTR)) fds[i].fd = -1;
        }
    }
    if (l->n && !status) hear(l, "\n", 1); /* a last line without its end */
    return status;
}

static ropewalk_status judge(const char *name, int how, const listener *l,
                             ropewalk_error *err)
{
    if (WIFSIGNALED(how))
        return rw_fail(err, ROPEWALK_E_IO, 0, "%s was ended by signal %d (%s)%s%s", name,
                       WTERMSIG(how), strsignal(WTERMSIG(how)),
                       l->last[0] ? " after saying: " : "", l->last);
    if (WEXITSTATUS(how) == 0) return ROPEWALK_OK;
    if (l->last[0]) {
        const char *colon = strstr(l->last, ": ");
        const size_t n = strlen(name);
        const char *base = strrchr(name, '/') ? strrchr(name, '/') + 1 : name;
        const int own = colon && n && strncmp(l->last, base, strlen(base)) == 0;
        return rw_fail(err, ROPEWALK_E_IO, 0, "%s", own ? colon + 2 : l->last);
    }
    return rw_fail(err, ROPEWALK_E_IO, 0, "%s ended with exit code %d and said nothing",
                   name, WEXITSTATUS(how));
}

ropewalk_status rw_process_run(const char *const *argv, rw_process_line on_line,
                               void *ctx, rw_text *out, ropewalk_error *err)
{
    int say[2], report[2], output[2] = {-1, -1};
    if (pipe2(say, O_CLOEXEC) != 0)
        return rw_fail(err, ROPEWALK_E_IO, 0, "cannot start %s: %s", argv[0],
                       strerror(errno));
    if (pipe2(report, O_CLOEXEC) != 0 || (out && pipe2(output, O_CLOEXEC) != 0))
        return rw_fail(err, ROPEWALK_E_IO, 0, "cannot start %s: %s", argv[0],
                       strerror(errno));
    const pid_t pid = fork();
    if (pid == 0) child(argv, output[1], say[1], report[1]);
    (void)close(say[1]);
    (void)close(report[1]);
    if (out) (void)close(output[1]);
    listener l = {.on_line = on_line, .ctx = ctx};
    ropewalk_status status = ROPEWALK_OK;
    int how = 0, code = 0;
    if (pid < 0) {
        status = rw_fail(err, ROPEWALK_E_IO, 0, "cannot start %s: %s", argv[0],
                         strerror(errno));
    } else {
        status = listen_to(pid, say[0], output[0], &l, out, err);
        while (waitpid(pid, &how, 0) < 0 && errno == EINTR)
            continue;
    }
    const ssize_t told = read(report[0], &code, sizeof code);
    (void)close(say[0]);
    (void)close(report[0]);
    if (out) (void)close(output[0]);
    if (status) return status;
    if (told == (ssize_t)sizeof code)
        return rw_fail(err, ROPEWALK_E_IO, 0, "cannot run %s: %s", argv[0],
                       strerror(code));
    if (out && out->failed) return rw_fail_memory(err, "a program's output");
    return judge(argv[0], how, &l, err);
}
