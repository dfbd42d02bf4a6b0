/* family_trial.h - one query and its keys, counted and predicted: what most claims are made of. */
#ifndef RW_PAPER_FAMILY_TRIAL_H
#define RW_PAPER_FAMILY_TRIAL_H
#include "base/number.h"
#include "paper/claim.h"
#include "position/synthetic.h"
#include "result/given.h"

typedef struct rw_trial {
    double rope_theta; /* unscaled RoPE of this base, where `rotation` is NULL */
    const rw_rotation *rotation;
    uint32_t head_dim; /* all of it rotates */
    rw_family family;
    uint64_t draw;
    const double *q, *k; /* these vectors instead of a family's; k[n_key][head_dim] */
    uint32_t n_key;
    const int64_t *context; /* ascending */
    uint32_t n_context;
    uint32_t dtypes, events;
    rw_given result; /* released with rw_trials_clear() */
} rw_trial;

/** Run all, shared out over the threads. The score scale is 1, as in the papers; zeta 0.01.
 *  Results of a failed call are empty. */
ropewalk_status rw_trials_run(const rw_paper *paper, rw_trial *trial, size_t n,
                              ropewalk_error *err);
void rw_trials_clear(rw_trial *trial, size_t n);

/** Key `key` of a trial at context index `context`. */
const rw_single *rw_trial_single(const rw_trial *t, uint32_t key, uint32_t context);
const rw_single_prediction *rw_trial_single_prediction(const rw_trial *t, uint32_t key,
                                                       uint32_t context);
/** Keys 0 and 1. */
const rw_double *rw_trial_double(const rw_trial *t, uint32_t context);
const rw_double_prediction *rw_trial_double_prediction(const rw_trial *t,
                                                       uint32_t context);

/** count / total; NaN without a total. */
double rw_rate_of(const rw_count *c);
double rw_alias_rate_of(const rw_alias_count *c, bool by_distance);
#endif
