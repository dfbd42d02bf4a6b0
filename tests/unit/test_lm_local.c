/* test_lm_local.c - what is asked of a local model and how answers are read, against a program that
 * says what a test tells it to. The real one is checked in tests/model/check_serve.py. */
#define _POSIX_C_SOURCE 200809L
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "task/lm_local.h"

#define INFO                                                                             \
    "{\"id\":null,\"model\":\"m\",\"runtime\":\"r\",\"context\":100,\"trained_"          \
    "context\":"                                                                         \
    "200,\"n_layer\":2,\"n_head\":2,\"chat_template\":true}"
#define CHAT "{\"id\":null,\"text\":\"<u>ROPEWALK</u><a>\"}"

static char folder[] = "lm_local_XXXXXX", program[64], asked[64];

static int make_folder(void **state)
{
    (void)state;
    if (!mkdtemp(folder)) return -1;
    (void)snprintf(program, sizeof program, "%s/runner", folder);
    (void)snprintf(asked, sizeof asked, "%s/asked", folder);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    (void)unlink(program);
    (void)unlink(asked);
    return rmdir(folder);
}

/* A program that answers info, chat and then, to everything, `answer`. */
static ropewalk_status open_lm(const char *info, const char *answer, rw_lm *lm,
                               ropewalk_error *err)
{
    FILE *f = fopen(program, "w");
    assert_non_null(f);
    fprintf(
        f,
        "#!/bin/sh\n: >%s\nwhile IFS= read -r line; do printf '%%s\\n' \"$line\" >>%s\n"
        "case \"$line\" in *'\"op\":\"info\"'*) echo '%s';; *'\"op\":\"chat\"'*) echo "
        "'%s';; *) echo '%s';; esac; done\n",
        asked, asked, info, CHAT, answer);
    (void)fclose(f);
    assert_int_equal(chmod(program, 0700), 0);
    const rw_lm_local_options o = {.program = program, .model = "model.gguf"};
    *err = (ropewalk_error){0};
    return rw_lm_local_open(&o, lm, err);
}

static const char *last_request(void)
{
    static char line[4096];
    FILE *f = fopen(asked, "r");
    assert_non_null(f);
    while (fgets(line, sizeof line, f))
        continue;
    (void)fclose(f);
    return line;
}

static void asks_and_reads(void **state)
{
    (void)state;
    rw_lm lm;
    ropewalk_error err;
    rw_lm_usage usage;
    double weight[2], attention[4];
    const char *const option[] = {"0", "1"};
    assert_int_equal(
        open_lm(INFO,
                "{\"id\":null,\"n_token\":9,\"n_reused\":4,\"options\":[{\"log_"
                "likelihood\":-1."
                "5},{\"log_likelihood\":-0.25}],\"attention\":[[[0.5,0.25],null]],"
                "\"attention_distance\":[42]}",
                &lm, &err),
        ROPEWALK_OK);
    assert_int_equal(lm.context, 100);
    assert_int_equal(lm.trained_context, 200);
    assert_true(lm.can & RW_LM_CHATS);
    rw_lm_prompt p = {
        .segment = {{"list\n", -1, false}, {"filler", 30, true}, {"?", -1, false}},
        .n_segment = 3,
        .attend_segment = 0,
        .attend_first = 1,
        .attend_end = 2};
    assert_int_equal(lm.weigh(lm.ctx, &p, option, 2, weight, attention, &usage, &err),
                     ROPEWALK_OK);
    assert_string_equal(last_request(), "{\"op\":\"score\",\"segments\":[{\"text\":"
                                        "\"list\\n\"},{\"text\":\"filler\",\"n_token\":"
                                        "30,\"drop\":true},{\"text\":\"?\"}],\"attend\":["
                                        "{\"segment\":0,\"first_byte\":1,\"end_"
                                        "byte\":2}],\"options\":[\"0\",\"1\"]}\n");
    assert_true(fabs(weight[0] + 1.5) < 1e-300 && fabs(weight[1] + 0.25) < 1e-300);
    assert_true(fabs(attention[1] - 0.25) < 1e-300 && isnan(attention[2]));
    assert_int_equal(usage.n_prompt_token, 9);
    assert_int_equal(usage.n_computed_token, 5);
    assert_int_equal(usage.attended_distance, 42);
    p.chat = true;
    assert_int_equal(lm.weigh(lm.ctx, &p, option, 2, weight, NULL, &usage, &err),
                     ROPEWALK_OK);
    assert_non_null(strstr(last_request(),
                           "[{\"text\":\"<u>\",\"special\":true},{\"text\":"
                           "\"list\\n\"}"));
    assert_non_null(strstr(last_request(), "{\"text\":\"</u><a>\",\"special\":true}]"));
    assert_non_null(strstr(last_request(), "\"segment\":1"));
    lm.close(lm.ctx);
}

static void generates(void **state)
{
    (void)state;
    rw_lm lm;
    ropewalk_error err;
    rw_lm_usage usage;
    rw_text out;
    rw_text_init(&out);
    const char *const stop[] = {"\n", NULL};
    const rw_lm_prompt p = {.segment = {{"a", -1, false}}, .n_segment = 1};
    assert_int_equal(
        open_lm(INFO,
                "{\"id\":null,\"n_token\":3,\"n_reused\":0,\"text\":\" two\",\"n_"
                "generated\":2,\"finish\":\"length\"}",
                &lm, &err),
        ROPEWALK_OK);
    assert_int_equal(lm.generate(lm.ctx, &p, 8, stop, &out, &usage, &err), ROPEWALK_OK);
    assert_string_equal(out.data, " two");
    assert_true(usage.cut);
    assert_int_equal(usage.n_answer_token, 2);
    assert_non_null(strstr(last_request(), "\"max_token\":8,\"stop\":[\"\\n\"]"));
    int64_t n = 0;
    assert_int_equal(lm.count(lm.ctx, &p, &n, &err), ROPEWALK_OK);
    assert_int_equal(n, 3);
    rw_text_clear(&out);
    lm.close(lm.ctx);
}

static void refused(void **state)
{
    (void)state;
    static const struct {
        const char *answer, *says;
    } row[] = {
        {"{\"id\":null,\"error\":\"300 tokens do not fit\"}", "300 tokens do not fit"},
        {"nonsense", "malformed"},
        {"{\"id\":null,\"n_token\":3,\"n_reused\":4}", "n_reused"},
        {"{\"id\":null,\"n_token\":3,\"n_reused\":0,\"options\":[]}", "0 options"},
        {"{\"id\":null,\"n_token\":3,\"n_reused\":0,\"options\":[{},{}]}",
         "log_likelihood"},
        {"{\"id\":null,\"n_token\":3,\"n_reused\":0,\"options\":[{\"log_likelihood\":0},{"
         "\"log_"
         "likelihood\":0}]}",
         "how far the attended tokens stand"},
        {"{\"id\":null,\"n_token\":3,\"n_reused\":0,\"options\":[{\"log_likelihood\":0},{"
         "\"log_likelihood\":0}],\"attention_distance\":[7]}",
         "attention of 0 layers"},
    };
    const char *const option[] = {"0", "1"};
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        rw_lm lm;
        ropewalk_error err;
        rw_lm_usage usage;
        double weight[2], attention[4];
        const rw_lm_prompt p = {
            .segment = {{"a", -1, false}}, .n_segment = 1, .attend_end = 1};
        assert_int_equal(open_lm(INFO, row[i].answer, &lm, &err), ROPEWALK_OK);
        assert_int_not_equal(
            lm.weigh(lm.ctx, &p, option, 2, weight, attention, &usage, &err),
            ROPEWALK_OK);
        if (!strstr(err.message, row[i].says)) fail_msg("%s", err.message);
        lm.close(lm.ctx);
    }
    rw_lm lm;
    ropewalk_error err;
    assert_int_not_equal(open_lm("{\"context\":0}", "", &lm, &err), ROPEWALK_OK);
    assert_null(lm.ctx);
    const rw_lm_local_options none = {.program = "/nonexistent", .model = "m"};
    assert_int_equal(rw_lm_local_open(&none, &lm, &err), ROPEWALK_E_IO);
}

static void memory(void **state)
{
    (void)state;
    const int64_t live = rw_alloc_live();
    ropewalk_status status = ROPEWALK_E_MEMORY;
    for (int64_t n = 0; status; n += 3) {
        rw_lm lm = {0};
        ropewalk_error err;
        int64_t count = 0;
        const rw_lm_prompt p = {
            .segment = {{"a", -1, false}}, .n_segment = 1, .chat = true};
        rw_alloc_fail_at(n, 0);
        status = open_lm(INFO, "{\"id\":null,\"n_token\":3}", &lm, &err);
        if (!status) status = lm.count(lm.ctx, &p, &count, &err);
        rw_alloc_fail_at(-1, 0);
        if (lm.ctx) lm.close(lm.ctx);
        assert_int_equal(rw_alloc_live(), live);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(asks_and_reads),
        cmocka_unit_test(generates),
        cmocka_unit_test(refused),
        cmocka_unit_test(memory),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
