/* pool.c - POSIX threads taking the next item from a shared counter. */
#define _POSIX_C_SOURCE 200809L
#include "base/pool.h"

#include <pthread.h>
#include <stdbool.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"

typedef struct pool {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    int64_t next, done, total;
    int running;
    bool stop;
    int64_t failed_item;
    ropewalk_status status;
    ropewalk_error error;
    rw_pool_work work;
    void *ctx;
} pool;

typedef struct worker {
    pool *p;
    int index;
    pthread_t thread;
} worker;

static void record(pool *p, int64_t item, ropewalk_status status, const ropewalk_error *e)
{
    if (p->status && p->failed_item <= item) return;
    p->status = status;
    p->failed_item = item;
    p->error = *e;
    p->stop = true;
}

static void *worker_main(void *arg)
{
    worker *w = arg;
    pool *p = w->p;
    (void)pthread_mutex_lock(&p->lock);
    while (!p->stop && p->next < p->total) {
        const int64_t item = p->next++;
        (void)pthread_mutex_unlock(&p->lock);
        ropewalk_error e = {0};
        const ropewalk_status status = p->work(p->ctx, item, w->index, &e);
        (void)pthread_mutex_lock(&p->lock);
        if (status) record(p, item, status, &e);
        p->done++;
        (void)pthread_cond_signal(&p->changed);
    }
    p->running--;
    (void)pthread_cond_signal(&p->changed);
    (void)pthread_mutex_unlock(&p->lock);
    return NULL;
}

ropewalk_status rw_pool_run(int n_thread, int64_t n_item, rw_pool_work work,
                            void *work_ctx, rw_pool_progress progress, void *progress_ctx,
                            ropewalk_error *err)
{
    if (n_thread < 1) n_thread = 1;
    if (n_thread > n_item) n_thread = n_item > 0 ? (int)n_item : 1;
    worker *workers = rw_calloc((size_t)n_thread, sizeof *workers);
    if (!workers) return rw_fail_memory(err, "worker threads");
    pool p = {.total = n_item, .work = work, .ctx = work_ctx, .failed_item = INT64_MAX};
    (void)pthread_mutex_init(&p.lock, NULL);
    (void)pthread_cond_init(&p.changed, NULL);
    int started = 0;
    (void)pthread_mutex_lock(&p.lock);
    for (int i = 0; i < n_thread; i++) {
        workers[i] = (worker){.p = &p, .index = i};
        if (pthread_create(&workers[i].thread, NULL, worker_main, &workers[i]) != 0)
            break;
        started++;
        p.running++;
    }
    int64_t told = -1;
    while (p.running > 0) {
        struct timespec until;
        (void)clock_gettime(CLOCK_REALTIME, &until);
        until.tv_nsec += 100000000; /* look at least ten times a second */
        if (until.tv_nsec >= 1000000000) {
            until.tv_nsec -= 1000000000;
            until.tv_sec++;
        }
        (void)pthread_cond_timedwait(&p.changed, &p.lock, &until);
        const int64_t done = p.done;
        if (progress && !p.stop) {
            (void)pthread_mutex_unlock(&p.lock);
            const int stop = progress(progress_ctx, done, n_item);
            (void)pthread_mutex_lock(&p.lock);
            told = done;
            if (stop && !p.status) {
                p.status = rw_fail(&p.error, ROPEWALK_E_INTERRUPTED, 0, "interrupted");
                p.failed_item = -1;
                p.stop = true;
            }
        }
    }
    (void)pthread_mutex_unlock(&p.lock);
    /* the last may have ended while the one before was told */
    if (progress && !p.stop && told < p.done)
        (void)progress(progress_ctx, p.done, n_item);
    for (int i = 0; i < started; i++)
        (void)pthread_join(workers[i].thread, NULL);
    (void)pthread_cond_destroy(&p.changed);
    (void)pthread_mutex_destroy(&p.lock);
    rw_free(workers);
    if (!started && n_item > 0)
        return rw_fail(err, ROPEWALK_E_MEMORY, 0, "no thread could be started");
    if (p.status && err) *err = p.error;
    return p.status;
}

int rw_pool_default_threads(void)
{
    const long n = sysconf(_SC_NPROCESSORS_ONLN);
    return n < 1 ? 1 : n > 1024 ? 1024 : (int)n;
}
