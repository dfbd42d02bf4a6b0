/* priors.h - what a model said to questions without their lists, so that it is asked once for all
 * cells and gaps, and before a list is read that asking would push out of its cache. */
#ifndef RW_TASK_PRIORS_H
#define RW_TASK_PRIORS_H
#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "result/task_result.h"

enum { RW_N_PRIOR = 1024 }; /* the latest; a list has at most 1,000 questions */

typedef struct rw_priors {
    uint64_t key[RW_N_PRIOR];
    double value[RW_N_PRIOR][RW_MAX_TASK_OPTION];
    uint32_t n_option[RW_N_PRIOR]; /* 0: empty */
    uint32_t next;
} rw_priors;

/** A digest of a question and its options. */
uint64_t rw_prior_key(const char *question, const char *const *option, uint32_t n_option);
/** False when it is not there. */
bool rw_priors_find(const rw_priors *p, uint64_t key, uint32_t n_option, double *value);
/** Overwrites the oldest. */
void rw_priors_keep(rw_priors *p, uint64_t key, uint32_t n_option, const double *value);
#endif
