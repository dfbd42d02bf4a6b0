/* attend.c - reading rows of the softmax as they are computed. */
#include "attend.h"

#include <ggml-backend.h>
#include <ggml.h>
#include <string.h>

#include "base/alloc.h"
#include "base/json.h"
#include "llama_shim.h"

ropewalk_status rw_attend_init(rw_attend *a, uint32_t n_layer, uint32_t n_head,
                               uint32_t n_ctx, ropewalk_error *err)
{
    *a = (rw_attend){.n_layer = n_layer, .n_head = n_head, .n_row = n_ctx + 256};
    a->mass = rw_calloc((size_t)n_layer * n_head * RW_MAX_ATTEND, sizeof *a->mass);
    a->head = rw_calloc(n_layer, sizeof *a->head);
    a->row = rw_array(a->n_row, sizeof *a->row);
    if (a->mass && a->head && a->row) return ROPEWALK_OK;
    rw_attend_clear(a);
    return rw_fail_memory(err, "attention weights");
}

void rw_attend_clear(rw_attend *a)
{
    rw_free(a->mass);
    rw_free(a->head);
    rw_free(a->row);
    *a = (rw_attend){0};
}

static void take(rw_attend *a, const struct ggml_tensor *t, uint32_t layer)
{
    const uint32_t n_key = (uint32_t)t->ne[0], n_head = (uint32_t)t->ne[2];
    if (layer >= a->n_layer || n_head > a->n_head || t->type != GGML_TYPE_F32 ||
        n_key > a->n_row || t->ne[3] != 1) {
        a->failed = true;
        return;
    }
    a->head[layer] = n_head;
    for (uint32_t h = 0; h < n_head; h++) {
        const size_t at = (size_t)(t->ne[1] - 1) * t->nb[1] + h * t->nb[2];
        ggml_backend_tensor_get(t, a->row, at, n_key * sizeof *a->row);
        for (uint32_t r = 0; r < a->n_range; r++) {
            double sum = 0.0;
            for (uint32_t i = a->first[r]; i < a->end[r] && i < n_key; i++)
                sum += (double)a->row[i];
            a->mass[((size_t)layer * a->n_head + h) * RW_MAX_ATTEND + r] = sum;
        }
    }
}

bool rw_attend_node(struct ggml_tensor *t, bool ask, void *attend)
{
    rw_attend *a = attend;
    uint32_t layer;
    if (!a->on || !rw_shim_is_soft_max(t, &layer)) return !ask;
    if (!ask) take(a, t, layer);
    return true;
}

json_t *rw_attend_json(const rw_attend *a)
{
    json_t *ranges = json_array();
    for (uint32_t r = 0; r < a->n_range; r++) {
        json_t *layers = json_array();
        for (uint32_t l = 0; l < a->n_layer; l++) {
            json_t *heads = a->head[l] ? json_array() : json_null();
            for (uint32_t h = 0; h < a->head[l]; h++)
                rw_json_add(
                    &heads,
                    rw_json_f64_9(
                        a->mass[((size_t)l * a->n_head + h) * RW_MAX_ATTEND + r]));
            rw_json_add(&layers, heads);
        }
        rw_json_add(&ranges, layers);
    }
    return ranges;
}

json_t *rw_attend_distance_json(const rw_attend *a)
{
    json_t *list = json_array();
    for (uint32_t r = 0; r < a->n_range; r++)
        rw_json_add(&list, json_integer((json_int_t)a->n_prompt - a->end[r]));
    return list;
}
