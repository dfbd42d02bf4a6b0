/* test_dialogue.c - programs that answer, that do not, and that end in between. */
#define _POSIX_C_SOURCE 200809L
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/dialogue.h"

static rw_dialogue *start(const char *script)
{
    const char *const argv[] = {"sh", "-c", script, NULL};
    rw_dialogue *d;
    assert_int_equal(rw_dialogue_start(argv, &d, NULL), ROPEWALK_OK);
    return d;
}

static ropewalk_status ask(rw_dialogue *d, const char *line, rw_text *answer,
                           ropewalk_error *err)
{
    *err = (ropewalk_error){0};
    return rw_dialogue_ask(d, line, strlen(line), answer, NULL, NULL, err);
}

static void answers(void **state)
{
    (void)state;
    rw_text answer;
    ropewalk_error err;
    rw_text_init(&answer);
    rw_dialogue *d = start("while read line; do echo noise >&2; echo \"<$line>\"; done");
    assert_int_equal(ask(d, "one", &answer, &err), ROPEWALK_OK);
    assert_string_equal(answer.data, "<one>");
    assert_int_equal(ask(d, "", &answer, &err), ROPEWALK_OK);
    assert_string_equal(answer.data, "<>");
    char *big = malloc(1 << 20);
    memset(big, 'x', 1 << 20);
    big[(1 << 20) - 1] = '\0';
    assert_int_equal(ask(d, big, &answer, &err), ROPEWALK_OK);
    assert_int_equal(answer.len, (1 << 20) + 1);
    free(big);
    rw_dialogue_stop(d);
    rw_dialogue_stop(NULL);
    rw_text_clear(&answer);
}

static void ends(void **state)
{
    (void)state;
    static const struct {
        const char *script, *says;
    } row[] = {
        {"read x; echo 'the sentence' >&2; exit 2", "the sentence"},
        {"read x; exit 0", "ended before it answered"},
        {"read x; kill -9 $$", "signal 9"},
        {"exit 3", "exit code 3"},
        {"read x; printf 'a\\nb\\n'; sleep 5", "more was answered"},
        {"read x; yes aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa | tr -d '\\n'",
         "longer than 64 MiB"},
    };
    rw_text answer;
    ropewalk_error err;
    rw_text_init(&answer);
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        rw_dialogue *d = start(row[i].script);
        assert_int_equal(ask(d, "q", &answer, &err), ROPEWALK_E_IO);
        if (!strstr(err.message, row[i].says)) fail_msg("%s", err.message);
        assert_int_equal(ask(d, "again", &answer, &err), ROPEWALK_E_IO);
        rw_dialogue_stop(d);
    }
    rw_dialogue *d;
    const char *const argv[] = {"/nonexistent/program", NULL};
    if (rw_dialogue_start(argv, &d, &err) == ROPEWALK_OK) {
        assert_int_equal(ask(d, "q", &answer, &err), ROPEWALK_E_IO);
        assert_non_null(strstr(err.message, "cannot run"));
        rw_dialogue_stop(d);
    }
    rw_text_clear(&answer);
}

static int enough(void *ctx, const char *line)
{
    (void)line;
    return ++*(int *)ctx > 2;
}

static void given_up(void **state)
{
    (void)state;
    int n = 0;
    rw_text answer;
    ropewalk_error err;
    rw_text_init(&answer);
    rw_dialogue *d = start("read x; sleep 60");
    assert_int_equal(rw_dialogue_ask(d, "q", 1, &answer, enough, &n, &err),
                     ROPEWALK_E_INTERRUPTED);
    rw_dialogue_stop(d);
    rw_text_clear(&answer);
}

static void memory(void **state)
{
    (void)state;
    const int64_t live = rw_alloc_live();
    ropewalk_status status = ROPEWALK_E_MEMORY;
    for (int64_t n = 0; status; n++) {
        const char *const argv[] = {"sh", "-c", "read x; echo $x", NULL};
        rw_dialogue *d;
        rw_text answer;
        rw_text_init(&answer);
        rw_alloc_fail_at(n, 0);
        status = rw_dialogue_start(argv, &d, NULL);
        if (!status) status = rw_dialogue_ask(d, "q", 1, &answer, NULL, NULL, NULL);
        rw_alloc_fail_at(-1, 0);
        if (status) assert_int_equal(status, ROPEWALK_E_MEMORY);
        rw_dialogue_stop(d);
        rw_text_clear(&answer);
        assert_int_equal(rw_alloc_live(), live);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers),
        cmocka_unit_test(ends),
        cmocka_unit_test(given_up),
        cmocka_unit_test(memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
