/* stopwatch.h - how long something takes: the monotonic clock, repeated. */
#ifndef RW_BENCH_STOPWATCH_H
#define RW_BENCH_STOPWATCH_H
#include "base/pool.h"
#include "result/bench_result.h"

enum { RW_MAX_REPEAT = 31 };

/* Whom to ask, between repetitions, whether to go on; progress may be NULL. */
typedef struct rw_asking {
    rw_pool_progress progress;
    void *ctx;
    int64_t done, total; /* of whatever the asker counts */
} rw_asking;
/** E_INTERRUPTED when the answer is to stop. */
ropewalk_status rw_ask(const rw_asking *asking, ropewalk_error *err);

/* Something to be timed. prepare (may be NULL) runs before each repetition, untimed. */
typedef struct rw_timed {
    ropewalk_status (*prepare)(void *ctx, ropewalk_error *err);
    ropewalk_status (*run)(void *ctx, ropewalk_error *err);
    void *ctx;
} rw_timed;

/* A moment: on the monotonic clock, and processor time of the whole process until then. */
typedef struct rw_moment {
    double wall, processor;
} rw_moment;
rw_moment rw_now(void);
/** What has gone by since. */
rw_moment rw_since(rw_moment start);
/** One repetition unmeasured, then n (at most RW_MAX_REPEAT) measured. */
ropewalk_status rw_time(const rw_timed *what, int n, const rw_asking *asking,
                        rw_timing *out, ropewalk_error *err);
/** Best and median of n >= 1 durations, which are sorted. */
rw_timing rw_timing_of(rw_moment *spent, int n);
/** The machine's one-minute load average, NaN when unknown. */
double rw_machine_load(void);
#endif
