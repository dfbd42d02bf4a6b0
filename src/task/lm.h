/* lm.h - a language model as tasks see it, wherever it runs: count, weigh, continue.
 *
 * Two make one: lm_local.c (ropewalk-llama in another process) and the served one behind an
 * OpenAI-compatible address. What one of them cannot do is said by `can`, never imitated. */
#ifndef RW_TASK_LM_H
#define RW_TASK_LM_H
#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "base/text.h"

enum { RW_MAX_LM_SEGMENT = 16 };

enum {
    RW_LM_COUNTS = 1,   /* knows how many tokens a text has before it is sent */
    RW_LM_WEIGHS = 2,   /* log-likelihoods of given continuations */
    RW_LM_DROPS = 4,    /* can take tokens out of its cache */
    RW_LM_ATTENDS = 8,  /* tells the attention of its heads */
    RW_LM_CHATS = 16,   /* has a chat template */
    RW_LM_PARALLEL = 32 /* may be asked from several threads at once */
};

/* A piece of a prompt, tokenised by itself. */
typedef struct rw_lm_segment {
    const char *text;
    int64_t n_token; /* repeat and cut to so many; -1: as it is */
    bool drop;       /* leaves the cache once one more token was read */
} rw_lm_segment;

typedef struct rw_lm_prompt {
    rw_lm_segment segment[RW_MAX_LM_SEGMENT];
    uint32_t n_segment;
    bool chat; /* put into the model's own chat template, as the user's message */
    /* bytes of one segment whose attention from the last token is wanted; end 0: none */
    uint32_t attend_segment;
    size_t attend_first, attend_end;
} rw_lm_prompt;

/* What an answer cost, and how it ended. */
typedef struct rw_lm_usage {
    int64_t n_prompt_token;   /* -1: not told */
    int64_t n_computed_token; /* of them not found in a cache; -1: not told */
    int64_t n_answer_token;   /* -1: not told */
    bool cut;                 /* ended at the limit of tokens, not by itself */
    int64_t
        attended_distance; /* tokens from the last of those whose attention is wanted to the
                                  last of the prompt; -1: not told */
} rw_lm_usage;

typedef struct rw_lm {
    void *ctx;
    struct rw_priors *priors; /* of an experiment; NULL: questions alone are asked anew */
    uint32_t can;
    int64_t context;             /* tokens; 0: not known */
    int64_t trained_context;     /* 0: not known */
    uint32_t n_layer, n_head;    /* of the attention told; 0: not known */
    const char *model, *runtime; /* for documents; no address, no key */
    /** Tokens of a prompt. E_UNSUPPORTED without RW_LM_COUNTS. */
    ropewalk_status (*count)(void *ctx, const rw_lm_prompt *prompt, int64_t *n_token,
                             ropewalk_error *err);
    /** log_likelihood[n_option] in nats, summed over an option's tokens. attention
     *  [n_layer][n_head] when the prompt wants it, else NULL; NaN where a layer has none. */
    ropewalk_status (*weigh)(void *ctx, const rw_lm_prompt *prompt,
                             const char *const *option, uint32_t n_option,
                             double *log_likelihood, double *attention,
                             rw_lm_usage *usage, ropewalk_error *err);
    /** Greedy continuation (temperature 0), ended before any of the stop texts
     *  (NULL-terminated, may be NULL). */
    ropewalk_status (*generate)(void *ctx, const rw_lm_prompt *prompt, int64_t max_token,
                                const char *const *stop, rw_text *out, rw_lm_usage *usage,
                                ropewalk_error *err);
    /** From another thread: what is under way ends soon with E_INTERRUPTED. May be NULL. */
    void (*halt)(void *ctx);
    void (*close)(void *ctx);
} rw_lm;
#endif
