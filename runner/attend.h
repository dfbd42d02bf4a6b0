/* attend.h - how much of its attention the last token of a prompt gives to some of the others. */
#ifndef RW_RUNNER_ATTEND_H
#define RW_RUNNER_ATTEND_H
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

struct ggml_tensor;

enum { RW_MAX_ATTEND = 8 };

/* Filled by the callback while `on`; rows of the softmax are indexed by place in the cache. */
typedef struct rw_attend {
    bool on, failed;
    uint32_t n_range;
    uint32_t first[RW_MAX_ATTEND], end[RW_MAX_ATTEND]; /* places in the cache */
    uint32_t n_prompt;        /* tokens, the last of which attends */
    double *mass;             /* [n_layer][n_head][n_range] of the last token computed */
    uint32_t n_layer, n_head; /* room for; heads of layers may be fewer */
    uint32_t *head;           /* [n_layer] heads seen, 0: no softmax there */
    float *row;
    uint32_t n_row;
} rw_attend;

ropewalk_status rw_attend_init(rw_attend *a, uint32_t n_layer, uint32_t n_head,
                               uint32_t n_ctx, ropewalk_error *err);
void rw_attend_clear(rw_attend *a);
/** For llama_context_params.cb_eval, user data the rw_attend. */
bool rw_attend_node(struct ggml_tensor *t, bool ask, void *attend);
/** [range][layer][head], null for a layer without a softmax. */
json_t *rw_attend_json(const rw_attend *a);
/** [range] tokens from its last one to the one that attends. */
json_t *rw_attend_distance_json(const rw_attend *a);
#endif
