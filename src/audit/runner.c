/* runner.c - the command line of ropewalk-llama, and its progress lines. */
#define _POSIX_C_SOURCE 200809L
#include "audit/runner.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"

/* As git finds its subcommands: where the program lies, in the build tree beside it, in PATH. */
void rw_runner_find(const char *program, const char *program_dir, char path[4096])
{
    static const char *const places[] = {"/ropewalk-llama", "/runner/ropewalk-llama"};
    if (program) {
        (void)snprintf(path, 4096, "%s", program);
        return;
    }
    for (size_t i = 0; program_dir && *program_dir && i < 2; i++) {
        (void)snprintf(path, 4096, "%s%s", program_dir, places[i]);
        if (access(path, X_OK) == 0) return;
    }
    (void)snprintf(path, 4096, "ropewalk-llama");
}

static int on_line(void *ctx, const char *line)
{
    const rw_runner_job *job = ctx;
    long long done = 0, total = 0;
    if (!job->progress) return 0;
    if (line && sscanf(line, "progress %lld %lld", &done, &total) != 2) return 0;
    return job->progress(job->progress_ctx, done, total);
}

static ropewalk_status readable(const char *path, ropewalk_error *err)
{
    if (access(path, R_OK) == 0) return ROPEWALK_OK;
    return rw_fail(err, ROPEWALK_E_IO, 0, "cannot read %s: %s", path, strerror(errno));
}

ropewalk_status rw_runner_capture(const rw_runner_job *job, ropewalk_error *err)
{
    char program[4096], tokens[24], positions[24], threads[24], seed[24];
    const char *argv[96];
    size_t n = 0;
    ropewalk_status status = readable(job->model, err);
    if (!status) status = readable(job->text, err);
    if (status) return status;
    rw_runner_find(job->program, job->program_dir, program);
    (void)snprintf(tokens, sizeof tokens, "%" PRId64, job->n_token);
    (void)snprintf(positions, sizeof positions, "%" PRId64, job->n_position);
    (void)snprintf(threads, sizeof threads, "%d", job->n_thread);
    (void)snprintf(seed, sizeof seed, "%" PRIu64, job->seed);
    const char *const fixed[] = {program,     "capture",   job->model, "-o",
                                 job->output, "--text",    job->text,  "--tokens",
                                 tokens,      "--threads", threads,    "--progress"};
    for (size_t i = 0; i < sizeof fixed / sizeof *fixed; i++)
        argv[n++] = fixed[i];
    if (job->n_position) {
        argv[n++] = "--positions";
        argv[n++] = positions;
    }
    if (job->shuffle) {
        argv[n++] = "--shuffle";
        argv[n++] = seed;
    }
    if (job->rotated) argv[n++] = "--rotated";
    for (size_t i = 0; i < job->n_extra && n < sizeof argv / sizeof *argv - 1; i++)
        argv[n++] = job->extra[i];
    argv[n] = NULL;
    rw_runner_job copy = *job;
    status = rw_process_run(argv, on_line, &copy, NULL, err);
    if (status == ROPEWALK_E_IO && job->program && access(job->program, X_OK) != 0)
        return rw_fail(err, ROPEWALK_E_IO, 0, "the runner %s cannot be run: %s",
                       job->program, strerror(errno));
    if (!status && access(job->output, R_OK) != 0)
        status = rw_fail(err, ROPEWALK_E_IO, 0, "%s ended well but wrote no %s", program,
                         job->output);
    if (status == ROPEWALK_E_IO && err && strncmp(err->message, "cannot run", 10) == 0)
        return rw_fail(
            err, ROPEWALK_E_IO, 0,
            "the program ropewalk-llama, which runs models, was not found beside "
            "ropewalk nor in PATH: build with llama.cpp installed, or audit an existing "
            "capture with --qk");
    return status ? rw_fail_context(err, status, "capturing %s", job->model)
                  : ROPEWALK_OK;
}
