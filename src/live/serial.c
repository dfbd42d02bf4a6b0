/* serial.c - base/pool.c, base/work.c and base/team.c where there is one thread, no file and no other process. */
#include <stddef.h>

#include "base/team.h"

ropewalk_status rw_pool_run(int n_thread, int64_t n_item, rw_pool_work work,
                            void *work_ctx, rw_pool_progress progress, void *progress_ctx,
                            ropewalk_error *err)
{
    (void)n_thread;
    for (int64_t i = 0; i < n_item; i++) {
        const ropewalk_status status = work(work_ctx, i, 0, err);
        if (status) return status;
        if (progress && progress(progress_ctx, i + 1, n_item))
            return rw_fail(err, ROPEWALK_E_INTERRUPTED, 0, "interrupted");
    }
    return ROPEWALK_OK;
}

int rw_pool_default_threads(void)
{
    return 1;
}

ropewalk_status rw_work_run(const rw_work *work, rw_journal *journal,
                            const ropewalk_team *team, int n_thread,
                            rw_pool_progress progress, void *progress_ctx,
                            ropewalk_error *err)
{
    (void)journal;
    (void)team;
    return rw_pool_run(n_thread, work->n_item, work->run, work->ctx, progress,
                       progress_ctx, err);
}

int rw_team_leads(const ropewalk_team *team)
{
    (void)team;
    return 1;
}
