/* test_journal.c - checkpoint files: kept, cut off anywhere, spoiled anywhere, another job's. */
#define _POSIX_C_SOURCE 200809L
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/journal.h"

enum { KEY = 77, MOST = 4096 };
static char path[] = "/tmp/journal.XXXXXX";

static size_t load(uint8_t *to)
{
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    const size_t n = fread(to, 1, MOST, f);
    (void)fclose(f);
    return n;
}

static void save(const uint8_t *bytes, size_t n)
{
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, n, f), n);
    (void)fclose(f);
}

/* Records of 0, 1, 2, ... bytes. */
static void fill(int n_record)
{
    rw_journal *j;
    static const uint8_t payload[64] = "what was found of the items of this job";
    (void)unlink(path);
    assert_int_equal(rw_journal_open(path, KEY, &j, NULL), 0);
    for (int i = n_record; i-- > 0;)
        assert_int_equal(rw_journal_append(j, 3, (uint32_t)i, payload, (size_t)i, NULL),
                         0);
    rw_journal_close(j);
}

static int kept(const rw_journal *j, int n_record)
{
    int found = 0;
    for (int i = 0; i < n_record; i++) {
        uint8_t *bytes;
        size_t n;
        assert_int_equal(rw_journal_read(j, 3, (uint32_t)i, &bytes, &n, NULL), 0);
        if (!bytes) continue;
        assert_int_equal(n, i);
        assert_memory_equal(bytes, "what was found of the items of this job", n);
        rw_free(bytes);
        found++;
    }
    return found;
}

static void kept_again(void **state)
{
    (void)state;
    fill(9);
    rw_journal *j, *again;
    ropewalk_error err = {0};
    assert_int_equal(rw_journal_open(path, KEY, &j, NULL), 0);
    assert_int_equal(kept(j, 9), 9);
    assert_string_equal(rw_journal_path(j), path);
    assert_int_equal(rw_journal_open(path, KEY, &again, &err), ROPEWALK_E_IO);
    assert_non_null(strstr(err.message, "in use"));
    rw_journal_close(j);
    assert_int_equal(rw_journal_open(path, KEY + 1, &j, &err), ROPEWALK_E_FORMAT);
    assert_non_null(strstr(err.message, "another job"));
    assert_null(j);
}

static void cut_anywhere(void **state)
{
    (void)state;
    uint8_t whole[MOST], now[MOST];
    fill(5);
    const size_t n = load(whole);
    int last = 0;
    for (size_t cut = 0; cut <= n; cut++) {
        save(whole, cut);
        rw_journal *j;
        assert_int_equal(rw_journal_open(path, KEY, &j, NULL), 0);
        const int found = kept(j, 5);
        assert_true(found == last || found == last + 1);
        last = found;
        /* goes on from what is whole: record 4 was the first written */
        for (int i = 5 - found; i-- > 0;)
            assert_int_equal(rw_journal_append(j, 3, (uint32_t)i,
                                               "what was found of the items of this job",
                                               (size_t)i, NULL),
                             0);
        rw_journal_close(j);
        assert_int_equal(load(now), n);
        assert_memory_equal(now, whole, n);
    }
    assert_int_equal(last, 5);
}

static void spoiled_anywhere(void **state)
{
    (void)state;
    uint8_t whole[MOST], now[MOST];
    fill(4);
    const size_t n = load(whole);
    for (size_t bit = 0; bit < 8 * n; bit++) {
        memcpy(now, whole, n);
        now[bit / 8] ^= (uint8_t)(1u << bit % 8);
        save(now, n);
        rw_journal *j;
        ropewalk_error err = {0};
        if (rw_journal_open(path, KEY, &j, &err) != ROPEWALK_E_FORMAT)
            fail_msg("bit %zu is not noticed", bit);
        assert_non_null(strstr(err.message, path));
        uint8_t after[MOST];
        assert_int_equal(load(after), n);
        assert_memory_equal(after, now, n);
    }
    memcpy(now, whole, n); /* a record twice */
    memcpy(now + n, whole + n - 32, 32);
    save(now, n + 32);
    rw_journal *j;
    assert_int_equal(rw_journal_open(path, KEY, &j, NULL), ROPEWALK_E_FORMAT);
}

static void agreed(void **state)
{
    (void)state;
    (void)unlink(path);
    for (int turn = 0; turn < 2; turn++) {
        rw_journal *j;
        assert_int_equal(rw_journal_open(path, KEY, &j, NULL), 0);
        assert_int_equal(rw_journal_agree(j, 9, 0, 123, "no", NULL), 0);
        ropewalk_error err = {0};
        if (turn) {
            assert_int_equal(rw_journal_agree(j, 9, 0, 124, "it differs", &err),
                             ROPEWALK_E_FORMAT);
            assert_string_equal(err.message, "it differs");
        }
        rw_journal_close(j);
    }
}

static void cannot_be_written(void **state)
{
    (void)state;
    rw_journal *j;
    ropewalk_error err = {0};
    assert_int_equal(rw_journal_open("/dev/null", KEY, &j, &err), ROPEWALK_E_IO);
    assert_int_equal(rw_journal_open("/nowhere/x", KEY, &j, &err), ROPEWALK_E_IO);
    assert_int_equal(rw_journal_open("/tmp", KEY, &j, &err), ROPEWALK_E_IO);
    for (int64_t at = 0; at < 20; at++) {
        fill(3);
        const int64_t live = rw_alloc_live();
        rw_alloc_fail_at(at, 0);
        ropewalk_status status = rw_journal_open(path, KEY, &j, &err);
        if (!status) status = rw_journal_append(j, 5, 5, "x", 1, &err);
        if (!status) status = rw_journal_agree(j, 6, 6, 1, "", &err);
        const int64_t tried = rw_alloc_count();
        rw_alloc_fail_at(-1, 0);
        rw_journal_close(j);
        assert_int_equal(rw_alloc_live(), live);
        assert_int_equal(status, at < tried ? ROPEWALK_E_MEMORY : 0);
    }
}

int main(void)
{
    const int fd = mkstemp(path);
    if (fd < 0) return 1;
    (void)close(fd);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kept_again), cmocka_unit_test(cut_anywhere),
        cmocka_unit_test(spoiled_anywhere), cmocka_unit_test(agreed),
        cmocka_unit_test(cannot_be_written)};
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    (void)unlink(path);
    return failed;
}
