/* team.h - several processes on one job: rank 0 hands out items, collects their bytes and keeps
 * them; the others ask, run and answer. Every wait looks at `progress`. */
#ifndef RW_BASE_TEAM_H
#define RW_BASE_TEAM_H
#include "base/work.h"

/** Whether this process has the result: rank 0, or no team (NULL). */
int rw_team_leads(const ropewalk_team *team);

/** Rank 0: items item[0 .. n-1], here and elsewhere. Ends when all are here and every rank has
 *  said that it is done. A rank's failure is "rank 2: ...". */
ropewalk_status rw_team_lead(const ropewalk_team *team, const rw_work *work,
                             rw_journal *journal, const int64_t *item, int64_t n,
                             int n_thread, rw_pool_progress progress, void *progress_ctx,
                             ropewalk_error *err);
/** The others: items of the same work until rank 0 has all. */
ropewalk_status rw_team_follow(const ropewalk_team *team, const rw_work *work,
                               int n_thread, rw_pool_progress progress,
                               void *progress_ctx, ropewalk_error *err);

/** Rank 0: a line to every other rank, which waits for it in rw_team_hear(). */
ropewalk_status rw_team_tell(const ropewalk_team *team, const char *line,
                             ropewalk_error *err);
ropewalk_status rw_team_hear(const ropewalk_team *team, char *line, size_t room,
                             rw_pool_progress progress, void *progress_ctx,
                             ropewalk_error *err);
/** The others: what went wrong here becomes rank 0's error, in its next rw_team_lead(). Nothing
 *  when status is OK, on rank 0, or without a team; err may be NULL. */
void rw_team_fail(const ropewalk_team *team, ropewalk_status status,
                  const ropewalk_error *err);
#endif
