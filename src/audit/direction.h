/* direction.h - does a head prefer near or far for a reason? Its gap against surrogates (A6), all
 * texts together. */
#ifndef RW_AUDIT_DIRECTION_H
#define RW_AUDIT_DIRECTION_H
#include "audit/run.h"

struct rw_direction {
    /* [n_effective]; NaN without pairs */
    double gap[RW_MAX_AUDIT_CONTEXT];     /* mean S(near) - mean S(far), in units of U */
    double p_value[RW_MAX_AUDIT_CONTEXT]; /* every query and key turned on its own */
    double p_shared
        [RW_MAX_AUDIT_CONTEXT]; /* one phase for all pairs, frequency by frequency */
};

/** Test every head with RoPE, into run->direction[]. In a team every rank calls it; rank 0, which
 *  has the samples, gets the result. */
ropewalk_status rw_directions_test(rw_audit_run *run, ropewalk_error *err);
#endif
