/* league_call.h - the shipped models as rows of a league table. */
#ifndef RW_API_LEAGUE_CALL_H
#define RW_API_LEAGUE_CALL_H
#include "audit/theory_run.h"

/** ropewalk_theory() for shipped models: those named in `names` by commas, NULL for all.
 *  `settings` holds all that is not about tables. */
ropewalk_status rw_league_call(const char *names, double score_scale,
                               const rw_theory_input *settings, const ropewalk_run *run,
                               ropewalk_result **result, ropewalk_error *err);
#endif
