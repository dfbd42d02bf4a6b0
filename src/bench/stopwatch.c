/* stopwatch.c - best and median of repetitions. */
#define _DEFAULT_SOURCE
#include "bench/stopwatch.h"

#include <math.h>
#include <stdlib.h>
#include <time.h>

double rw_seconds(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

double rw_machine_load(void)
{
    double load;
    return getloadavg(&load, 1) == 1 ? load : (double)NAN;
}

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

rw_timing rw_timing_of(double *seconds, int n)
{
    qsort(seconds, (size_t)n, sizeof *seconds, ascending);
    const double upper = seconds[n / 2], lower = seconds[(n - 1) / 2];
    return (rw_timing){.best = seconds[0], .median = 0.5 * (lower + upper), .n = n};
}

ropewalk_status rw_time(const rw_timed *what, int n, rw_timing *out, ropewalk_error *err)
{
    double seconds[RW_MAX_REPEAT];
    if (n > RW_MAX_REPEAT) n = RW_MAX_REPEAT;
    *out = (rw_timing){0};
    for (int i = -1; i < n; i++) { /* the first touches memory and fills caches */
        ropewalk_status status =
            what->prepare ? what->prepare(what->ctx, err) : ROPEWALK_OK;
        const double start = rw_seconds();
        if (!status) status = what->run(what->ctx, err);
        if (status) return status;
        if (i >= 0) seconds[i] = rw_seconds() - start;
    }
    *out = rw_timing_of(seconds, n);
    return ROPEWALK_OK;
}
