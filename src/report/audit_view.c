/* audit_view.c - the index over a checked audit: contexts, layers, and the cell of each head. */
#include "report/audit_view.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "report/markup.h"

enum { MAX_INDEX = 65535 };
#define MAX_CONTEXT 9007199254740992.0 /* 2^53 */

void rw_view_init(rw_view *view)
{
    *view = (rw_view){0};
}

void rw_view_clear(rw_view *view)
{
    rw_free(view->heads);
    rw_free(view->layers);
    rw_free(view->cells);
    rw_free(view->shade);
    *view = (rw_view){0};
}

/* A whole number in lo..hi, or lo - 1. */
static int64_t whole(double value, double lo, double hi)
{
    return value >= lo && value <= hi ? (int64_t)value : (int64_t)lo - 1;
}

static ropewalk_status add_context(rw_view *view, double value, ropewalk_error *err)
{
    const int64_t context = whole(value, 1, MAX_CONTEXT);
    if (context < 1)
        return rw_fail(err, ROPEWALK_E_FORMAT, 0,
                       "a context of %.17g is not a positive whole number", value);
    size_t i = 0;
    while (i < view->n_context && view->contexts[i] < context)
        i++;
    if (i < view->n_context && view->contexts[i] == context) return ROPEWALK_OK;
    if (view->n_context == RW_REPORT_MAX_CONTEXTS)
        return rw_fail(err, ROPEWALK_E_FORMAT, 0, "the audit lists more than %d contexts",
                       RW_REPORT_MAX_CONTEXTS);
    for (size_t j = view->n_context; j > i; j--)
        view->contexts[j] = view->contexts[j - 1];
    view->contexts[i] = context;
    view->n_context++;
    return ROPEWALK_OK;
}

static ropewalk_status collect_contexts(rw_view *view, ropewalk_error *err)
{
    ropewalk_status status = ROPEWALK_OK;
    size_t i, j;
    const json_t *item, *row;
    json_array_foreach (json_object_get(view->settings, "contexts"), i, item)
        if (json_is_number(item) && !status)
            status = add_context(view, json_number_value(item), err);
    json_array_foreach (json_object_get(view->audit, "summary"), i, row)
        if (json_is_object(row) && !status)
            status = add_context(view, rw_markup_f64(row, "context"), err);
    json_array_foreach (json_object_get(view->audit, "heads"), i, row)
        json_array_foreach (json_object_get(row, "contexts"), j, item)
            if (json_is_object(item) && !status)
                status = add_context(view, rw_markup_f64(item, "context"), err);
    return status;
}

static int by_layer_then_head(const void *a, const void *b)
{
    const rw_view_head *x = a, *y = b;
    if (x->layer != y->layer) return x->layer < y->layer ? -1 : 1;
    return x->head < y->head ? -1 : x->head > y->head;
}

static ropewalk_status collect_heads(rw_view *view, const json_t *heads,
                                     ropewalk_error *err)
{
    size_t i;
    const json_t *doc;
    json_array_foreach (heads, i, doc) {
        if (!json_is_object(doc)) continue;
        rw_view_head *h = &view->heads[view->n_head++];
        const char *name = json_string_value(json_object_get(doc, "class"));
        *h = (rw_view_head){.doc = doc,
                            .layer = whole(rw_markup_f64(doc, "layer"), 0, MAX_INDEX),
                            .head = whole(rw_markup_f64(doc, "head"), 0, MAX_INDEX),
                            .class_name = name ? name : "full"};
        if (h->layer < 0 || h->head < 0)
            return rw_fail(err, ROPEWALK_E_FORMAT, 0,
                           "keys \"layer\" and \"head\" of heads[%zu] must be 0..%d", i,
                           MAX_INDEX);
        if (h->head >= view->n_row) view->n_row = h->head + 1;
    }
    if (view->n_head)
        qsort(view->heads, view->n_head, sizeof *view->heads, by_layer_then_head);
    for (size_t k = 0; k < view->n_head; k++) {
        rw_view_head *h = &view->heads[k];
        if (!view->n_layer || view->layers[view->n_layer - 1] != h->layer)
            view->layers[view->n_layer++] = h->layer;
        h->column = view->n_layer - 1;
    }
    return ROPEWALK_OK;
}

static void collect_cells(rw_view *view)
{
    for (size_t k = 0; k < view->n_head; k++) {
        size_t j;
        const json_t *item;
        json_array_foreach (json_object_get(view->heads[k].doc, "contexts"), j, item)
            for (size_t c = 0; json_is_object(item) && c < view->n_context; c++)
                if (fabs(rw_markup_f64(item, "context") - (double)view->contexts[c]) < 1)
                    view->cells[k * view->n_context + c] = item;
    }
}

/* The first stated of two keys, 0 when neither is. */
static int64_t length_of(const json_t *a, const char *key_a, const json_t *b,
                         const char *key_b)
{
    const int64_t value = whole(rw_markup_f64(a, key_a), 1, MAX_CONTEXT);
    return value > 0 ? value : whole(rw_markup_f64(b, key_b), 1, MAX_CONTEXT);
}

ropewalk_status rw_view_build(rw_view *view, const json_t *audit, ropewalk_error *err)
{
    rw_view_init(view);
    view->audit = audit;
    view->settings = json_object_get(audit, "settings");
    view->model = json_object_get(audit, "model");
    view->advertised =
        length_of(view->settings, "advertised_context", view->model, "context_length");
    view->trained = length_of(view->settings, "trained_context", view->model,
                              "original_context_length");
    ropewalk_status status = collect_contexts(view, err);
    if (status) goto done;
    for (size_t c = 0; c < view->n_context; c++)
        if (!view->advertised || view->contexts[c] <= view->advertised) view->at = c;

    const json_t *heads = json_object_get(audit, "heads");
    const size_t n = json_array_size(heads);
    view->heads = rw_calloc(n, sizeof *view->heads);
    view->layers = rw_calloc(n, sizeof *view->layers);
    view->cells = rw_calloc(n * (view->n_context + 1), sizeof *view->cells);
    view->shade = rw_calloc(n, 1);
    if (!view->heads || !view->layers || !view->cells || !view->shade) {
        status = rw_fail_memory(err, "the heads of the report");
        goto done;
    }
    status = collect_heads(view, heads, err);
    if (!status) collect_cells(view);
done:
    if (status) rw_view_clear(view);
    return status;
}

const json_t *rw_view_cell(const rw_view *view, size_t head, size_t context)
{
    return view->cells[head * view->n_context + context];
}

const json_t *rw_view_path(const json_t *obj, const char *path)
{
    const char *dot = strchr(path, '.');
    if (!dot) return json_object_get(obj, path);
    char first[40];
    const size_t n = (size_t)(dot - path);
    if (n >= sizeof first) return NULL;
    memcpy(first, path, n);
    first[n] = '\0';
    return json_object_get(json_object_get(obj, first), dot + 1);
}

double rw_view_value(const json_t *obj, const char *path)
{
    const json_t *v = rw_view_path(obj, path);
    if (json_is_number(v)) return json_number_value(v);
    return rw_markup_f64(v, "measured");
}

const json_t *rw_view_summary(const rw_view *view, int64_t context,
                              const char *class_name)
{
    size_t i;
    const json_t *row;
    json_array_foreach (json_object_get(view->audit, "summary"), i, row) {
        const char *name = json_string_value(json_object_get(row, "class"));
        if (json_is_object(row) && strcmp(name ? name : "full", class_name) == 0 &&
            fabs(rw_markup_f64(row, "context") - (double)context) < 1)
            return row;
    }
    return NULL;
}
