/* spawn.c - fork, exec, and what came of it. */
#define _GNU_SOURCE
#include "base/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void become(const char *const *argv, int in, int out, int say, int report)
{
    const int null = open("/dev/null", O_RDWR);
    (void)dup2(in >= 0 ? in : null, STDIN_FILENO);
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

ropewalk_status rw_spawn(const char *const *argv, int in, int out, rw_spawned *child,
                         ropewalk_error *err)
{
    int say[2], report[2];
    *child = (rw_spawned){.name = argv[0], .pid = -1, .say = -1, .report = -1};
    if (pipe2(say, O_CLOEXEC) != 0)
        return rw_fail(err, ROPEWALK_E_IO, 0, "cannot start %s: %s", argv[0],
                       strerror(errno));
    if (pipe2(report, O_CLOEXEC) != 0) {
        (void)close(say[0]);
        (void)close(say[1]);
        return rw_fail(err, ROPEWALK_E_IO, 0, "cannot start %s: %s", argv[0],
                       strerror(errno));
    }
    child->pid = fork();
    if (child->pid == 0) become(argv, in, out, say[1], report[1]);
    const int code = errno;
    (void)close(say[1]);
    (void)close(report[1]);
    child->say = say[0];
    child->report = report[0];
    if (child->pid > 0) return ROPEWALK_OK;
    (void)close(say[0]);
    (void)close(report[0]);
    return rw_fail(err, ROPEWALK_E_IO, 0, "cannot start %s: %s", argv[0], strerror(code));
}

int rw_spawn_hear(rw_spawned *child, const char *bytes, size_t n,
                  int (*on_line)(void *ctx, const char *line), void *ctx)
{
    int stop = 0;
    for (size_t i = 0; i < n; i++) {
        if (bytes[i] != '\n') {
            if (child->n_line < RW_SPAWN_LINE - 1)
                child->line[child->n_line++] = bytes[i];
            continue;
        }
        child->line[child->n_line] = '\0';
        child->n_line = 0;
        if (strncmp(child->line, "progress ", 9) != 0 && child->line[0]) {
            const size_t n_last = strnlen(child->line, RW_SPAWN_LAST - 1);
            memcpy(child->last, child->line, n_last);
            child->last[n_last] = '\0';
        }
        if (on_line && on_line(ctx, child->line)) stop = 1;
    }
    return stop;
}

int rw_spawn_ended(const rw_spawned *child)
{
    siginfo_t info = {0};
    return waitid(P_PID, (id_t)child->pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
           info.si_pid == child->pid;
}

void rw_spawn_kill(const rw_spawned *child)
{
    (void)kill(child->pid, SIGKILL);
}

static ropewalk_status judge(const rw_spawned *child, int how, ropewalk_error *err)
{
    const char *name = child->name;
    if (WIFSIGNALED(how))
        return rw_fail(err, ROPEWALK_E_IO, 0, "%s was ended by signal %d (%s)%s%s", name,
                       WTERMSIG(how), strsignal(WTERMSIG(how)),
                       child->last[0] ? " after saying: " : "", child->last);
    if (WEXITSTATUS(how) == 0) return ROPEWALK_OK;
    if (child->last[0]) {
        const char *colon = strstr(child->last, ": ");
        const size_t n = strlen(name);
        const char *base = strrchr(name, '/') ? strrchr(name, '/') + 1 : name;
        const int own = colon && n && strncmp(child->last, base, strlen(base)) == 0;
        return rw_fail(err, ROPEWALK_E_IO, 0, "%s", own ? colon + 2 : child->last);
    }
    return rw_fail(err, ROPEWALK_E_IO, 0, "%s ended with exit code %d and said nothing",
                   name, WEXITSTATUS(how));
}

ropewalk_status rw_spawn_wait(rw_spawned *child, ropewalk_error *err)
{
    int how = 0, code = 0;
    while (waitpid(child->pid, &how, 0) < 0 && errno == EINTR)
        continue;
    const ssize_t told = read(child->report, &code, sizeof code);
    (void)close(child->say);
    (void)close(child->report);
    child->pid = child->say = child->report = -1;
    if (told == (ssize_t)sizeof code)
        return rw_fail(err, ROPEWALK_E_IO, 0, "cannot run %s: %s", child->name,
                       strerror(code));
    return judge(child, how, err);
}
