/* disagree.h - where theory and counting differ most, and what explains it (A13). */
#ifndef RW_AUDIT_DISAGREE_H
#define RW_AUDIT_DISAGREE_H
#include "result/audit_result.h"

/** Fill a->disagreement from the heads: for each event the heads furthest from their prediction,
 *  each at its worst context, worst first. */
ropewalk_status rw_disagree_find(rw_audit *a, ropewalk_error *err);

/** What explains a head's error, from the diagnostics of its vectors. NaN explains nothing. */
rw_disagreement_cause rw_disagree_cause(double max_share, double turning_share,
                                        double n_eff);
#endif
