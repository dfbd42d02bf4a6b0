/* test_pool.c - items on threads: every item once, the first failure, and stopping. */
#define _POSIX_C_SOURCE 200809L
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>

#include "base/alloc.h"
#include "base/pool.h"
#include "base/random.h"

enum { N = 1000 };

typedef struct job {
    uint64_t result[N];
    atomic_int ran[N];
    atomic_int n_ran, worst_worker;
    int64_t fail_from, fail_first_late; /* items failing; item 0 fails late */
    int64_t sleep_us;
} job;

static void rest(int64_t us)
{
    const struct timespec t = {us / 1000000, us % 1000000 * 1000};
    (void)nanosleep(&t, NULL);
}

static ropewalk_status work(void *ctx, int64_t item, int worker, ropewalk_error *err)
{
    job *j = ctx;
    if (worker > atomic_load(&j->worst_worker)) atomic_store(&j->worst_worker, worker);
    atomic_fetch_add(&j->ran[item], 1);
    atomic_fetch_add(&j->n_ran, 1);
    if (j->sleep_us) rest(j->sleep_us);
    if (j->fail_first_late && item == 0) rest(40000);
    if (item >= j->fail_from || (j->fail_first_late && item == 0))
        return rw_fail(err, ROPEWALK_E_FORMAT, (uint64_t)item + 1, "item %d", (int)item);
    for (uint64_t i = 0; i < 50; i++)
        j->result[item] += rw_random_u64(1, (uint64_t)item, i);
    return ROPEWALK_OK;
}

static void same_on_any_number_of_threads(void **state)
{
    (void)state;
    static const int threads[] = {1, 8, 3, 0, -5, 2000};
    static uint64_t expected[N];
    for (size_t t = 0; t < sizeof threads / sizeof *threads; t++) {
        job *j = rw_calloc(1, sizeof *j);
        j->fail_from = N;
        ropewalk_error err = {0};
        assert_int_equal(rw_pool_run(threads[t], N, work, j, NULL, NULL, &err),
                         ROPEWALK_OK);
        for (int i = 0; i < N; i++)
            assert_int_equal(atomic_load(&j->ran[i]), 1);
        assert_true(atomic_load(&j->worst_worker) < (threads[t] < 1 ? 1 : threads[t]));
        if (t == 0) memcpy(expected, j->result, sizeof expected);
        assert_memory_equal(j->result, expected, sizeof expected);
        rw_free(j);
    }
    assert_int_equal(rw_pool_run(4, 0, work, NULL, NULL, NULL, NULL), ROPEWALK_OK);
    assert_true(rw_pool_default_threads() >= 1);
}

static void first_failure(void **state)
{
    (void)state;
    job *j = rw_calloc(1, sizeof *j);
    ropewalk_error err = {0};
    j->fail_from = 5;
    assert_int_equal(rw_pool_run(1, N, work, j, NULL, NULL, &err), ROPEWALK_E_FORMAT);
    assert_string_equal(err.message, "item 5");
    assert_int_equal(err.offset, 6);
    assert_int_equal(atomic_load(&j->n_ran), 6); /* the others were not started */
    assert_int_equal(rw_pool_run(1, N, work, j, NULL, NULL, NULL), ROPEWALK_E_FORMAT);

    /* item 0 fails last of the eight that run: it still decides */
    *j = (job){.fail_first_late = 1, .fail_from = 1};
    assert_int_equal(rw_pool_run(8, N, work, j, NULL, NULL, &err), ROPEWALK_E_FORMAT);
    assert_string_equal(err.message, "item 0");
    assert_true(atomic_load(&j->n_ran) <= 8);
    rw_free(j);
}

typedef struct watch {
    int64_t last, total;
    int calls, stop_at;
    job *j;
} watch;

static int look(void *ctx, int64_t done, int64_t total)
{
    watch *w = ctx;
    assert_true(done >= w->last && done <= total);
    w->last = done;
    w->total = total;
    return ++w->calls == w->stop_at;
}

/* More of it than any machine does: nobody comes back who is not stopped. */
static ropewalk_status endless(void *ctx, int64_t item, int worker, ropewalk_error *err)
{
    (void)item;
    (void)worker;
    (void)err;
    atomic_fetch_add(&((job *)ctx)->n_ran, 1);
    rest(1000);
    return ROPEWALK_OK;
}

static void progress(void **state)
{
    (void)state;
    job *j = rw_calloc(1, sizeof *j);
    j->fail_from = N;
    j->sleep_us = 1000;
    watch w = {0};
    ropewalk_error err = {0};
    assert_int_equal(rw_pool_run(2, 40, work, j, look, &w, &err), ROPEWALK_OK);
    assert_true(w.calls >= 1);
    assert_int_equal(w.total, 40);
    assert_int_equal(w.last, 40);

    *j = (job){.fail_from = N};
    w = (watch){.stop_at = 1};
    assert_int_equal(rw_pool_run(2, INT64_MAX, endless, j, look, &w, &err),
                     ROPEWALK_E_INTERRUPTED);
    assert_int_equal(err.status, ROPEWALK_E_INTERRUPTED);
    assert_int_equal(w.calls, 1); /* not asked again */
    assert_true(atomic_load(&j->n_ran) > 0);

    *j = (job){.fail_from = 0}; /* a failure before the question is the answer */
    w = (watch){0};
    assert_int_equal(rw_pool_run(2, N, work, j, look, &w, &err), ROPEWALK_E_FORMAT);
    rw_free(j);
}

static void no_memory(void **state)
{
    (void)state;
    const int64_t live = rw_alloc_live();
    ropewalk_error err = {0};
    rw_alloc_fail_at(0, 0);
    assert_int_equal(rw_pool_run(2, N, work, NULL, NULL, NULL, &err), ROPEWALK_E_MEMORY);
    rw_alloc_fail_at(-1, 0);
    assert_int_equal(rw_alloc_live(), live);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_on_any_number_of_threads),
        cmocka_unit_test(first_failure),
        cmocka_unit_test(progress),
        cmocka_unit_test(no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
