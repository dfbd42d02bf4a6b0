/* prompt.h - the segments of a request as tokens: where each begins, and which leave the cache. */
#ifndef RW_RUNNER_PROMPT_H
#define RW_RUNNER_PROMPT_H
#include <jansson.h>

#include "cells.h"

enum { RW_MAX_PROMPT_SEGMENT = 64 }; /* of a request; an option may follow them */

typedef struct rw_prompt {
    rw_cell *cell;
    uint32_t n, capacity;
    uint32_t n_segment;
    /* Tokens of segment i are first[i] .. first[i + 1]; its text is the request's. */
    uint32_t first[RW_MAX_PROMPT_SEGMENT + 2];
    const char *text[RW_MAX_PROMPT_SEGMENT + 1];
} rw_prompt;

/** Read "segments": [{"text", "special": false, "drop": false, "n_token": N}] of a request. Each is
 *  tokenised by itself, so that its tokens are the same whatever stands around it; n_token repeats
 *  and cuts a text to exactly so many tokens. The model's BOS comes first unless "bos" is false.
 *  E_ARGUMENT naming the segment at fault. */
ropewalk_status rw_prompt_read(const struct llama_vocab *vocab, const json_t *request,
                               rw_prompt *out, ropewalk_error *err);
void rw_prompt_clear(rw_prompt *p);
/** Append one more text; `kept` whole. */
ropewalk_status rw_prompt_append(const struct llama_vocab *vocab, rw_prompt *p,
                                 const char *text, bool special, ropewalk_error *err);
/** The tokens that bytes [first_byte, end_byte) of a segment's text stand in. E_ARGUMENT when the
 *  pieces of its tokens are not its text. */
ropewalk_status rw_prompt_tokens_of(const struct llama_vocab *vocab, const rw_prompt *p,
                                    uint32_t segment, size_t first_byte, size_t end_byte,
                                    uint32_t *first, uint32_t *end, ropewalk_error *err);
#endif
