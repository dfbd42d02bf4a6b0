/* lm_served.c - completions, attempts with growing waits, and answers that may be anything. */
#define _POSIX_C_SOURCE 200809L
#include "task/lm_served.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/alloc.h"
#include "base/json.h"

enum { LONGEST_WAIT = 120 };

typedef struct served {
    rw_lm_served_options options;
} served;

static bool may_pass(int code)
{
    return code == 408 || code == 409 || code == 425 || code == 429 || code >= 500;
}

/* Key, address or model are wrong: true of every question, and no word about the model. */
static bool is_for_all(int code)
{
    return (code >= 300 && code < 400) || (code >= 401 && code <= 405);
}

/* In tenths of a second, so that Ctrl-C is heard. */
static ropewalk_status wait_for(const served *s, double seconds, ropewalk_error *err)
{
    const struct timespec tenth = {.tv_nsec = 100000000};
    for (double left = seconds; left > 0.0; left -= 0.1) {
        if (s->options.stop && atomic_load(s->options.stop))
            return rw_fail(err, ROPEWALK_E_INTERRUPTED, 0, "interrupted");
        (void)nanosleep(&tenth, NULL);
    }
    return ROPEWALK_OK;
}

/* What the server says of its own failure, short and printable. */
static void words_of(const rw_text *answer, char *out, size_t room)
{
    json_t *doc = NULL;
    const char *message = NULL;
    if (!rw_json_parse(answer->data, answer->len, "an answer", &doc, NULL)) {
        const json_t *error = json_object_get(doc, "error");
        message = json_string_value(
            json_is_object(error) ? json_object_get(error, "message") : error);
    }
    (void)snprintf(out, room, "%s%.160s", message ? ": " : "", message ? message : "");
    json_decref(doc);
    for (char *c = out; *c; c++)
        if (*c == '\n' || *c == '\r') *c = ' ';
    rw_plain(out);
}

/* Send until it is answered, or will not be. A server that answers with failures is a refusal of this
 * question; one that does not answer at all, or lets nobody in, ends everything. */
static ropewalk_status send(const served *s, const char *path, const rw_text *body,
                            rw_text *answer, ropewalk_error *err)
{
    double pause = s->options.first_wait > 0.0 ? s->options.first_wait : 0.5;
    const int most = s->options.n_attempt > 0 ? s->options.n_attempt : 6;
    for (int attempt = 1;; attempt++) {
        int code = 0;
        uint64_t retry_after = 0;
        char words[200];
        ropewalk_status status =
            s->options.send(s->options.send_ctx, path, body->data, body->len, &code,
                            &retry_after, answer, err);
        if (status && status != ROPEWALK_E_IO) return status;
        if (!status && code >= 200 && code < 300) return ROPEWALK_OK;
        if (!status) words_of(answer, words, sizeof words);
        if (!status && is_for_all(code))
            return rw_fail(err, ROPEWALK_E_IO, 0,
                           "the server answers %d%s; it would to every question: see to "
                           "address, key and model",
                           code, words);
        if (!status && !may_pass(code))
            return rw_fail(err, ROPEWALK_E_UNSUPPORTED, 0, "the server answers %d%s",
                           code, words);
        if (attempt == most && !status)
            return rw_fail(err, ROPEWALK_E_UNSUPPORTED, 0,
                           "the server answered %d, %d times%s", code, most, words);
        if (attempt == most) return status;
        if (retry_after > LONGEST_WAIT)
            return rw_fail(err, ROPEWALK_E_IO, 0,
                           "the server asks to wait %llu s: start again then, what is "
                           "answered is kept with --checkpoint",
                           (unsigned long long)retry_after);
        status = wait_for(s, retry_after > 0 ? (double)retry_after : pause, err);
        if (status) return status;
        pause *= 2.0;
    }
}

static json_t *request_of(const served *s, const rw_lm_prompt *prompt, int64_t max_token,
                          const char *const *stop)
{
    rw_text whole;
    json_t *o = json_object();
    rw_text_init(&whole);
    rw_text_append(&whole, "");
    for (uint32_t i = 0; i < prompt->n_segment; i++)
        rw_text_append(&whole, prompt->segment[i].text);
    rw_json_set(&o, "model", rw_json_str(s->options.model));
    if (s->options.chat) {
        json_t *messages = json_array(), *message = json_object();
        rw_json_set(&message, "role", json_string("user"));
        rw_json_set(&message, "content", whole.failed ? NULL : rw_json_str(whole.data));
        rw_json_add(&messages, message);
        rw_json_set(&o, "messages", messages);
    } else {
        rw_json_set(&o, "prompt", whole.failed ? NULL : rw_json_str(whole.data));
    }
    rw_json_set(&o, "max_tokens", json_integer(max_token));
    rw_json_set(&o, "temperature", json_integer(0));
    if (stop && stop[0]) {
        json_t *stops = json_array();
        for (size_t i = 0; stop[i]; i++)
            rw_json_add(&stops, json_string(stop[i]));
        rw_json_set(&o, "stop", stops);
    }
    rw_text_clear(&whole);
    return o;
}

static int64_t told(const json_t *usage, const char *key)
{
    const json_t *value = json_object_get(usage, key);
    const json_int_t n = json_is_integer(value) ? json_integer_value(value) : -1;
    return n >= 0 && n <= INT32_MAX ? (int64_t)n : -1;
}

static ropewalk_status read_answer(const served *s, const rw_text *answer, rw_text *out,
                                   rw_lm_usage *usage, ropewalk_error *err)
{
    json_t *doc = NULL;
    ropewalk_status status =
        rw_json_parse(answer->data, answer->len, "the server's answer", &doc, err);
    if (status == ROPEWALK_E_FORMAT) /* one question without an answer, not the end */
        return rw_fail_context(err, ROPEWALK_E_UNSUPPORTED, "no answer");
    if (status) return status;
    const json_t *choice = json_array_get(json_object_get(doc, "choices"), 0);
    const json_t *text =
        s->options.chat ? json_object_get(json_object_get(choice, "message"), "content")
                        : json_object_get(choice, "text");
    const char *finish = json_string_value(json_object_get(choice, "finish_reason"));
    if (!json_is_string(text)) {
        status = rw_fail(err, ROPEWALK_E_UNSUPPORTED, 0,
                         "the server's answer holds no text (choices[0].%s)",
                         s->options.chat ? "message.content" : "text");
    } else {
        const json_t *u = json_object_get(doc, "usage");
        usage->n_prompt_token = told(u, "prompt_tokens");
        usage->n_answer_token = told(u, "completion_tokens");
        usage->n_computed_token = -1;
        usage->cut = finish && strcmp(finish, "length") == 0;
        rw_text_append(out, json_string_value(text));
        if (out->failed) status = rw_fail_memory(err, "an answer");
    }
    json_decref(doc);
    return status;
}

static ropewalk_status generate(void *ctx, const rw_lm_prompt *prompt, int64_t max_token,
                                const char *const *stop, rw_text *out, rw_lm_usage *usage,
                                ropewalk_error *err)
{
    const served *s = ctx;
    rw_text body, answer;
    ropewalk_error local = {0};
    if (!err) err = &local;
    *usage = (rw_lm_usage){-1, -1, -1, false, -1};
    for (uint32_t i = 0; i < prompt->n_segment; i++)
        if (prompt->segment[i].n_token >= 0 || prompt->segment[i].drop)
            return rw_fail(err, ROPEWALK_E_UNSUPPORTED, 0,
                           "a served model cannot be given an exact number of tokens");
    rw_text_init(&body);
    rw_text_init(&answer);
    json_t *request = request_of(s, prompt, max_token, stop);
    if (request) rw_json_write(request, 0, &body);
    json_decref(request);
    ropewalk_status status =
        !request || body.failed ? rw_fail_memory(err, "a request") : ROPEWALK_OK;
    if (!status)
        status = send(s, s->options.chat ? "/chat/completions" : "/completions", &body,
                      &answer, err);
    if (!status) status = read_answer(s, &answer, out, usage, err);
    rw_text_clear(&body);
    rw_text_clear(&answer);
    return status;
}

static void halt(void *ctx)
{
    served *s = ctx;
    if (s->options.stop) atomic_store(s->options.stop, 1);
}

static void close_served(void *ctx)
{
    rw_free(ctx);
}

ropewalk_status rw_lm_served_open(const rw_lm_served_options *options, rw_lm *lm,
                                  ropewalk_error *err)
{
    *lm = (rw_lm){0};
    served *s = rw_calloc(1, sizeof *s);
    if (!s) return rw_fail_memory(err, "a served model");
    s->options = *options;
    *lm = (rw_lm){.ctx = s,
                  .can = RW_LM_PARALLEL | (options->chat ? RW_LM_CHATS : 0u),
                  .model = options->model,
                  .runtime = options->chat ? "a server (chat completions)"
                                           : "a server (completions)",
                  .generate = generate,
                  .halt = halt,
                  .close = close_served};
    return ROPEWALK_OK;
}
