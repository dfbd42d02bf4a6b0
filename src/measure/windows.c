/* windows.c - the windows of a plan, in batches. */
#include "measure/windows.h"

#include <stdlib.h>

#include "base/alloc.h"

enum { WITHIN = 64, N_KIND = 4 };

static rw_window window_of(rw_window_kind kind, size_t context, int64_t M)
{
    rw_window w = {.kind = kind, .context = context, .far_first = M / 2, .far_end = M};
    if (kind == RW_HALVES) w.near_end = M / 2;
    if (kind == RW_LOCAL) w.near_first = 1, w.near_end = 129;
    if (kind == RW_BEYOND) {
        w.near_first = M + 1;
        w.near_end = w.far_first = 2 * M + 1;
        w.far_end = 3 * M + 1;
    }
    if (kind == RW_WHOLE) w.near_end = w.far_first = M;
    return w;
}

static int farthest_first(const void *a, const void *b)
{
    const rw_window *x = a, *y = b;
    if (x->far_end != y->far_end) return x->far_end > y->far_end ? -1 : 1;
    if (x->kind != y->kind) return x->kind < y->kind ? -1 : 1;
    return 0;
}

ropewalk_status rw_windows_init(rw_windows *w, const int64_t *context, size_t n_context,
                                int64_t n_distance, uint32_t kinds, ropewalk_error *err)
{
    *w = (rw_windows){.window = rw_array(N_KIND * n_context, sizeof *w->window)};
    if (!w->window) return rw_fail_memory(err, "windows");
    for (size_t i = 0; i < n_context; i++)
        for (int kind = 0; kind < N_KIND; kind++) {
            const rw_window one = window_of((rw_window_kind)kind, i, context[i]);
            const bool wanted = kind != RW_LOCAL || one.far_first >= one.near_end;
            if (kinds >> kind & 1 && wanted && one.far_end <= n_distance)
                w->window[w->n_window++] = one;
        }
    if (w->n_window) qsort(w->window, w->n_window, sizeof *w->window, farthest_first);
    return ROPEWALK_OK;
}

void rw_windows_clear(rw_windows *w)
{
    rw_free(w->window);
    *w = (rw_windows){.window = NULL};
}

void rw_windows_batch(const rw_windows *w, size_t first, rw_batch *batch)
{
    const int64_t end = w->window[first].far_end;
    *batch = (rw_batch){.first = first, .last = first};
    for (size_t i = first; i < w->n_window && i - first < RW_MAX_BATCH; i++) {
        const rw_window *one = &w->window[i];
        rw_edges edges = batch->edges;
        if (one->far_end * WITHIN <= end) break;
        if (!(rw_edges_add(&edges, 0) && rw_edges_add(&edges, one->near_first) &&
              rw_edges_add(&edges, one->near_end) &&
              rw_edges_add(&edges, one->far_first) && rw_edges_add(&edges, one->far_end)))
            break;
        batch->edges = edges;
        batch->last = i + 1;
    }
}

void rw_windows_room(const rw_windows *w, int64_t *n, size_t *n_edge)
{
    rw_batch batch;
    *n = 0;
    *n_edge = 0;
    for (size_t i = 0; i < w->n_window; i = batch.last) {
        rw_windows_batch(w, i, &batch);
        const int64_t end = batch.edges.at[batch.edges.n - 1];
        *n = end > *n ? end : *n;
        *n_edge = batch.edges.n > *n_edge ? batch.edges.n : *n_edge;
    }
}
