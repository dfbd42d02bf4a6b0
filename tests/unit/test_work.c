/* test_work.c - items come from the checkpoint or are run, never both; what fails is told. */
#define _POSIX_C_SOURCE 200809L
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/work.h"

enum { N = 50 };
static char path[] = "/tmp/work.XXXXXX";

typedef struct job {
    uint64_t value[N];
    int ran[N], taken[N], fail_at;
    int64_t told, shown;
} job;

static ropewalk_status run(void *ctx, int64_t item, int worker, ropewalk_error *err)
{
    (void)worker;
    job *j = ctx;
    if (item == j->fail_at)
        return rw_fail(err, ROPEWALK_E_UNSUPPORTED, 0, "item %d", (int)item);
    j->ran[item]++;
    j->value[item] = (uint64_t)(item * item + 1);
    return ROPEWALK_OK;
}

static void pack(void *ctx, int64_t item, rw_packer *out)
{
    rw_pack_u64(out, ((job *)ctx)->value[item]);
}

static ropewalk_status unpack(void *ctx, int64_t item, rw_unpacker *in,
                              ropewalk_error *err)
{
    job *j = ctx;
    j->value[item] = rw_unpack_u64(in);
    j->taken[item]++;
    return rw_unpack_complete(in) ? ROPEWALK_OK
                                  : rw_fail(err, ROPEWALK_E_FORMAT, 0, "not a value");
}

static void kept(void *ctx, int64_t n)
{
    ((job *)ctx)->told = n;
}

static int progress(void *ctx, int64_t done, int64_t total)
{
    job *j = ctx;
    assert_int_equal(total, N);
    assert_true(done >= j->told);
    j->shown = done;
    return 0;
}

static ropewalk_status go(job *j, rw_journal *journal, int n_thread, ropewalk_error *err)
{
    const rw_work work = {.ctx = j,
                          .stage = 4,
                          .n_item = N,
                          .run = run,
                          .pack = pack,
                          .unpack = unpack,
                          .kept = kept};
    return rw_work_run(&work, journal, NULL, n_thread, progress, j, err);
}

static void check(const job *j, int64_t n_kept)
{
    int64_t taken = 0;
    for (int64_t i = 0; i < N; i++) {
        assert_int_equal(j->ran[i] + j->taken[i], 1);
        assert_true(j->value[i] == (uint64_t)(i * i + 1));
        taken += j->taken[i];
    }
    assert_int_equal(taken, n_kept);
    assert_int_equal(j->told, n_kept);
}

static void without(void **state)
{
    (void)state;
    job j = {.fail_at = -1};
    assert_int_equal(go(&j, NULL, 3, NULL), 0);
    check(&j, 0);
}

static void interrupted(void **state)
{
    (void)state;
    (void)unlink(path);
    rw_journal *journal;
    for (int turn = 0; turn < 3; turn++) {
        job j = {.fail_at = turn ? -1 : 30};
        ropewalk_error err = {0};
        assert_int_equal(rw_journal_open(path, 1, &journal, &err), 0);
        const ropewalk_status status = go(&j, journal, 1, &err);
        rw_journal_close(journal);
        assert_int_equal(status, turn ? 0 : ROPEWALK_E_UNSUPPORTED);
        if (turn) check(&j, turn == 1 ? 30 : N);
    }
    assert_int_equal(rw_journal_open(path, 1, &journal, NULL), 0);
    for (int64_t at = 0; at < 5; at++) {
        job j = {.fail_at = -1};
        rw_alloc_fail_at(at, 0);
        assert_int_equal(go(&j, journal, 1, NULL), ROPEWALK_E_MEMORY);
        rw_alloc_fail_at(-1, 0);
    }
    rw_journal_close(journal);
}

static void does_not_fit(void **state)
{
    (void)state;
    (void)unlink(path);
    rw_journal *journal;
    ropewalk_error err = {0};
    for (int turn = 0; turn < 2; turn++) {
        assert_int_equal(rw_journal_open(path, 1, &journal, NULL), 0);
        if (!turn) assert_int_equal(rw_journal_append(journal, 4, 7, "abc", 3, NULL), 0);
        job j = {.fail_at = -1};
        if (turn) assert_int_equal(go(&j, journal, 1, &err), ROPEWALK_E_FORMAT);
        rw_journal_close(journal);
    }
    assert_non_null(strstr(err.message, "not a value"));
    assert_non_null(strstr(err.message, path));
}

int main(void)
{
    const int fd = mkstemp(path);
    if (fd < 0) return 1;
    (void)close(fd);
    const struct CMUnitTest tests[] = {cmocka_unit_test(without),
                                       cmocka_unit_test(interrupted),
                                       cmocka_unit_test(does_not_fit)};
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    (void)unlink(path);
    return failed;
}
