/* test_runner.c - asking another program for a capture: what it is told, and how it may fail. */
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

#include "audit/runner.h"

static char folder[] = "/tmp/rw_runner_XXXXXX";
static char program[64], model[64], text[64], output[64], told[64];

static void write_file(const char *path, const char *bytes, unsigned mode)
{
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_true(fputs(bytes, f) >= 0);
    assert_int_equal(fclose(f), 0);
    assert_int_equal(chmod(path, mode), 0);
}

/* A runner made of a shell script; $told names a file beside it. */
static void runner_is(const char *script)
{
    char bytes[2048];
    (void)snprintf(bytes, sizeof bytes, "#!/bin/sh\ntold=%s\nout=%s\n%s\n", told, output,
                   script);
    (void)remove(program);
    write_file(program, bytes, 0755);
}

static rw_runner_job job(void)
{
    return (rw_runner_job){.program = program,
                           .model = model,
                           .output = output,
                           .text = text,
                           .n_token = 77,
                           .n_thread = 2,
                           .seed = 5};
}

static void what_it_is_told(void **state)
{
    (void)state;
    static const char *const extra[] = {"--extra", "with space"};
    runner_is("for a in \"$@\"; do echo \"<$a>\"; done > $told; echo done > $out");
    for (int full = 0; full < 2; full++) {
        rw_runner_job j = job();
        if (full) {
            j.n_position = 9;
            j.shuffle = j.rotated = 1;
            j.extra = extra;
            j.n_extra = 2;
        }
        ropewalk_error err = {0};
        assert_int_equal(rw_runner_capture(&j, &err), ROPEWALK_OK);
        char got[2048] = "", expected[2048];
        FILE *f = fopen(told, "rb");
        assert_non_null(f);
        (void)!fread(got, 1, sizeof got - 1, f);
        (void)fclose(f);
        (void)snprintf(
            expected, sizeof expected,
            "<capture>\n<%s>\n<-o>\n<%s>\n<--text>\n<%s>\n<--tokens>\n<77>\n<--threads>\n"
            "<2>\n<--progress>\n%s",
            model, output, text,
            full ? "<--positions>\n<9>\n<--shuffle>\n<5>\n<--rotated>\n<--extra>\n"
                   "<with space>\n"
                 : "");
        assert_string_equal(got, expected);
    }
}

static void ways_to_fail(void **state)
{
    (void)state;
    static const struct {
        const char *script, *message;
    } table[] = {
        {"echo 'ropewalk-llama: the model has no RoPE' >&2; exit 2",
         "the model has no RoPE"},
        {"kill -SEGV $$", "signal 11"},
        {"echo 'progress 1 4' >&2; echo half > $out; echo 'layer 3 done' >&2; kill -KILL "
         "$$",
         "signal 9"},
        {"echo 'layer 3 done' >&2; kill -KILL $$", "layer 3 done"},
        {"exit 1", "exit code 1"},
        {"rm -f $out; exit 0", "wrote no"},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        ropewalk_error err = {0};
        rw_runner_job j = job();
        runner_is(table[i].script);
        assert_int_equal(rw_runner_capture(&j, &err), ROPEWALK_E_IO);
        if (!strstr(err.message, table[i].message) || !strstr(err.message, model))
            fail_msg("%s: \"%s\"", table[i].script, err.message);
        assert_int_equal(rw_runner_capture(&j, NULL), ROPEWALK_E_IO);
    }
}

static void missing(void **state)
{
    (void)state;
    ropewalk_error err = {0};
    rw_runner_job j = job();
    runner_is("exit 0");
    j.program = "/no/such/ropewalk-llama";
    assert_int_equal(rw_runner_capture(&j, &err), ROPEWALK_E_IO);
    assert_non_null(strstr(err.message, "/no/such/ropewalk-llama"));
    assert_non_null(strstr(err.message, "No such file"));
    const struct {
        const char *model, *text;
    } gone[] = {{"/no/model.gguf", text}, {model, "/no/text.txt"}};
    for (int i = 0; i < 2; i++) {
        j = job();
        j.model = gone[i].model;
        j.text = gone[i].text;
        assert_int_equal(rw_runner_capture(&j, &err), ROPEWALK_E_IO);
        assert_memory_equal(err.message, "cannot read /no/", 16);
    }
}

/* Beside the program, then in the build tree's folder, then PATH. */
static void where_it_is_looked_for(void **state)
{
    (void)state;
    ropewalk_error err = {0};
    rw_runner_job j = job();
    j.program = NULL;
    j.program_dir = folder;
    runner_is(": > $out");
    assert_int_equal(rw_runner_capture(&j, &err), ROPEWALK_OK);
    assert_int_equal(remove(program), 0);
    char sub[80], inner[120];
    (void)snprintf(sub, sizeof sub, "%s/runner", folder);
    (void)snprintf(inner, sizeof inner, "%s/ropewalk-llama", sub);
    assert_int_equal(mkdir(sub, 0755), 0);
    write_file(inner, "#!/bin/sh\nexit 0\n",
               0755); /* the first run's output is still there */
    assert_int_equal(rw_runner_capture(&j, &err), ROPEWALK_OK);
    assert_int_equal(remove(inner), 0);
    assert_int_equal(rmdir(sub), 0);
    runner_is(": > $out");
    char *path = strdup(getenv("PATH") ? getenv("PATH") : ""), longer[4096];
    j.program_dir = NULL;
    (void)snprintf(longer, sizeof longer, "%s:%s", folder, path);
    assert_int_equal(setenv("PATH", longer, 1), 0);
    const ropewalk_status status = rw_runner_capture(&j, &err);
    assert_int_equal(setenv("PATH", path, 1), 0);
    free(path);
    assert_int_equal(status, ROPEWALK_OK);
}

typedef struct seen {
    int64_t done[8], total;
    int n, stop_at;
} seen;

static int look(void *ctx, int64_t done, int64_t total)
{
    seen *s = ctx;
    if (total > 0 && s->n < 8) {
        s->done[s->n++] = done;
        s->total = total;
    }
    return s->stop_at && s->n == s->stop_at;
}

static void progress(void **state)
{
    (void)state;
    seen s = {0};
    ropewalk_error err = {0};
    rw_runner_job j = job();
    j.progress = look;
    j.progress_ctx = &s;
    runner_is("echo 'progress 1 3' >&2; echo 'some words' >&2; echo 'progress 3 3' >&2; "
              ": > $out");
    assert_int_equal(rw_runner_capture(&j, &err), ROPEWALK_OK);
    assert_int_equal(s.n, 2);
    assert_true(s.done[0] == 1 && s.done[1] == 3 && s.total == 3);
    s = (seen){.stop_at = 1};
    runner_is("echo 'progress 1 3' >&2; exec sleep 20");
    assert_int_equal(rw_runner_capture(&j, &err), ROPEWALK_E_INTERRUPTED);
}

enum { SEVERAL = 3 };

static ropewalk_status run_several(int n_thread, seen *s, size_t *failed,
                                   ropewalk_error *err)
{
    static char outputs[SEVERAL][80];
    rw_runner_job jobs[SEVERAL];
    for (int i = 0; i < SEVERAL; i++) {
        (void)snprintf(outputs[i], sizeof outputs[i], "%s/out.%d", folder, i);
        jobs[i] = job();
        jobs[i].output = outputs[i];
    }
    *failed = 99;
    const ropewalk_status status =
        rw_runner_capture_all(jobs, SEVERAL, n_thread, s ? look : NULL, s, failed, err);
    if (!status)
        for (int i = 0; i < SEVERAL; i++)
            assert_int_equal(remove(outputs[i]), 0);
    for (int i = 0; i < SEVERAL; i++)
        (void)remove(outputs[i]);
    return status;
}

/* A job's own output is the script's $4, its number the output's last letter, threads are $10. */
static void several_at_a_time(void **state)
{
    (void)state;
    size_t failed;
    ropewalk_error err = {0};
    static const struct {
        int n_thread;
        const char *each;
    } table[] = {{1, "1"}, {2, "1"}, {3, "1"}, {7, "2"}};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        char script[200];
        (void)snprintf(script, sizeof script,
                       "[ \"${10}\" = %s ] || { echo \"${10} threads\" >&2; exit 1; }\n"
                       ": > \"$4\"",
                       table[i].each);
        runner_is(script);
        if (run_several(table[i].n_thread, NULL, &failed, &err))
            fail_msg("%d threads: %s", table[i].n_thread, err.message);
    }
    /* the first in the list is told about, whichever ends first; later ones are given up */
    runner_is("case $4 in *0) : > \"$4\" ;; *1) sleep 0.3; echo one >&2; exit 1 ;;\n"
              "*) echo two >&2; exit 1 ;; esac");
    for (int n_thread = 1; n_thread <= 3; n_thread++) {
        assert_int_equal(run_several(n_thread, NULL, &failed, &err), ROPEWALK_E_IO);
        assert_int_equal(failed, 1);
        assert_non_null(strstr(err.message, "one"));
    }
    runner_is("case $4 in *0) exit 1 ;; *) exec sleep 20 ;; esac");
    assert_int_equal(run_several(3, NULL, &failed, &err), ROPEWALK_E_IO);
    assert_int_equal(failed, 0);
    seen s = {.stop_at = 1};
    runner_is("echo 'progress 1 3' >&2; exec sleep 20");
    assert_int_equal(run_several(2, &s, &failed, &err), ROPEWALK_E_INTERRUPTED);
    rw_runner_job none = job();
    assert_int_equal(rw_runner_capture_all(&none, 0, 2, NULL, NULL, &failed, &err),
                     ROPEWALK_OK);
}

static int make_folder(void **state)
{
    (void)state;
    if (!mkdtemp(folder)) return -1;
    (void)snprintf(program, sizeof program, "%s/ropewalk-llama", folder);
    (void)snprintf(model, sizeof model, "%s/model.gguf", folder);
    (void)snprintf(text, sizeof text, "%s/text.txt", folder);
    (void)snprintf(output, sizeof output, "%s/out", folder);
    (void)snprintf(told, sizeof told, "%s/told", folder);
    write_file(model, "m", 0644);
    write_file(text, "t", 0644);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    (void)remove(program);
    (void)remove(model);
    (void)remove(text);
    (void)remove(output);
    (void)remove(told);
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_it_is_told), cmocka_unit_test(ways_to_fail),
        cmocka_unit_test(missing),         cmocka_unit_test(where_it_is_looked_for),
        cmocka_unit_test(progress),        cmocka_unit_test(several_at_a_time),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
