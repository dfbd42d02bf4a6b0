/* serve.c - requests in, answers out, one model in between.
 *
 * A request stands for itself: it holds its whole prompt, and what the cache has of it already is
 * found here. So a killed client loses nothing but time, and the order of requests changes no answer
 * beyond the rounding of differently sliced batches. */
#define _POSIX_C_SOURCE 200809L
#include "serve.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "attend.h"
#include "base/alloc.h"
#include "base/json.h"
#include "llama_shim.h"
#include "prompt.h"
#include "session.h"

enum { MAX_LINE = 64 << 20, MAX_OPTION = 256, MAX_GENERATED = 4096 };

typedef struct server {
    struct llama_model *model;
    const struct llama_vocab *vocab;
    struct llama_context *ctx;
    uint32_t n_ctx;
    rw_cells cells;
    rw_attend attend;
} server;

/* --- what the model says of the next token -------------------------------------------------- */

/* Logits of the last computed token: log of the sum of their exponentials, and the largest. */
static ropewalk_status read_logits(const server *s, const float **logits, double *log_sum,
                                   llama_token *best, ropewalk_error *err)
{
    const int32_t n = llama_vocab_n_tokens(s->vocab);
    const float *l = llama_get_logits_ith(s->ctx, -1);
    *best = 0;
    if (!l || n <= 0)
        return rw_fail(err, ROPEWALK_E_UNSUPPORTED, 0, "llama.cpp gives no logits");
    for (int32_t i = 1; i < n; i++)
        if (l[i] > l[*best]) *best = i;
    double others = 0.0; /* beside the largest, whose own term is 1 */
    for (int32_t i = 0; i < n; i++)
        if (i != *best) others += exp((double)l[i] - (double)l[*best]);
    *logits = l;
    *log_sum = (double)l[*best] + log1p(others);
    if (!isfinite(*log_sum))
        return rw_fail(err, ROPEWALK_E_FORMAT, 0,
                       "the model computes logits that are not finite");
    return ROPEWALK_OK;
}

static void put_prompt(json_t *answer, const server *s, const rw_prompt *p, uint32_t n,
                       uint32_t reused)
{
    json_t *segments = json_array();
    for (uint32_t i = 0; i < p->n_segment; i++)
        rw_json_add(&segments, json_integer(p->first[i + 1] - p->first[i]));
    uint32_t kept = 0;
    for (uint32_t i = 0; i < n; i++)
        kept += !p->cell[i].drop;
    json_object_set_new(answer, "n_token", json_integer(n));
    json_object_set_new(answer, "n_kept", json_integer(kept));
    json_object_set_new(answer, "n_reused", json_integer(reused));
    json_object_set_new(answer, "n_segment_token", segments);
    json_object_set_new(answer, "n_computed",
                        json_integer((json_int_t)s->cells.n_computed));
}

/* --- score ---------------------------------------------------------------------------------- */

/* The ranges whose attention is wanted, as places in the cache: tokens stand there in order as long
 * as nothing before them was dropped. */
static ropewalk_status read_attend(server *s, const json_t *request, const rw_prompt *p,
                                   ropewalk_error *err)
{
    const json_t *list = json_object_get(request, "attend");
    rw_attend *a = &s->attend;
    a->on = false;
    a->n_range = 0;
    if (!list) return ROPEWALK_OK;
    if (!json_is_array(list) || json_array_size(list) > RW_MAX_ATTEND)
        return rw_fail(err, ROPEWALK_E_ARGUMENT, 0, "attend must be at most %d ranges",
                       RW_MAX_ATTEND);
    uint32_t first_dropped = 0;
    while (first_dropped < p->n && !p->cell[first_dropped].drop)
        first_dropped++;
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *one = json_array_get(list, i);
        int64_t segment, first_byte, end_byte;
        uint32_t first, end;
        ropewalk_status status =
            rw_json_get_int(one, "segment", 0, (int64_t)p->n_segment - 1, &segment, err);
        if (!status)
            status = rw_json_get_int(one, "first_byte", 0, MAX_LINE, &first_byte, err);
        if (!status)
            status = rw_json_get_int(one, "end_byte", 0, MAX_LINE, &end_byte, err);
        if (!status)
            status =
                rw_prompt_tokens_of(s->vocab, p, (uint32_t)segment, (size_t)first_byte,
                                    (size_t)end_byte, &first, &end, err);
        if (status) return status;
        if (end > first_dropped)
            return rw_fail(
                err, ROPEWALK_E_ARGUMENT, 0,
                "attention can be told to tokens before the first dropped one, "
                "not to tokens %u to %u",
                first, end - 1);
        a->first[a->n_range] = first;
        a->end[a->n_range++] = end;
    }
    memset(a->head, 0, a->n_layer * sizeof *a->head);
    a->n_prompt = p->n;
    a->on = a->n_range > 0;
    a->failed = false;
    return ROPEWALK_OK;
}

/* Log-likelihood of the tokens of one option after the prompt, whose logits are not at hand when
 * another option was computed before. */
static ropewalk_status weigh(server *s, rw_prompt *p, const char *option, json_t *out,
                             ropewalk_error *err)
{
    const uint32_t n = p->n, n_segment = p->n_segment;
    double total = 0.0;
    bool greedy = true;
    ropewalk_status status = rw_prompt_append(s->vocab, p, option, false, err);
    const uint32_t n_option = p->n - n;
    if (!status && n_option == 0)
        status = rw_fail(err, ROPEWALK_E_ARGUMENT, 0, "an option is empty");
    if (!status && p->n - 1 > s->n_ctx) /* before its first token is computed */
        status = rw_fail(err, ROPEWALK_E_ARGUMENT, 0,
                         "a prompt and an option of %u tokens do not fit into a context "
                         "of %u",
                         p->n, s->n_ctx);
    for (uint32_t i = 0; i < n_option && !status; i++) {
        p->cell[n + i].ends = true; /* each is computed by itself */
        const float *logits;
        double log_sum;
        llama_token best;
        uint32_t reused;
        if (i > 0 || s->cells.n != n)
            status = rw_cells_set(&s->cells, p->cell, n + i, &reused, err);
        if (!status) status = read_logits(s, &logits, &log_sum, &best, err);
        if (status) break;
        total += (double)logits[p->cell[n + i].token] - log_sum;
        greedy = greedy && best == p->cell[n + i].token;
    }
    p->n = n;
    p->n_segment = n_segment;
    if (status) return status;
    json_object_set_new(out, "log_likelihood", rw_json_f64(total));
    json_object_set_new(out, "n_token", json_integer(n_option));
    json_object_set_new(out, "greedy", json_boolean(greedy));
    return ROPEWALK_OK;
}

static ropewalk_status do_score(server *s, const json_t *request, json_t *answer,
                                ropewalk_error *err)
{
    rw_prompt p;
    const json_t *options;
    uint32_t reused = 0;
    ropewalk_status status = rw_json_get_array(request, "options", &options, err);
    if (!status &&
        (json_array_size(options) == 0 || json_array_size(options) > MAX_OPTION))
        status = rw_fail(err, ROPEWALK_E_ARGUMENT, 0, "options must be 1 to %d texts",
                         MAX_OPTION);
    if (status) return status;
    status = rw_prompt_read(s->vocab, request, &p, err);
    if (status) return status;
    status = read_attend(s, request, &p, err);
    if (!status) status = rw_cells_set(&s->cells, p.cell, p.n, &reused, err);
    s->attend.on = false;
    if (!status && s->attend.failed)
        status = rw_fail(err, ROPEWALK_E_UNSUPPORTED, 0,
                         "this model's attention is not laid out as one softmax a layer");
    if (!status) put_prompt(answer, s, &p, p.n, reused);
    const float *logits;
    double log_sum = 0.0;
    llama_token best = 0;
    if (!status) status = read_logits(s, &logits, &log_sum, &best, err);
    json_t *list = json_array();
    for (size_t i = 0; i < json_array_size(options) && !status; i++) {
        const char *text = json_string_value(json_array_get(options, i));
        json_t *one = json_object();
        status = text ? weigh(s, &p, text, one, err)
                      : rw_fail(err, ROPEWALK_E_ARGUMENT, 0, "option %zu is no text", i);
        rw_json_add(&list, one);
    }
    if (!status) {
        json_object_set_new(answer, "best_token", rw_session_piece(s->vocab, best));
        json_object_set_new(answer, "options", list);
        if (s->attend.n_range) {
            json_object_set_new(answer, "attention", rw_attend_json(&s->attend));
            json_object_set_new(answer, "attention_distance",
                                rw_attend_distance_json(&s->attend));
        }
    } else {
        json_decref(list);
    }
    rw_prompt_clear(&p);
    return status;
}

/* --- generate ------------------------------------------------------------------------------- */

/* Where the earliest of the stop texts begins in `text`; its length when none does. */
static size_t stop_at(const json_t *stops, const char *text)
{
    size_t at = strlen(text);
    for (size_t i = 0; i < json_array_size(stops); i++) {
        const char *stop = json_string_value(json_array_get(stops, i));
        const char *found = stop && *stop ? strstr(text, stop) : NULL;
        if (found && (size_t)(found - text) < at) at = (size_t)(found - text);
    }
    return at;
}

static ropewalk_status add_piece(const server *s, llama_token token, rw_text *out,
                                 ropewalk_error *err)
{
    char piece[1024];
    const int32_t n =
        llama_token_to_piece(s->vocab, token, piece, (int32_t)sizeof piece, 0, false);
    if (n > 0) rw_text_append_n(out, piece, (size_t)n);
    return out->failed ? rw_fail_memory(err, "generated text") : ROPEWALK_OK;
}

static ropewalk_status do_generate(server *s, const json_t *request, json_t *answer,
                                   ropewalk_error *err)
{
    rw_prompt p;
    rw_text text;
    int64_t most;
    uint32_t reused = 0, n_prompt, n = 0;
    const char *finish = "length";
    ropewalk_status status =
        rw_json_get_int(request, "max_token", 1, MAX_GENERATED, &most, err);
    if (!status) status = rw_prompt_read(s->vocab, request, &p, err);
    if (status) return status;
    rw_text_init(&text);
    rw_text_append(&text, "");
    n_prompt = p.n;
    const json_t *stops = json_object_get(request, "stop");
    status = rw_cells_set(&s->cells, p.cell, p.n, &reused, err);
    if (!status) put_prompt(answer, s, &p, n_prompt, reused);
    while (!status && n < most) {
        const float *logits;
        double log_sum;
        llama_token best;
        uint32_t again;
        status = read_logits(s, &logits, &log_sum, &best, err);
        if (status) break;
        if (llama_vocab_is_eog(s->vocab, best)) {
            finish = "stop";
            break;
        }
        n++;
        status = add_piece(s, best, &text, err);
        if (!status && stop_at(stops, text.data) < text.len) {
            finish = "stop";
            break;
        }
        if (n == most || p.n == s->n_ctx) break;
        if (p.n == p.capacity) { /* one more token: room as for a text */
            rw_cell *grown =
                rw_realloc(p.cell, (size_t)p.capacity + MAX_GENERATED, sizeof *grown);
            if (!grown) status = rw_fail_memory(err, "generated tokens");
            if (status) break;
            p.cell = grown;
            p.capacity += MAX_GENERATED;
        }
        p.cell[p.n++] = (rw_cell){best, false, true};
        if (!status) status = rw_cells_set(&s->cells, p.cell, p.n, &again, err);
    }
    if (!status) {
        text.data[stop_at(stops, text.data)] = '\0';
        json_object_set_new(answer, "text", rw_json_str(text.data));
        json_object_set_new(answer, "n_generated", json_integer(n));
        json_object_set_new(answer, "finish", json_string(finish));
    }
    rw_text_clear(&text);
    rw_prompt_clear(&p);
    return status;
}

/* --- the rest ------------------------------------------------------------------------------- */

static ropewalk_status do_info(server *s, json_t *answer)
{
    char text[256];
    rw_session_meta(s->model, "general.name", "", text, sizeof text);
    json_object_set_new(answer, "model", rw_json_str(text));
    rw_session_meta(s->model, "general.architecture", "", text, sizeof text);
    json_object_set_new(answer, "architecture", rw_json_str(text));
    rw_shim_version(text, sizeof text);
    json_object_set_new(answer, "runtime", rw_json_str(text));
    json_object_set_new(answer, "context", json_integer(s->n_ctx));
    json_object_set_new(answer, "trained_context",
                        json_integer(llama_model_n_ctx_train(s->model)));
    json_object_set_new(answer, "n_layer", json_integer(llama_model_n_layer(s->model)));
    json_object_set_new(answer, "n_head", json_integer(llama_model_n_head(s->model)));
    json_object_set_new(answer, "chat_template",
                        json_boolean(llama_model_chat_template(s->model, NULL) != NULL));
    return ROPEWALK_OK;
}

static ropewalk_status do_tokenize(server *s, const json_t *request, json_t *answer,
                                   ropewalk_error *err)
{
    rw_prompt p;
    ropewalk_status status = rw_prompt_read(s->vocab, request, &p, err);
    if (status) return status;
    json_t *ids = json_array(), *pieces = json_array();
    for (uint32_t i = 0; i < p.n; i++) {
        rw_json_add(&ids, json_integer(p.cell[i].token));
        rw_json_add(&pieces, rw_session_piece(s->vocab, p.cell[i].token));
    }
    put_prompt(answer, s, &p, p.n, 0);
    json_object_set_new(answer, "ids", ids);
    json_object_set_new(answer, "pieces", pieces);
    rw_prompt_clear(&p);
    return ROPEWALK_OK;
}

static ropewalk_status do_chat(server *s, const json_t *request, json_t *answer,
                               ropewalk_error *err)
{
    enum { MAX_MESSAGE = 64 };
    struct llama_chat_message chat[MAX_MESSAGE];
    const json_t *messages;
    ropewalk_status status = rw_json_get_array(request, "messages", &messages, err);
    const size_t n = json_array_size(messages);
    const char *template = llama_model_chat_template(s->model, NULL);
    size_t room = 1024;
    if (!status && (n == 0 || n > MAX_MESSAGE))
        status =
            rw_fail(err, ROPEWALK_E_ARGUMENT, 0, "messages must be 1 to %d", MAX_MESSAGE);
    if (!status && !template)
        status = rw_fail(err, ROPEWALK_E_UNSUPPORTED, 0,
                         "the model has no chat template: use plain prompts");
    for (size_t i = 0; i < n && !status; i++) {
        const json_t *one = json_array_get(messages, i);
        status = rw_json_get_str(one, "role", &chat[i].role, err);
        if (!status) status = rw_json_get_str(one, "content", &chat[i].content, err);
        if (!status) room += 2 * (strlen(chat[i].content) + strlen(chat[i].role)) + 256;
    }
    if (status) return status;
    char *text = rw_malloc(room);
    if (!text) return rw_fail_memory(err, "a chat");
    const int32_t got =
        llama_chat_apply_template(template, chat, n, true, text, (int32_t)room - 1);
    if (got < 0 || (size_t)got >= room) {
        status = rw_fail(err, ROPEWALK_E_UNSUPPORTED, 0,
                         "the model's chat template is not one that llama.cpp knows: use "
                         "plain prompts");
    } else {
        text[got] = '\0';
        json_object_set_new(answer, "text", rw_json_str(text));
    }
    rw_free(text);
    return status;
}

static ropewalk_status dispatch(server *s, const json_t *request, json_t *answer,
                                ropewalk_error *err)
{
    const char *op;
    const ropewalk_status status = rw_json_get_str(request, "op", &op, err);
    if (status) return status;
    if (strcmp(op, "score") == 0) return do_score(s, request, answer, err);
    if (strcmp(op, "generate") == 0) return do_generate(s, request, answer, err);
    if (strcmp(op, "tokenize") == 0) return do_tokenize(s, request, answer, err);
    if (strcmp(op, "chat") == 0) return do_chat(s, request, answer, err);
    if (strcmp(op, "info") == 0) return do_info(s, answer);
    return rw_fail(err, ROPEWALK_E_ARGUMENT, 0,
                   "op \"%s\" is unknown: info, tokenize, chat, score, generate", op);
}

/* One answer to one line; only a broken standard output ends the program. */
static ropewalk_status reply(server *s, const char *line, size_t n, ropewalk_error *err)
{
    ropewalk_error fault = {0};
    json_t *request = NULL, *answer = json_object();
    ropewalk_status status = rw_json_parse(line, n, "the request", &request, &fault);
    if (!status && !json_is_object(request))
        status = rw_fail(&fault, ROPEWALK_E_FORMAT, 0, "the request is no JSON object");
    const json_t *id = status ? NULL : json_object_get(request, "id");
    json_object_set_new(answer, "id", id ? json_deep_copy(id) : json_null());
    if (!status) status = dispatch(s, request, answer, &fault);
    if (status) {
        json_object_clear(answer);
        json_object_set_new(answer, "id", id ? json_deep_copy(id) : json_null());
        json_object_set_new(answer, "error", rw_json_str(fault.message));
    }
    rw_text out;
    rw_text_init(&out);
    rw_json_write(answer, 0, &out);
    if (out.len == 0 || out.data[out.len - 1] != '\n') rw_text_append(&out, "\n");
    status = ROPEWALK_OK;
    if (out.failed)
        status = rw_fail_memory(err, "an answer");
    else if (fwrite(out.data, 1, out.len, stdout) != out.len || fflush(stdout))
        status =
            rw_fail(err, ROPEWALK_E_IO, 0, "cannot write to stdout: %s", strerror(errno));
    rw_text_clear(&out);
    json_decref(answer);
    json_decref(request);
    return status;
}

/* A line of at most MAX_LINE bytes, whatever they are; *end at the end of the input. */
static ropewalk_status read_line(rw_text *line, bool *end, ropewalk_error *err)
{
    rw_text_clear(line);
    for (int c = 0; c != '\n' && (c = getc_unlocked(stdin)) != EOF;) {
        const char byte = (char)c;
        rw_text_append_n(line, &byte, 1);
        if (line->failed || line->len > MAX_LINE)
            return rw_fail(err, ROPEWALK_E_MEMORY, 0, "a request is longer than %d bytes",
                           MAX_LINE);
    }
    *end = line->len == 0;
    return ROPEWALK_OK;
}

ropewalk_status rw_serve_run(const rw_serve_options *o, ropewalk_error *err)
{
    server s = {0};
    rw_text line;
    rw_text_init(&line);
    ropewalk_status status = rw_session_load(o->model_path, false, &s.model, err);
    if (!status) {
        const int32_t trained = llama_model_n_ctx_train(s.model);
        s.vocab = llama_model_get_vocab(s.model);
        s.n_ctx = o->n_ctx ? o->n_ctx : trained > 0 ? (uint32_t)trained : 2048;
        status = rw_attend_init(&s.attend, (uint32_t)llama_model_n_layer(s.model),
                                (uint32_t)llama_model_n_head(s.model), s.n_ctx, err);
    }
    if (!status) {
        struct llama_context_params p =
            rw_context_params(&o->context, s.n_ctx, RW_MAX_PIECE);
        p.swa_full = true; /* a sliding cache cannot be wound back */
        p.cb_eval = rw_attend_node;
        p.cb_eval_user_data = &s.attend;
        rw_session_log_reset();
        s.ctx = llama_init_from_model(s.model, p);
        status = s.ctx ? rw_cells_init(&s.cells, s.ctx, s.n_ctx, err)
                       : rw_fail(err, ROPEWALK_E_MEMORY, 0,
                                 "llama.cpp cannot make a context of %u tokens%s",
                                 s.n_ctx, rw_session_log());
    }
    for (bool end = false; !status && !end;) {
        status = read_line(&line, &end, err);
        if (!status && !end) status = reply(&s, line.data, line.len, err);
    }
    rw_text_clear(&line);
    rw_cells_clear(&s.cells);
    if (s.ctx) llama_free(s.ctx);
    if (s.model) llama_model_free(s.model);
    rw_attend_clear(&s.attend);
    return status;
}
