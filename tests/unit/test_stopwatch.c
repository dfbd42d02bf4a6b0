/* test_stopwatch.c - best and median, and what runs how often. No duration is judged. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "bench/stopwatch.h"
#include <cmocka.h>

static void best_and_median(void **state)
{
    (void)state;
    rw_moment odd[] = {{3.0, 0.5}, {1.0, 0.75}, {2.0, 1.0}},
              even[] = {{4.0, 1.0}, {1.0, 2.0}, {3.0, 0.25}, {2.0, 4.0}},
              one[] = {{7.0, 6.0}};
    const rw_timing a = rw_timing_of(odd, 3), b = rw_timing_of(even, 4),
                    c = rw_timing_of(one, 1);
    assert_true(a.best == 1.0 && a.median == 2.0 && a.n == 3 && a.processor == 0.5);
    assert_true(b.best == 1.0 && b.median == 2.5 && b.n == 4 && b.processor == 0.25);
    assert_true(c.best == 7.0 && c.median == 7.0 && c.n == 1 && c.processor == 6.0);
}

typedef struct counted {
    int prepared, ran, fail_at;
} counted;

static ropewalk_status prepare(void *ctx, ropewalk_error *err)
{
    counted *c = ctx;
    (void)err;
    assert_int_equal(c->prepared, c->ran);
    c->prepared++;
    return ROPEWALK_OK;
}

static ropewalk_status run(void *ctx, ropewalk_error *err)
{
    counted *c = ctx;
    if (++c->ran == c->fail_at) return rw_fail(err, ROPEWALK_E_IO, 0, "told to fail");
    return ROPEWALK_OK;
}

static const rw_asking nobody;

static int stop_at(void *ctx, int64_t done, int64_t total)
{
    assert_int_equal(done, 7);
    assert_int_equal(total, 9);
    return --*(int *)ctx == 0;
}

static void stops_when_asked(void **state)
{
    (void)state;
    int left = 3;
    counted c = {0};
    const rw_timed timed = {prepare, run, &c};
    const rw_asking asking = {stop_at, &left, 7, 9};
    rw_timing t;
    ropewalk_error err;
    assert_int_equal(rw_time(&timed, 5, &asking, &t, &err), ROPEWALK_E_INTERRUPTED);
    assert_int_equal(c.ran, 2);
}

static void repeats(void **state)
{
    (void)state;
    counted c = {0};
    const rw_timed timed = {prepare, run, &c};
    rw_timing t;
    ropewalk_error err;
    assert_int_equal(rw_time(&timed, 5, &nobody, &t, &err), ROPEWALK_OK);
    assert_int_equal(c.ran, 6); /* one to warm up */
    assert_int_equal(t.n, 5);
    assert_true(t.best >= 0.0 && t.best <= t.median);
    c = (counted){0};
    assert_int_equal(rw_time(&timed, 1000, &nobody, &t, &err), ROPEWALK_OK);
    assert_int_equal(t.n, RW_MAX_REPEAT);
}

static void stops_at_a_failure(void **state)
{
    (void)state;
    counted c = {.fail_at = 3};
    const rw_timed timed = {NULL, run, &c};
    rw_timing t;
    ropewalk_error err;
    assert_int_equal(rw_time(&timed, 5, &nobody, &t, &err), ROPEWALK_E_IO);
    assert_int_equal(c.ran, 3);
    assert_int_equal(t.n, 0);
}

static void clock_goes_on(void **state)
{
    (void)state;
    const rw_moment start = rw_now(), spent = rw_since(start);
    assert_true(spent.wall >= 0.0 && spent.processor >= 0.0);
    assert_false(rw_machine_load() < 0.0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(best_and_median),  cmocka_unit_test(repeats),
        cmocka_unit_test(stops_when_asked), cmocka_unit_test(stops_at_a_failure),
        cmocka_unit_test(clock_goes_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
