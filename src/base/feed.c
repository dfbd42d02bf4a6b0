/* feed.c - POSIX threads between a queue of items to do and a queue of items done. */
#define _POSIX_C_SOURCE 200809L
#include "base/feed.h"

#include <pthread.h>
#include <stdbool.h>
#include <time.h>

#include "base/alloc.h"

typedef struct queue {
    int64_t *item; /* [capacity of the feed], a ring */
    int first, n;
} queue;

typedef struct hand {
    rw_feed *feed;
    int index;
    pthread_t thread;
} hand;

struct rw_feed {
    pthread_mutex_t lock;
    pthread_cond_t given, done;
    int n_hand, capacity, held;
    queue to_do, finished;
    bool stop;
    ropewalk_status status; /* of the first item that failed */
    ropewalk_error error;
    rw_pool_work work;
    void *ctx;
    hand *hand;
};

static void push(queue *q, int capacity, int64_t item)
{
    q->item[(q->first + q->n++) % capacity] = item;
}

static int64_t pop(queue *q, int capacity)
{
    const int64_t item = q->item[q->first];
    q->first = (q->first + 1) % capacity;
    q->n--;
    return item;
}

static void *hand_main(void *arg)
{
    hand *h = arg;
    rw_feed *f = h->feed;
    (void)pthread_mutex_lock(&f->lock);
    while (!f->stop) {
        if (f->to_do.n == 0) {
            (void)pthread_cond_wait(&f->given, &f->lock);
            continue;
        }
        const int64_t item = pop(&f->to_do, f->capacity);
        (void)pthread_mutex_unlock(&f->lock);
        ropewalk_error e = {0};
        const ropewalk_status status = f->work(f->ctx, item, h->index, &e);
        (void)pthread_mutex_lock(&f->lock);
        if (status && !f->status) {
            f->status = status;
            f->error = e;
            f->stop = true;
        }
        push(&f->finished, f->capacity, item);
        (void)pthread_cond_signal(&f->done);
    }
    (void)pthread_mutex_unlock(&f->lock);
    return NULL;
}

ropewalk_status rw_feed_open(int n_thread, rw_pool_work work, void *ctx, rw_feed **out,
                             ropewalk_error *err)
{
    *out = NULL;
    if (n_thread < 1) n_thread = 1;
    rw_feed *f = rw_calloc(1, sizeof *f);
    if (!f) return rw_fail_memory(err, "worker threads");
    f->capacity = 2 * n_thread;
    f->work = work;
    f->ctx = ctx;
    (void)pthread_mutex_init(&f->lock, NULL);
    (void)pthread_cond_init(&f->given, NULL);
    (void)pthread_cond_init(&f->done, NULL);
    f->to_do.item = rw_calloc((size_t)f->capacity, sizeof(int64_t));
    f->finished.item = rw_calloc((size_t)f->capacity, sizeof(int64_t));
    f->hand = rw_calloc((size_t)n_thread, sizeof *f->hand);
    ropewalk_status status = ROPEWALK_OK;
    if (!f->to_do.item || !f->finished.item || !f->hand)
        status = rw_fail_memory(err, "worker threads");
    for (; !status && f->n_hand < n_thread; f->n_hand++) {
        f->hand[f->n_hand] = (hand){.feed = f, .index = f->n_hand};
        if (pthread_create(&f->hand[f->n_hand].thread, NULL, hand_main,
                           &f->hand[f->n_hand]) != 0)
            break;
    }
    if (!status && f->n_hand == 0)
        status = rw_fail(err, ROPEWALK_E_MEMORY, 0, "no thread could be started");
    if (status)
        rw_feed_close(f);
    else
        *out = f;
    return status;
}

void rw_feed_close(rw_feed *f)
{
    if (!f) return;
    (void)pthread_mutex_lock(&f->lock);
    f->stop = true;
    (void)pthread_cond_broadcast(&f->given);
    (void)pthread_mutex_unlock(&f->lock);
    for (int i = 0; i < f->n_hand; i++)
        (void)pthread_join(f->hand[i].thread, NULL);
    (void)pthread_cond_destroy(&f->given);
    (void)pthread_cond_destroy(&f->done);
    (void)pthread_mutex_destroy(&f->lock);
    rw_free(f->to_do.item);
    rw_free(f->finished.item);
    rw_free(f->hand);
    rw_free(f);
}

int rw_feed_room(const rw_feed *f)
{
    return f->capacity - f->held;
}

int rw_feed_held(const rw_feed *f)
{
    return f->held;
}

void rw_feed_give(rw_feed *f, int64_t item)
{
    (void)pthread_mutex_lock(&f->lock);
    push(&f->to_do, f->capacity, item);
    f->held++;
    (void)pthread_cond_signal(&f->given);
    (void)pthread_mutex_unlock(&f->lock);
}

ropewalk_status rw_feed_take(rw_feed *f, int wait_ms, int64_t *item, ropewalk_error *err)
{
    struct timespec until;
    (void)clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += 1000000L * wait_ms;
    until.tv_sec += until.tv_nsec / 1000000000L;
    until.tv_nsec %= 1000000000L;
    *item = -1;
    (void)pthread_mutex_lock(&f->lock);
    if (f->finished.n == 0 && !f->status && wait_ms > 0)
        (void)pthread_cond_timedwait(&f->done, &f->lock, &until);
    const ropewalk_status status = f->status;
    if (status && err) *err = f->error;
    if (!status && f->finished.n) {
        *item = pop(&f->finished, f->capacity);
        f->held--;
    }
    (void)pthread_mutex_unlock(&f->lock);
    return status;
}
