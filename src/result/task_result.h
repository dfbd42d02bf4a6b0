/* task_result.h - what questions to a model yield: each inquiry, and what they say together. */
#ifndef RW_RESULT_TASK_RESULT_H
#define RW_RESULT_TASK_RESULT_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { RW_MAX_TASK_OPTION = 26 };

/* An inquiry that could not be made keeps its sentence; everything else of it is then empty. */
typedef struct rw_inquiry {
    uint32_t n_option, answer;
    int64_t item;
    int64_t n_token;     /* of the (largest) prompt; -1: not told */
    int64_t n_all_token; /* read and written in all steps, prior left out; -1: not told */
    double log_likelihood[RW_MAX_TASK_OPTION]; /* NaN without RW_LM_WEIGHS */
    double prior[RW_MAX_TASK_OPTION]; /* of the question without a list; NaN likewise */
    double margin; /* nats: the answer less the best other, each less its prior; or NaN */
    bool generated;
    bool strict, lenient; /* the words written are the answer; ... hold it and no other */
    char text[256];       /* what was written, cut */
    char refused[480];    /* why there is no answer, or "" */
    uint64_t digest; /* of the prompt and the options, to find the same question again */
    double *attention; /* [n_layer * n_head] to the answer in the list, or NULL */
    int64_t distance; /* from the answer there to the prompt's last token; -1: not told */
    uint32_t n_attention;
} rw_inquiry;

/* A mean over questions, uncertain as lists are; NaN where there is none. */
typedef struct rw_task_mean {
    double mean, lo, hi; /* 95 %, bootstrap over lists; NaN with fewer than two */
    double stderr_mean;  /* from the lists' totals */
    double wilson_lo,
        wilson_hi; /* of a proportion, at its effective number of questions */
    size_t n, n_list;
} rw_task_mean;

/* What one condition was, in words and numbers, and what came out. */
typedef struct rw_task_group {
    const char *task, *strategy, *cell;
    char factors[112]; /* "direction=forward anchor=end ...", or "" */
    uint32_t version;
    bool gate; /* a short list, to see whether the task can be done at all */
    bool chat;
    int64_t n_item;
    int64_t length; /* tokens asked for; 0: items were given */
    double depth;   /* NaN: anywhere */
    int64_t gap;    /* tokens of filler; -1: no experiment with distance */
    int64_t window; /* items; 0 unless chunked */
    double chance;  /* mean of one over the number of options */
    size_t n_refused;
    char refused[480];   /* the first sentence of a refusal */
    double n_token;      /* median tokens of a prompt; NaN: not told */
    double n_all_token;  /* mean tokens read and written a question; NaN: not told */
    rw_task_mean acc;    /* the likeliest option, less its prior, is the answer */
    rw_task_mean margin; /* nats */
    rw_task_mean strict, lenient; /* of what was written */
    size_t first, n_inquiry;      /* in rw_task_result.inquiry */
} rw_task_group;

/* A paired difference of two groups over the same lists. */
typedef struct rw_task_contrast {
    size_t of, against; /* groups */
    rw_task_mean margin, acc;
    double p,
        p_holm; /* sign flips of the lists' mean margins (accuracies without them) */
} rw_task_contrast;

typedef enum rw_task_outcome {
    RW_TASK_NOT_EVALUABLE, /* it cannot be done even when the list is short */
    RW_TASK_NOT_TESTED,    /* no experiment with distance */
    RW_TASK_DISTANCE_HURTS,
    RW_TASK_ONLY_DILUTION_HURTS,
    RW_TASK_NEITHER_HURTS,
} rw_task_outcome;

enum { RW_MAX_TEST_GAP = 32 };

/* Whether what S(m) says of a head's score for an answer that moves away foretells the loss: fitted
 * on half of the lists, tried on the others, beside heads whose phases are random. */
typedef struct rw_attention_test {
    const char *missing; /* why there is no test, or NULL; a static sentence */
    uint32_t n_head;     /* with an S(m) and a weight */
    uint32_t n_fit, n_held, n_shuffle; /* lists, lists, draws of phases */
    double slope;                      /* nats of margin a nat of score, not below 0 */
    double r2; /* share of the held-out lists' squared change that is removed */
    double p;  /* of as high an r2 among random phases */
    double null_median, null_p95; /* of r2 among them */
    size_t n_gap;
    int64_t gap[RW_MAX_TEST_GAP];
    double score[RW_MAX_TEST_GAP];    /* predicted change of the score, held-out mean */
    double observed[RW_MAX_TEST_GAP]; /* change of the margin, held-out mean */
} rw_attention_test;

/* One task under one set of factors. */
typedef struct rw_task_summary {
    const char *task, *source, *what;
    char factors[112];
    bool gated, passed;
    double gate_acc, gate_lo,
        gate_needed; /* pooled over the short lists: accuracy, Wilson
                                              bound, what it has to exceed */
    rw_task_outcome outcome;
    double ruler,
        nolima; /* effective lengths in tokens by these rules; NaN: not reached */
    rw_attention_test test; /* where an audit was given */
} rw_task_summary;

typedef struct rw_task_result {
    const char *model, *runtime;
    bool served, weighs;
    int64_t context, trained_context; /* 0: not known */
    uint32_t n_layer, n_head;
    bool attended;          /* attention was asked for */
    double estimate_s;      /* of a dry run, how long the run may take; NaN: not known */
    double tokens_a_second; /* as timed for it; NaN: not timed */
    char audit[128];        /* the model whose S(m) was tried; "" for none */
    char overrides[256];    /* of the model's RoPE, as given; "" for none */
    uint64_t seed;
    uint32_t n_list, n_question;
    rw_task_summary *summary;
    size_t n_summary;
    rw_task_group *group;
    size_t n_group;
    rw_task_contrast *contrast;
    size_t n_contrast;
    rw_inquiry *inquiry; /* [group][list][question] */
    size_t n_inquiry;
} rw_task_result;
#endif
