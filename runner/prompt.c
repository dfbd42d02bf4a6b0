/* prompt.c - tokenising segment by segment. */
#include "prompt.h"

#include <limits.h>
#include <string.h>

#include "base/alloc.h"
#include "base/json.h"
#include "session.h"

static ropewalk_status push(rw_prompt *p, llama_token token, bool drop,
                            ropewalk_error *err)
{
    if (p->n == p->capacity) {
        const uint32_t larger = p->capacity ? p->capacity * 2 : 1024;
        rw_cell *grown = p->capacity > UINT32_MAX / 4
                             ? NULL
                             : rw_realloc(p->cell, larger, sizeof *grown);
        if (!grown) return rw_fail_memory(err, "the tokens of a prompt");
        p->cell = grown;
        p->capacity = larger;
    }
    p->cell[p->n++] = (rw_cell){token, drop, false};
    return ROPEWALK_OK;
}

static ropewalk_status tokenize(const struct llama_vocab *vocab, const char *text,
                                size_t n_byte, bool special, llama_token **out,
                                int32_t *n, ropewalk_error *err)
{
    *out = NULL;
    if (n_byte > INT_MAX / 2)
        return rw_fail(err, ROPEWALK_E_ARGUMENT, 0, "a text of %zu bytes is too long",
                       n_byte);
    int32_t room = (int32_t)n_byte + 16;
    for (int attempt = 0; attempt < 2; attempt++) {
        llama_token *list = rw_malloc((size_t)room * sizeof *list);
        if (!list) return rw_fail_memory(err, "tokens");
        *n = llama_tokenize(vocab, text, (int32_t)n_byte, list, room, false, special);
        if (*n >= 0) {
            *out = list;
            return ROPEWALK_OK;
        }
        rw_free(list);
        if (*n == INT32_MIN) break;
        room = -*n; /* a vocabulary may split finer than bytes */
    }
    return rw_fail(err, ROPEWALK_E_FORMAT, 0, "llama.cpp cannot tokenise the text%s",
                   rw_session_log());
}

/* Vocabularies that put a space before a text would put one before every segment: a line break,
 * which nothing merges with, goes before it and is taken away again. */
static ropewalk_status tokenize_inside(const struct llama_vocab *vocab, const char *text,
                                       bool special, llama_token **out, int32_t *n,
                                       ropewalk_error *err)
{
    const size_t n_byte = strlen(text);
    if (llama_vocab_type(vocab) != LLAMA_VOCAB_TYPE_SPM)
        return tokenize(vocab, text, n_byte, special, out, n, err);
    llama_token *alone = NULL, *both = NULL;
    int32_t n_alone = 0, n_both = 0;
    *out = NULL;
    char *joined = rw_malloc(n_byte + 2);
    if (!joined) return rw_fail_memory(err, "a segment");
    joined[0] = '\n';
    memcpy(joined + 1, text, n_byte + 1);
    ropewalk_status status = tokenize(vocab, "\n", 1, false, &alone, &n_alone, err);
    if (!status)
        status = tokenize(vocab, joined, n_byte + 1, special, &both, &n_both, err);
    if (!status &&
        (n_both < n_alone || memcmp(both, alone, (size_t)n_alone * sizeof *both) != 0))
        status = rw_fail(err, ROPEWALK_E_UNSUPPORTED, 0,
                         "this vocabulary merges a line break with what follows: its "
                         "segments cannot be told apart");
    if (!status) {
        *n = n_both - n_alone;
        memmove(both, both + n_alone, (size_t)*n * sizeof *both);
        *out = both;
    } else {
        rw_free(both);
    }
    rw_free(alone);
    rw_free(joined);
    return status;
}

static ropewalk_status append(const struct llama_vocab *vocab, rw_prompt *p,
                              const char *text, bool special, bool drop, int64_t wanted,
                              ropewalk_error *err)
{
    llama_token *list = NULL;
    int32_t n = 0;
    if (p->n_segment > RW_MAX_PROMPT_SEGMENT)
        return rw_fail(err, ROPEWALK_E_ARGUMENT, 0, "more than %d segments",
                       RW_MAX_PROMPT_SEGMENT);
    ropewalk_status status = tokenize_inside(vocab, text, special, &list, &n, err);
    if (!status && wanted > 0 && n == 0)
        status = rw_fail(err, ROPEWALK_E_ARGUMENT, 0,
                         "segment %u: an empty text cannot be repeated", p->n_segment);
    const int64_t total = wanted >= 0 ? wanted : n;
    for (int64_t i = 0; i < total && !status; i++) {
        status = push(p, list[i % n], drop, err);
        /* a longer text of the same beginning has the same first pieces */
        if (!status) p->cell[p->n - 1].ends = (i + 1) % RW_MAX_PIECE == 0;
    }
    rw_free(list);
    if (status) return status;
    if (total > 0) p->cell[p->n - 1].ends = true;
    p->text[p->n_segment++] = text;
    p->first[p->n_segment] = p->n;
    return ROPEWALK_OK;
}

ropewalk_status rw_prompt_append(const struct llama_vocab *vocab, rw_prompt *p,
                                 const char *text, bool special, ropewalk_error *err)
{
    return append(vocab, p, text, special, false, -1, err);
}

ropewalk_status rw_prompt_read(const struct llama_vocab *vocab, const json_t *request,
                               rw_prompt *out, ropewalk_error *err)
{
    *out = (rw_prompt){0};
    const json_t *list, *bos = json_object_get(request, "bos");
    ropewalk_status status = rw_json_get_array(request, "segments", &list, err);
    if (!status && bos && !json_is_boolean(bos))
        status = rw_fail(err, ROPEWALK_E_ARGUMENT, 0, "bos must be true or false");
    if (!status && !json_is_false(bos) && llama_vocab_get_add_bos(vocab) &&
        llama_vocab_bos(vocab) != LLAMA_TOKEN_NULL)
        status = push(out, llama_vocab_bos(vocab), false, err);
    out->first[0] = out->n;
    if (!status && json_array_size(list) > RW_MAX_PROMPT_SEGMENT)
        status = rw_fail(err, ROPEWALK_E_ARGUMENT, 0, "%zu segments are more than %d",
                         json_array_size(list), RW_MAX_PROMPT_SEGMENT);
    for (size_t i = 0; i < json_array_size(list) && !status; i++) {
        const json_t *one = json_array_get(list, i);
        const char *text;
        int64_t wanted = -1;
        status = rw_json_get_str(one, "text", &text, err);
        if (!status && json_object_get(one, "n_token"))
            status = rw_json_get_int(one, "n_token", 0, 1 << 24, &wanted, err);
        if (!status)
            status =
                append(vocab, out, text, json_is_true(json_object_get(one, "special")),
                       json_is_true(json_object_get(one, "drop")), wanted, err);
        if (status) rw_fail_context(err, status, "segment %zu", i);
    }
    if (status) rw_prompt_clear(out);
    return status;
}

void rw_prompt_clear(rw_prompt *p)
{
    rw_free(p->cell);
    *p = (rw_prompt){0};
}

ropewalk_status rw_prompt_tokens_of(const struct llama_vocab *vocab, const rw_prompt *p,
                                    uint32_t segment, size_t first_byte, size_t end_byte,
                                    uint32_t *first, uint32_t *end, ropewalk_error *err)
{
    const char *text = p->text[segment];
    const size_t n_byte = strlen(text);
    size_t at = 0;
    *first = *end = UINT32_MAX;
    if (first_byte >= end_byte || end_byte > n_byte)
        return rw_fail(err, ROPEWALK_E_ARGUMENT, 0,
                       "bytes %zu to %zu are not inside segment %u of %zu bytes",
                       first_byte, end_byte, segment, n_byte);
    for (uint32_t t = p->first[segment]; t < p->first[segment + 1]; t++) {
        char piece[1024];
        const int32_t n = llama_token_to_piece(vocab, p->cell[t].token, piece,
                                               (int32_t)sizeof piece, 0, true);
        if (n < 0 || (size_t)n > n_byte - at || memcmp(text + at, piece, (size_t)n) != 0)
            return rw_fail(err, ROPEWALK_E_UNSUPPORTED, 0,
                           "the tokens of segment %u do not spell its text from byte %zu "
                           "on",
                           segment, at);
        if (at + (size_t)n > first_byte && *first == UINT32_MAX) *first = t;
        at += (size_t)n;
        if (at >= end_byte) {
            *end = t + 1;
            return ROPEWALK_OK;
        }
    }
    return rw_fail(err, ROPEWALK_E_UNSUPPORTED, 0,
                   "the tokens of segment %u end at byte %zu of its text", segment, at);
}
