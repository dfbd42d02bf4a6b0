/* test_serial.c - items one after the other, where there are no threads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* in the place of base/pool.c and base/work.c */
#include "live/serial.c" // NOLINT(bugprone-suspicious-include)

typedef struct seen {
    int64_t n, fail_at, stop_at;
} seen;

static ropewalk_status item(void *ctx, int64_t i, int worker, ropewalk_error *err)
{
    seen *s = ctx;
    assert_int_equal(i, s->n);
    assert_int_equal(worker, 0);
    if (i == s->fail_at) return rw_fail(err, ROPEWALK_E_FORMAT, 0, "item");
    s->n++;
    return ROPEWALK_OK;
}

static int progress(void *ctx, int64_t done, int64_t total)
{
    assert_int_equal(total, 5);
    return done == ((const seen *)ctx)->stop_at;
}

static ropewalk_status run(seen *s)
{
    ropewalk_error err = {0};
    const rw_work work = {.ctx = s, .n_item = 5, .run = item};
    return rw_work_run(&work, NULL, NULL, 8, progress, s, &err);
}

static void in_order(void **state)
{
    (void)state;
    seen all = {.fail_at = -1}, failing = {.fail_at = 2},
         stopped = {.fail_at = -1, .stop_at = 3};
    assert_int_equal(run(&all), ROPEWALK_OK);
    assert_int_equal(all.n, 5);
    assert_int_equal(run(&failing), ROPEWALK_E_FORMAT);
    assert_int_equal(failing.n, 2);
    assert_int_equal(run(&stopped), ROPEWALK_E_INTERRUPTED);
    assert_int_equal(stopped.n, 3);
    assert_true(rw_team_leads(NULL));
    assert_int_equal(rw_pool_default_threads(), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(in_order)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
