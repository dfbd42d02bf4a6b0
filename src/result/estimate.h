/* estimate.h - a predicted probability is never a bare double: what it is, and whether it is. */
#ifndef RW_RESULT_ESTIMATE_H
#define RW_RESULT_ESTIMATE_H

typedef enum rw_estimate_kind {
    RW_ESTIMATE_EXACT,  /* an identity for the stated input */
    RW_ESTIMATE_NORMAL, /* exact moments, scores assumed normal */
    RW_ESTIMATE_BOUND,
    RW_ESTIMATE_ASYMPTOTIC
} rw_estimate_kind;

typedef enum rw_estimate_state {
    RW_ESTIMATE_KNOWN,
    RW_ESTIMATE_UNDEFINED, /* the question has no answer here: value is NaN */
    RW_ESTIMATE_UNABLE     /* it has one that could not be computed: value is NaN */
} rw_estimate_state;

typedef struct rw_estimate {
    double value;
    rw_estimate_kind kind;
    rw_estimate_state state;
} rw_estimate;
#endif
