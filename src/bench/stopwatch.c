/* stopwatch.c - best and median of repetitions. */
#define _DEFAULT_SOURCE
#include "bench/stopwatch.h"

#include <math.h>
#include <stdlib.h>

#include "base/clock.h"

rw_moment rw_now(void)
{
    return (rw_moment){rw_clock_wall(), rw_clock_processor()};
}

rw_moment rw_since(rw_moment start)
{
    const rw_moment now = rw_now();
    return (rw_moment){now.wall - start.wall, now.processor - start.processor};
}

double rw_machine_load(void)
{
    double load;
    return getloadavg(&load, 1) == 1 ? load : (double)NAN;
}

static int ascending(const void *a, const void *b)
{
    const double x = ((const rw_moment *)a)->wall, y = ((const rw_moment *)b)->wall;
    return (x > y) - (x < y);
}

rw_timing rw_timing_of(rw_moment *spent, int n)
{
    qsort(spent, (size_t)n, sizeof *spent, ascending);
    const double upper = spent[n / 2].wall, lower = spent[(n - 1) / 2].wall;
    rw_timing t = {.best = spent[0].wall,
                   .median = 0.5 * (lower + upper),
                   .processor = spent[0].processor,
                   .n = n};
    for (int i = 1; i < n; i++)
        if (spent[i].processor < t.processor) t.processor = spent[i].processor;
    return t;
}

ropewalk_status rw_ask(const rw_asking *asking, ropewalk_error *err)
{
    if (asking->progress && asking->progress(asking->ctx, asking->done, asking->total))
        return rw_fail(err, ROPEWALK_E_INTERRUPTED, 0, "interrupted");
    return ROPEWALK_OK;
}

ropewalk_status rw_time(const rw_timed *what, int n, const rw_asking *asking,
                        rw_timing *out, ropewalk_error *err)
{
    rw_moment spent[RW_MAX_REPEAT] = {{0.0, 0.0}};
    if (n > RW_MAX_REPEAT) n = RW_MAX_REPEAT;
    *out = (rw_timing){0};
    for (int i = -1; i < n; i++) { /* the first touches memory and fills caches */
        ropewalk_status status = rw_ask(asking, err);
        if (!status && what->prepare) status = what->prepare(what->ctx, err);
        const rw_moment start = rw_now();
        if (!status) status = what->run(what->ctx, err);
        if (status) return status;
        if (i >= 0) spent[i] = rw_since(start);
    }
    *out = rw_timing_of(spent, n);
    return ROPEWALK_OK;
}
