/* probe.c - at layer 0 queries and keys depend on the token alone, so words are enough. */
#include "audit/probe.h"

#include <stdio.h>
#include <string.h>

#include "audit/given_run.h"
#include "audit/unit.h"
#include "base/alloc.h"
#include "base/json.h"

ropewalk_status rw_probe_parse(const char *query, const char *keys, rw_probe_words *out,
                               ropewalk_error *err)
{
    *out = (rw_probe_words){0};
    if (!*query || strlen(query) >= sizeof out->query)
        return rw_fail(err, ROPEWALK_E_ARGUMENT, 0,
                       "the probe's query must be one word of 1 to 63 bytes");
    (void)snprintf(out->query, sizeof out->query, "%s", query);
    while (*keys) {
        const size_t n = strcspn(keys, ",");
        if (n == 0 || n >= sizeof out->key[0] || out->n_key == RW_MAX_PROBE_KEY)
            return rw_fail(
                err, ROPEWALK_E_ARGUMENT, 0,
                "the probe's keys must be 1 to %d words between commas, each of 1 to "
                "63 bytes",
                RW_MAX_PROBE_KEY);
        memcpy(out->key[out->n_key++], keys, n);
        keys += n + (keys[n] == ',');
    }
    if (out->n_key) return ROPEWALK_OK;
    return rw_fail(err, ROPEWALK_E_ARGUMENT, 0, "the probe needs at least one key");
}

static int64_t find_row(const rw_qkfile *file, const json_t *tokens, const char *word)
{
    const uint32_t n = rw_qkfile_n_row(file);
    for (uint32_t row = 0; row < n && row < json_array_size(tokens); row++) {
        const char *token = json_string_value(json_array_get(tokens, row));
        if (token && !rw_qkfile_is_special(file, row) && strcmp(token, word) == 0)
            return row;
    }
    return -1;
}

static ropewalk_status count(const rw_qkfile *file, uint32_t index, uint32_t head,
                             const int64_t *row, uint32_t n_key, const int64_t *context,
                             uint32_t n_context, rw_dtype dtype,
                             const rw_kernels *kernels, int n_thread, rw_probe *out,
                             ropewalk_error *err)
{
    const rw_qk_layer *layer = rw_qkfile_layer(file, index);
    const size_t d = layer->head_dim;
    const uint32_t kv = head / (layer->n_head_q / layer->n_head_kv);
    double *q = rw_array((1 + (size_t)n_key) * d, sizeof *q);
    rw_rotation rot;
    rw_given given;
    rw_given_init(&given);
    rw_rotation_init(&rot);
    ropewalk_status status = q ? ROPEWALK_OK : rw_fail_memory(err, "the probe");
    if (!status)
        status = rw_qkfile_read(file, 'q', index, (uint32_t)row[0], head, q, err);
    for (uint32_t i = 0; i < n_key && !status; i++)
        status = rw_qkfile_read(file, 'k', index, (uint32_t)row[1 + i], kv,
                                q + (1 + i) * d, err);
    if (!status) status = rw_rotation_of_layer(layer, &rot, err);
    if (!status) {
        const rw_given_input in = {.q = q,
                                   .k = q + d,
                                   .n_q = 1,
                                   .n_k = n_key,
                                   .head_dim = layer->head_dim,
                                   .rotation = &rot,
                                   .rope_theta = layer->rope_theta,
                                   .score_scale = 1.0,
                                   .context = context,
                                   .n_context = n_context,
                                   .dtypes = 1u << dtype,
                                   .events = RW_ALL_EVENTS,
                                   .zeta = 0.01,
                                   .near_alias = 0.1,
                                   .n_thread = n_thread,
                                   .kernels = kernels};
        status = rw_given_run(&in, &given, err);
    }
    if (!status) {
        out->context = given.context;
        out->single = given.single;
        out->twin = given.twin;
        given.context = NULL;
        given.single = NULL;
        given.twin = NULL;
        out->n_context = n_context;
        out->present = 1;
    }
    rw_given_clear(&given);
    rw_rotation_clear(&rot);
    rw_free(q);
    return status;
}

ropewalk_status rw_probe_run(const rw_qkfile *file, const rw_probe_words *words,
                             uint32_t layer, uint32_t head, const int64_t *context,
                             uint32_t n_context, rw_dtype dtype,
                             const rw_kernels *kernels, int n_thread, rw_probe *out,
                             ropewalk_error *err)
{
    *out =
        (rw_probe){.layer = layer, .head = head, .n_key = words->n_key, .dtype = dtype};
    memcpy(out->query, words->query, sizeof out->query);
    memcpy(out->key, words->key, sizeof out->key);
    uint32_t index = 0;
    while (index < rw_qkfile_n_layer(file) &&
           rw_qkfile_layer(file, index)->layer != layer)
        index++;
    if (index == rw_qkfile_n_layer(file) ||
        head >= rw_qkfile_layer(file, index)->n_head_q ||
        rw_qkfile_layer(file, index)->rotary_dim == 0) {
        (void)snprintf(out->absent_reason, sizeof out->absent_reason,
                       "layer %u head %u is not in the capture or has no RoPE", layer,
                       head);
        return ROPEWALK_OK;
    }
    const char *meta = rw_qkfile_meta(file, "tokens");
    json_t *tokens = NULL;
    if (meta) {
        const ropewalk_status status =
            rw_json_parse(meta, strlen(meta), "tokens", &tokens, err);
        if (status) return status;
    }
    int64_t row[1 + RW_MAX_PROBE_KEY];
    ropewalk_status status = ROPEWALK_OK;
    for (uint32_t i = 0; i <= words->n_key; i++) {
        const char *word = i ? words->key[i - 1] : words->query;
        row[i] = find_row(file, tokens, word);
        if (row[i] >= 0) continue;
        (void)snprintf(
            out->absent_reason, sizeof out->absent_reason,
            "\"%s\" is not one token of this text and vocabulary: choose a word that is "
            "a single token, with its leading space",
            word);
        json_decref(tokens);
        return ROPEWALK_OK;
    }
    json_decref(tokens);
    status = count(file, index, head, row, words->n_key, context, n_context, dtype,
                   kernels, n_thread, out, err);
    return status;
}
