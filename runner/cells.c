/* cells.c - reuse of a common beginning, and positions that stay when their tokens go. */
#include "cells.h"

#include <string.h>

#include "base/alloc.h"
#include "session.h"

enum { LEAST_KEPT = 64, MOST_KEPT = 1 << 30 }; /* tokens; bytes */

ropewalk_status rw_cells_init(rw_cells *c, struct llama_context *ctx, uint32_t capacity,
                              ropewalk_error *err)
{
    *c = (rw_cells){.ctx = ctx, .capacity = capacity};
    c->cell = rw_array(capacity, sizeof *c->cell);
    if (!c->cell) return rw_fail_memory(err, "the tokens of a context");
    c->batch = llama_batch_init(RW_MAX_PIECE, 0, 1);
    return ROPEWALK_OK;
}

static void forget(rw_kept_cells *kept)
{
    rw_free(kept->bytes);
    rw_free(kept->cell);
    *kept = (rw_kept_cells){0};
}

void rw_cells_clear(rw_cells *c)
{
    if (c->cell) llama_batch_free(c->batch);
    rw_free(c->cell);
    forget(&c->kept);
    *c = (rw_cells){0};
}

uint32_t rw_cells_common(const rw_cell *have, uint32_t n_have, const rw_cell *want,
                         uint32_t n_want)
{
    uint32_t n = 0;
    bool leaving = false; /* there are tokens that have yet to be dropped */
    while (n < n_have && n < n_want - 1 && have[n].token == want[n].token &&
           have[n].ends == want[n].ends && (want[n].drop || !have[n].drop)) {
        leaving = leaving || (want[n].drop && !have[n].drop);
        n++;
        if (leaving && !want[n - 1].drop) break;
    }
    /* what has left is needed by what comes next */
    while (n > 0 && (have[n - 1].drop || !want[n - 1].ends))
        n--;
    return n;
}

/* Copy the cache, if that is worth it and can be done; a copy costs time and no answer. */
static void keep(rw_cells *c)
{
    const size_t n_byte = llama_state_seq_get_size(c->ctx, 0);
    forget(&c->kept);
    if (n_byte == 0 || n_byte > MOST_KEPT) return;
    c->kept = (rw_kept_cells){.bytes = rw_malloc(n_byte),
                              .n_byte = n_byte,
                              .cell = rw_array(c->n, sizeof *c->cell),
                              .n = c->n};
    if (!c->kept.bytes || !c->kept.cell ||
        llama_state_seq_get_data(c->ctx, c->kept.bytes, n_byte, 0) != n_byte)
        forget(&c->kept);
    else
        memcpy(c->kept.cell, c->cell, c->n * sizeof *c->cell);
}

static void restore(rw_cells *c)
{
    llama_memory_clear(llama_get_memory(c->ctx), true);
    c->n = c->kept.n;
    memcpy(c->cell, c->kept.cell, c->n * sizeof *c->cell);
    if (llama_state_seq_set_data(c->ctx, c->kept.bytes, c->kept.n_byte, 0)) return;
    llama_memory_clear(llama_get_memory(c->ctx), true);
    c->n = 0;
    forget(&c->kept);
}

static ropewalk_status compute(rw_cells *c, const rw_cell *want, uint32_t n_want,
                               uint32_t from, uint32_t to, ropewalk_error *err)
{
    for (uint32_t at = from; at < to;) {
        uint32_t n = 1;
        while (n < RW_MAX_PIECE && at + n < to && at + n + 1 != n_want &&
               !want[at + n - 1].ends)
            n++;
        c->batch.n_tokens = (int32_t)n;
        for (uint32_t i = 0; i < n; i++) {
            c->batch.token[i] = want[at + i].token;
            c->batch.pos[i] = (llama_pos)(at + i);
            c->batch.n_seq_id[i] = 1;
            c->batch.seq_id[i][0] = 0;
            c->batch.logits[i] = (int8_t)(at + i + 1 == n_want);
        }
        rw_session_log_reset();
        const int32_t code = llama_decode(c->ctx, c->batch);
        if (code) {
            c->n = 0; /* whatever is in the cache now is not what we think */
            llama_memory_clear(llama_get_memory(c->ctx), true);
            return rw_fail(err, ROPEWALK_E_UNSUPPORTED, 0,
                           "llama.cpp cannot run tokens %u to %u (code %d)%s", at,
                           at + n - 1, (int)code, rw_session_log());
        }
        memcpy(c->cell + at, want + at, n * sizeof *want);
        for (uint32_t i = 0; i < n; i++)
            c->cell[at + i].drop = false;
        at += n;
        c->n = at;
        c->n_computed += n;
    }
    return ROPEWALK_OK;
}

ropewalk_status rw_cells_set(rw_cells *c, const rw_cell *want, uint32_t n_want,
                             uint32_t *reused, ropewalk_error *err)
{
    *reused = 0;
    if (n_want == 0 || want[n_want - 1].drop)
        return rw_fail(err, ROPEWALK_E_ARGUMENT, 0, "a prompt must end in a kept token");
    if (n_want > c->capacity)
        return rw_fail(
            err, ROPEWALK_E_ARGUMENT, 0,
            "%u tokens do not fit into a context of %u: nothing is cut off here", n_want,
            c->capacity);
    llama_memory_t memory = llama_get_memory(c->ctx);
    uint32_t at = rw_cells_common(c->cell, c->n, want, n_want);
    const uint32_t kept = rw_cells_common(c->kept.cell, c->kept.n, want, n_want);
    if (kept > at + LEAST_KEPT) {
        restore(c);
        at = rw_cells_common(c->cell, c->n, want, n_want);
    }
    /* Models with a recurrent state cannot forget a tail. */
    if (at < c->n && (at == 0 || !llama_memory_seq_rm(memory, 0, (llama_pos)at, -1))) {
        llama_memory_clear(memory, true);
        at = 0;
    }
    c->n = at;
    *reused = at;
    while (at < n_want) {
        uint32_t first = 0;
        while (first < n_want &&
               (!want[first].drop || (first < at && c->cell[first].drop)))
            first++;
        uint32_t end = first; /* of the dropped range, and one kept token more */
        while (end < n_want && want[end].drop)
            end++;
        const uint32_t to = first < n_want ? end + 1 : n_want;
        const ropewalk_status status = compute(c, want, n_want, at, to, err);
        if (status) return status;
        at = to;
        if (end == first) continue;
        if (end - first >= LEAST_KEPT) keep(c);
        if (!llama_memory_seq_rm(memory, 0, (llama_pos)first, (llama_pos)end)) {
            c->n = 0;
            llama_memory_clear(memory, true);
            return rw_fail(err, ROPEWALK_E_UNSUPPORTED, 0,
                           "this model's cache cannot forget tokens %u to %u", first,
                           end - 1);
        }
        for (uint32_t i = first; i < end; i++)
            c->cell[i].drop = true;
    }
    return ROPEWALK_OK;
}
