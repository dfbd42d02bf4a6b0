/* test_lm_served.c - requests to a server, what may pass and is tried again, and answers that are none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "task/lm_served.h"

typedef struct step {
    ropewalk_status status;
    int code;
    uint64_t retry_after;
    const char *answer;
} step;

typedef struct server {
    const step *step;
    size_t n_step, at;
    char path[64], body[2048];
} server;

static ropewalk_status sent(void *ctx, const char *path, const char *body, size_t n_body,
                            int *code, uint64_t *retry_after, rw_text *answer,
                            ropewalk_error *err)
{
    server *s = ctx;
    const step *now = &s->step[s->at < s->n_step ? s->at : s->n_step - 1];
    s->at++;
    (void)snprintf(s->path, sizeof s->path, "%s", path);
    (void)snprintf(s->body, sizeof s->body, "%.*s", (int)n_body, body);
    *code = now->code;
    *retry_after = now->retry_after;
    rw_text_clear(answer);
    rw_text_append(answer, now->answer ? now->answer : "");
    return now->status ? rw_fail(err, now->status, 0, "not reached") : ROPEWALK_OK;
}

#define CHAT                                                                             \
    "{\"choices\":[{\"message\":{\"content\":\" 3\"},\"finish_reason\":\"length\"}],"    \
    "\"usage\":{\"prompt_tokens\":21,\"completion_tokens\":2}}"
#define PLAIN "{\"choices\":[{\"text\":\"two\",\"finish_reason\":\"stop\"}]}"

static ropewalk_status ask(server *s, bool chat, rw_text *out, rw_lm_usage *usage,
                           ropewalk_error *err)
{
    static const char *const stop[] = {"\n", NULL};
    const rw_lm_served_options o = {.model = "m\"1",
                                    .chat = chat,
                                    .n_attempt = 3,
                                    .first_wait = 0.01,
                                    .send = sent,
                                    .send_ctx = s};
    const rw_lm_prompt p = {.segment = {{"list\n", -1, false}, {"what?", -1, false}},
                            .n_segment = 2};
    rw_lm lm;
    *err = (ropewalk_error){0};
    ropewalk_status status = rw_lm_served_open(&o, &lm, err);
    if (status) return status;
    assert_true(lm.can & RW_LM_PARALLEL);
    assert_false(lm.can & (RW_LM_WEIGHS | RW_LM_DROPS | RW_LM_COUNTS));
    status = lm.generate(lm.ctx, &p, 24, chat ? NULL : stop, out, usage, err);
    lm.close(lm.ctx);
    return status;
}

static void requests(void **state)
{
    (void)state;
    static const step chat = {.code = 200, .answer = CHAT},
                      plain = {.code = 200, .answer = PLAIN};
    server s = {.step = &chat, .n_step = 1};
    rw_text out;
    rw_lm_usage usage;
    ropewalk_error err;
    rw_text_init(&out);
    assert_int_equal(ask(&s, true, &out, &usage, &err), ROPEWALK_OK);
    assert_string_equal(out.data, " 3");
    assert_string_equal(s.path, "/chat/completions");
    assert_string_equal(
        s.body, "{\"model\":\"m\\\"1\",\"messages\":[{\"role\":\"user\",\"content\":"
                "\"list\\nwhat?\"}],\"max_tokens\":24,\"temperature\":0}");
    assert_int_equal(usage.n_prompt_token, 21);
    assert_int_equal(usage.n_answer_token, 2);
    assert_true(usage.cut);
    rw_text_clear(&out);
    s = (server){.step = &plain, .n_step = 1};
    assert_int_equal(ask(&s, false, &out, &usage, &err), ROPEWALK_OK);
    assert_string_equal(out.data, "two");
    assert_string_equal(s.path, "/completions");
    assert_non_null(strstr(s.body, "\"prompt\":\"list\\nwhat?\""));
    assert_non_null(strstr(s.body, "\"stop\":[\"\\n\"]"));
    assert_int_equal(usage.n_prompt_token, -1);
    assert_false(usage.cut);
    rw_text_clear(&out);
}

static void attempts(void **state)
{
    (void)state;
    static const step busy[] = {{.code = 500, .answer = "oops"},
                                {.code = 429, .answer = "{}"},
                                {.code = 200, .answer = CHAT}},
                      dead[] = {{.status = ROPEWALK_E_IO}},
                      down[] = {{.code = 503,
                                 .answer =
                                     "{\"error\":{\"message\":\"over\\nloaded\"}}"}},
                      denied[] = {{.code = 401, .answer = "{\"error\":\"no key\"}"}},
                      moved[] = {{.code = 302, .answer = ""}},
                      refused[] = {{.code = 400, .answer = "{\"error\":\"too long\"}"}},
                      later[] = {{.code = 429, .retry_after = 3600, .answer = ""}},
                      stopped[] = {{.status = ROPEWALK_E_INTERRUPTED}};
    static const struct {
        const step *step;
        size_t n, n_sent;
        ropewalk_status want;
        const char *says;
    } row[] = {
        {busy, 3, 3, ROPEWALK_OK, ""},
        {dead, 1, 3, ROPEWALK_E_IO, "not reached"},
        {down, 1, 3, ROPEWALK_E_UNSUPPORTED, "answered 503, 3 times: over loaded"},
        {denied, 1, 1, ROPEWALK_E_IO, "answers 401: no key; it would to every question"},
        {moved, 1, 1, ROPEWALK_E_IO, "answers 302"},
        {refused, 1, 1, ROPEWALK_E_UNSUPPORTED, "answers 400: too long"},
        {later, 1, 1, ROPEWALK_E_IO, "wait 3600 s"},
        {stopped, 1, 1, ROPEWALK_E_INTERRUPTED, "not reached"},
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        server s = {.step = row[i].step, .n_step = row[i].n};
        rw_text out;
        rw_lm_usage usage;
        ropewalk_error err;
        rw_text_init(&out);
        assert_int_equal(ask(&s, true, &out, &usage, &err), row[i].want);
        assert_int_equal(s.at, row[i].n_sent);
        if (!strstr(err.message, row[i].says)) fail_msg("%s", err.message);
        rw_text_clear(&out);
    }
}

/* None of these ends the experiment: each is one question without an answer. */
static void not_answers(void **state)
{
    (void)state;
    static const char *const answer[] = {
        "",
        "<html>",
        "[]",
        "{}",
        "{\"choices\":[]}",
        "{\"choices\":[{\"message\":{\"content\":null}}]}",
        "{\"choices\":[{\"message\":{\"content\":7}}]}",
        "{\"choices\":{\"message\":1}}",
        "{\"choices\":[",
        "{\"choices\":[{\"text\":\"plain where chat was asked\"}]}"};
    for (size_t i = 0; i < sizeof answer / sizeof *answer; i++) {
        const step one = {.code = 200, .answer = answer[i]};
        server s = {.step = &one, .n_step = 1};
        rw_text out;
        rw_lm_usage usage;
        ropewalk_error err;
        rw_text_init(&out);
        assert_int_equal(ask(&s, true, &out, &usage, &err), ROPEWALK_E_UNSUPPORTED);
        assert_true(err.message[0] != '\0');
        assert_int_equal(s.at, 1);
        rw_text_clear(&out);
    }
    /* numbers of tokens that are none are not told */
    const step odd = {.code = 200,
                      .answer =
                          "{\"choices\":[{\"message\":{\"content\":\"\"}}],\"usage\":{"
                          "\"prompt_tokens\":-5,\"completion_tokens\":\"many\"}}"};
    server s = {.step = &odd, .n_step = 1};
    rw_text out;
    rw_lm_usage usage;
    ropewalk_error err;
    rw_text_init(&out);
    assert_int_equal(ask(&s, true, &out, &usage, &err), ROPEWALK_OK);
    assert_int_equal(usage.n_prompt_token, -1);
    assert_int_equal(usage.n_answer_token, -1);
    rw_text_clear(&out);
}

static void memory(void **state)
{
    (void)state;
    const int64_t live = rw_alloc_live();
    static const step chat = {.code = 200, .answer = CHAT};
    ropewalk_status status = ROPEWALK_E_MEMORY;
    for (int64_t n = 0; status; n++) {
        server s = {.step = &chat, .n_step = 1};
        rw_text out;
        rw_lm_usage usage;
        ropewalk_error err;
        rw_text_init(&out);
        rw_alloc_fail_at(n, 0);
        status = ask(&s, true, &out, &usage, &err);
        rw_alloc_fail_at(-1, 0);
        rw_text_clear(&out);
        assert_int_equal(rw_alloc_live(), live);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests),
        cmocka_unit_test(attempts),
        cmocka_unit_test(not_answers),
        cmocka_unit_test(memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
