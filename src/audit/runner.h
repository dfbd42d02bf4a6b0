/* runner.h - the model runtime as another program: finding it, and asking it for a capture. */
#ifndef RW_AUDIT_RUNNER_H
#define RW_AUDIT_RUNNER_H
#include "base/pool.h"
#include "base/process.h"

typedef struct rw_runner_job {
    const char *program;     /* path, or NULL: beside program_dir, then PATH */
    const char *program_dir; /* or NULL */
    const char *model, *output, *text;
    int64_t n_token, n_position; /* n_position 0: all */
    int shuffle, rotated, n_thread;
    uint64_t seed;
    const char *const *extra;
    size_t n_extra;
    int (*progress)(void *ctx, int64_t done, int64_t total);
    void *progress_ctx;
} rw_runner_job;

/** Run `ropewalk-llama capture`. Checks the files' existence first, so that the sentence is ours. */
ropewalk_status rw_runner_capture(const rw_runner_job *job, ropewalk_error *err);

/** Several captures, up to n_thread programs at a time, which share the threads: a model's layers
 *  follow one another, texts do not. What a job says of threads and progress is not used. When
 *  several fail, the first of them in the list is the one told about, and *failed its index. */
ropewalk_status rw_runner_capture_all(const rw_runner_job *jobs, size_t n_job,
                                      int n_thread, rw_pool_progress progress,
                                      void *progress_ctx, size_t *failed,
                                      ropewalk_error *err);

/** The runner to start: `program` when given, else ropewalk-llama beside the program in program_dir
 *  (may be NULL), else by name, to be found in PATH. */
void rw_runner_find(const char *program, const char *program_dir, char path[4096]);
#endif
