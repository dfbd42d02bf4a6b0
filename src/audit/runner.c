/* runner.c - the command line of ropewalk-llama, its progress lines, and several at a time. */
#define _POSIX_C_SOURCE 200809L
#include "audit/runner.h"

#include <errno.h>
#include <inttypes.h>
#include <stdatomic.h>
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

/* --- several at a time ---------------------------------------------------------------------- */

typedef struct beside beside;

typedef struct one {
    rw_runner_job job;
    beside *all;
    int64_t index;
    atomic_llong done, total;
} one;

struct beside {
    one *item;
    int64_t n;
    atomic_int stop;
    atomic_llong
        failed; /* index; those after it are given up, those before it may fail too */
    rw_pool_progress progress;
    void *progress_ctx;
};

static int note_progress(void *ctx, int64_t done, int64_t total)
{
    one *o = ctx;
    if (total) {
        atomic_store(&o->done, done);
        atomic_store(&o->total, total);
    }
    return atomic_load(&o->all->stop) || atomic_load(&o->all->failed) < o->index;
}

static ropewalk_status capture_item(void *ctx, int64_t item, int worker,
                                    ropewalk_error *err)
{
    beside *b = ctx;
    (void)worker;
    const ropewalk_status status = rw_runner_capture(&b->item[item].job, err);
    long long first = atomic_load(&b->failed);
    while (status && item < first &&
           !atomic_compare_exchange_weak(&b->failed, &first, item))
        ;
    return status;
}

/* Tokens of all of them; those that have not begun will have as many as the first. */
static int sum_progress(void *ctx, int64_t done, int64_t total)
{
    beside *b = ctx;
    (void)done;
    (void)total;
    long long sum = 0, of = 0;
    for (int64_t i = 0; i < b->n; i++) {
        const long long own = atomic_load(&b->item[i].total);
        sum += atomic_load(&b->item[i].done);
        of += own ? own : atomic_load(&b->item[0].total);
    }
    if (b->progress && b->progress(b->progress_ctx, sum, of)) atomic_store(&b->stop, 1);
    return atomic_load(&b->stop);
}

ropewalk_status rw_runner_capture_all(const rw_runner_job *jobs, size_t n_job,
                                      int n_thread, rw_pool_progress progress,
                                      void *progress_ctx, size_t *failed,
                                      ropewalk_error *err)
{
    beside b = {.n = (int64_t)n_job,
                .failed = INT64_MAX,
                .progress = progress,
                .progress_ctx = progress_ctx};
    *failed = 0;
    if (n_job == 0) return ROPEWALK_OK;
    b.item = rw_calloc(n_job, sizeof *b.item);
    if (!b.item) return rw_fail_memory(err, "captures");
    if (n_thread < 1) n_thread = 1;
    const int at_once = (size_t)n_thread < n_job ? n_thread : (int)n_job;
    for (size_t i = 0; i < n_job; i++) {
        one *o = &b.item[i];
        o->job = jobs[i];
        o->all = &b;
        o->index = (int64_t)i;
        o->job.n_thread = n_thread / at_once;
        o->job.progress = note_progress;
        o->job.progress_ctx = o;
    }
    const ropewalk_status status =
        rw_pool_run(at_once, b.n, capture_item, &b, sum_progress, &b, err);
    const long long first = atomic_load(&b.failed);
    if (first < b.n) *failed = (size_t)first;
    rw_free(b.item);
    return status;
}
