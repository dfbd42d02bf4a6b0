/* test_feed.c - threads fed with items: each is run once, never more than there is room for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdatomic.h>
#include <string.h>

#include "base/alloc.h"
#include "base/feed.h"

enum { N = 200 };

typedef struct job {
    atomic_int ran[N];
    int fail_at;
} job;

static ropewalk_status run(void *ctx, int64_t item, int worker, ropewalk_error *err)
{
    job *j = ctx;
    if (item == j->fail_at)
        return rw_fail(err, ROPEWALK_E_UNSUPPORTED, 0, "item %d", (int)item);
    j->ran[item]++;
    return worker < 3 ? ROPEWALK_OK : rw_fail(err, ROPEWALK_E_ARGUMENT, 0, "worker");
}

static ropewalk_status go(job *j, int n_thread, ropewalk_error *err)
{
    rw_feed *f;
    ropewalk_status status = rw_feed_open(n_thread, run, j, &f, err);
    int64_t given = 0, taken = 0;
    while (!status && taken < N) {
        while (given < N && rw_feed_room(f) > 0)
            rw_feed_give(f, given++);
        assert_int_equal(rw_feed_held(f), given - taken);
        assert_true(rw_feed_held(f) <= 2 * n_thread);
        int64_t item;
        status = rw_feed_take(f, 5, &item, err);
        taken += item >= 0;
    }
    rw_feed_close(f);
    return status;
}

static void each_once(void **state)
{
    (void)state;
    for (int n_thread = 1; n_thread <= 3; n_thread++) {
        job j = {.fail_at = -1};
        assert_int_equal(go(&j, n_thread, NULL), 0);
        for (int i = 0; i < N; i++)
            assert_int_equal(j.ran[i], 1);
    }
    assert_int_equal(rw_alloc_live(), 0);
}

static void failing(void **state)
{
    (void)state;
    job j = {.fail_at = 50};
    ropewalk_error err = {0};
    assert_int_equal(go(&j, 2, &err), ROPEWALK_E_UNSUPPORTED);
    assert_string_equal(err.message, "item 50");
    for (int64_t at = 0; at < 4; at++) {
        rw_alloc_fail_at(at, 0);
        assert_int_equal(go(&j, 2, &err), ROPEWALK_E_MEMORY);
        rw_alloc_fail_at(-1, 0);
    }
    assert_int_equal(rw_alloc_live(), 0);
}

/* Nothing to do, nothing done: take does not wait for ever, close does not either. */
static void idle(void **state)
{
    (void)state;
    job j = {.fail_at = -1};
    rw_feed *f;
    int64_t item;
    assert_int_equal(rw_feed_open(3, run, &j, &f, NULL), 0);
    assert_int_equal(rw_feed_take(f, 0, &item, NULL), 0);
    assert_int_equal(item, -1);
    assert_int_equal(rw_feed_take(f, 3, &item, NULL), 0);
    assert_int_equal(item, -1);
    rw_feed_close(f);
    rw_feed_close(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(each_once),
                                       cmocka_unit_test(failing), cmocka_unit_test(idle)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
