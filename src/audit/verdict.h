/* verdict.h - horizons, sentences and advice, in the wording docs/theory.md allows (A10, A11). */
#ifndef RW_AUDIT_VERDICT_H
#define RW_AUDIT_VERDICT_H
#include "result/audit_result.h"

/** Fill a->verdict from summaries, heads and findings. */
ropewalk_status rw_verdict_make(rw_audit *a, ropewalk_error *err);
#endif
