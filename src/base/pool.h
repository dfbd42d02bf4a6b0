/* pool.h - run independent items on several threads; results never depend on how many. */
#ifndef RW_BASE_POOL_H
#define RW_BASE_POOL_H
#include <stdint.h>

#include "base/status.h"

/** Work on item `item` with the scratch of worker `worker` (0 .. n_thread-1). */
typedef ropewalk_status (*rw_pool_work)(void *ctx, int64_t item, int worker,
                                        ropewalk_error *err);
/** Called on the calling thread now and then; nonzero asks to stop. */
typedef int (*rw_pool_progress)(void *ctx, int64_t done, int64_t total);

/** Run items 0 .. n_item-1. The first failing item (lowest index among those that ran) decides
 *  the error; the others are not started. E_INTERRUPTED when `progress` asked to stop. */
ropewalk_status rw_pool_run(int n_thread, int64_t n_item, rw_pool_work work,
                            void *work_ctx, rw_pool_progress progress, void *progress_ctx,
                            ropewalk_error *err);

int rw_pool_default_threads(void); /* online processors, at least 1 */
#endif
