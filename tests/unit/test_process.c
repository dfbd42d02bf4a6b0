/* test_process.c - other programs: their lines, their output, and every way they end. */
#define _POSIX_C_SOURCE 200809L
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/process.h"

typedef struct heard {
    char lines[64][64];
    int n_line, n_silence, stop_at_line, stop_at_silence;
    size_t longest;
} heard;

static int hear(void *ctx, const char *line)
{
    heard *h = ctx;
    if (!line) return ++h->n_silence == h->stop_at_silence;
    if (strlen(line) > h->longest) h->longest = strlen(line);
    if (h->n_line < 64)
        (void)snprintf(h->lines[h->n_line], sizeof h->lines[0], "%s", line);
    return ++h->n_line == h->stop_at_line;
}

static ropewalk_status shell(const char *script, heard *h, rw_text *out,
                             ropewalk_error *err)
{
    const char *const argv[] = {"sh", "-c", script, NULL};
    *err = (ropewalk_error){0};
    return rw_process_run(argv, h ? hear : NULL, h, out, err);
}

static void output_and_lines(void **state)
{
    (void)state;
    heard h = {0};
    rw_text out;
    ropewalk_error err;
    rw_text_init(&out);
    assert_int_equal(
        shell("echo one; echo A >&2; echo; printf 'two'; echo B >&2; printf C >&2", &h,
              &out, &err),
        ROPEWALK_OK);
    assert_string_equal(out.data, "one\n\ntwo");
    assert_int_equal(h.n_line, 3);
    assert_string_equal(h.lines[0], "A");
    assert_string_equal(h.lines[1], "B");
    assert_string_equal(h.lines[2], "C"); /* the last line need not end */
    rw_text_clear(&out);
    h = (heard){0};
    assert_int_equal(shell("printf 'a\\n\\nb\\n' >&2", &h, NULL, &err), ROPEWALK_OK);
    assert_int_equal(h.n_line, 3); /* an empty line is a line, the end is none */
    assert_string_equal(h.lines[1], "");
    assert_int_equal(shell("echo unheard; echo unheard >&2", NULL, NULL, &err),
                     ROPEWALK_OK);
    h = (heard){0};
    assert_int_equal(shell("true", &h, NULL, &err), ROPEWALK_OK);
    assert_int_equal(h.n_line, 0);
    assert_int_equal(shell("cat", &h, NULL, &err),
                     ROPEWALK_OK); /* standard input is empty */
}

/* More than any pipe holds, on both streams at once: nobody waits for ever. */
static void large_on_both_pipes(void **state)
{
    (void)state;
    heard h = {0};
    rw_text out;
    ropewalk_error err;
    rw_text_init(&out);
    assert_int_equal(
        shell("head -c 1000000 /dev/zero >&2; head -c 1500000 /dev/zero; echo >&2; "
              "echo end >&2",
              &h, &out, &err),
        ROPEWALK_OK);
    assert_int_equal(out.len, 1500000);
    assert_int_equal(h.n_line, 2);
    assert_string_equal(h.lines[1], "end");
    rw_text_clear(&out);
    h = (heard){0};
    assert_int_equal(
        shell("head -c 100000 /dev/zero | tr '\\0' x >&2; echo >&2", &h, NULL, &err),
        ROPEWALK_OK);
    assert_int_equal(h.n_line, 1);
    assert_int_equal(h.longest, 4095); /* longer lines are cut, not split */
}

static void ways_to_end(void **state)
{
    (void)state;
    static const struct {
        const char *script, *message;
    } table[] = {
        {"exit 3", "sh ended with exit code 3 and said nothing"},
        {"echo no such model >&2; exit 2", "no such model"},
        {"echo first >&2; echo last: sentence >&2; echo >&2; exit 1", "last: sentence"},
        {"echo 'sh: own name goes' >&2; exit 1", "own name goes"},
        {"echo why >&2; echo 'progress 3 4' >&2; exit 1", "why"},
        {"printf 'no newline' >&2; exit 1", "no newline"},
        {"kill -9 $$", "sh was ended by signal 9"},
        {"echo half way >&2; kill -9 $$", "after saying: half way"},
        {"kill -15 $$", "signal 15"},
        {"exit 127", "exit code 127"},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        ropewalk_error err;
        assert_int_equal(shell(table[i].script, NULL, NULL, &err), ROPEWALK_E_IO);
        if (!strstr(err.message, table[i].message))
            fail_msg("%s: \"%s\"", table[i].script, err.message);
    }
    assert_int_equal(shell("exit 1", NULL, NULL, &(ropewalk_error){0}), ROPEWALK_E_IO);
    const char *const argv[] = {"sh", "-c", "exit 1", NULL};
    assert_int_equal(rw_process_run(argv, NULL, NULL, NULL, NULL), ROPEWALK_E_IO);
}

static void not_found(void **state)
{
    (void)state;
    static const char *const names[] = {"rw-no-such-program", "/no/such/program",
                                        "/etc/passwd", "/tmp", ""};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *const argv[] = {names[i], NULL};
        ropewalk_error err = {0};
        rw_text out;
        rw_text_init(&out);
        assert_int_equal(rw_process_run(argv, NULL, NULL, &out, &err), ROPEWALK_E_IO);
        assert_memory_equal(err.message, "cannot run ", 11);
        assert_int_equal(out.len, 0);
        rw_text_clear(&out);
    }
}

static void interrupted(void **state)
{
    (void)state;
    ropewalk_error err;
    char script[96], folder[] = "/tmp/process.XXXXXX", gate[40];
    assert_non_null(mkdtemp(folder));
    (void)snprintf(gate, sizeof gate, "%s/gate", folder);
    assert_int_equal(mkfifo(gate, 0600), 0);
    /* What reads from here waits until this test is over: who waits for it never comes back. */
    const int hold = open(gate, O_RDWR | O_CLOEXEC);
    assert_true(hold >= 0);
    heard at_line = {.stop_at_line = 2};
    (void)snprintf(script, sizeof script, "echo a >&2; echo b >&2; exec cat %s", gate);
    assert_int_equal(shell(script, &at_line, NULL, &err), ROPEWALK_E_INTERRUPTED);
    assert_int_equal(err.status, ROPEWALK_E_INTERRUPTED);
    heard silent = {.stop_at_silence = 1}; /* asked though nothing is said */
    (void)snprintf(script, sizeof script, "exec cat %s", gate);
    assert_int_equal(shell(script, &silent, NULL, &err), ROPEWALK_E_INTERRUPTED);
    /* a child of the child holds the pipes open: nobody waits for it */
    heard orphan = {.stop_at_line = 1};
    (void)snprintf(script, sizeof script, "(echo a >&2; exec cat) <%s & wait; true",
                   gate);
    assert_int_equal(shell(script, &orphan, NULL, &err), ROPEWALK_E_INTERRUPTED);
    assert_int_equal(close(hold), 0);
    assert_int_equal(remove(gate), 0);
    assert_int_equal(remove(folder), 0);
}

static void no_memory(void **state)
{
    (void)state;
    rw_text out;
    ropewalk_error err;
    rw_text_init(&out);
    rw_alloc_fail_at(0, 1);
    const ropewalk_status status = shell("echo x", NULL, &out, &err);
    rw_alloc_fail_at(-1, 0);
    assert_int_equal(status, ROPEWALK_E_MEMORY);
    rw_text_clear(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(output_and_lines), cmocka_unit_test(large_on_both_pipes),
        cmocka_unit_test(ways_to_end),      cmocka_unit_test(not_found),
        cmocka_unit_test(interrupted),      cmocka_unit_test(no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
