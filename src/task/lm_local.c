/* lm_local.c - requests to ropewalk-llama and its answers (docs/formats.md). */
#include "task/lm_local.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/dialogue.h"
#include "base/json.h"

enum { MAX_WORDS = 64 };

typedef struct local {
    rw_dialogue *dialogue;
    rw_lm_local_options options;
    char model[256], runtime[256];
    uint32_t n_layer, n_head;
    /* the model's chat template around a message, found once: what stands before and after it */
    char *before, *after;
} local;

static int on_line(void *ctx, const char *line)
{
    const rw_lm_local_options *o = &((local *)ctx)->options;
    if (line || !o->progress) return 0;
    return o->progress(o->progress_ctx, NULL, 0, 0);
}

/* Send a request (consumed); *answer is a new reference, an object without "error". */
static ropewalk_status ask(local *l, json_t *request, json_t **answer,
                           ropewalk_error *err)
{
    rw_text line, reply;
    const char *sentence;
    *answer = NULL;
    if (!request) return rw_fail_memory(err, "a request");
    rw_text_init(&line);
    rw_text_init(&reply);
    rw_json_write(request, 0, &line);
    json_decref(request);
    while (line.len > 0 && line.data[line.len - 1] == '\n')
        line.len--;
    ropewalk_status status = line.failed ? rw_fail_memory(err, "a request") : ROPEWALK_OK;
    if (!status)
        status =
            rw_dialogue_ask(l->dialogue, line.data, line.len, &reply, on_line, l, err);
    if (!status)
        status =
            rw_json_parse(reply.data, reply.len, "ropewalk-llama's answer", answer, err);
    if (!status && json_object_get(*answer, "error")) {
        status = rw_json_get_str(*answer, "error", &sentence, err);
        if (!status) status = rw_fail(err, ROPEWALK_E_UNSUPPORTED, 0, "%s", sentence);
    }
    if (status) {
        json_decref(*answer);
        *answer = NULL;
    }
    rw_text_clear(&line);
    rw_text_clear(&reply);
    return status;
}

static void add_segment(json_t **list, const char *text, const rw_lm_segment *as,
                        bool special)
{
    json_t *one = json_object();
    rw_json_set(&one, "text", rw_json_str(text));
    if (as && as->n_token >= 0) rw_json_set(&one, "n_token", json_integer(as->n_token));
    if (as && as->drop) rw_json_set(&one, "drop", json_true());
    if (special) rw_json_set(&one, "special", json_true());
    rw_json_add(list, one);
}

/* A message stands in the template as it is: a mark in its place shows where. */
static ropewalk_status learn_template(local *l, ropewalk_error *err)
{
    static const char mark[] = "ROPEWALK";
    json_t *messages = json_array(), *message = json_object(), *request = json_object(),
           *answer;
    const char *text = NULL;
    rw_json_set(&message, "role", json_string("user"));
    rw_json_set(&message, "content", json_string(mark));
    rw_json_add(&messages, message);
    rw_json_set(&request, "op", json_string("chat"));
    rw_json_set(&request, "messages", messages);
    ropewalk_status status = ask(l, request, &answer, err);
    if (!status) status = rw_json_get_str(answer, "text", &text, err);
    if (!status) {
        const char *at = strstr(text, mark);
        if (!at || strstr(at + 1, mark)) {
            status = rw_fail(err, ROPEWALK_E_UNSUPPORTED, 0,
                             "the model's chat template changes what is said");
        } else {
            l->before = rw_strndup(text, (size_t)(at - text));
            l->after = rw_strdup(at + strlen(mark));
            if (!l->before || !l->after) status = rw_fail_memory(err, "a chat template");
        }
    }
    json_decref(answer);
    return status;
}

/* The prompt as segments; those of a chat stand one further on. */
static ropewalk_status put_prompt(local *l, const rw_lm_prompt *p, json_t **request,
                                  ropewalk_error *err)
{
    json_t *segments = json_array();
    if (p->chat && !l->before) {
        const ropewalk_status status = learn_template(l, err);
        if (status) {
            json_decref(segments);
            return status;
        }
    }
    if (p->chat) add_segment(&segments, l->before, NULL, true);
    for (uint32_t i = 0; i < p->n_segment; i++)
        add_segment(&segments, p->segment[i].text, &p->segment[i], false);
    if (p->chat) add_segment(&segments, l->after, NULL, true);
    rw_json_set(request, "segments", segments);
    if (p->attend_end > 0) {
        json_t *ranges = json_array(), *range = json_object();
        rw_json_set(&range, "segment",
                    json_integer(p->attend_segment + (p->chat ? 1 : 0)));
        rw_json_set(&range, "first_byte", json_integer((json_int_t)p->attend_first));
        rw_json_set(&range, "end_byte", json_integer((json_int_t)p->attend_end));
        rw_json_add(&ranges, range);
        rw_json_set(request, "attend", ranges);
    }
    return *request ? ROPEWALK_OK : rw_fail_memory(err, "a request");
}

static ropewalk_status start(local *l, const char *op, const rw_lm_prompt *p,
                             json_t **out, ropewalk_error *err)
{
    *out = json_object();
    rw_json_set(out, "op", json_string(op));
    const ropewalk_status status = put_prompt(l, p, out, err);
    if (status) {
        json_decref(*out);
        *out = NULL;
    }
    return status;
}

static ropewalk_status get_usage(const json_t *answer, rw_lm_usage *usage,
                                 ropewalk_error *err)
{
    int64_t n = 0, reused = 0;
    ropewalk_status status = rw_json_get_int(answer, "n_token", 0, INT32_MAX, &n, err);
    if (!status) status = rw_json_get_int(answer, "n_reused", 0, n, &reused, err);
    *usage = (rw_lm_usage){n, n - reused, 0, false, -1};
    return status;
}

static ropewalk_status count(void *ctx, const rw_lm_prompt *prompt, int64_t *n_token,
                             ropewalk_error *err)
{
    json_t *request, *answer = NULL;
    ropewalk_status status = start(ctx, "tokenize", prompt, &request, err);
    if (!status) status = ask(ctx, request, &answer, err);
    if (!status) status = rw_json_get_int(answer, "n_token", 0, INT32_MAX, n_token, err);
    json_decref(answer);
    return status;
}

static ropewalk_status read_attention(const local *l, const json_t *answer, double *out,
                                      int64_t *distance, ropewalk_error *err)
{
    const json_t *far = json_array_get(json_object_get(answer, "attention_distance"), 0);
    if (!json_is_integer(far) || json_integer_value(far) < 0)
        return rw_fail(err, ROPEWALK_E_FORMAT, 0,
                       "ropewalk-llama does not tell how far the attended tokens stand");
    *distance = json_integer_value(far);
    const json_t *layers = json_array_get(json_object_get(answer, "attention"), 0);
    if (json_array_size(layers) != l->n_layer)
        return rw_fail(err, ROPEWALK_E_FORMAT, 0,
                       "ropewalk-llama tells the attention of %zu layers, not of %u",
                       json_array_size(layers), l->n_layer);
    for (uint32_t i = 0; i < l->n_layer; i++)
        for (uint32_t h = 0; h < l->n_head; h++) {
            const json_t *value = json_array_get(json_array_get(layers, i), h);
            out[(size_t)i * l->n_head + h] =
                json_is_number(value) ? json_number_value(value) : (double)NAN;
        }
    return ROPEWALK_OK;
}

static ropewalk_status weigh(void *ctx, const rw_lm_prompt *prompt,
                             const char *const *option, uint32_t n_option,
                             double *log_likelihood, double *attention,
                             rw_lm_usage *usage, ropewalk_error *err)
{
    json_t *request, *answer = NULL, *options = json_array();
    const json_t *weights = NULL;
    for (uint32_t i = 0; i < n_option; i++)
        rw_json_add(&options, rw_json_str(option[i]));
    ropewalk_status status = start(ctx, "score", prompt, &request, err);
    if (status) {
        json_decref(options);
        return status;
    }
    rw_json_set(&request, "options", options);
    status = ask(ctx, request, &answer, err);
    if (!status) status = get_usage(answer, usage, err);
    if (!status) status = rw_json_get_array(answer, "options", &weights, err);
    if (!status && json_array_size(weights) != n_option)
        status = rw_fail(err, ROPEWALK_E_FORMAT, 0,
                         "ropewalk-llama weighs %zu options, not %u",
                         json_array_size(weights), n_option);
    for (uint32_t i = 0; i < n_option && !status; i++)
        status = rw_json_get_f64(json_array_get(weights, i), "log_likelihood",
                                 &log_likelihood[i], err);
    if (!status && attention && prompt->attend_end > 0)
        status = read_attention(ctx, answer, attention, &usage->attended_distance, err);
    json_decref(answer);
    return status;
}

static ropewalk_status generate(void *ctx, const rw_lm_prompt *prompt, int64_t max_token,
                                const char *const *stop, rw_text *out, rw_lm_usage *usage,
                                ropewalk_error *err)
{
    json_t *request, *answer = NULL, *stops = json_array();
    const char *text = NULL, *finish = NULL;
    int64_t n = 0;
    for (size_t i = 0; stop && stop[i]; i++)
        rw_json_add(&stops, rw_json_str(stop[i]));
    ropewalk_status status = start(ctx, "generate", prompt, &request, err);
    if (status) {
        json_decref(stops);
        return status;
    }
    rw_json_set(&request, "max_token", json_integer(max_token));
    rw_json_set(&request, "stop", stops);
    status = ask(ctx, request, &answer, err);
    if (!status) status = get_usage(answer, usage, err);
    if (!status) status = rw_json_get_str(answer, "text", &text, err);
    if (!status) status = rw_json_get_str(answer, "finish", &finish, err);
    if (!status) status = rw_json_get_int(answer, "n_generated", 0, max_token, &n, err);
    if (!status) {
        usage->n_answer_token = n;
        usage->cut = strcmp(finish, "length") == 0;
        rw_text_append(out, text);
        if (out->failed) status = rw_fail_memory(err, "an answer");
    }
    json_decref(answer);
    return status;
}

static void close_local(void *ctx)
{
    local *l = ctx;
    rw_dialogue_stop(l->dialogue);
    rw_free(l->before);
    rw_free(l->after);
    rw_free(l);
}

static ropewalk_status read_info(local *l, rw_lm *lm, ropewalk_error *err)
{
    json_t *request = json_object(), *answer;
    const char *text = NULL;
    int64_t n_layer = 0, n_head = 0;
    rw_json_set(&request, "op", json_string("info"));
    ropewalk_status status = ask(l, request, &answer, err);
    const char *runtime = NULL;
    if (!status) status = rw_json_get_str(answer, "model", &text, err);
    if (!status) status = rw_json_get_str(answer, "runtime", &runtime, err);
    if (!status)
        status = rw_json_get_int(answer, "context", 1, INT32_MAX, &lm->context, err);
    if (!status)
        status = rw_json_get_int(answer, "trained_context", 0, INT32_MAX,
                                 &lm->trained_context, err);
    if (!status) status = rw_json_get_int(answer, "n_layer", 1, 65536, &n_layer, err);
    if (!status) status = rw_json_get_int(answer, "n_head", 1, 65536, &n_head, err);
    lm->can = RW_LM_COUNTS | RW_LM_WEIGHS | RW_LM_DROPS | RW_LM_ATTENDS;
    if (!status && json_is_true(json_object_get(answer, "chat_template")))
        lm->can |= RW_LM_CHATS;
    (void)snprintf(l->model, sizeof l->model, "%s", text ? text : "");
    (void)snprintf(l->runtime, sizeof l->runtime, "%s", runtime ? runtime : "");
    json_decref(answer);
    lm->n_layer = l->n_layer = (uint32_t)n_layer;
    lm->n_head = l->n_head = (uint32_t)n_head;
    lm->model = l->model;
    lm->runtime = l->runtime;
    return status;
}

ropewalk_status rw_lm_local_open(const rw_lm_local_options *o, rw_lm *lm,
                                 ropewalk_error *err)
{
    char context[24], threads[24];
    const char *argv[MAX_WORDS];
    size_t n = 0;
    *lm = (rw_lm){0};
    local *l = rw_calloc(1, sizeof *l);
    if (!l) return rw_fail_memory(err, "a local model");
    l->options = *o;
    (void)snprintf(context, sizeof context, "%" PRId64, o->context);
    (void)snprintf(threads, sizeof threads, "%d", o->n_thread);
    argv[n++] = o->program;
    argv[n++] = "serve";
    argv[n++] = o->model;
    if (o->context > 0) {
        argv[n++] = "--context";
        argv[n++] = context;
    }
    if (o->n_thread > 0) {
        argv[n++] = "--threads";
        argv[n++] = threads;
    }
    for (size_t i = 0; i < o->n_extra && n < MAX_WORDS - 1; i++)
        argv[n++] = o->extra[i];
    argv[n] = NULL;
    ropewalk_status status = rw_dialogue_start(argv, &l->dialogue, err);
    if (!status) status = read_info(l, lm, err);
    if (status) {
        close_local(l);
        *lm = (rw_lm){0};
        return status;
    }
    lm->ctx = l;
    lm->count = count;
    lm->weigh = weigh;
    lm->generate = generate;
    lm->close = close_local;
    return ROPEWALK_OK;
}
