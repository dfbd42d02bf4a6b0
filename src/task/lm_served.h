/* lm_served.h - a model behind an OpenAI-compatible address: it writes, and says what it read. */
#ifndef RW_TASK_LM_SERVED_H
#define RW_TASK_LM_SERVED_H
#include <stdatomic.h>

#include "task/lm.h"

typedef struct rw_lm_served_options {
    const char *model; /* its name there */
    bool chat;         /* /chat/completions, else /completions */
    int n_attempt;     /* of a request that fails for a reason that may pass; 0: 6 */
    double first_wait; /* seconds before the second attempt, doubled each time; 0: 0.5 */
    atomic_int *stop;  /* set when what is under way has to end */
    /** Send one body and wait; as rw_post_send(). Called from several threads. */
    ropewalk_status (*send)(void *ctx, const char *path, const char *body, size_t n_body,
                            int *code, uint64_t *retry_after, rw_text *answer,
                            ropewalk_error *err);
    void *send_ctx;
} rw_lm_served_options;

/** Nothing is sent yet. It cannot weigh options: what it cannot do, nobody imitates. */
ropewalk_status rw_lm_served_open(const rw_lm_served_options *options, rw_lm *lm,
                                  ropewalk_error *err);
#endif
