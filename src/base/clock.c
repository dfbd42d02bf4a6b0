/* clock.c - POSIX clocks in seconds. */
#define _POSIX_C_SOURCE 200809L
#include "base/clock.h"

#include <time.h>

static double seconds(clockid_t id)
{
    struct timespec t = {0};
    (void)clock_gettime(id, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

double rw_clock_wall(void)
{
    return seconds(CLOCK_MONOTONIC);
}

double rw_clock_processor(void)
{
    return seconds(CLOCK_PROCESS_CPUTIME_ID);
}
