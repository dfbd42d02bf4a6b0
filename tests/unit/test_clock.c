/* test_clock.c - clocks only go forward, and sleeping is no work. */
#define _POSIX_C_SOURCE 200809L
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <time.h>

#include "base/clock.h"

static void wall(void **state)
{
    (void)state;
    const struct timespec pause = {.tv_nsec = 20000000};
    const double start = rw_clock_wall();
    assert_int_equal(nanosleep(&pause, NULL), 0);
    assert_true(rw_clock_wall() - start >= 0.0199);
}

static void processor(void **state)
{
    (void)state;
    const double start = rw_clock_processor();
    volatile uint64_t work = 0;
    while (rw_clock_processor() - start < 0.002) /* ends only where work is time */
        work = work + 1;
    assert_true(work > 0);
    const struct timespec pause = {.tv_nsec = 200000000};
    const double before = rw_clock_processor();
    assert_int_equal(nanosleep(&pause, NULL), 0);
    assert_true(rw_clock_processor() - before < 0.1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wall),
        cmocka_unit_test(processor),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
