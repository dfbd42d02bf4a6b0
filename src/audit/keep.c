/* keep.c - one query of every head and two keys of every key head, kept so that a reader can see
 * and recompute what was counted. */
#include <stdio.h>
#include <string.h>

#include "audit/run.h"
#include "base/alloc.h"
#include "base/json.h"

enum { KEYS = 2 };

static ropewalk_status keep(const rw_qkfile *file, char which, uint32_t index,
                            uint32_t row, const json_t *tokens, rw_kept_vector *v,
                            ropewalk_error *err)
{
    const uint32_t n = rw_qkfile_layer(file, index)->head_dim;
    const char *token = json_string_value(json_array_get(tokens, row));
    double *wide = rw_array(n, sizeof *wide);
    v->value = rw_array(n, sizeof *v->value);
    v->n = n;
    v->position = rw_qkfile_position(file, row);
    (void)snprintf(v->token, sizeof v->token, "%s", token ? token : "");
    ropewalk_status status =
        wide && v->value ? ROPEWALK_OK : rw_fail_memory(err, "the kept vectors");
    if (!status) status = rw_qkfile_read(file, which, index, row, v->head, wide, err);
    for (uint32_t i = 0; i < n && !status; i++)
        v->value[i] = (float)wide[i]; /* exact: a capture holds float32 or less */
    rw_free(wide);
    return status;
}

/* The row of a position that was sampled, UINT32_MAX when it is none. */
static uint32_t row_of(const rw_qkfile *file, int64_t position)
{
    uint32_t lo = 0, hi = rw_qkfile_n_row(file);
    while (lo < hi) {
        const uint32_t middle = lo + (hi - lo) / 2;
        if (rw_qkfile_position(file, middle) < position)
            lo = middle + 1;
        else
            hi = middle;
    }
    return lo < rw_qkfile_n_row(file) && rw_qkfile_position(file, lo) == position
               ? lo
               : UINT32_MAX;
}

/* The query whose pair is drawn, of each head; of each key head the key it attends most, and the
 * first random one, both as its first query head has them. */
static ropewalk_status keep_all(rw_audit_run *run, const rw_qkfile *file,
                                const json_t *tokens, ropewalk_error *err)
{
    ropewalk_status status = ROPEWALK_OK;
    for (uint32_t h = 0; h < run->n_head && !status; h++) {
        const rw_head_text *from = &run->text[0].head[h];
        const rw_head_result *head = &run->head[h];
        const uint32_t index = run->place[h].index;
        if (!from->curve) continue;
        rw_kept_vector *q = &run->kept.query[run->kept.n_query++];
        *q = (rw_kept_vector){.layer = head->layer, .head = head->head};
        status = keep(file, 'q', index, from->curve_query_row, tokens, q, err);
        const rw_kept_vector *last =
            &run->kept.key[run->kept.n_key ? run->kept.n_key - 1 : 0];
        if (run->kept.n_key && last->layer == head->layer && last->head == head->kv_head)
            continue;
        const uint32_t row[KEYS] = {
            from->curve_key_row,
            from->sample.n_random ? row_of(file, from->sample.position[0]) : UINT32_MAX};
        for (int i = 0; i < KEYS && !status; i++) {
            if (row[i] == UINT32_MAX) continue;
            rw_kept_vector *k = &run->kept.key[run->kept.n_key++];
            *k = (rw_kept_vector){.layer = head->layer,
                                  .head = head->kv_head,
                                  .stratum = i ? RW_RANDOM : RW_ATTENDED};
            status = keep(file, 'k', index, row[i], tokens, k, err);
        }
    }
    return status;
}

ropewalk_status rw_vectors_keep(rw_audit_run *run, const rw_qkfile *file,
                                ropewalk_error *err)
{
    json_t *tokens = NULL;
    const char *meta = rw_qkfile_meta(file, "tokens");
    if (meta) (void)rw_json_parse(meta, strlen(meta), "tokens", &tokens, NULL);
    run->kept.query = rw_calloc((size_t)run->n_head + 1, sizeof *run->kept.query);
    run->kept.key = rw_calloc(KEYS * (size_t)run->n_head + 1, sizeof *run->kept.key);
    const ropewalk_status status = run->kept.query && run->kept.key
                                       ? keep_all(run, file, tokens, err)
                                       : rw_fail_memory(err, "the kept vectors");
    json_decref(tokens);
    return status;
}
