/* cells.h - one sequence in llama.cpp's key-value cache: what a request wants there, what is there
 * already, and how the one becomes the other with as little computing as possible. */
#ifndef RW_RUNNER_CELLS_H
#define RW_RUNNER_CELLS_H
#include <llama.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

enum { RW_MAX_PIECE = 512 }; /* tokens computed at a time */

/* A token at position index. Tokens are computed together up to one that `ends` a piece, and the
 * last token of all by itself: what a request yields does not depend on what was cached, since
 * rounding depends on which tokens are computed together. Dropped ones are computed like all others and leave the cache once the
 * next kept token has been computed: what follows stands further off and attends to nothing more. */
typedef struct rw_cell {
    llama_token token;
    bool drop, ends; /* in a cache, `drop`: it has left */
} rw_cell;

/* A copy of the cache from before tokens were dropped, so that a later request that holds them, or
 * more of them, need not compute them again. */
typedef struct rw_kept_cells {
    uint8_t *bytes;
    size_t n_byte;
    rw_cell *cell;
    uint32_t n;
} rw_kept_cells;

typedef struct rw_cells {
    struct llama_context *ctx;
    struct llama_batch batch;
    rw_cell *cell; /* [capacity] what the cache has gone through */
    uint32_t n, capacity;
    rw_kept_cells kept;
    uint64_t n_computed; /* tokens, since the beginning */
} rw_cells;

/** The context has one sequence of `capacity` tokens and takes RW_MAX_PIECE at a time. */
ropewalk_status rw_cells_init(rw_cells *c, struct llama_context *ctx, uint32_t capacity,
                              ropewalk_error *err);
void rw_cells_clear(rw_cells *c); /* not the context */

/** Where computing has to begin for a cache that has gone through `have` to hold what `want`
 *  describes: the longest common beginning of whole pieces, not after the last token of a dropped
 *  range that has left, not beyond the token after one that has yet to leave, and before the last
 *  token, whose logits are wanted. */
uint32_t rw_cells_common(const rw_cell *have, uint32_t n_have, const rw_cell *want,
                         uint32_t n_want);

/** Bring the cache to want[n_want], n_want >= 1 and the last one kept; the logits of the last token
 *  are llama_get_logits_ith(ctx, -1). @param reused  tokens that were not computed again.
 *  E_ARGUMENT when they are more than the context holds, E_UNSUPPORTED when llama.cpp fails. */
ropewalk_status rw_cells_set(rw_cells *c, const rw_cell *want, uint32_t n_want,
                             uint32_t *reused, ropewalk_error *err);
#endif
